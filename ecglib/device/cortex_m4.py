"""Cycles that an Arm Cortex-M4 needs for a basic block, from its instruction timings as data.

Source, where no other is named: Arm, Cortex-M4 Technical Reference Manual (TRM), DDI 0439. Memory
without wait states; an estimate, because the manual gives some timings as a range:

- Refill: a taken branch costs P = 1 to 3 cycles more (table 3-1), by the alignment and width of its
  target. A block's price is without P; who follows the edges adds it, and gives `REFILL_CYCLES`
  as a band.
- Division takes 2 to 12 cycles, by its operands: the middle is taken.
- VDIV and VSQRT are priced as if nothing ran beside them, and a load relative to PC as any other.
- A conditional instruction is priced as executed even where its condition fails (then 1 cycle), and
  IT as 1 cycle, though it can be folded into the instruction before it: both are upper bounds.
"""

from collections.abc import Iterable, Sequence

import capstone
from capstone import arm

REFILL_CYCLES = (1, 2, 3)
DIVISION_CYCLES = 7

# Table 3-1 (move, add, multiply, compare, logical, shift, extend, bit field, reverse, saturate).
DATA_PROCESSING = frozenset(
    "mov movw movt mvn add addw adc adr sub subw sbc rsb mul mla mls smull umull smlal umlal "
    "cmp cmn tst teq and eor orr orn bic lsl lsr asr ror rrx "
    "sxth sxtb uxth uxtb ubfx sbfx bfi bfc rev rev16 revsh rbit clz ssat usat".split()
) | frozenset(  # Table 3-2, the DSP instructions: one cycle each
    "pkhbt pkhtb qadd qdadd qsub qdsub qasx qsax qadd8 qadd16 qsub8 qsub16 "
    "sadd8 sadd16 ssub8 ssub16 sasx ssax shadd8 shadd16 shsub8 shsub16 shasx shsax "
    "uadd8 uadd16 usub8 usub16 uasx usax uhadd8 uhadd16 uhsub8 uhsub16 uhasx uhsax "
    "uqadd8 uqadd16 uqsub8 uqsub16 uqasx uqsax sel ssat16 usat16 usad8 usada8 "
    "smlabb smlabt smlatb smlatt smlad smladx smlalbb smlalbt smlaltb smlaltt smlald smlaldx "
    "smlawb smlawt smlsd smlsdx smlsld smlsldx smmla smmlar smmls smmlsr smmul smmulr "
    "smuad smuadx smulbb smulbt smultb smultt smulwb smulwt smusd smusdx umaal "
    "sxtab sxtab16 sxtah sxtb16 uxtab uxtab16 uxtah uxtb16".split()
)
# Table 3-1: two cycles each, less where they pipeline (see `_load_cycles` and `_store_cycles`).
LOADS = frozenset("ldr ldrb ldrh ldrsb ldrsh".split())
STORES = frozenset("str strb strh".split())
# Table 3-1 and the FPU's table 7-1: 1 + N for N words; they pipeline with nothing.
WITH_BASE = frozenset("ldm ldmdb stm stmdb vldmia vldmdb vstmia vstmdb".split())
ON_STACK = frozenset("push pop vpush vpop".split())
MULTIPLE = WITH_BASE | ON_STACK | frozenset("ldrd strd vldr vstr".split())
# Table 7-1. The result costs a cycle more where the next instruction uses it (note to the table).
FLOAT_ARITHMETIC = {
    **dict.fromkeys("vadd vsub vmul vnmul vcvt vcvtr vcvtb vcvtt".split(), 1),
    **dict.fromkeys("vmla vmls vnmla vnmls vfma vfms vfnma vfnms".split(), 3),
    **dict.fromkeys("vdiv vsqrt".split(), 14),
}
FIXED = {
    **dict.fromkeys(DATA_PROCESSING, 1),
    **dict.fromkeys("sdiv udiv".split(), DIVISION_CYCLES),
    **dict.fromkeys("b bl blx bx cbz cbnz it nop".split(), 1),
    **dict.fromkeys("tbb tbh".split(), 2),
    **FLOAT_ARITHMETIC,
    # capstone calls VMOV of a constant fconsts, and VMRS to the flags fmstat
    **dict.fromkeys("vabs vneg vcmp vcmpe vmrs vmsr fmstat fconsts".split(), 1),
}
# Between one core and one FPU register measured silicon takes one cycle
# (https://compendium.i-0.nl/docs/data-operations/fpu_reg), though table 7-1 prints two.
VMOV_CYCLES, VMOV_PAIR_CYCLES = 1, 2

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


def price_block(
    instructions: Sequence[capstone.CsInsn], before: capstone.CsInsn | None = None
) -> tuple[int, int]:
    """(cycles, instructions) of one pass through a block, without the refill after a taken branch.

    `before` is the instruction that ran just before the block where execution fell through into
    it: what it loads or computes can be still in the pipeline. UnknownInstruction, naming mnemonic
    and address, where the table has no timing.
    """
    cycles = 0
    for instruction in instructions:
        cycles += _cycles(instruction, before) + _stall_cycles(instruction, before)
        before = instruction
    return cycles, len(instructions)


def is_single(instruction: capstone.CsInsn) -> bool:
    """Whether it loads or stores one core register: only such may be unaligned (`MULTIPLE` fault).

    Arm, Cortex-M4 Devices Generic User Guide, DUI 0553, section 3.3.5.
    """
    return _name(instruction) in LOADS | STORES


def _name(instruction: capstone.CsInsn | None) -> str | None:
    """The mnemonic without condition, width, type and S; all hints share a name but not a cost."""
    if instruction is None:
        return None
    name = instruction.insn_name()
    return instruction.mnemonic.split(".")[0] if name == "hint" else name


def _cycles(instruction: capstone.CsInsn, before: capstone.CsInsn | None) -> int:
    name = _name(instruction)
    if name in LOADS:
        return _load_cycles(instruction, before)
    if name in STORES:
        return _store_cycles(instruction, before)
    if name in MULTIPLE:
        return 1 + _words(instruction)
    if name == "vmov":
        return VMOV_CYCLES if len(instruction.operands) == 2 else VMOV_PAIR_CYCLES
    if name not in FIXED:
        text = f"{instruction.mnemonic} {instruction.op_str}".strip()
        raise UnknownInstruction(f"no Cortex-M4 timing for {text!r} at {instruction.address:#x}")
    return FIXED[name]


def _load_cycles(load: capstone.CsInsn, before: capstone.CsInsn | None) -> int:
    """Load/store timings: a load after a load takes one cycle, unless it needs that one's result.

    A load into PC is blocking.
    """
    pipelined = load.operands[0].reg != arm.ARM_REG_PC and _pipelines(load, before)
    return 1 if pipelined else 2


def _store_cycles(store: capstone.CsInsn, before: capstone.CsInsn | None) -> int:
    """Load/store timings: one cycle by the write buffer, two with a register offset.

    A store with a register offset right after a load pipelines as a load does.
    """
    offset_register = store.operands[1].mem.index
    return 1 if not offset_register or _pipelines(store, before) else 2


def _pipelines(access: capstone.CsInsn, before: capstone.CsInsn | None) -> bool:
    """Whether the access overlaps with a load just before it."""
    return _name(before) in LOADS and before.operands[0].reg not in _address_registers(access)


def _stall_cycles(instruction: capstone.CsInsn, before: capstone.CsInsn | None) -> int:
    """One if it uses too early what the instruction before it computed.

    Load/store timings: a result of data processing as an address; FPU, note to table 7-1.
    """
    if _name(before) in DATA_PROCESSING or _name(before) in ("sdiv", "udiv"):
        needed = _address_registers(instruction)
    elif _name(before) in FLOAT_ARITHMETIC:
        needed = instruction.regs_access()[0]
    else:
        return 0
    return int(not _halves(needed).isdisjoint(_halves(before.regs_access()[1])))


def _halves(registers: Iterable[int]) -> set[int]:
    """The registers, a double one as the two single ones that it is made of."""
    found = set()
    for register in registers:
        if arm.ARM_REG_D0 <= register <= arm.ARM_REG_D15:
            first = arm.ARM_REG_S0 + 2 * (register - arm.ARM_REG_D0)
            found |= {first, first + 1}
        else:
            found.add(register)
    return found


def _address_registers(instruction: capstone.CsInsn) -> set[int]:
    """Registers that a load or store computes its address from; empty for any other instruction."""
    if _name(instruction) in ON_STACK:
        return {arm.ARM_REG_SP}
    if _name(instruction) in WITH_BASE:
        return {instruction.operands[0].reg}
    memory = [o.mem for o in instruction.operands if o.type == arm.ARM_OP_MEM]
    return {register for m in memory for register in (m.base, m.index) if register}


def _words(instruction: capstone.CsInsn) -> int:
    """32-bit words that a multiple or double transfer moves; a double register counts as two."""
    registers = [o.reg for o in instruction.operands if o.type == arm.ARM_OP_REG]
    moved = registers[1:] if _name(instruction) in WITH_BASE else registers
    return sum(2 if arm.ARM_REG_D0 <= r <= arm.ARM_REG_D31 else 1 for r in moved)
