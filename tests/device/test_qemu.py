"""The committed firmware on a second emulator, which faults where a real core would.

Of unaligned addresses in LDRD, STRD, LDM and STM, say, which the cycle meter's emulator lets pass.
"""

import shutil
import subprocess
from pathlib import Path

import pytest

from ecglib import paths
from ecglib.device import compiler

QEMU = "qemu-system-arm"
BOARD = Path(__file__).with_name("qemu")
FAULT = 99  # of start.c
FIRMWARE = sorted(path.name for path in (paths.REPORTS / "firmware").iterdir())


@pytest.fixture(scope="module")
def cross_compiler():
    if not shutil.which(QEMU):
        pytest.skip(f"no {QEMU}; Debian and Ubuntu: apt-get install {QEMU}")
    try:
        return compiler.device_compiler()
    except compiler.CompilerMissing as missing:
        pytest.skip(str(missing))


def status(command, sources, scratch) -> int:
    """What main returns on the emulated board, or FAULT."""
    elf = scratch / "program.elf"
    linked = [*compiler.BARE, "-T", str(BOARD / "mps2.ld"), str(BOARD / "start.c")]
    build = [*command, *compiler.DEVICE, *compiler.STRICT, *linked, *map(str, sources)]
    subprocess.run([*build, "-o", str(elf), "-lgcc"], check=True)
    board = [QEMU, "-M", "mps2-an386", "-nographic", "-monitor", "none", "-serial", "none"]
    run = [*board, "-semihosting-config", "enable=on,target=native", "-kernel", str(elf)]
    return subprocess.run(run, timeout=3600, stdin=subprocess.DEVNULL).returncode


@pytest.mark.parametrize("name", FIRMWARE)
def test_the_firmware_classifies_its_test_beats_without_a_fault(name, cross_compiler, tmp_path):
    folder = paths.REPORTS / "firmware" / name / "c"
    sources = [folder / "ecg_model.c", folder / "ecg_test.c"]
    assert status(cross_compiler, sources, tmp_path) == 0


def test_the_board_tells_what_main_returns(cross_compiler, tmp_path):
    program = tmp_path / "main.c"
    program.write_text("int main(void) { return 7; }\n")
    assert status(cross_compiler, [program], tmp_path) == 7


@pytest.mark.parametrize("offset", (0, 2))
def test_an_unaligned_double_load_faults(offset, cross_compiler, tmp_path):
    program = tmp_path / "main.c"
    program.write_text(
        "static const int words[4] = {0};\n"
        "int main(void) {\n"
        f"    const char *from = (const char *)words + {offset};\n"
        "    int low, high;\n"
        '    __asm__ volatile("ldrd %0, %1, [%2]" : "=r"(low), "=r"(high) : "r"(from));\n'
        "    return low + high;\n"
        "}\n"
    )
    assert status(cross_compiler, [program], tmp_path) == (FAULT if offset else 0)
