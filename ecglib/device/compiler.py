"""The C compilers: one for the microcontroller, one for this computer, and what they are asked."""

import os
import shlex
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from ecglib.paths import atomic

LINKER_SCRIPT = Path(__file__).with_name("cortex_m4.ld")
STRICT = ("-O2", "-std=c99", "-Wall", "-Wextra", "-Werror")
# A core with single-precision FPU (fpv4-sp-d16), which hands over floats in its registers.
DEVICE = ("-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16")
BARE = ("-ffreestanding", "-nostdlib")  # no C library on the device, and no start-up code


class CompilerMissing(RuntimeError):
    """No compiler was found; the message says how to install one."""


class CompileError(RuntimeError):
    """The compiler or linker refused; the message is its own."""


def device_compiler() -> list[str]:
    """Command of the cross compiler: $ECGLIB_ARM_GCC, else arm-none-eabi-gcc on the PATH."""
    return _find(
        "ECGLIB_ARM_GCC",
        ["arm-none-eabi-gcc"],
        "Debian and Ubuntu: apt-get install gcc-arm-none-eabi (libnewlib is not needed); others: "
        "the Arm GNU Toolchain, arm-none-eabi, from developer.arm.com",
    )


def host_compiler() -> list[str]:
    """Command of this computer's C compiler: $CC, else gcc, else cc."""
    return _find("CC", ["gcc", "cc"], "Debian and Ubuntu: apt-get install gcc libc6-dev")


def version(compiler: Sequence[str]) -> str:
    """First line of what the compiler says of itself: goes with every number got from it."""
    return _run([*compiler, "--version"]).splitlines()[0]


def build_for_device(sources: Sequence[Path], elf: Path, include: Sequence[Path] = ()) -> None:
    """Compile and link C or assembly to an ELF file for the Cortex-M4, laid out by cortex_m4.ld.

    There is no C library: a source that needs memcpy, even through a struct copy, must bring it.
    CompilerMissing or CompileError; `elf` is whole or not there.
    """
    linker = ("-T", str(LINKER_SCRIPT))
    command = [*device_compiler(), *DEVICE, *STRICT, *BARE, *linker]
    _build(command, sources, elf, include, libraries=["-lgcc"])


def build_for_host(
    sources: Sequence[Path], output: Path, include: Sequence[Path] = (), *, shared: bool
) -> None:
    """Compile and link C to a program, or to a shared library, of this computer.

    CompilerMissing or CompileError; `output` is whole or not there.
    """
    kind = ("-shared", "-fPIC") if shared else ()
    _build([*host_compiler(), *STRICT, *kind], sources, output, include)


def _find(variable: str, names: Sequence[str], install: str) -> list[str]:
    """The variable's command, or the first of the names that is on the PATH."""
    wanted = shlex.split(os.environ.get(variable, ""))
    for command in [wanted] if wanted else [[name] for name in names]:
        if shutil.which(command[0]):
            return command
    looked_for = wanted[0] if wanted else " or ".join(names)
    raise CompilerMissing(f"no compiler {looked_for} (or set ${variable}). {install}")


def _build(
    command: Sequence[str],
    sources: Sequence[Path],
    output: Path,
    include: Sequence[Path],
    libraries: Sequence[str] = (),
) -> None:
    folders = [f"-I{folder}" for folder in include]
    with atomic(output) as temporary:
        _run([*command, *folders, *map(str, sources), "-o", str(temporary), *libraries])


def _run(command: Sequence[str]) -> str:
    """What the command printed; CompileError with all it said if it fails."""
    environment = os.environ | {"LC_ALL": "C"}  # messages in one language, whoever builds
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode:
        raise CompileError(f"{shlex.join(command)}\n{done.stderr or done.stdout}")
    return done.stdout
