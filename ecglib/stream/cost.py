"""What a stream costs on the emulated Cortex-M4: cycles a sample and a beat, flash, RAM, power.

A measurement is of the C that a user would flash, on real samples, and counts only if every event
equals the reference's. Sensor, radio and sleep are not in the power.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ecglib.device.boards import PICOJOULES_PER_CYCLE
from ecglib.device.cortex_m4 import REFILL_CYCLES
from ecglib.device.integer import IntegerNetwork
from ecglib.device.measure import TYPICAL, NotExact
from ecglib.device.pricing import price
from ecglib.stream import hard
from ecglib.stream.emulated import HANDS_OVER, Emulated
from ecglib.stream.reference import BEAT, events
from ecglib.stream.stretches import Converter

BEATS_A_MINUTE = 70
# Function -> stage, by what its name begins with; a stage is computed for each sample or each beat.
SAMPLE, PER_BEAT = "sample", "beat"
STAGES = {
    "ecg_stream_push": ("taking samples", SAMPLE),
    "ecg_push_rarely": ("taking samples", SAMPLE),
    "ecg_begin_stretch": ("taking samples", SAMPLE),
    "ecg_resample": ("resampling", SAMPLE),
    "ecg_weigh": ("resampling", SAMPLE),
    "ecg_filter": ("band-pass", SAMPLE),
    "ecg_tick": ("order of work, quality", SAMPLE),
    "ecg_work": ("order of work, quality", SAMPLE),
    "ecg_judge": ("order of work, quality", SAMPLE),
    "ecg_tell_signal": ("order of work, quality", SAMPLE),
    "ecg_cut": ("usual beat", PER_BEAT),
    "ecg_deviation": ("usual beat", PER_BEAT),
    "ecg_p_wave": ("P wave", PER_BEAT),
    "ecg_log_power": ("P wave", PER_BEAT),
    "ecg_features": ("rhythm", PER_BEAT),
    "ecg_is_irregular": ("rhythm", PER_BEAT),
    "ecg_log2": ("rhythm", PER_BEAT),
    "ecg_begin_network": ("rhythm", PER_BEAT),
    "__": ("rhythm", PER_BEAT),  # 64-bit division
    "ecg_take_features": ("network", PER_BEAT),
    "ecg_layers": ("network", PER_BEAT),
    "ecg_compute": ("network", PER_BEAT),
    "layer_": ("network", PER_BEAT),
    "ecg_": ("detector", SAMPLE),
}


@dataclass(frozen=True)
class Cost:
    """Costs in cycles at the typical refill where no other is named; memory in bytes.

    by_stage: (stage, `sample` or `beat`) -> cycles for one. worst: of one push at most, see
    `measure`. per_second: at 70 beats a minute, by refill. power_uw: the band at 70 beats a minute
    and the typical refill. state_bytes: of one stream; ram_bytes: state and deepest stack.
    """

    by_stage: Mapping[tuple[str, str], float]
    worst: int
    per_second: Mapping[int, float]
    power_uw: tuple[float, float]
    code_bytes: int
    constant_bytes: int
    state_bytes: int
    stack_bytes: int
    samples: int
    beats: int
    events: int

    @property
    def flash_bytes(self) -> int:
        """Code and constants."""
        return self.code_bytes + self.constant_bytes

    @property
    def ram_bytes(self) -> int:
        """The state of a stream and the stack."""
        return self.state_bytes + self.stack_bytes

    def per(self, unit: str) -> float:
        """Cycles for each `sample` or `beat`."""
        return sum(cycles for (_, of), cycles in self.by_stage.items() if of == unit)


def measure(
    network: IntegerNetwork,
    samples: np.ndarray,
    converter: Converter,
    kernels: Mapping[str, str] | None = None,
    *,
    single: int = 720,
    rare: np.ndarray | None = None,
) -> Cost:
    """Emulate a stream on samples (n,), and find its worst push.

    For that the last `single` of them, and `rare` (m,), those of `hard` if not given, are pushed
    one by one. The dearest work for a beat and the dearest of all else are added, as they may meet.

    Raises:
        NotExact: an event differs from the reference's.
        CompilerMissing: no cross compiler is here.
        IntegerError: what C cannot do with this network.
    """
    emulated = Emulated(network, converter, kernels)
    # The first second, while the stream learns: what unicorn then takes amiss is not in it.
    emulated.push(samples[: converter.rate_hz], check_alignment=True)
    starts = range(converter.rate_hz, len(samples) - single, converter.rate_hz)
    for start in starts:
        emulated.push(samples[start : min(start + converter.rate_hz, len(samples) - single)])
    worst = _push_each(emulated, samples[len(samples) - single :])
    rare = hard.samples(converter) if rare is None else rare
    other = Emulated(network, converter, kernels)
    worst |= _push_each(other, rare)
    emulated.stack_bytes = max(emulated.stack_bytes, other.stack_bytes)
    for one, given in ((emulated, samples), (other, rare)):
        expected = events(network, given, converter)
        if one.events != expected:
            raise NotExact(
                f"{len(expected)} events of the reference, and others on the emulated core"
            )
    return _cost(emulated, worst.total())


def _push_each(emulated: Emulated, samples: np.ndarray) -> Counter[str]:
    """The most cycles of a push for SAMPLE, and the most for PER_BEAT: they may meet in one."""
    most: Counter[str] = Counter()
    for sample in samples:
        call, of = emulated.push(np.array([sample])), Counter()
        for name, cycles in price(emulated.machine, call.edges, TYPICAL).by_function.items():
            if name != HANDS_OVER:
                of[_stage_of(name)[1]] += cycles
        most |= of
    return most


def _cost(of: Emulated, worst: int) -> Cost:
    beats = sum(event.kind == BEAT for event in of.events)
    stages = {refill: _by_stage(of, refill, beats) for refill in REFILL_CYCLES}
    a_second = {SAMPLE: of.rate_hz, PER_BEAT: BEATS_A_MINUTE / 60}
    per_second = {
        refill: sum(cycles * a_second[unit] for (_, unit), cycles in found.items())
        for refill, found in stages.items()
    }
    low, high = (per_second[TYPICAL] * pj / 1e6 for pj in PICOJOULES_PER_CYCLE)
    return Cost(
        by_stage=stages[TYPICAL],
        worst=worst,
        per_second=per_second,
        power_uw=(low, high),
        code_bytes=of.machine.code_bytes - of.machine.symbols[HANDS_OVER].size,
        constant_bytes=of.machine.constant_bytes,
        state_bytes=of.state_bytes,
        stack_bytes=of.stack_bytes,
        samples=of.samples,
        beats=beats,
        events=len(of.events),
    )


def _by_stage(of: Emulated, refill: int, beats: int) -> dict[tuple[str, str], float]:
    found: Counter[tuple[str, str]] = Counter()
    units = {SAMPLE: of.samples, PER_BEAT: max(beats, 1)}
    for name, cycles in price(of.machine, of.edges, refill).by_function.items():
        if name != HANDS_OVER:
            stage = _stage_of(name)
            found[stage] += cycles / units[stage[1]]
    for name, cycles in of.unaligned.items():
        stage = _stage_of(name)
        if stage[1] == SAMPLE and name != HANDS_OVER:  # a beat's are too few to tell
            found[stage] += cycles / of.unaligned_samples
    return dict(found)


def _stage_of(function: str) -> tuple[str, str]:
    return next(stage for name, stage in STAGES.items() if function.startswith(name))
