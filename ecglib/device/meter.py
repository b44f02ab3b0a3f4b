"""An emulated Cortex-M4 that counts: calls functions of an ELF file and tells what they executed.

Nothing depends on time or on the computer: the same file and input give the same count everywhere.
"""

import ctypes
import struct
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from capstone import CsInsn
from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import Section

from ecglib.device.cortex_m4 import price_block
from ecglib.device.execution import PAGE_BYTES, Block, Edge, EmulationError, Execution
from ecglib.device.instructions import decode

CONTENTS = (".text", ".rodata", ".data")
FILL = b"\xa5"  # what the stack holds before a call
BUDGET_INSTRUCTIONS = 300_000_000
# See `Machine.price`. Programs share most of their code, and it takes its time wherever it stands.
_PRICES: dict[tuple[bytes, bytes | None], tuple[int, int]] = {}


class Symbol(NamedTuple):
    """A function: its address (without the Thumb bit) and bytes."""

    address: int
    size: int


@dataclass(frozen=True)
class Call:
    """What a call did: r0, signed; how often execution went from block to block; stack and more.

    stack_bytes reaches from the stack pointer at entry (arguments on the stack lie above it) to
    the deepest byte written. unaligned: function -> cycles that its unaligned single loads and
    stores add to the price, and waits: cycles of waiting for the flash; None if not asked for.
    """

    result: int
    edges: Counter[Edge]
    stack_bytes: int
    unaligned: dict[str, int] | None
    waits: int | None


class Machine:
    """A Cortex-M4 with FPU that holds one ELF file linked by cortex_m4.ld; RAM lasts over calls.

    symbols: functions by name. In bytes: sizes by name, code_bytes and constant_bytes (flash;
    constants are read-only data and first values of variables), static_ram_bytes (without stack).
    """

    def __init__(self, elf: Path):
        with elf.open("rb") as file:
            sections = {section.name: section for section in ELFFile(file).iter_sections()}
            table = list(sections[".symtab"].iter_symbols())
            self._image = [(s["sh_addr"], s.data()) for s in _loaded(sections)]
        functions = [s for s in table if s["st_info"]["type"] == "STT_FUNC"]
        self._addresses = {s.name: s["st_value"] for s in table if s["st_shndx"] != "SHN_UNDEF"}
        self._functions = sorted((s["st_value"] & ~1, s["st_size"], s.name) for s in functions)
        self.symbols = {name: Symbol(address, size) for address, size, name in self._functions}
        self.sizes = {s.name: s["st_size"] for s in table if s["st_size"]}
        size = Counter({name: section["sh_size"] for name, section in sections.items()})
        self.code_bytes, self.constant_bytes = size[".text"], size[".rodata"] + size[".data"]
        self.static_ram_bytes = size[".data"] + size[".bss"]
        self._blocks: dict[Block, list[CsInsn]] = {}
        self.reset()

    def reset(self) -> None:
        """Flash and RAM as they are when the program starts."""
        flash, ram = self.symbol("__flash_start"), self.symbol("__ram_start")
        flash_end = max(address + len(data) for address, data in self._image if address < ram)
        ends = {flash: flash_end, ram: self.symbol("__ram_end")}
        self._memory = {start: _whole_pages(end - start) for start, end in ends.items()}
        for address, data in self._image:
            self.write(address, data)

    def symbol(self, name: str) -> int:
        """Address of a function (without the Thumb bit) or variable; KeyError if there is none."""
        return self.symbols[name].address if name in self.symbols else self._addresses[name]

    def function_at(self, address: int) -> str:
        """Name of the function whose code lies there; LookupError if no symbol covers it."""
        index = bisect_right(self._functions, (address, float("inf"))) - 1
        start, size, name = self._functions[max(index, 0)]
        if address < start or 0 < size <= address - start:
            raise LookupError(f"no function at {address:#x} (assembly needs .type and .size)")
        return name

    def read(self, address: int, count: int) -> bytes:
        """`count` bytes of flash or RAM; ValueError outside."""
        memory, offset = self._place(address, count)
        return memory[offset : offset + count]

    def write(self, address: int, data: bytes) -> None:
        """Put bytes into flash or RAM, where all from symbol __free_ram_start on is unused."""
        memory, offset = self._place(address, len(data))
        memory[offset : offset + len(data)] = bytes(data)

    def block(self, block: Block) -> list[CsInsn]:
        """The instructions of a block; cached, for code does not change."""
        if block not in self._blocks:
            address, size = block
            self._blocks[block] = decode(self.read(address, size), address)
        return self._blocks[block]

    def price(self, block: Block, before: Block | None) -> tuple[int, int]:
        """`price_block` of a block, fallen into from another one, or not; cached by their code."""
        code = self.read(*block), self.read(*before) if before else None
        if code not in _PRICES:
            last = self.block(before)[-1] if before else None
            _PRICES[code] = price_block(self.block(block), last)
        return _PRICES[code]

    def call(
        self,
        function: str,
        *arguments: int,
        check_alignment: bool = False,
        wait_states: int | None = None,
        budget: int = BUDGET_INSTRUCTIONS,
    ) -> Call:
        """Run a function on 32-bit arguments (AAPCS, from the fifth on the stack) to its return.

        EmulationError, naming function and pc: a fault, a stack too small, more instructions than
        the budget, a register not restored; with check_alignment (slower) also an unaligned
        address where only single loads and stores may have one, which unicorn lets pass. With
        wait_states, of the flash, waits are counted, see `flash`.
        """
        words = [argument & 0xFFFFFFFF for argument in arguments]
        limit, top = self.symbol("__stack_limit"), self.symbol("__stack_top")
        entry = top - (4 * len(words[4:]) + 7) // 8 * 8  # AAPCS: a multiple of 8
        self.write(limit, FILL * (top - limit))
        self.write(entry, struct.pack(f"<{len(words[4:])}I", *words[4:]))
        execution = Execution(self._memory, self.block, budget, check_alignment, wait_states)
        try:
            result = execution.run(self.symbols[function].address, words[:4], entry)
        except EmulationError as error:
            inside = self.function_at(execution.block[0]) if execution.block else function
            raise EmulationError(f"call of {function}: {error}, in {inside}") from None
        used = self.read(limit, entry - limit).lstrip(FILL)
        if not check_alignment:
            return Call(result, execution.edges, len(used), None, execution.waits)
        unaligned: Counter[str] = Counter()
        for address, cycles in execution.unaligned.items():
            unaligned[self.function_at(address)] += cycles
        return Call(result, execution.edges, len(used), dict(unaligned), execution.waits)

    def _place(self, address: int, count: int) -> tuple[ctypes.Array, int]:
        """The memory that holds these bytes, and where in it they start."""
        for start, memory in self._memory.items():
            if start <= address and address + count <= start + len(memory):
                return memory, address - start
        raise ValueError(f"{count} bytes at {address:#x} are neither in flash nor in RAM")


def _loaded(sections: Mapping[str, Section]) -> list[Section]:
    """Sections with contents on the device; ValueError if one has memory but no known place."""
    for name, section in sections.items():
        in_memory = section["sh_size"] and section["sh_flags"] & SH_FLAGS.SHF_ALLOC
        if in_memory and name not in (*CONTENTS, ".bss", ".stack"):
            raise ValueError(f"section {name} has no place in cortex_m4.ld")
    return [sections[name] for name in CONTENTS if name in sections]


def _whole_pages(size: int) -> ctypes.Array:
    """A zeroed buffer of at least `size` bytes that unicorn can map."""
    return (ctypes.c_char * (-(-size // PAGE_BYTES) * PAGE_BYTES))()
