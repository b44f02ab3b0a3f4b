"""Packed weights, read as the comments of the kernels say, are the weights."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra.numpy import arrays

from ecglib.device import packing
from ecglib.device.integer import IntegerError

WEIGHTS = st.one_of(st.just(0), st.just(0), st.integers(-127, 127))


def matrices(**largest):
    shape = st.tuples(*(st.integers(1, size) for size in largest.values()))
    return arrays(np.int8, shape, elements=WEIGHTS)


def far():
    """Weights hundreds of places apart: more than a byte can say."""
    weight = np.zeros((3, 1700), np.int8)
    weight[0, [0, 5, 400, 1699]] = [1, -2, 3, -127]
    weight[2, 1699] = 9
    return weight


def signed(byte):
    return int(np.uint8(byte).astype(np.int8))


def read_pairs(words, size):
    row, place = np.zeros(size + 1, int), 0
    for word in words:
        place += (word >> 8 & 255) // 2
        row[place] += signed(word & 255)
        row[place + 1] += signed(word >> 16 & 255)
    return row[:size]


def read_singles(words, size, unit):
    row, place = np.zeros(size, int), 0
    for half in (half for word in words for half in (word & 0xFFFF, word >> 16)):
        place += (half >> 8) // unit
        row[place] += signed(half & 255)
    return row


def outputs_of(stream, mark):
    """The words of each output in a stream whose outputs begin with a mark."""
    starts = [i for i, word in enumerate(stream) if word & mark]
    assert starts[0] == 0 and starts[-1] == len(stream) - 1
    return [stream[a:b] for a, b in zip(starts, starts[1:], strict=False)]


@given(matrices(outputs=5, values=40).filter(lambda w: w.shape[1] % 2 == 0))
def test_pairs_round_trip(weight):
    check_pairs(weight)


def check_pairs(weight):
    outputs = outputs_of(packing.pairs(weight).tolist(), packing.FIRST)
    assert all((words[0] & packing.EVEN > 0) == (len(words) % 2 == 0) for words in outputs)
    clean = [[word & 0xFFFFFF for word in words] for words in outputs]
    np.testing.assert_array_equal([read_pairs(w, weight.shape[1]) for w in clean], weight)


@given(matrices(outputs=5, values=40))
def test_halves_round_trip(weight):
    check_halves(weight)


def check_halves(weight):
    outputs = outputs_of(packing.halves(weight).tolist(), packing.FIRST_HALVES)
    clean = [[words[0] & ~packing.FIRST_HALVES, *words[1:]] for words in outputs]
    steps = [half >> 8 for words in clean for word in words for half in (word & 0xFFFF, word >> 16)]
    assert not any(step % 4 for step in steps), "loads would not be aligned"
    np.testing.assert_array_equal([read_singles(w, weight.shape[1], 4) for w in clean], weight)


@given(matrices(outputs=6, values=60))
def test_flat_streams_round_trip(weight):
    check_flat(weight)


def check_flat(weight):
    for pack, read, multiple in (
        (packing.flat_pairs, read_pairs, 4),
        (packing.flat_sparse, lambda words, size: read_singles(words, size, 1), 2),
    ):
        starts, stream = pack(weight)
        assert starts.dtype == np.uint16 and not (starts % multiple).any()
        rows = [stream.tolist()[a:b] for a, b in zip(starts, starts[1:], strict=False)]
        np.testing.assert_array_equal([read(row, weight.shape[1]) for row in rows], weight)


@pytest.mark.parametrize("check", [check_pairs, check_halves, check_flat])
def test_far_weights_round_trip(check):
    check(far())
    check(np.zeros((4, 6), np.int8))


def test_too_many_elements_are_refused():
    weight = np.ones((150, 1000), np.int8)
    for pack in (packing.flat_pairs, packing.flat_sparse):
        with pytest.raises(IntegerError, match="75,000 words of a layer's stream; at most 65,535"):
            pack(weight)


@given(arrays(np.int8, st.tuples(st.integers(1, 3), st.just(1), st.integers(2, 9))))
def test_words_of_the_first_layer(weight):
    packed = packing.first(weight)
    taps = weight.shape[2]
    for row, words in zip(weight[:, 0], packed.view("<i2"), strict=True):
        even, later = words[: taps // 2 * 2], words[taps // 2 * 2 :]
        np.testing.assert_array_equal(even, row[: len(even)])
        np.testing.assert_array_equal(later, row[1 : 1 + len(later)])
    assert packed.shape == (len(weight), taps - 1)


@given(matrices(outputs=7, values=70).filter(lambda w: len(w) > 1))
def test_words_of_a_dense_convolution(weight):
    outputs, values = weight.shape
    packed = packing.dense_rows(weight)
    assert packed.shape == (-(-outputs // 2), packing.window_words(values), 2)
    assert packed.shape[1] <= packing.UNROLLED or packed.shape[1] % 4 == 0
    for pair, start in zip(packed, np.minimum(np.arange(0, outputs, 2), outputs - 2), strict=True):
        found = pair.T.copy().view("<i2")
        np.testing.assert_array_equal(found[:, :values], weight[start : start + 2])
        assert not found[:, values:].any()
    narrow = packing.dense8_rows(weight).view(np.int8).reshape(*packed.shape[:2], 2, 2)
    np.testing.assert_array_equal(narrow.swapaxes(2, 3), packed.view("<i2").reshape(narrow.shape))


@given(matrices(outputs=12, values=21), st.sampled_from([8, 16]))
def test_words_of_a_dense_layer(weight, value_bits):
    outputs, values = weight.shape
    packed = packing.dense_flat(weight, value_bits).view(np.int8)
    group = packing.flat_group(outputs)
    packed = packed.reshape(-1, -(-values // 4), group, 4)
    packed = packed if value_bits == 8 else packed[..., [0, 2, 1, 3]]
    found = packed.transpose(0, 2, 1, 3).reshape(-(-outputs // group) * group, -1)
    np.testing.assert_array_equal(found[:outputs, :values], weight)
    assert not found[outputs:].any() and not found[:, values:].any()


@settings(max_examples=30)
@given(st.integers(1, 3), st.sampled_from([3, 5, 7]), st.integers(1, 6), st.integers(0, 99))
def test_folding_changes_no_sum(outputs, channels, taps, seed):
    rng = np.random.default_rng(seed)
    weight = rng.integers(-127, 128, (outputs, channels, taps))
    x = np.zeros((taps, channels + 1), int)
    x[:, :channels] = rng.integers(0, 256, (taps, channels))
    expected = (weight.transpose(0, 2, 1) * x[:, :channels]).sum((1, 2))
    x[:-1, channels] = x[1:, channels - 1]
    folded = packing.folded(weight.astype(np.int8))
    np.testing.assert_array_equal(folded.astype(int) @ x.reshape(-1), expected)
    gaps = np.ones(folded.shape[1], np.int8)[None]
    left = packing.without_gaps(np.concatenate([folded, gaps]), channels)
    assert np.count_nonzero(folded) == np.count_nonzero(left[:-1])
    assert left.shape[1] == folded.shape[1] - 2 * (taps // 2)
