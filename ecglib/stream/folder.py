"""A stream as a self-contained folder of C: a library for CMake, PlatformIO and Arduino.

An example in it reads a header of samples and prints events.
"""

from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path

import numpy as np

from ecglib import paths
from ecglib.device.firmware import TITLE
from ecglib.device.integer import IntegerError, IntegerNetwork
from ecglib.device.program import KERNELS
from ecglib.settings.words import CLASSES
from ecglib.stream import program
from ecglib.stream.stretches import Converter

C = resources.files("ecglib.stream") / "c"
SOURCE = "ecg_stream.c"
MANIFESTS = ("CMakeLists.txt", "library.json", "library.properties")
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
) -> None:
    """Write the folder, whole or not at all; what an earlier call wrote there is replaced.

    samples: (n,) integers, those of the example. kernels: see `device.plan.plan`.

    Raises:
        IntegerError: a network that reads something else than a stream gives, or that C cannot do,
            or a title that does not fit into a comment.
        paths.FolderError: the folder holds other files, or changed ones; it is left as it is.
    """
    if not TITLE.fullmatch(title):
        raise IntegerError(f"the title {title!r} goes into a comment of C: give one line of ASCII")
    files = {f"src/{name}": text for name, text in sources(network, title, kernels).items()}
    files |= {name: (C / "library" / f"{name}.h").read_text() for name in MANIFESTS}
    files |= {
        f"examples/events/{name}": (C / "library" / f"{name}.h").read_text() for name in EXAMPLE
    }
    files["examples/events/samples.h"] = _samples(samples, converter)
    with paths.whole_folder(folder) as temporary:
        for name, text in files.items():
            (temporary / name).parent.mkdir(parents=True, exist_ok=True)
            (temporary / name).write_text(text)


def _samples(samples: np.ndarray, converter: Converter) -> str:
    return ""
