"""A network's C run on this computer, to compare many beats with the integer reference."""

import ctypes
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ecglib.device import firmware
from ecglib.device.compiler import build_for_host
from ecglib.device.integer import IntegerNetwork


def logits(
    network: IntegerNetwork, beats: np.ndarray, kernels: Mapping[str, str], value_bits: int = 16
) -> np.ndarray:
    """(n, outputs) int32: what `ecg_classify` leaves in `ecg_logits`; the rest as `firmware.write`.

    Raises:
        CompilerMissing: this computer has no C compiler.
        IntegerError: what C cannot do with this network.
    """
    classes = firmware.numbered_classes(network)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "firmware"
        layout = {"kernels": kernels, "value_bits": value_bits, "classes": classes}
        firmware.write(network, folder, beats[:1], title="compared", **layout)
        library = folder / "model.so"
        build_for_host([folder / "ecg_model.c"], library, [folder], shared=True)
        model = ctypes.CDLL(str(library))
    found = np.ctypeslib.as_array((ctypes.c_int32 * len(classes)).in_dll(model, "ecg_logits"))
    results = np.empty((len(beats), len(classes)), np.int32)
    for result, beat in zip(results, np.ascontiguousarray(beats), strict=True):
        model.ecg_classify(beat.ctypes.data_as(ctypes.c_void_p))
        result[:] = found
    return results
