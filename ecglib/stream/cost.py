"""What a stream costs on the emulated Cortex-M4: cycles a sample and a beat, flash, RAM, power.

A measurement is of the C that a user would flash, on real samples, and counts only if every event
equals the reference's. Sensor, radio and sleep are not in the power.
"""

import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ecglib.device.boards import PICOJOULES_PER_CYCLE
from ecglib.device.compiler import build_for_device
from ecglib.device.cortex_m4 import REFILL_CYCLES
from ecglib.device.integer import IntegerNetwork
from ecglib.device.measure import TYPICAL, NotExact
from ecglib.device.meter import Call, Machine
from ecglib.device.pricing import price
from ecglib.stream import folder
from ecglib.stream.host import MANY
from ecglib.stream.reference import BEAT, Event, events
from ecglib.stream.stretches import Converter

BEATS_A_MINUTE = 70
EVENTS = 8  # room for those of one part of the samples
ALIGNED = 600  # samples that unaligned loads are counted on
# Function -> stage, by what its name begins with; a stage is computed for each sample or each beat.
SAMPLE, PER_BEAT = "sample", "beat"
STAGES = {
    "ecg_stream_push": ("taking samples", SAMPLE),
    "ecg_push_special": ("taking samples", SAMPLE),
    "ecg_begin_stretch": ("taking samples", SAMPLE),
    "push_many": ("", ""),
    "ecg_resample": ("resampling", SAMPLE),
    "ecg_weigh": ("resampling", SAMPLE),
    "ecg_filter": ("band-pass", SAMPLE),
    "ecg_tick": ("order of work, quality", SAMPLE),
    "ecg_judge": ("order of work, quality", SAMPLE),
    "ecg_tell_signal": ("order of work, quality", SAMPLE),
    "ecg_cut": ("usual beat", PER_BEAT),
    "ecg_deviation": ("usual beat", PER_BEAT),
    "ecg_features": ("rhythm", PER_BEAT),
    "ecg_begin_network": ("rhythm", PER_BEAT),
    "__": ("rhythm", PER_BEAT),  # 64-bit division
    "ecg_take_inputs": ("network", PER_BEAT),
    "ecg_compute": ("network", PER_BEAT),
    "layer_": ("network", PER_BEAT),
    "ecg_": ("detector", SAMPLE),
}


@dataclass(frozen=True)
class Cost:
    """Costs in cycles at the typical refill where no other is named; memory in bytes.

    by_stage: (stage, `sample` or `beat`) -> cycles for one. worst: of one push. per_second: at 70
    beats a minute, by refill. power_uw: the band at 70 beats a minute and the typical refill.
    state_bytes: of one stream; ram_bytes: state and deepest stack.
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
    single: int = 400,
) -> Cost:
    """Emulate a stream on samples (n,), the last `single` of them push by push, for the worst.

    Raises:
        NotExact: an event differs from the reference's.
        CompilerMissing: no cross compiler is here.
        IntegerError: what C cannot do with this network.
    """
    emulated = _Emulated(network, converter, kernels)
    emulated.push(samples[:ALIGNED], check_alignment=True)
    starts = range(ALIGNED, len(samples) - single, converter.rate_hz)
    for start in starts:
        emulated.push(samples[start : min(start + converter.rate_hz, len(samples) - single)])
    worst = 0
    for sample in samples[len(samples) - single :]:
        call = emulated.push(np.array([sample]))
        worst = max(worst, emulated.cycles(call.edges, TYPICAL))
    expected = events(network, samples, converter)
    if emulated.events != expected:
        raise NotExact(f"{len(expected)} events of the reference, and others on the emulated core")
    return emulated.cost(worst)


class _Emulated:
    """A stream on the emulated core, and what it has cost so far."""

    def __init__(
        self, network: IntegerNetwork, converter: Converter, kernels: Mapping[str, str] | None
    ) -> None:
        with tempfile.TemporaryDirectory() as scratch:
            at = Path(scratch)
            for name, text in folder.sources(network, "measured", kernels).items():
                (at / name).write_text(text)
            (at / "many.c").write_text(MANY)
            build_for_device([at / folder.SOURCE, at / "many.c"], at / "stream.elf", [at])
            self.machine = Machine(at / "stream.elf")
        self.rate_hz, self.classes = converter.rate_hz, len(network.layers[-1].weight)
        self.events: list[Event] = []
        self.edges: Counter = Counter()
        self.unaligned: Counter[str] = Counter()
        self.stack = self.samples = self.unaligned_samples = 0
        self.state_bytes = self.machine.call("state_bytes").result
        self.state = self.machine.symbol("__free_ram_start")
        bounds = converter.lowest, converter.highest
        self.machine.call("ecg_stream_init", self.state, self.rate_hz, *bounds)

    def push(self, samples: np.ndarray, *, check_alignment: bool = False) -> Call:
        """Push samples in one call, and keep their events."""
        told = 12 + 4 * self.classes  # bytes of an event
        at = self.state + self.state_bytes
        places = np.cumsum([at, 4 * len(samples), told * EVENTS, 4 * EVENTS]).tolist()
        values, of, kinds, pushed = places
        self.machine.write(values, np.asarray(samples, "<i4").tobytes())
        arguments = self.state, values, len(samples), of, kinds, pushed, EVENTS
        call = self.machine.call("push_many", *arguments, check_alignment=check_alignment)
        self._keep(call.result, of, kinds, pushed)
        self.edges += call.edges
        self.stack = max(self.stack, call.stack_bytes)
        if check_alignment:
            self.unaligned.update(call.unaligned)
            self.unaligned_samples += len(samples)
        self.samples += len(samples)
        return call

    def _keep(self, count: int, of: int, kinds: int, pushed: int) -> None:
        width = 3 + self.classes
        rows = np.frombuffer(self.machine.read(of, 4 * width * count), "<i4").reshape(-1, width)
        kind = np.frombuffer(self.machine.read(kinds, 4 * count), "<i4").tolist()
        when = np.frombuffer(self.machine.read(pushed, 4 * count), "<i4").tolist()
        for at, one, (sample, label, quality, *logits) in zip(
            when, kind, rows.tolist(), strict=True
        ):
            told = Event(self.samples + at, one, sample, label, quality, tuple(logits))
            self.events.append(told)

    def cycles(self, edges: Counter, refill: int) -> int:
        """Of calls, without what hands samples over."""
        by_function = price(self.machine, edges, refill).by_function
        return sum(cycles for name, cycles in by_function.items() if name != "push_many")

    def cost(self, worst: int) -> Cost:
        """What all calls together say."""
        beats = sum(event.kind == BEAT for event in self.events)
        stages = {refill: self._by_stage(refill, beats) for refill in REFILL_CYCLES}
        per_second = {
            refill: sum(
                cycles * (self.rate_hz if unit == SAMPLE else BEATS_A_MINUTE / 60)
                for (_, unit), cycles in of.items()
            )
            for refill, of in stages.items()
        }
        low, high = (per_second[TYPICAL] * pj / 1e6 for pj in PICOJOULES_PER_CYCLE)
        return Cost(
            by_stage=stages[TYPICAL],
            worst=worst,
            per_second=per_second,
            power_uw=(low, high),
            code_bytes=self.machine.code_bytes,
            constant_bytes=self.machine.constant_bytes,
            state_bytes=self.state_bytes,
            stack_bytes=self.stack,
            samples=self.samples,
            beats=beats,
        )

    def _by_stage(self, refill: int, beats: int) -> dict[tuple[str, str], float]:
        found: Counter[tuple[str, str]] = Counter()
        units = {SAMPLE: self.samples, PER_BEAT: max(beats, 1)}
        for name, cycles in price(self.machine, self.edges, refill).by_function.items():
            stage = _stage_of(name)
            if stage[0]:
                found[stage] += cycles / units[stage[1]]
        for name, cycles in self.unaligned.items():
            stage = _stage_of(name)
            if stage[1] == SAMPLE:
                found[stage] += cycles / self.unaligned_samples
        return dict(found)


def _stage_of(function: str) -> tuple[str, str]:
    return next(stage for name, stage in STAGES.items() if function.startswith(name))
