"""Weights in the order and encoding in which each kernel of c/ecg_kernels.h reads them.

Sparse streams hold elements: a weight or a pair of them, and how far its value stands from the one
before. Where that does not fit a byte, elements of zeros stand in between.
"""

from collections.abc import Iterator

import numpy as np

from ecglib.device.integer import IntegerError

MOST_WORDS = 2**16 - 1  # of a dense layer's stream: where an output's words start is a uint16_t
FARTHEST_VALUE, FARTHEST_WORD = 255, 63  # what one element can step over
UNROLLED = 24  # ECG_UNROLLED: words of a dense convolution's window up to which any number will do
FIRST, EVEN, FIRST_HALVES = 1 << 31, 1 << 30, 1 << 8  # marks of an output's first word


def row_stride(channels: int) -> int:
    """int16 values from one step to the next in the layout `rows`: even, so that pairs align."""
    return channels if channels == 1 else channels + channels % 2


def by_rows(weight: np.ndarray) -> np.ndarray:
    """(outputs, channels, taps) -> (outputs, taps x stride): the order of values in `rows`."""
    outputs, channels, taps = weight.shape
    rows = np.zeros((outputs, taps, row_stride(channels)), np.int8)
    rows[:, :, :channels] = weight.transpose(0, 2, 1)
    return rows.reshape(outputs, -1)


def folds(channels: int, taps: int) -> bool:
    """Whether ecg_fold saves a dense or pair convolution words: one of two of an odd last channel.

    Only for windows that are unrolled.
    """
    return channels > 1 and channels % 2 == 1 and taps * row_stride(channels) <= 2 * UNROLLED


def folded(weight: np.ndarray) -> np.ndarray:
    """As `by_rows`, with weights of two taps of the last channel, which is odd, side by side."""
    outputs, channels, taps = weight.shape
    rows = by_rows(weight).reshape(outputs, taps, channels + 1)
    later = rows[:, 1::2, channels - 1].copy()
    rows[:, 1::2, channels - 1] = 0
    rows[:, : taps // 2 * 2 : 2, channels] = later
    return rows.reshape(outputs, -1)


def without_gaps(rows: np.ndarray, channels: int) -> np.ndarray:
    """(outputs, values) `folded` -> (outputs, fewer): without the words that folding emptied."""
    words = np.arange(rows.shape[1] // 2)
    left = words % (channels + 1) != channels
    return rows.reshape(len(rows), -1, 2)[:, left].reshape(len(rows), -1)


def first(weight: np.ndarray) -> np.ndarray:
    """(outputs, 1, taps) int8, taps >= 2 -> (outputs, taps - 1) int32.

    Words of the weights of taps (0, 1), (2, 3)..., then of (1, 2), (3, 4)..., the whole ones.
    """
    taps = weight[:, 0].astype(np.int16)
    count = taps.shape[1]
    even, later = taps[:, : count // 2 * 2], taps[:, 1 : (count + 1) // 2 * 2 - 1]
    return np.concatenate([even, later], axis=1).view("<i4")


def window_words(values: int) -> int:
    """Words that a dense convolution reads of a window of so many values in `rows`."""
    words = -(-values // 2)
    return words if words <= UNROLLED else -(-words // 4) * 4


def dense_rows(weight: np.ndarray) -> np.ndarray:
    """(outputs, values) int8, outputs >= 2 -> (pairs of outputs, `window_words`, 2) int32.

    The last pair overlaps the one before where the number of outputs is odd.
    """
    outputs, values = weight.shape
    halves = np.zeros((outputs, 2 * window_words(values)), np.int16)
    halves[:, :values] = weight
    words = halves.view("<i4")
    starts = np.minimum(np.arange(0, outputs, 2), outputs - 2)
    return np.stack([words[starts], words[starts + 1]], axis=-1)


def dense8_rows(weight: np.ndarray) -> np.ndarray:
    """As `dense_rows`, in half the space: (pairs of outputs, `window_words`) int32 of 4 int8."""
    narrow = dense_rows(weight).view("<i2").astype(np.int8)
    couples = narrow.reshape(*narrow.shape[:2], 2, 2).swapaxes(2, 3)  # value, then output
    return np.ascontiguousarray(couples).reshape(*narrow.shape[:2], 4).view("<i4")[..., 0]


def flat_group(outputs: int) -> int:
    """How many outputs ecg_dense takes at a time: ecg_group in C."""
    return 4 if outputs % 5 else 5


def dense_flat(weight: np.ndarray, value_bits: int) -> np.ndarray:
    """(outputs, values) int8 -> (groups of outputs, fours of values, outputs of a group) int32.

    A word has the weights of four values: in order where the values are the bytes of a word, too,
    since SXTB16 and UXTB16 take every other byte; else in the order 0, 2, 1, 3.
    """
    order = [0, 1, 2, 3] if value_bits == 8 else [0, 2, 1, 3]
    outputs, values = weight.shape
    group = flat_group(outputs)
    padded = np.zeros((-(-outputs // group) * group, -(-values // 4) * 4), np.int8)
    padded[:outputs, :values] = weight
    fours = padded.reshape(len(padded) // group, group, -1, 4)[..., order]
    return np.ascontiguousarray(fours.transpose(0, 2, 1, 3)).view("<i4")[..., 0]


def pairs(rows: np.ndarray) -> np.ndarray:
    """(outputs, values in `rows`) int8 -> the stream of ecg_conv_pairs, uint32."""
    stream = []
    for row in rows:
        elements = _pair_elements(row) or [0]
        elements[0] |= FIRST | (0 if len(elements) % 2 else EVEN)
        stream += elements
    return np.array([*stream, FIRST], np.uint32)


def halves(rows: np.ndarray) -> np.ndarray:
    """(outputs, values in `rows`) int8 -> the stream of ecg_conv_halves, uint32."""
    stream = []
    for row in rows:
        words = _single_words(row, FARTHEST_WORD, unit=4, multiple=2) or [0]
        words[0] |= FIRST_HALVES
        stream += words
    return np.array([*stream, FIRST_HALVES], np.uint32)


def flat_pairs(weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(outputs, values) int8 -> (outputs + 1,) uint16 and the stream of ecg_dense_pairs, uint32.

    IntegerError: more words than a uint16 counts.
    """
    return _joined([_filled(_pair_elements(row), 4) for row in weight])


def flat_sparse(weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(outputs, values) int8 -> (outputs + 1,) uint16 and the stream of ecg_dense_sparse, uint32.

    IntegerError: more words than a uint16 counts.
    """
    return _joined([_single_words(row, FARTHEST_VALUE, unit=1, multiple=4) for row in weight])


def _pair_elements(row: np.ndarray) -> list[int]:
    """Elements of two neighbouring values, of which one at least has a weight."""
    couples = np.pad(row, (0, len(row) % 2)).reshape(-1, 2).astype(int) & 0xFF
    steps = _steps(np.flatnonzero(couples.any(1)), FARTHEST_WORD)
    nothing = (0, 0)
    weights = ((step, nothing if place is None else couples[place]) for step, place in steps)
    return [int(low) | 4 * step << 8 | int(high) << 16 for step, (low, high) in weights]


def _single_words(row: np.ndarray, farthest: int, *, unit: int, multiple: int) -> list[int]:
    """Words of two elements; steps are in multiples of `unit`, and elements of `multiple`."""
    elements = [
        (0 if place is None else int(row[place]) & 0xFF) | unit * step << 8
        for step, place in _steps(np.flatnonzero(row), farthest)
    ]
    elements = _filled(elements, multiple)
    return [low | high << 16 for low, high in zip(elements[::2], elements[1::2], strict=True)]


def _steps(places: np.ndarray, farthest: int) -> Iterator[tuple[int, int | None]]:
    """For each place how far it is from the one before; None where there is nothing on the way."""
    before = 0
    for place in places.tolist():
        while place - before > farthest:
            yield farthest, None
            before += farthest
        yield place - before, place
        before = place


def _filled(elements: list[int], multiple: int) -> list[int]:
    return elements + [0] * (-len(elements) % multiple)


def _joined(outputs: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    starts = np.cumsum([0, *map(len, outputs)])
    if starts[-1] > MOST_WORDS:
        raise IntegerError(f"{starts[-1]:,} words of a layer's stream; at most {MOST_WORDS:,} fit")
    stream = np.array([word for words in outputs for word in words] or [0], np.uint32)
    return starts.astype(np.uint16), stream
