"""What a Thumb instruction is: its name, the registers that its address comes from, its words."""

from collections.abc import Iterable

import capstone
from capstone import arm

LOADS = frozenset("ldr ldrb ldrh ldrsb ldrsh".split())
STORES = frozenset("str strb strh".split())
WITH_BASE = frozenset("ldm ldmdb stm stmdb vldmia vldmdb vstmia vstmdb".split())
ON_STACK = frozenset("push pop vpush vpop".split())
MULTIPLE = WITH_BASE | ON_STACK | frozenset("ldrd strd vldr vstr".split())
TABLE_BRANCHES = frozenset(("tbb", "tbh"))

_DISASSEMBLER = capstone.Cs(capstone.CS_ARCH_ARM, capstone.CS_MODE_THUMB | capstone.CS_MODE_MCLASS)
_DISASSEMBLER.detail = True


class UnknownInstruction(ValueError):
    """The table of timings lacks this instruction, or the bytes are none."""


def decode(code: bytes, address: int) -> list[capstone.CsInsn]:
    """The Thumb instructions of `code` at `address`; UnknownInstruction if bytes are left over."""
    instructions = list(_DISASSEMBLER.disasm(code, address))
    size = sum(instruction.size for instruction in instructions)
    if size != len(code):
        rest = code[size : size + 4].hex(" ")
        raise UnknownInstruction(
            f"no instruction that capstone knows at {address + size:#x}: {rest}"
        )
    return instructions


def is_single(instruction: capstone.CsInsn) -> bool:
    """Whether it loads or stores one core register: only such may be unaligned (`MULTIPLE` fault).

    Arm, Cortex-M4 Devices Generic User Guide, DUI 0553, section 3.3.5.
    """
    return name_of(instruction) in LOADS | STORES


def name_of(instruction: capstone.CsInsn | None) -> str | None:
    """The mnemonic without condition, width, type and S; all hints share a name but not a cost."""
    if instruction is None:
        return None
    name = instruction.insn_name()
    return instruction.mnemonic.split(".")[0] if name == "hint" else name


def loads_pc(instruction: capstone.CsInsn) -> bool:
    """Whether it is an LDR into PC."""
    return name_of(instruction) in LOADS and instruction.operands[0].reg == arm.ARM_REG_PC


def halves(registers: Iterable[int]) -> set[int]:
    """The registers, a double one as the two single ones that it is made of."""
    found = set()
    for register in registers:
        if arm.ARM_REG_D0 <= register <= arm.ARM_REG_D15:
            first = arm.ARM_REG_S0 + 2 * (register - arm.ARM_REG_D0)
            found |= {first, first + 1}
        else:
            found.add(register)
    return found


def address_registers(instruction: capstone.CsInsn) -> set[int]:
    """Registers that a load or store computes its address from; empty for any other instruction."""
    if name_of(instruction) in ON_STACK:
        return {arm.ARM_REG_SP}
    if name_of(instruction) in WITH_BASE:
        return {instruction.operands[0].reg}
    memory = [o.mem for o in instruction.operands if o.type == arm.ARM_OP_MEM]
    return {register for m in memory for register in (m.base, m.index) if register}


def words_of(instruction: capstone.CsInsn) -> int:
    """32-bit words that a multiple or double transfer moves; a double register counts as two."""
    registers = [o.reg for o in instruction.operands if o.type == arm.ARM_OP_REG]
    moved = registers[1:] if name_of(instruction) in WITH_BASE else registers
    return sum(2 if arm.ARM_REG_D0 <= r <= arm.ARM_REG_D31 else 1 for r in moved)
