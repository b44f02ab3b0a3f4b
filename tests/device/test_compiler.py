"""Compilers are found or named as missing; what fails leaves nothing behind."""

import ctypes
import subprocess

import pytest

from ecglib.device import compiler
from ecglib.device.compiler import CompileError, CompilerMissing
from ecglib.device.meter import Machine
from ecglib.device.pricing import price


@pytest.fixture
def source(tmp_path):
    """A C file with a header in a folder of its own, and a constant, a variable and an array."""
    (tmp_path / "include").mkdir()
    (tmp_path / "include" / "add.h").write_text("int add(int a, int b);\n")
    text = '#include "add.h"\nconst char table[12] = {1}; int start = 5; char room[100];\n'
    text += "int add(int a, int b) { return a + b + start + room[0] + table[1]; }\n"
    (tmp_path / "add.c").write_text(text)
    return tmp_path / "add.c"


def needed(find):
    try:
        return find()
    except CompilerMissing as missing:
        pytest.skip(str(missing))


def test_for_the_device_code_constants_and_ram_can_be_told_apart(source, tmp_path):
    needed(compiler.device_compiler)
    elf = tmp_path / "add.elf"
    compiler.build_for_device([source], elf, include=[tmp_path / "include"])
    machine = Machine(elf)
    assert machine.call("add", 2, 3).result == 10
    assert machine.code_bytes >= machine.symbols["add"].size > 0
    assert machine.constant_bytes == 12 + 4
    assert machine.static_ram_bytes == 4 + 100


def test_long_division_comes_from_the_compilers_library(tmp_path):
    needed(compiler.device_compiler)
    (tmp_path / "a.c").write_text("long long f(long long a, long long b) { return a / b; }")
    compiler.build_for_device([tmp_path / "a.c"], tmp_path / "a.elf")
    machine = Machine(tmp_path / "a.elf")
    call = machine.call("f", 0, 7, 3, 0)
    assert call.result == ((7 << 32) // 3) % (1 << 32)
    assert "__aeabi_ldivmod" in price(machine, call.edges, refill=2).by_function


def test_for_the_host_as_shared_library_and_as_program(source, tmp_path):
    needed(compiler.host_compiler)
    library, program = tmp_path / "add.so", tmp_path / "program"
    include = [tmp_path / "include"]
    compiler.build_for_host([source], library, include, shared=True)
    assert ctypes.CDLL(str(library)).add(2, 3) == 10
    main = tmp_path / "main.c"
    main.write_text('#include "add.h"\nint main(void) { return add(1, 1); }\n')
    compiler.build_for_host([source, main], program, include, shared=False)
    assert subprocess.run([program]).returncode == 7


def test_versions_name_the_compilers():
    assert "gcc" in compiler.version(needed(compiler.device_compiler))
    assert compiler.version(needed(compiler.host_compiler))


def test_a_missing_compiler_says_how_to_install_it(monkeypatch, tmp_path):
    for variable in ("ECGLIB_ARM_GCC", "CC"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CompilerMissing, match="apt-get install gcc-arm-none-eabi.*Toolchain"):
        compiler.build_for_device([], tmp_path / "a.elf")
    with pytest.raises(CompilerMissing, match="gcc or cc.*apt-get install gcc"):
        compiler.build_for_host([], tmp_path / "a", shared=False)


@pytest.mark.parametrize(
    ("variable", "find"),
    [("ECGLIB_ARM_GCC", compiler.device_compiler), ("CC", compiler.host_compiler)],
)
def test_the_environment_chooses_the_compiler(monkeypatch, variable, find):
    monkeypatch.setenv(variable, "env --ignored")
    assert find() == ["env", "--ignored"]
    monkeypatch.setenv(variable, "/no/such/gcc")
    with pytest.raises(CompilerMissing, match=f"/no/such/gcc.*{variable}"):
        find()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("int f(void) { return unknown; }", "unknown.*undeclared"),
        ("int f(int unused) { return 0; }", "unused parameter"),  # a warning is an error
    ],
)
def test_a_failed_build_gives_the_compilers_words_and_no_file(tmp_path, text, message):
    needed(compiler.host_compiler)
    (tmp_path / "bad.c").write_text(text)
    with pytest.raises(CompileError, match=f"(?s)bad.c.*{message}"):
        compiler.build_for_host([tmp_path / "bad.c"], tmp_path / "bad.so", shared=True)
    assert [path.name for path in tmp_path.iterdir()] == ["bad.c"]


def test_code_without_a_c_library_must_bring_its_own(tmp_path):
    needed(compiler.device_compiler)
    (tmp_path / "a.c").write_text("int puts(const char *s);\nint f(void) { return puts(0); }")
    with pytest.raises(CompileError, match="undefined reference to .puts"):
        compiler.build_for_device([tmp_path / "a.c"], tmp_path / "a.elf")
