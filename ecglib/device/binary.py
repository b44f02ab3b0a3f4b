"""Binary weights, +-one magnitude in each output, as a convolution's kernel `binary` reads them.

As in the Binary-Weight-Networks of XNOR-Net (arXiv:1603.05279): a scale for each output, and one
bit a weight. The kernel's values are bytes in rows of whole words.
"""

import numpy as np

from ecglib.device.integer import LARGEST, Layer

LANES = 4  # bytes of a word
MASKS = 8  # of a word of bits: masks of four bytes


def is_binary(weight: np.ndarray) -> bool:
    """Whether int8 weights (outputs, channels, taps) are +-one magnitude above 0 in each output."""
    magnitudes = np.abs(weight.astype(int))
    return bool(magnitudes.all() and (magnitudes == magnitudes[:, :1, :1]).all())


def row_bytes(channels: int) -> int:
    """Bytes from one step to the next: words, zeros beside the last channels."""
    return channels + -channels % LANES


def reads_rows(channels: int, value_bits: int) -> bool:
    """Whether the kernel can read values in RAM as they are."""
    return value_bits == 8 and channels % LANES == 0


def mask_words(weight: np.ndarray) -> int:
    """Masks, a word each, of an output."""
    _, channels, taps = weight.shape
    return taps * row_bytes(channels) // LANES


def mask_bytes(weight: np.ndarray) -> int:
    """What the masks of the two outputs that are computed at once take in RAM."""
    words = mask_words(weight)
    return 2 * LANES * (words + -words % MASKS)


def packed(weight: np.ndarray) -> np.ndarray:
    """(outputs, channels, taps) int8 -> (outputs, words) uint32: a magnitude, then its signs.

    Bit 8 k + i of a word of signs is set where byte k of the word's mask i has a weight below 0.
    """
    outputs, channels, taps = weight.shape
    rows = np.zeros((outputs, taps, row_bytes(channels)), np.uint32)
    rows[:, :, :channels] = weight.transpose(0, 2, 1) < 0
    lanes = rows.reshape(outputs, -1, LANES)
    lanes = np.pad(lanes, ((0, 0), (0, -lanes.shape[1] % MASKS), (0, 0)))
    bits = lanes.reshape(outputs, -1, MASKS, LANES)
    places = np.arange(MASKS)[:, None] + 8 * np.arange(LANES)
    signs = (bits << places.astype(np.uint32)).sum((2, 3), dtype=np.uint32)
    return np.column_stack([_magnitudes(weight).astype(np.uint32), signs])


def flipped_bias(layer: Layer) -> np.ndarray:
    """(outputs,) int32: the bias where x times a weight below 0 is summed as 255 - x."""
    below = (layer.weight < 0).sum((1, 2))
    return (layer.bias - LARGEST * below * _magnitudes(layer.weight)).astype(np.int32)


def _magnitudes(weight: np.ndarray) -> np.ndarray:
    return np.abs(weight[:, 0, 0].astype(int))
