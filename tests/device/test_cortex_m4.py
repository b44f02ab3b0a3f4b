"""The cycle table is held to the manual's own examples and to hand counts."""

import pytest

from ecglib.device.compiler import CompilerMissing, build_for_device, device_compiler
from ecglib.device.cortex_m4 import REFILL_CYCLES, price_block, refill_cycles
from ecglib.device.instructions import UnknownInstruction, decode, is_single
from ecglib.device.meter import Machine

# Instructions -> cycles. The first four are the examples of DDI 0439, "Load/store timings".
CYCLES = {
    "ldr r0, [r1]; ldr r1, [r2]": 3,
    "ldr r0, [r1, r2]; str r0, [r3, #20]": 3,
    "ldr r0, [r1, r2]; str r1, [r3, r2]": 3,
    "ldr r0, [r1, r5]; ldr r1, [r2]; ldr r2, [r3, #4]": 4,
    # data processing, 16 and 32 bits wide, with and without flags
    "adds r0, r1, r2": 1,
    "add.w r8, r1, r2, lsl #3": 1,
    "mov r8, r9; movw r0, #1000; movt r0, #3; mvn r0, r1; movs r1, #1": 5,
    "lsls r0, r1, #3; asr.w r0, r1, r2; rrx r0, r1": 3,
    ".inst.n 0x0008; .inst.n 0x1c08": 2,  # MOVS r0, r1 in both encodings of 16 bits
    "cmp r0, #1; cmn r0, r1; tst r0, r1; teq r0, r1": 4,
    "mul r0, r1, r2; muls r0, r1, r0; mla r0, r1, r2, r3; smull r0, r1, r2, r3": 4,
    "smlad r0, r1, r2, r3; smladx r0, r1, r2, r3; smlabb r0, r1, r2, r3; smmulr r0, r1, r2": 4,
    "sxtb16 r0, r1; uxtab r0, r1, r2, ror #8; pkhtb r0, r1, r2, asr #16; ssat r0, #8, r1": 4,
    "bfi r0, r1, #2, #3; ubfx r0, r1, #1, #2; rbit r0, r1; clz r0, r1; usat16 r0, #8, r1": 5,
    "nop; nop.w; adr r0, . + 8": 3,
    "sdiv r0, r1, r2": 7,
    "udiv r0, r1, r2": 7,
    # single loads and stores
    "ldr r0, [r1]": 2,
    "ldr r0, [r1, r2, lsl #2]": 2,
    "ldr r0, [r1], #4": 2,
    "ldrsh r0, [r1], #2; ldrb r2, [r3]; ldrh r4, [r5]; ldrsb r6, [r7]": 5,
    "ldr r0, [r1]; ldr r2, [r0]": 4,  # needs the first's result
    "ldr r0, [r1]; ldr r2, [r3, r0]": 4,
    "ldr r0, [r1]; adds r2, r3, r4; ldr r5, [r1]": 5,  # not neighbours
    "str r0, [r1, #4]": 1,
    "str r0, [r1]; strb r2, [r3]; strh r4, [r5, #2]!": 3,
    "str r0, [r1, r2]": 2,
    "ldr r2, [r1]; str r0, [r1, r2]": 4,
    "str r0, [r1]; ldr r2, [r3]": 3,  # nothing pipelines after a store
    # an address from data processing comes a cycle late
    "adds r1, r1, #4; ldr r0, [r1]": 4,
    "adds r2, r1, #4; ldr r0, [r1]": 3,
    "adds r2, r1, #4; str r0, [r1, r2]": 4,
    "adds r0, r1, #4; str r0, [r1]": 2,  # the value stored is no address
    "smlal r0, r1, r2, r3; ldr r4, [r1]": 4,  # either half of a long result
    "cmp r1, #4; ldr r0, [r1]": 3,
    "sdiv r1, r2, r3; ldr r0, [r1]": 10,
    "subs r0, #8; ldm r0, {r1, r2}": 5,
    "add sp, #8; pop {r4, r5}": 5,
    # several words
    "ldrd r0, r1, [r2]; strd r0, r1, [r2, #8]": 6,
    "ldrd r0, r1, [r2]; ldr r3, [r4]": 5,
    "ldr r3, [r4]; ldrd r0, r1, [r2]": 5,
    "ldm r0, {r1, r2, r3}": 4,
    "ldm r0!, {r1, r2, r3}; ldmdb r0!, {r1, r2}": 7,
    "stm r0!, {r1-r8}; stmdb r0!, {r1, r2}": 12,
    "push {r4, lr}; pop {r4, r5, r6}": 7,
    "pop {r4, pc}": 3,
    # branches, without the refill
    "b . + 8": 1,
    "bl . + 8": 1,
    "beq . + 8": 1,
    "bls.w . + 800": 1,
    "cbz r0, . + 8": 1,
    "bx lr": 1,
    "blx r3": 1,
    "mov pc, r0": 1,
    "ldr pc, [r0]": 2,
    "ldr r0, [r1]; ldr pc, [r2]": 4,
    "ldr pc, [sp], #4": 2,
    "tbb [pc, r0]": 3,
    "tbh [pc, r0, lsl #1]": 3,
    # conditional instructions count as executed
    "it eq; moveq r0, #1": 2,
    "ittee ne; ldrne r0, [r1]; ldrne r2, [r3]; streq r0, [r1]; smladeq r0, r1, r2, r3": 6,
    "itt cs; adccs r0, r1; popcs {r4, r5}": 5,
    "ite lt; lsllt r0, r1; ldrdge r0, r1, [r2]": 5,
    "itt vs; vmovvs s0, r0; bvs . + 8": 3,
    # FPU
    "vmov s0, r0; vmov r0, s0; vmov.f32 s0, s1; vmov.f32 s0, #1.0": 4,
    "vmov r0, r1, s0, s1": 2,
    "vmov r0, r1, d0": 2,
    "vldr s0, [r0]; vstr s0, [r0]": 4,
    "vldr d0, [r0]; vstr d0, [r0]": 6,
    "vldm r0!, {s0-s3}; vstm r0, {d0-d1}; vldmdb r0!, {s0}": 12,
    "vpush {s16-s18}; vpop {d8-d9}": 9,
    "vadd.f32 s0, s1, s2; vmul.f32 s3, s4, s5; vcvt.f32.s32 s6, s7": 3,
    "vadd.f32 s0, s1, s2; vmul.f32 s3, s0, s5": 3,  # uses the result at once
    "vadd.f32 s0, s1, s2; vmov r0, s0": 3,
    "vadd.f32 s0, s1, s2; vmov r0, r1, d0": 4,  # d0 is s0 and s1
    "vadd.f32 s0, s1, s2; vmov r0, r1, d1": 3,
    "vabs.f32 s0, s1; vneg.f32 s2, s0; vcmp.f32 s0, s1; vmrs APSR_nzcv, fpscr; vmsr fpscr, r0": 5,
    "vfma.f32 s0, s1, s2": 3,
    "vmls.f32 s0, s1, s2": 3,
    "vdiv.f32 s0, s1, s2; vsqrt.f32 s3, s4": 28,
}
UNKNOWN = {
    "svc 0": "svc",
    "ldrex r0, [r1]": "ldrex",
    "wfi": "wfi",
    "cpsid i": "cpsid",
    "isb": "isb",
}


@pytest.fixture(scope="module")
def assembled(tmp_path_factory):
    """Instructions, separated by semicolons -> the same decoded; all assembled at once."""
    try:
        device_compiler()
    except CompilerMissing as missing:
        pytest.skip(str(missing))
    folder = tmp_path_factory.mktemp("snippets")
    texts = [*CYCLES, *UNKNOWN]
    functions = [
        f".p2align 2\n.type s{i}, %function\ns{i}: {text}\n.size s{i}, . - s{i}\n"
        for i, text in enumerate(texts)
    ]
    source = folder / "snippets.S"
    source.write_text(".syntax unified\n.thumb\n" + "".join(functions))
    build_for_device([source], folder / "snippets.elf")
    machine = Machine(folder / "snippets.elf")
    symbols = [machine.symbols[f"s{i}"] for i in range(len(texts))]
    return {t: decode(machine.read(*s), s.address) for t, s in zip(texts, symbols, strict=True)}


@pytest.mark.parametrize(("text", "cycles"), CYCLES.items())
def test_cycles_by_hand(assembled, text, cycles):
    assert price_block(assembled[text]) == (cycles, len(text.split(";")))


@pytest.mark.parametrize(
    ("branch", "by_p"),
    [("b . + 8", [1, 2, 3]), ("ldr pc, [r0]", [3, 3, 3]), ("tbb [pc, r0]", [3, 3, 3])]
    + [
        ("tbh [pc, r0, lsl #1]", [3, 3, 3]),
        ("ldr pc, [sp], #4", [3, 3, 3]),
        ("pop {r4, pc}", [1, 2, 3]),
        ("bx lr", [1, 2, 3]),
    ],
)
def test_a_jump_to_an_address_from_memory_takes_the_longest_refill(assembled, branch, by_p):
    assert [refill_cycles(assembled[branch][-1], None, p) for p in REFILL_CYCLES] == by_p


@pytest.mark.parametrize("offset", [0, 2])
@pytest.mark.parametrize("wide", [False, True])
def test_a_wide_target_across_two_words_costs_a_cycle_more(assembled, offset, wide):
    (branch,) = assembled["b . + 8"]
    code = "4fea0100" if wide else "0846"  # mov.w r0, r1 and mov r0, r1
    (target,) = decode(bytes.fromhex(code), 0x100 + offset)
    found = [refill_cycles(branch, target, p) for p in REFILL_CYCLES]
    assert found == ([2, 3, 3] if wide and offset else [1, 2, 3])  # at most three, says the manual


@pytest.mark.parametrize(("text", "mnemonic"), UNKNOWN.items())
def test_an_instruction_without_timing_is_an_error_that_names_it(assembled, text, mnemonic):
    instructions = assembled[text]
    with pytest.raises(UnknownInstruction, match=f"{mnemonic}.* at {instructions[0].address:#x}"):
        price_block(instructions)


@pytest.mark.parametrize("text", ["ldr r0, [r1]; ldr r1, [r2]", "adds r1, r1, #4; ldr r0, [r1]"])
def test_a_block_cut_in_two_costs_the_same_if_told_what_ran_before(assembled, text):
    first, second = assembled[text]
    whole = price_block([first, second])[0]
    assert price_block([first])[0] + price_block([second], before=first)[0] == whole


def test_bytes_that_are_no_instruction_are_an_error_with_their_address():
    nop = bytes.fromhex("00bf")
    with pytest.raises(UnknownInstruction, match="at 0x102: ff ff"):
        decode(nop + bytes.fromhex("ffffffff"), 0x100)


def test_only_single_loads_and_stores_may_be_unaligned(assembled):
    single = {text: is_single(instructions[0]) for text, instructions in assembled.items()}
    assert single["ldr r0, [r1]"] and single["str r0, [r1, #4]"]
    assert not single["ldm r0, {r1, r2, r3}"] and not single["vldr s0, [r0]; vstr s0, [r0]"]
