"""The hooks that count what an emulated core executes, in C: unicorn calls them millions of times.

c/edges.h and c/flash.h are compiled for this computer, once a process.
"""

import ctypes
import tempfile
from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy as np
import unicorn

# The bindings hook functions of Python only; this is what they are made of.
from unicorn.unicorn_py3.unicorn import HOOK_MEM_ACCESS_CFUNC, uccallback, uclib

from ecglib.device.compiler import build_for_host

SOURCES = Path(__file__).with_name("c")
PLACES = 2**13  # for edges; a network's program has some hundred

Block = tuple[int, int]  # address and bytes of instructions that run without a jump in or out
Edge = tuple[Block | None, Block | None]  # None is outside: before the call, and after it


class _Edge(ctypes.Structure):
    _fields_ = [
        (name, ctypes.c_uint32)
        for name in ("before", "before_size", "block", "size", "instructions", "times")
    ]


class _Counter(ctypes.Structure):
    _fields_ = [
        ("code", ctypes.c_void_p),
        ("start", ctypes.c_uint32),
        ("bytes", ctypes.c_uint32),
        ("places", ctypes.c_uint32),
        ("edges", ctypes.POINTER(_Edge)),
        ("used", ctypes.c_uint32),
        ("block", ctypes.c_uint32),
        ("size", ctypes.c_uint32),
        ("left", ctypes.c_int64),
        ("stop", ctypes.c_void_p),
        ("unaligned", ctypes.c_void_p),
    ]


class EdgeCounter:
    """Counts, on a fresh engine, how often execution goes from block to block.

    code: the flash that starts at this address. budget: instructions after which the engine is
    stopped. CompilerMissing: this computer has no C compiler.
    """

    def __init__(self, engine: unicorn.Uc, start: int, code: ctypes.Array, budget: int):
        self._engine, self._code = engine, code
        self._edges = (_Edge * PLACES)()
        self._counter = _Counter(
            code=ctypes.addressof(code),
            start=start,
            bytes=len(code),
            places=PLACES,
            edges=self._edges,
            left=budget,
            stop=_address(uclib.uc_emu_stop),
        )
        add_hook(engine, unicorn.UC_HOOK_BLOCK, "on_block", self._counter)

    def watch_alignment(self, unaligned: Callable[..., None]) -> None:
        """Call unaligned(engine, access, address, size, value, None) before each unaligned access.

        One of more than four bytes is aligned where one of four is.
        """
        self._unaligned = uccallback(self._engine, HOOK_MEM_ACCESS_CFUNC)(unaligned)
        self._counter.unaligned = _address(self._unaligned)
        both = unicorn.UC_HOOK_MEM_READ | unicorn.UC_HOOK_MEM_WRITE
        add_hook(self._engine, both, "on_access", self._counter)

    @property
    def block(self) -> Block | None:
        """The last block that was entered."""
        return _block(self._counter.block, self._counter.size)

    @property
    def problem(self) -> str:
        """Why the counter stopped the engine, or nothing."""
        if self._counter.left < 0:
            return "more instructions than the budget, an endless loop?"
        full = self._counter.used == PLACES - 1
        return f"{PLACES - 1:,} edges from block to block are all that can be counted" * full

    def edges(self) -> Counter[Edge]:
        """What was counted."""
        table = np.ctypeslib.as_array(self._edges)
        found = Counter()
        for before, before_size, block, size, _, times in table[table["times"] > 0].tolist():
            found[_block(before, before_size), _block(block, size)] = times
        return found


def add_hook(
    engine: unicorn.Uc,
    kind: int,
    function: str,
    data: ctypes.Structure,
    first: int = 1,
    last: int = 0,
) -> None:
    """Have a function of the C called with this data, for addresses first to last or all.

    CompilerMissing: this computer has no C compiler.
    """
    hook, handle = getattr(_library(), function), ctypes.c_size_t()
    bounds = ctypes.c_uint64(first), ctypes.c_uint64(last)
    failed = uclib.uc_hook_add(engine._uch, handle, kind, hook, ctypes.byref(data), *bounds)
    if failed:
        raise unicorn.UcError(failed)


@lru_cache(maxsize=1)
def _library() -> ctypes.CDLL:
    with tempfile.TemporaryDirectory() as scratch:
        source, library = Path(scratch) / "edges.c", Path(scratch) / "edges.so"
        source.write_text('#include "edges.h"\n#include "flash.h"\n')
        build_for_host([source], library, [SOURCES], shared=True)
        return ctypes.CDLL(str(library))


def _address(function: Callable) -> int:
    return ctypes.cast(function, ctypes.c_void_p).value


def _block(address: int, size: int) -> Block | None:
    return (address, size) if size else None
