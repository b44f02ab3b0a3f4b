"""The emulated Cortex-M4: calls give the right results, counts follow from the code, faults show.

Most functions are assembly, so that the counts can be worked out by hand.
"""

import struct

import pytest

from ecglib.device import hooks
from ecglib.device.compiler import (
    CompilerMissing,
    build_for_device,
    device_compiler,
    host_compiler,
)
from ecglib.device.execution import EmulationError
from ecglib.device.meter import Machine
from ecglib.device.pricing import price

ASSEMBLY = {  # function -> its instructions
    "count_down": "1: subs r0, #1; bne 1b; bx lr",
    "skip_if_zero": "cbz r0, 1f; nop; 1: bx lr",
    "wide_target": "b 1f; nop; nop; 1: mov.w r0, r0; bx lr",  # at an odd halfword
    "jump_by_table": "tbb [pc, r0]; 0: .byte (1f - 0b) / 2, (2f - 0b) / 2; 1: nop; 2: bx lr",
    "jump_by_load": "adr r1, 1f; orr r1, #1; push {r1}; ldr pc, [sp], #4; nop; nop; "
    ".p2align 2; 1: bx lr",
    "outer": "push {r4, lr}; mov r4, r0; bl inner; adds r0, r4; pop {r4, pc}",
    "inner": "adds r0, #1; bx lr",
    "frame": "push {r4-r7}; sub sp, #16; str r0, [sp]; add sp, #16; pop {r4-r7}; bx lr",
    "through_fpu": "vmov s0, r0; vcvt.f32.s32 s0, s0; vadd.f32 s0, s0, s0; vcvt.s32.f32 s0, s0; "
    "vmov r0, s0; bx lr",
    "forever": "1: b 1b",
    "straight": ".rept 2000; ldr r1, [r0]; .endr; bx lr",
    "load": "ldr r0, [r0]; bx lr",
    "load_half": "ldrh r0, [r0]; bx lr",
    "store": "str r1, [r0]; bx lr",
    "load_double": "ldrd r0, r1, [r0]; bx lr",
    "load_multiple": "ldm r0, {r0, r1}; bx lr",
    "load_float": "vldr s0, [r0]; bx lr",
    "store_multiple": "stm r0, {r1, r2}; bx lr",
    "recurse": "push {r4-r11, lr}; bl recurse; pop {r4-r11, pc}",
    "undefined": "udf #0",
    "to_nowhere": "movs r0, #1; bx r0",
    "forgets_r5": "movs r5, #1; bx lr",
    "forgets_s16": "vmov s16, r0; bx lr",
    "forgets_the_stack": "sub sp, #8; bx lr",
}
C = """
int counter = 3;
int table[4];
int next(void) { return counter++; }
int seven(int a, int b, int c, int d, int e, int f, int g) {
    return a + 10 * (b + 10 * (c + 10 * (d + 10 * (e + 10 * (f + 10 * g))))); }
int sum(const int *values, int n, int *last) {
    int total = 0;
    for (int i = 0; i < n; i++) total += values[i];
    *last = values[n - 1];
    return total; }
"""


@pytest.fixture(scope="module")
def elf(tmp_path_factory):
    try:
        device_compiler()
        host_compiler()  # for the hooks
    except CompilerMissing as missing:
        pytest.skip(str(missing))
    folder = tmp_path_factory.mktemp("meter")
    functions = [
        f".p2align 2\n.global {name}\n.type {name}, %function\n{name}: {text}\n"
        f".size {name}, . - {name}\n"
        for name, text in ASSEMBLY.items()
    ]
    (folder / "a.S").write_text(".syntax unified\n.thumb\n" + "".join(functions))
    (folder / "b.c").write_text(C)
    build_for_device([folder / "a.S", folder / "b.c"], folder / "test.elf")
    return folder / "test.elf"


@pytest.fixture
def machine(elf):
    return Machine(elf)


def test_arguments_beyond_the_fourth_are_on_the_stack(machine):
    assert machine.call("seven", 1, 2, 3, 4, 5, 6, 7).result == 7654321
    assert machine.call("seven", -1, 0, 0, 0, 0, 0, 0).result == -1


def test_memory_goes_in_and_out(machine):
    values = machine.symbol("__free_ram_start")
    machine.write(values, struct.pack("<3i", 5, -20, 7))
    assert machine.call("sum", values, 3, machine.symbol("table")).result == -8
    assert struct.unpack("<i", machine.read(machine.symbol("table"), 4)) == (7,)


def test_ram_lasts_over_calls_until_reset(machine):
    assert [machine.call("next").result for _ in range(2)] == [3, 4]
    machine.reset()
    assert machine.call("next").result == 3


@pytest.mark.parametrize("refill", [1, 2, 3])
@pytest.mark.parametrize("n", [1, 2, 1000])
def test_a_loop_follows_its_formula(machine, n, refill):
    cost = price(machine, machine.call("count_down", n).edges, refill)
    assert cost.instructions == 2 * n + 1
    assert cost.cycles == 2 * n + 1 + refill * (n - 1) + refill  # back n - 1 times, and the return


def test_loads_pipeline_on_where_the_emulator_cuts_a_long_block(machine):
    edges = machine.call("straight", machine.symbol("table")).edges
    assert len(edges) > 3  # it was cut
    assert price(machine, edges, 2).cycles == (2 + 1999) + 1 + 2


def test_prices_are_those_of_the_code_wherever_it_stands(elf, tmp_path):
    (tmp_path / "a.S").write_text(
        ".syntax unified\n.thumb\n"
        + "".join(
            f".global {name}\n.type {name}, %function\n{name}: {text}\n.size {name}, . - {name}\n"
            for name, text in (("before", "nop; bx lr"), ("count_down", ASSEMBLY["count_down"]))
        )
    )
    build_for_device([tmp_path / "a.S"], tmp_path / "a.elf")
    here, there = Machine(elf), Machine(tmp_path / "a.elf")
    assert here.symbol("count_down") != there.symbol("count_down")
    costs = [price(m, m.call("count_down", 9).edges, 2) for m in (here, there, here)]
    assert costs[0] == costs[1] == costs[2]


@pytest.mark.parametrize("refill", [1, 2, 3])
@pytest.mark.parametrize(("argument", "cycles", "taken"), [(0, 2, 2), (1, 3, 1)])
def test_only_a_taken_branch_refills_the_pipeline(machine, argument, cycles, taken, refill):
    cost = price(machine, machine.call("skip_if_zero", argument).edges, refill)
    assert cost.cycles == cycles + taken * refill


@pytest.mark.parametrize(("refill", "cycles"), [(1, 1 + 2), (2, 1 + 3), (3, 1 + 3)])
def test_a_wide_target_across_two_words_is_fetched_a_cycle_later(machine, refill, cycles):
    cost = price(machine, machine.call("wide_target").edges, refill)
    assert cost.cycles == cycles + 1 + 1 + refill


@pytest.mark.parametrize("refill", [1, 2, 3])
def test_jumps_to_an_address_from_memory_take_five_and_six_cycles(machine, refill):
    by_table = [price(machine, machine.call("jump_by_table", n).edges, refill) for n in (0, 1)]
    assert [cost.cycles for cost in by_table] == [6 + 1 + 1 + refill, 6 + 1 + refill]
    by_load = price(machine, machine.call("jump_by_load").edges, refill)
    assert by_load.cycles == 1 + 1 + 2 + 5 + 1 + refill  # adr, orr, push, ldr, bx


@pytest.mark.parametrize("refill", [1, 2, 3])
def test_cycles_by_function_add_up(machine, refill):
    call = machine.call("outer", 4)
    cost = price(machine, call.edges, refill)
    assert call.result == 9
    # push 3, mov 1, bl 1 + P, adds 1, pop with return 3 + P; adds 1, bx 1 + P
    assert cost.by_function == {"inner": 2 + refill, "outer": 9 + 2 * refill}
    assert cost.cycles == sum(cost.by_function.values()) == 11 + 3 * refill
    assert cost.instructions == 7


def test_the_same_input_gives_the_same_count(machine, elf):
    first = machine.call("count_down", 300)
    assert machine.call("count_down", 300) == first
    other = Machine(elf)
    assert price(other, other.call("count_down", 300).edges, 2) == price(machine, first.edges, 2)


def test_stack_is_what_was_written_below_the_entry(machine):
    assert machine.call("inner", 1).stack_bytes == 0
    assert machine.call("outer", 1).stack_bytes == 8
    assert machine.call("frame", 1).stack_bytes == 4 * 4 + 16
    assert machine.call("inner", 1).stack_bytes == 0  # not what an earlier call left


def test_the_fpu_is_on(machine):
    call = machine.call("through_fpu", 21)
    assert call.result == 42
    assert price(machine, call.edges, 1).cycles == 6 + 3 + 1  # three results are used at once


@pytest.mark.parametrize(
    ("function", "offset", "extra"),
    [("load", 0, 0), ("load", 2, 1), ("load", 1, 2), ("load_half", 2, 0), ("load_half", 1, 1)]
    + [("store", 3, 2)],
)
def test_single_unaligned_accesses_are_counted(machine, function, offset, extra):
    address = machine.symbol("table") + offset
    found = machine.call(function, address, check_alignment=True).unaligned
    assert found == ({function: extra} if extra else {})
    assert machine.call(function, address).unaligned is None


@pytest.mark.parametrize("name", ["load_double", "load_multiple", "store_multiple", "load_float"])
def test_other_unaligned_accesses_fault(machine, name):
    table = machine.symbol("table")
    machine.call(name, table + 4, check_alignment=True)
    pc = machine.symbol(name)
    with pytest.raises(EmulationError, match=f"call of {name}.*unaligned.*{pc:#x}, in {name}"):
        machine.call(name, table + 2, check_alignment=True)


def test_an_endless_loop_ends_with_the_budget(machine):
    pc = machine.symbol("forever")
    with pytest.raises(EmulationError, match=f"forever.*budget.* at pc {pc:#x}"):
        machine.call("forever", budget=1000)
    assert machine.call("count_down", 499, budget=999).result == 0
    with pytest.raises(EmulationError, match="budget"):
        machine.call("count_down", 499, budget=998)


def test_more_edges_than_can_be_counted_are_an_error(machine, monkeypatch):
    monkeypatch.setattr(hooks, "PLACES", 4)
    assert machine.call("inner", 1).result == 2
    with pytest.raises(
        EmulationError, match="call of straight: 3 edges .* all that can be counted"
    ):
        machine.call("straight", machine.symbol("table"))


@pytest.mark.parametrize(
    ("function", "argument", "message"),
    [
        ("load", 0, "no access to 4 bytes at 0x0 at pc PC, in load"),
        ("store", 0x08000000, "no access to 4 bytes at 0x8000000 at pc PC, in store"),  # flash
        ("load", 0x20000000 + 640 * 1024, "no access to 4 bytes at 0x200a0000"),
        ("to_nowhere", 0, "no access.* at 0x0 at pc 0x0, in to_nowhere"),
        ("undefined", 0, "nvalid instruction.* at pc PC, in undefined"),
        ("recurse", 0, "stack overflow.*in recurse"),
        ("forgets_r5", 0, ": r5 not restored"),
        ("forgets_s16", 0, ": s16 not restored"),
        ("forgets_the_stack", 0, ": sp not restored"),
    ],
)
def test_what_fails_on_the_device_is_an_error(machine, function, argument, message):
    message = message.replace("PC", f"{machine.symbol(function):#x}")
    with pytest.raises(EmulationError, match=f"call of {function}.*{message}"):
        machine.call(function, argument)


def test_memory_outside_the_known_sections_is_an_error(elf, tmp_path):
    (tmp_path / "a.c").write_text('int odd __attribute__((section("elsewhere"))) = 1;')
    build_for_device([tmp_path / "a.c"], tmp_path / "a.elf")
    with pytest.raises(ValueError, match="section elsewhere"):
        Machine(tmp_path / "a.elf")


def test_names_and_addresses_that_do_not_exist_are_errors(machine):
    with pytest.raises(KeyError, match="no_such"):
        machine.call("no_such")
    with pytest.raises(KeyError, match="no_such"):
        machine.symbol("no_such")
    with pytest.raises(ValueError, match="8 bytes at 0x40000000"):
        machine.read(0x40000000, 8)
    with pytest.raises(LookupError, match="no function at 0x7fffffe"):
        machine.function_at(machine.symbol("__flash_start") - 2)
