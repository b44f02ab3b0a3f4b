"""What a network costs on the device, and what eight bits cost it."""

import numpy as np
import torch

from ecglib.denoising import eight_bits, judged, made, on_device, whole, windows
from ecglib.denoising.compact import compact
from ecglib.denoising.leads import WINDOW
from ecglib.denoising.made import CHANNELS, Kind

AIMS = ("cycles", "memory")  # of the device: the fastest layout, and the one of least memory
EVERY = 16  # of which window of a drive one is taken, for 8 bits


def of_device(kind: Kind, seed: int) -> list[dict]:
    """What a network costs on the device, and its error in floats and in 8 bits on test windows.

    Scaled on windows of training drives; both at 0 dB, a few of each record.
    """
    network = made.network(kind, seed)
    training, _ = _windows(kind, "both")
    inputs, reference = _windows(kind, "test")
    errors = {
        "mse": whole.answers(network, inputs) - reference,
        "int8_mse": eight_bits.run(
            eight_bits.quantized(compact(network), torch.from_numpy(training)),
            torch.from_numpy(inputs),
        )[:, 0]
        - reference,
    }
    scored = {name: float((error.astype(float) ** 2).mean()) for name, error in errors.items()}
    return [
        scored | on_device.assess(network, torch.from_numpy(training), windows.HOP, aim)
        for aim in AIMS
    ]


def _windows(kind: Kind, part: str) -> tuple[np.ndarray, np.ndarray]:
    """(n, channels, WINDOW) inputs and (n, WINDOW) references of a part at 0 dB."""
    inputs, references = [], []
    for drive in judged.drives(0.0, part=part):
        at = windows.starts(len(drive.reference))[::EVERY]
        inputs.append(windows.cut(drive.channels[list(CHANNELS[kind.channels])], at))
        references.append(np.stack([drive.reference[start : start + WINDOW] for start in at]))
    return np.concatenate(inputs), np.concatenate(references)
