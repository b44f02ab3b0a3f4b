"""Cycles that an Arm Cortex-M4 needs for a basic block, from its instruction timings as data.

Source, where no other is named: Arm, Cortex-M4 Technical Reference Manual (TRM), DDI 0439. Memory
without wait states; an estimate, because the manual gives some timings as a range:

- Refill: a taken branch costs P = 1 to 3 cycles more (table 3-1), by the alignment and width of its
  target. A block's price is without P; who follows the edges adds it, see `refill_cycles`, and
  gives `REFILL_CYCLES` as a band. Measured silicon also takes a cycle for groups of three and more
  wide instructions that are not aligned to words (the page named there, whose rule has exceptions
  that it did not explore). That is left out: charged for every group it is 2 to 3 % of this study's
  networks.
- Division takes 2 to 12 cycles, by its operands: the middle is taken.
- VDIV and VSQRT are priced as if nothing ran beside them, and a load relative to PC as any other.
- A conditional instruction is priced as executed even where its condition fails (then 1 cycle), and
  IT as 1 cycle, though it can be folded into the instruction before it: both are upper bounds.
"""

from collections.abc import Sequence

import capstone

from ecglib.device.instructions import (
    LOADS,
    MULTIPLE,
    STORES,
    TABLE_BRANCHES,
    UnknownInstruction,
    address_registers,
    halves,
    loads_pc,
    name_of,
    words_of,
)

REFILL_CYCLES = (1, 2, 3)
DIVISION_CYCLES = 7

# Table 3-1 (move, add, multiply, compare, logical, shift, extend, bit field, reverse, saturate).
DATA_PROCESSING = frozenset(
    "mov movs movw movt mvn add addw adc adr sub subw sbc rsb mul mla mls smull umull smlal umlal "
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
    **dict.fromkeys(TABLE_BRANCHES, 3),  # Load/store timings: the load 2, the addition 1
    **FLOAT_ARITHMETIC,
    # capstone calls VMOV of a constant fconsts, and VMRS to the flags fmstat
    **dict.fromkeys("vabs vneg vcmp vcmpe vmrs vmsr fmstat fconsts".split(), 1),
}
# Between one core and one FPU register measured silicon takes one cycle
# (https://compendium.i-0.nl/docs/data-operations/fpu_reg), though table 7-1 prints two.
VMOV_CYCLES, VMOV_PAIR_CYCLES = 1, 2


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


def refill_cycles(branch: capstone.CsInsn, target: capstone.CsInsn | None, p: int) -> int:
    """Cycles that a taken branch takes beyond its own price; target: what runs next, if known.

    p is of `REFILL_CYCLES`, but a load into PC, TBB and TBH take all three (load/store timings: at
    least five and six cycles in all). A wide target that is not aligned to a word costs one more
    (measured silicon, https://compendium.i-0.nl/docs/instruction-alignment/rules), up to the three
    that the manual names as the most.
    """
    if name_of(branch) in TABLE_BRANCHES or loads_pc(branch):
        return REFILL_CYCLES[-1]
    across_words = target is not None and target.size == 4 and target.address % 4
    return min(p + bool(across_words), REFILL_CYCLES[-1])


def _cycles(instruction: capstone.CsInsn, before: capstone.CsInsn | None) -> int:
    name = name_of(instruction)
    if name in LOADS:
        return _load_cycles(instruction, before)
    if name in STORES:
        return _store_cycles(instruction, before)
    if name in MULTIPLE:  # tables 3-1 and 7-1: 1 + N for N words; they pipeline with nothing
        return 1 + words_of(instruction)
    if name == "vmov":
        return VMOV_CYCLES if len(instruction.operands) == 2 else VMOV_PAIR_CYCLES
    if name not in FIXED:
        text = f"{instruction.mnemonic} {instruction.op_str}".strip()
        raise UnknownInstruction(f"no Cortex-M4 timing for {text!r} at {instruction.address:#x}")
    return FIXED[name]


def _load_cycles(load: capstone.CsInsn, before: capstone.CsInsn | None) -> int:
    """Table 3-1: two cycles. Load/store timings: one after a load, unless it needs its result.

    A load into PC is blocking.
    """
    return 1 if _pipelines(load, before) and not loads_pc(load) else 2


def _store_cycles(store: capstone.CsInsn, before: capstone.CsInsn | None) -> int:
    """Load/store timings: one cycle by the write buffer, two with a register offset.

    A store with a register offset right after a load pipelines as a load does.
    """
    offset_register = store.operands[1].mem.index
    return 1 if not offset_register or _pipelines(store, before) else 2


def _pipelines(access: capstone.CsInsn, before: capstone.CsInsn | None) -> bool:
    """Whether the access overlaps with a load just before it."""
    return name_of(before) in LOADS and before.operands[0].reg not in address_registers(access)


def _stall_cycles(instruction: capstone.CsInsn, before: capstone.CsInsn | None) -> int:
    """One if it uses too early what the instruction before it computed.

    Load/store timings: a result of data processing as an address; FPU, note to table 7-1.
    """
    if name_of(before) in DATA_PROCESSING or name_of(before) in ("sdiv", "udiv"):
        needed = address_registers(instruction)
    elif name_of(before) in FLOAT_ARITHMETIC:
        needed = instruction.regs_access()[0]
    else:
        return 0
    return int(not halves(needed).isdisjoint(halves(before.regs_access()[1])))
