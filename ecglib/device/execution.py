"""Runs one call of Thumb code in unicorn and counts how execution went from block to block."""

import ctypes
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import unicorn
from capstone import CsInsn
from unicorn import arm_const as registers

from ecglib.device.flash import FlashWaits
from ecglib.device.hooks import Block, Edge, EdgeCounter
from ecglib.device.instructions import is_single

PAGE_BYTES = 4096
RETURN_ADDRESS = 0x00100000  # in a page of its own, away from flash and RAM
# What a function must leave as it was (AAPCS, Arm IHI 0042, register usage): r4-r11, s16-s31.
KEPT = [f"r{n}" for n in range(4, 12)] + [f"s{n}" for n in range(16, 32)]


class EmulationError(RuntimeError):
    """The code did what would fail on the device, or did not end."""


class Execution:
    """One call, on a fresh engine: in one that has run, new hooks miss code translated before.

    memory: address -> buffer of whole pages; the lowest is flash (code), which cannot be written.
    decoded: gives a block's instructions. After `run`: edges, and if asked for unaligned (address
    of a block -> cycles that its unaligned single loads and stores add) and waits (see `flash`).

    With check_alignment unicorn 2.1.4 takes what follows some conditional stores for conditional,
    too (like unicorn-engine/unicorn#2309): right code may fault or give other results then.
    """

    def __init__(
        self,
        memory: Mapping[int, ctypes.Array],
        decoded: Callable[[Block], Sequence[CsInsn]],
        budget: int,
        check_alignment: bool,
        wait_states: int | None,
    ):
        self.edges: Counter[Edge] = Counter()
        self.unaligned: Counter[int] = Counter()
        self._decoded = decoded
        self._problem = ""
        self._lowest_ram = max(memory)
        # Not UC_MODE_MCLASS: with it unicorn takes a Cortex-M33, whatever the model.
        self._engine = unicorn.Uc(unicorn.UC_ARCH_ARM, unicorn.UC_MODE_THUMB)
        self._engine.ctl_set_cpu_model(registers.UC_CPU_ARM_CORTEX_M4)
        self._map(memory)
        flash = min(memory)
        self._counter = EdgeCounter(self._engine, flash, memory[flash], budget)
        self._engine.hook_add(unicorn.UC_HOOK_MEM_INVALID, self._on_invalid)
        if check_alignment:
            self._counter.watch_alignment(self._on_unaligned)
        self._flash = None
        if wait_states is not None:
            self._flash = FlashWaits(self._engine, flash, memory[flash], wait_states)

    @property
    def waits(self) -> int | None:
        """Cycles of waiting for the flash, if they were asked for."""
        return self._flash and self._flash.cycles

    @property
    def block(self) -> Block | None:
        """The last block that was entered."""
        return self._counter.block

    def run(self, address: int, arguments: Sequence[int], stack_pointer: int) -> int:
        """Call with up to four arguments in r0-r3; r0 at the return, signed.

        EmulationError: a fault, the budget exceeded, or a register that was not restored.
        """
        before = {f"r{n}": argument for n, argument in enumerate(arguments)}
        before |= {name: 0x5A5A0000 + n for n, name in enumerate(KEPT)} | {"sp": stack_pointer}
        # The FPU is off after reset (CPACR, TRM section 7.3.1): full access to CP10 and CP11.
        self._engine.reg_write(registers.UC_ARM_REG_C1_C0_2, 0xF << 20)
        for name, value in (before | {"lr": RETURN_ADDRESS | 1}).items():
            self._engine.reg_write(_number(name), value)
        try:
            self._engine.emu_start(address | 1, RETURN_ADDRESS)
        except unicorn.UcError as error:
            self._stop(str(error))
        if self._counter.problem:
            self._stop(self._counter.problem)
        if self._problem:
            raise EmulationError(self._problem)
        if changed := [name for name in [*KEPT, "sp"] if self._register(name) != before[name]]:
            raise EmulationError(f"{', '.join(changed)} not restored")
        self.edges = self._counter.edges()
        self.edges[self.block, None] += 1
        return ctypes.c_int32(self._register("r0")).value

    def _map(self, memory: Mapping[int, ctypes.Array]) -> None:
        read_write = unicorn.UC_PROT_READ | unicorn.UC_PROT_WRITE
        read_execute = unicorn.UC_PROT_READ | unicorn.UC_PROT_EXEC
        for start, buffer in memory.items():
            allowed = read_execute if start == min(memory) else read_write
            self._engine.mem_map_ptr(start, len(buffer), allowed, ctypes.addressof(buffer))
        self._engine.mem_map(RETURN_ADDRESS, PAGE_BYTES, unicorn.UC_PROT_EXEC)

    def _on_invalid(self, engine, access, address, size, *_) -> bool:
        overflow = "stack overflow? " if address < self._lowest_ram < address + 0x100000 else ""
        self._stop(f"{overflow}no access to {size} bytes at {address:#x}")
        return False

    def _on_unaligned(self, engine, access, address, size, *_) -> None:
        """A fault, or as load/store timings of the TRM say, one or two cycles more.

        For a store that is an upper bound: the write buffer may hide it.
        """
        pc = self._register("pc")
        instruction = next(i for i in self._decoded(self.block) if i.address == pc)
        if not is_single(instruction):
            self._stop(f"{instruction.mnemonic} of unaligned {address:#x}")
        self.unaligned[self.block[0]] += 2 if size == 4 and address % 2 else 1

    def _stop(self, problem: str) -> None:
        """End the run; the first problem counts, with the pc where it arose."""
        self._problem = self._problem or f"{problem} at pc {self._register('pc'):#x}"
        self._engine.emu_stop()

    def _register(self, name: str) -> int:
        return self._engine.reg_read(_number(name))


def _number(register: str) -> int:
    return getattr(registers, f"UC_ARM_REG_{register.upper()}")
