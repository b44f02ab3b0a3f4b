"""A stream on the emulated Cortex-M4: its events, and how often execution went where."""

import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ecglib.device.compiler import build_for_device
from ecglib.device.integer import IntegerNetwork
from ecglib.device.meter import Call, Machine
from ecglib.stream import folder
from ecglib.stream.host import MANY
from ecglib.stream.reference import Event
from ecglib.stream.stretches import Converter

EVENTS = 8  # room for those of one call
HANDS_OVER = "push_many"  # pushes many samples; not the stream's own


class Emulated:
    """A stream on the emulated core, and what it has done so far.

    edges: of all calls. unaligned: function -> cycles that unaligned loads and stores add, on
    unaligned_samples of the samples. In bytes: state_bytes, stack_bytes (the deepest).

    Raises:
        CompilerMissing: no cross compiler is here.
        IntegerError: what C cannot do with this network.
    """

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
        self.stack_bytes = self.samples = self.unaligned_samples = 0
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
        self.stack_bytes = max(self.stack_bytes, call.stack_bytes)
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
