"""Waiting for flash is counted as the model says; every count here can be worked out by hand."""

import pytest

from ecglib.device.compiler import (
    CompilerMissing,
    build_for_device,
    device_compiler,
    host_compiler,
)
from ecglib.device.flash import WAIT_STATES
from ecglib.device.meter import Machine

ASSEMBLY = {  # function, at the start of a line -> its instructions; r0: times around, r1: address
    "narrow": ".rept 24; nop; .endr; bx lr",
    "wide": ".rept 8; nop.w; .endr; bx lr",
    "loop": "1: subs r0, #1; bne 1b; bx lr",
    "far": "b 1f; .p2align 6; 1: bx lr",
    "next": "b 1f; nop; nop; nop; nop; nop; nop; nop; 1: bx lr",
    "fits": "1: .rept 59 * 4; nop.w; .endr; subs r0, #1; bne.w 1b; bx lr",
    "does_not_fit": "1: .rept 69 * 4; nop.w; .endr; subs r0, #1; bne.w 1b; bx lr",
    "sum_8_lines": "1: mov r2, #32; mov r3, r1; 2: ldr r12, [r3], #4; subs r2, #1; bne 2b; "
    "subs r0, #1; bne 1b; bx lr",
    "sum_9_lines": "1: mov r2, #36; mov r3, r1; 2: ldr r12, [r3], #4; subs r2, #1; bne 2b; "
    "subs r0, #1; bne 1b; bx lr",
}


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    try:
        device_compiler()
        host_compiler()  # for the hooks
    except CompilerMissing as missing:
        pytest.skip(str(missing))
    folder = tmp_path_factory.mktemp("flash")
    functions = [
        f".p2align 6\n.global {name}\n.type {name}, %function\n{name}: {text}\n"
        f".size {name}, . - {name}\n"
        for name, text in ASSEMBLY.items()
    ]
    table = ".section .rodata\n.p2align 4\n.global table\ntable: .fill 64, 4, 7\n"
    (folder / "a.S").write_text(".syntax unified\n.thumb\n" + "".join(functions) + table)
    build_for_device([folder / "a.S"], folder / "flash.elf")
    return Machine(folder / "flash.elf")


def waits(machine, function, times=1, address=0, wait_states=WAIT_STATES):
    return machine.call(function, times, address, wait_states=wait_states).waits


def test_the_first_line_waits_in_full_and_short_instructions_hide_the_next(machine):
    assert waits(machine, "narrow") == 5  # eight instructions a line, the next takes six cycles
    assert waits(machine, "wide") == 5 + 2 + 2  # four


def test_a_line_that_was_waited_for_is_there_the_next_time(machine):
    assert waits(machine, "loop", 1000) == waits(machine, "loop", 1) == 5
    assert waits(machine, "fits", 3) == waits(machine, "fits", 1)


def test_of_more_lines_than_the_cache_has_the_oldest_go(machine):
    first = waits(machine, "does_not_fit", 1)
    assert first == 5 + 69 * 2
    # Around again the first line waits in full, and no other is there before it is needed.
    assert waits(machine, "does_not_fit", 2) == 2 * first


def test_only_a_jump_past_the_next_line_waits_in_full(machine):
    assert waits(machine, "far") == 5 + 5
    assert waits(machine, "next") == 5 + 5  # one instruction ran: the next line is six cycles away


@pytest.mark.parametrize(
    ("function", "lines", "again"), [("sum_8_lines", 8, 0), ("sum_9_lines", 9, 9)]
)
def test_constants_have_eight_lines(machine, function, lines, again):
    table, ram = machine.symbol("table"), machine.symbol("__free_ram_start")
    code = waits(machine, function, 1, ram)  # RAM has no wait states
    assert waits(machine, function, 2, ram) == code
    assert waits(machine, function, 1, table) == code + 5 * lines
    assert waits(machine, function, 2, table) == code + 5 * (lines + again)


def test_without_wait_states_nothing_waits_and_unasked_nothing_is_counted(machine):
    assert waits(machine, "wide", wait_states=0) == 0
    assert machine.call("wide").waits is None


def test_the_caches_are_empty_at_the_start_of_a_call(machine):
    assert waits(machine, "wide") == waits(machine, "wide")
