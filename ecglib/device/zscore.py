"""The z-score of a beat in integers: raw samples -> the input tensor, bit for bit as C does it."""

import math

import numpy as np

from ecglib.device.integer import LARGEST, IntegerError, IntegerNetwork

FRACTION = 2**16  # of a value, in which the beat is normalised
LONGEST = 2047  # samples whose sum, in 32nds, fits 32 bits
LARGEST_FACTOR = 2**29
CHUNK = 128  # beats at a time, to stay in the processor's cache


def normalised(network: IntegerNetwork, beats: np.ndarray) -> np.ndarray:
    """Raw samples (n, samples) int16 -> the input tensor (n, 1, samples) uint8, as C does it.

    See ecg_normalise in the kernels. IntegerError: a network that takes something else.
    """
    factor, zero = factor_of(network), network.inputs[0].zero
    parts = [_normalised(beats[i : i + CHUNK], factor, zero) for i in range(0, len(beats), CHUNK)]
    return np.concatenate(parts)[:, None, :]


def _normalised(beats: np.ndarray, factor: int, zero: int) -> np.ndarray:
    centred = 16 * beats.astype(np.int64) - means(beats)[:, None]
    root = roots((centred**2).sum(1))
    bits = np.maximum(1, np.frexp(root)[1].astype(np.int64))
    multiplier = np.where(root > 0, (factor << bits) // np.maximum(root, 1), 0)
    product = (centred << (31 - bits)[:, None]) * multiplier[:, None]
    whole = zero * FRACTION + FRACTION // 2 + ((product + 2**31) >> 32) >> 16
    return np.clip(whole, 0, LARGEST).astype(np.uint8)


def means(beats: np.ndarray) -> np.ndarray:
    """Of each beat's samples, (n,), in sixteenths, to the nearest."""
    samples = beats.shape[1]
    return (32 * beats.sum(1, dtype=np.int64) + samples) // (2 * samples)


def roots(squares: np.ndarray) -> np.ndarray:
    """Square roots, rounded down. Exact below 2^52, and the squares of a beat sum up to 2^49."""
    return np.sqrt(squares).astype(np.int64)


def factor_of(network: IntegerNetwork) -> int:
    """What deviations from the mean, over the root of their squares' sum, are multiplied by.

    IntegerError: the network does not take one beat of one lead, of a length and scale that fit.
    """
    tensor = network.inputs[0]
    if len(network.inputs) != 1 or tensor.channels != 1:
        raise IntegerError("only a network that takes one beat of one lead normalises it")
    if tensor.steps > LONGEST:
        raise IntegerError(f"a beat of {tensor.steps:,} samples; at most {LONGEST:,} fit")
    factor = round(2 * FRACTION * math.sqrt(tensor.steps) / tensor.scale)
    if factor > LARGEST_FACTOR:
        raise IntegerError(f"the input's scale {tensor.scale:.3g} is too fine")
    return factor
