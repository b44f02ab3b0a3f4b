"""A stream's C run on this computer, to compare its events with the reference's."""

import ctypes
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ecglib.device.compiler import build_for_host
from ecglib.device.integer import IntegerNetwork
from ecglib.stream import folder
from ecglib.stream.reference import Event
from ecglib.stream.stretches import Converter

# Beside the stream, for this computer alone: many samples a call, so that Python is asked seldom.
MANY = """
#include "ecg_stream.h"
uint32_t state_bytes(void) { return sizeof(ecg_stream); }
uint32_t push_many(ecg_stream *s, const int32_t *samples, uint32_t n, ecg_event *events,
                   int32_t *kinds, uint32_t *pushed, uint32_t room) {
    uint32_t told = 0;
    for (uint32_t i = 0; i < n; i++) {
        ecg_event event;
        const int kind = ecg_stream_push(s, samples[i], &event);
        if (kind == ECG_STREAM_NOTHING) continue;
        if (told == room) return UINT32_MAX;
        events[told] = event, kinds[told] = kind, pushed[told++] = i;
    }
    return told;
}
"""


class Library:
    """A stream's C as functions of Python.

    Raises:
        CompilerMissing: this computer has no C compiler.
        IntegerError: what C cannot do with this network.
    """

    def __init__(self, network: IntegerNetwork, kernels: Mapping[str, str] | None = None) -> None:
        class Told(ctypes.Structure):
            _fields_ = [
                ("sample", ctypes.c_uint32),
                ("label", ctypes.c_int32),
                ("quality", ctypes.c_uint32),
                ("logits", ctypes.c_int32 * len(network.layers[-1].weight)),
            ]

        self._told = Told
        with tempfile.TemporaryDirectory() as scratch:
            at = Path(scratch)
            for name, text in folder.sources(network, "compared", kernels).items():
                (at / name).write_text(text)
            (at / "many.c").write_text(MANY)
            library = at / "stream.so"
            build_for_host([at / folder.SOURCE, at / "many.c"], library, [at], shared=True)
            self._c = ctypes.CDLL(str(library))
        self._c.push_many.restype = self._c.state_bytes.restype = ctypes.c_uint32

    def stream(self, converter: Converter) -> "Stream":
        """A stream that has had no sample yet."""
        return Stream(self, converter)

    def init(self, rate_hz: int, lowest: int, highest: int) -> tuple[ctypes.Array, int]:
        """A state, and what ecg_stream_init says of it."""
        state = (ctypes.c_uint32 * (self._c.state_bytes() // 4))()
        return state, self._c.ecg_stream_init(state, rate_hz, lowest, highest)

    def check_rate(self, state: ctypes.Array, milliseconds: int) -> int:
        """What ecg_stream_check_rate says."""
        return self._c.ecg_stream_check_rate(state, milliseconds)

    def push(self, state: ctypes.Array, samples: np.ndarray) -> list[Event]:
        """Events of these samples (n,), `pushed` counted from the first of them."""
        room = len(samples)
        events, kinds = (self._told * room)(), (ctypes.c_int32 * room)()
        pushed = (ctypes.c_uint32 * room)()
        values = np.ascontiguousarray(samples, np.int32)
        pointer = values.ctypes.data_as(ctypes.c_void_p)
        told = self._c.push_many(state, pointer, room, events, kinds, pushed, room)
        return [
            Event(at, kind, one.sample, one.label, one.quality, tuple(one.logits))
            for at, kind, one in zip(pushed[:told], kinds[:told], events[:told], strict=True)
        ]


class Stream:
    """One stream in C."""

    def __init__(self, library: Library, converter: Converter) -> None:
        self._library, self._pushed = library, 0
        rate, low, high = converter.rate_hz, converter.lowest, converter.highest
        self.state, _ = library.init(rate, low, high)

    def push(self, samples: np.ndarray) -> list[Event]:
        """Events of the next samples (n,)."""
        told = self._library.push(self.state, samples)
        before, self._pushed = self._pushed, self._pushed + len(samples)
        return [one._replace(pushed=one.pushed + before) for one in told]
