"""A network as one self-contained folder of C99: weights, kernels, a header, a test.

`ecg_classify` takes one beat and gives the class; no allocation, and nothing of the standard
library. It builds for a Cortex-M and, for tests, for the host. What `program` writes is put
together and checked here.
"""

import re
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path

import numpy as np

from ecglib import paths
from ecglib.device import integer, program
from ecglib.device.c_text import function_of
from ecglib.device.integer import IntegerError, IntegerNetwork
from ecglib.device.plan import plan
from ecglib.device.zscore import normalised
from ecglib.settings.words import CLASSES

__all__ = ["function_of", "input_tensors", "numbered_classes", "write"]

PREFIX = re.compile("[a-z][a-z0-9_]*")  # no capitals: they are for its macros
# Whole comments on one line, on every compiler: no backslash may join it to the next.
CLASS = re.compile("[A-Za-z0-9_]+")
TAKEN = {"SAMPLES", "VALUES", "CLASSES", "LOGIT_SCALE", "MODEL_H"}  # the header's own names
TITLE = re.compile(r"(?!.*(?:\*/|/\*|\?\?/|\\))[ -~]+")


def write(
    network: IntegerNetwork,
    folder: Path,
    beats: np.ndarray,
    *,
    title: str,
    prefix: str = "ecg",
    classes: Sequence[str] = CLASSES,
    kernels: Mapping[str, str] | None = None,
    value_bits: int = 16,
) -> None:
    """Write the folder, whole or not at all; what an earlier call wrote there is replaced.

    beats: the test vector, and by its type what `ecg_classify` takes: int16 (n, samples) is raw
    samples, which the C normalises; uint8 (n, values) are all values of the input tensors, one
    tensor after the other, channel by channel. kernels, value_bits: see `plan.plan`. prefix: begins
    the files' names, and every name in them that other files see: one program may hold several
    networks. classes: names of the network's outputs in order, which the header has in capitals
    behind PREFIX_.

    Raises:
        IntegerError: what C cannot do with this network, beats of another shape or type, a title
            that does not fit into a comment, a prefix that is none, or names of classes that are
            none, or of another number than the network's outputs.
        paths.FolderError: the folder holds other files, or changed ones; it is left as it is.
    """
    if not TITLE.fullmatch(title):
        raise IntegerError(
            f"the title {title!r} goes into a comment of C: give one line of printable ASCII "
            "without */, /*, ??/ and backslashes"
        )
    if not PREFIX.fullmatch(prefix):
        raise IntegerError(
            f"the prefix {prefix!r} begins names of C: give a small letter, and behind it only "
            "small letters, digits and underscores"
        )
    _require_classes(classes, len(network.layers[-1].weight))
    inputs = input_tensors(network, beats)
    planned = plan(network, kernels or {}, value_bits)
    raw = beats.dtype == np.int16
    files = {
        f"{prefix}_model.h": program.header(network, title, prefix, classes, raw=raw),
        f"{prefix}_model.c": program.model(network, planned, title, prefix, raw=raw),
        f"{prefix}_test.c": program.test(beats, integer.logits(network, inputs), prefix, raw=raw),
        program.KERNELS: (resources.files("ecglib.device") / "c" / program.KERNELS).read_text(),
    }
    with paths.whole_folder(folder) as temporary:
        for name, text in files.items():
            (temporary / name).write_text(text)


def numbered_classes(network: IntegerNetwork) -> list[str]:
    """Names for the network's classes where nobody reads them."""
    return [str(number) for number in range(len(network.layers[-1].weight))]


def _require_classes(classes: Sequence[str], outputs: int) -> None:
    if outputs < 2 or len(classes) != outputs:
        raise IntegerError(
            f"{len(classes)} classes ({', '.join(classes)}) for a network of {outputs} outputs: "
            "give two or more classes, one name for each output"
        )
    names = [name.upper() for name in classes]
    if faults := [n for n in names if not CLASS.fullmatch(n) or n in TAKEN or names.count(n) > 1]:
        raise IntegerError(
            f"the class {faults[0]!r} becomes a name of C: give letters, digits and underscores, "
            f"each class once, and none of {', '.join(sorted(TAKEN))}"
        )


def input_tensors(network: IntegerNetwork, beats: np.ndarray) -> list[np.ndarray]:
    """What `ecg_classify` makes of beats, see `write`: (n, channels, steps) for each input.

    IntegerError: beats of another shape or type than the network takes.
    """
    if beats.dtype not in (np.int16, np.uint8):
        raise IntegerError(f"beats are {beats.dtype}, expected int16 samples or uint8 values")
    sizes = [tensor.channels * tensor.steps for tensor in network.inputs]
    if beats.ndim != 2 or not len(beats) or beats.shape[1] != sum(sizes):
        raise IntegerError(f"beats are {beats.shape}, expected (n, {sum(sizes)}), n at least 1")
    if beats.dtype == np.int16:
        return [normalised(network, beats)]
    parts = np.split(beats, np.cumsum(sizes)[:-1], axis=1)
    shapes = [(-1, tensor.channels, tensor.steps) for tensor in network.inputs]
    return [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]
