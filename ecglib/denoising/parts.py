"""Who trains, validates and tests: patients and stretches of noise, each on one side only."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from ecglib.data.splits import DS1, DS1_VALIDATION, DS2
from ecglib.denoising import leads
from ecglib.denoising.leads import FS_HZ, Clean

# Record 201 (DS1) is of the same subject as 202 (DS2): it does not train.
_DS1 = tuple(name for name in DS1 if name != "201")
RECORDS = {
    "train": tuple(name for name in _DS1 if name not in DS1_VALIDATION),
    "validation": DS1_VALIDATION,
    "test": DS2,
    "both": _DS1,  # train and validation: when all is chosen, what is tested learns from these
}
# Shares of the recorded noise, in time: both channels of a kind, and all kinds, are cut alike.
NOISE = {"train": (0.0, 0.6), "validation": (0.6, 0.75), "test": (0.75, 1.0), "both": (0.0, 0.75)}
GUARD = 10 * FS_HZ  # samples between two parts: what the band-pass still remembers, and more


def noise_of(part: str, noise: np.ndarray) -> np.ndarray:
    """(kinds, 2, samples) -> the stretch of a part, a guard left out behind it."""
    low, high = (round(share * noise.shape[-1]) for share in NOISE[part])
    return noise[..., low : high - GUARD]


@lru_cache(maxsize=3)
def read(part: str) -> tuple[Sequence[Clean], np.ndarray]:
    """The records and the noise of a part. DataError where MIT-BIH or the noise is absent."""
    return leads.read(RECORDS[part]), noise_of(part, leads.read_noise())
