"""A stream as a self-contained folder of C: a library for CMake, PlatformIO and Arduino.

An example in it reads a header of samples and prints events.
"""

from collections.abc import Mapping
from importlib import resources
from pathlib import Path

import numpy as np

from ecglib import paths
from ecglib.device.c_text import array
from ecglib.device.firmware import TITLE
from ecglib.device.integer import IntegerError, IntegerNetwork
from ecglib.device.program import KERNELS
from ecglib.settings.words import CLASSES
from ecglib.stream import program, readme
from ecglib.stream.stretches import Converter

C = resources.files("ecglib.stream") / "c"
SOURCE = "ecg_stream.c"
# Each lies here as NAME.h, so that it is packaged as all C is.
MANIFESTS = ("CMakeLists.txt", "library.json", "library.properties")
EXAMPLES = "examples/events"
EXAMPLE = ("events.c", "events.ino")


def sources(
    network: IntegerNetwork, title: str, kernels: Mapping[str, str] | None = None
) -> dict[str, str]:
    """File name -> text of all that a program compiles."""
    of = program.planned(network, kernels)
    parts = [*program.PUBLIC, *(f"ecg_stream_{part}.h" for part in program.PARTS)]
    return {
        SOURCE: program.source(network, of, title),
        "ecg_stream_numbers.h": program.numbers(network, of, CLASSES),
        **{name: (C / name).read_text() for name in parts},
        KERNELS: (resources.files("ecglib.device") / "c" / KERNELS).read_text(),
    }


def write(
    network: IntegerNetwork,
    folder: Path,
    samples: np.ndarray,
    converter: Converter,
    *,
    title: str,
    kernels: Mapping[str, str] | None = None,
    results: str = "",
) -> None:
    """Write the folder, whole or not at all; what an earlier call wrote there is replaced.

    samples: (n,) integers, those of the example. kernels: see `device.plan.plan`.
    results: see `readme.text`.

    Raises:
        IntegerError: a network that reads something else than a stream gives, or that C cannot do,
            a title that does not fit into a comment, or samples that are no integers (n,).
        paths.FolderError: the folder holds other files, or changed ones; it is left as it is.
    """
    if not TITLE.fullmatch(title):
        raise IntegerError(f"the title {title!r} goes into a comment of C: give one line of ASCII")
    if samples.ndim != 1 or not len(samples) or samples.dtype.kind not in "iu":
        raise IntegerError(f"samples are {samples.dtype} {samples.shape}, expected integers (n,)")
    files = {f"src/{name}": text for name, text in sources(network, title, kernels).items()}
    library = C / "library"
    files |= {name: (library / f"{name}.h").read_text() for name in MANIFESTS}
    files |= {f"{EXAMPLES}/{name}": (library / f"{name}.h").read_text() for name in EXAMPLE}
    files |= {
        "README.md": readme.text(title, results),
        "LICENSE": (paths.ROOT / "LICENSE").read_text(),
    }
    files[f"{EXAMPLES}/samples.h"] = _samples(samples, converter)
    with paths.whole_folder(folder) as temporary:
        for name, text in files.items():
            (temporary / name).parent.mkdir(parents=True, exist_ok=True)
            (temporary / name).write_text(text)


def _samples(samples: np.ndarray, converter: Converter) -> str:
    """samples.h of the example."""
    kind = "int16_t" if -(2**15) <= samples.min() and samples.max() < 2**15 else "int32_t"
    return f"""{program.LICENCE.format("The samples of the example, as a converter gives them.")}\
#ifndef SAMPLES_H
#define SAMPLES_H

#include <stdint.h>

#define SAMPLES_HZ {converter.rate_hz}u
#define SAMPLES_LOWEST ({converter.lowest})
#define SAMPLES_HIGHEST {converter.highest}
#define SAMPLES {len(samples)}u

{array("samples", kind, samples)}
#endif
"""
