"""How long a core waits for its flash: a simple model of an accelerator like STM32's ART.

Source: ST, RM0090 (STM32F405 to F439), section 3, the adaptive real-time memory accelerator. Lines
have 128 bits. Instructions come from the line that runs, from a cache of 64 lines, or from the next
line, which is read while the one before runs. Constants, literals among them, come from a cache of
8 lines. For anything else the core waits, and it goes into the cache, from which the line goes that
was longest unused. What is assumed:

- Both caches are empty at the start of a call, as after sleep.
- The next line is there 1 + wait states cycles after the one before was entered. An instruction is
  taken to last one cycle, so where some last longer fewer cycles are waited than are counted.
- A jump elsewhere waits in full, though the refill of the pipeline may hide a cycle of it.
- Reads of code and of constants do not disturb each other.

All is in C (c/flash.h), in hooks that run beside those that count.
"""

import ctypes

import unicorn

from ecglib.device.hooks import add_hook

WAIT_STATES = 5  # of an STM32F4 at 168 MHz and 3.3 V
CODE_LINES = 64


class _Cache(ctypes.Structure):
    _fields_ = [("line", ctypes.c_uint32 * CODE_LINES), ("used", ctypes.c_uint32)]


class _Flash(ctypes.Structure):
    _fields_ = [
        ("memory", ctypes.c_void_p),
        *((name, ctypes.c_uint32) for name in ("start", "bytes", "wait_states")),
        *((name, ctypes.c_uint32) for name in ("line", "executed")),
        ("waits", ctypes.c_uint64),
        ("code", _Cache),
        ("data", _Cache),
    ]


class FlashWaits:
    """Counts, on a fresh engine, the cycles that a run waits for the flash at this address."""

    def __init__(self, engine: unicorn.Uc, start: int, memory: ctypes.Array, wait_states: int):
        self._flash = _Flash(
            memory=ctypes.addressof(memory), start=start, bytes=len(memory), wait_states=wait_states
        )
        end = start + len(memory) - 1
        add_hook(engine, unicorn.UC_HOOK_BLOCK, "on_fetch", self._flash)
        add_hook(engine, unicorn.UC_HOOK_MEM_READ, "on_constant", self._flash, start, end)

    @property
    def cycles(self) -> int:
        """The waits so far."""
        return self._flash.waits
