"""The integer reference: worked by hand, and against torch's own convolution."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ecglib.device.integer import (
    INT32,
    IntegerError,
    IntegerNetwork,
    Layer,
    Tensor,
    convolved,
    logits,
    pooled,
    scaled,
    values,
)


def int32(*numbers):
    return np.array(numbers, np.int32)


def layer(weight, bias=None, multiplier=2**31 - 1, **changed):
    weight = np.array(weight, np.int8)
    n = len(weight)
    fields = {
        "name": "conv",
        "weight": weight,
        "bias": int32(*([0] * n)) if bias is None else int32(*bias),
        "multiplier": np.array([multiplier] * n).astype(np.int32 if multiplier else float),
        "negative": int32(*([0] * n)),
        "sources": (0,),
        "padding": 0,
        "skip": None,
        "skip_weight": int32(*([0] * n)),
        "pool": (1, 1),
        "output": Tensor(n, 1, 1.0, 0),
    }
    return Layer(**(fields | changed))


def test_a_network_worked_by_hand():
    """Two channels over three steps, padded with the zero point 10, pooled, then two logits."""
    first = layer(
        [[[1, 2]]],
        bias=[-30],
        multiplier=2**30,  # a quarter
        negative=int32(2**28),
        padding=1,
        pool=(2, 2),
        output=Tensor(1, 2, 1.0, 100),
    )
    last = layer([[[1], [0]], [[0], [-1]]], multiplier=2**30, negative=int32(2**30, 2**30))
    last = Layer(**(vars(last) | {"sources": (1,)}))
    network = IntegerNetwork((Tensor(1, 3, 1.0, 10),), (first, last))
    x = np.array([[[20, 40, 12]]], np.uint8)
    # sums over (10 20)(20 40)(40 12)(12 10), less 30: 20, 70, 34, 2
    # quarters, halves up: 5, 17.5 -> 18, 8.5 -> 9, 0.5 -> 1; zero point 100; larger of each two
    between, end = values(network, [x])
    assert between.tolist() == [[[118, 109]]]
    assert end[0, :, 0].tolist() == [30, -27]  # 118 / 4 = 29.5 -> 30, -109 / 4 = -27.25 -> -27
    assert logits(network, [x]).dtype == np.int32


def test_rounding_clipping_and_negative_sums():
    one = layer([[[1]]], multiplier=2**30, negative=int32(2**29), output=Tensor(1, 1, 1.0, 3))
    sums = np.array([[[4, 6, -4, -12, 4000, -4000]]])
    assert scaled(one, sums, last=False).tolist() == [[[4, 5, 3, 2, 255, 0]]]
    assert scaled(one, sums, last=True).tolist() == [[[1, 2, 0, -1, 1000, -500]]]


def test_pooling_drops_what_is_left_over():
    x = np.array([[[1, 5, 2, 4, 9, 3, 7]]])
    assert pooled(x, 2, 2).tolist() == [[[5, 4, 9]]]
    assert pooled(x, 5, 2).tolist() == [[[9, 9]]]
    assert pooled(x, 1, 1).tolist() == x.tolist()


@given(
    st.integers(1, 4), st.integers(1, 4), st.integers(1, 5), st.integers(0, 3), st.integers(0, 999)
)
def test_sums_are_those_of_torch(outputs, channels, taps, padding, seed):
    rng = np.random.default_rng(seed)
    weight = rng.integers(-127, 128, (outputs, channels, taps)).astype(np.int8)
    x = rng.integers(0, 256, (3, channels, 9))
    one = layer(weight, bias=rng.integers(-(10**6), 10**6, outputs), padding=padding)
    padded = torch.nn.functional.pad(torch.from_numpy(x).double(), (padding, padding), value=7)
    bias = torch.from_numpy(one.bias).double()
    expected = torch.conv1d(padded, torch.from_numpy(weight).double(), bias)
    assert np.array_equal(convolved(one, x, 7), expected.numpy())


def test_sums_beyond_single_precision_are_exact():
    weight = np.full((2, 600, 1), 127, np.int8)
    weight[1, 0] = 126
    one = layer(weight)
    x = np.full((1, 600, 2), 255)
    x[0, 1, 1] = 254
    whole = 600 * 127 * 255
    assert whole > 2**24
    assert convolved(one, x, 0).tolist() == [[[whole, whole - 127], [whole - 255, whole - 382]]]


def test_a_sum_that_may_overflow_is_an_error():
    limit = INT32 - 2 * 255
    layer([[[1], [-1]]], bias=[limit])  # exactly fits
    with pytest.raises(IntegerError, match="layer conv: the sum of output channel 0 may reach"):
        layer([[[1], [-1]]], bias=[limit + 1])
    with pytest.raises(IntegerError, match="overflow int32"):
        layer([[[1]], [[0]]], skip=0, skip_weight=int32(0, 2**23 + 2**16))


def test_constants_of_another_kind_are_an_error():
    with pytest.raises(IntegerError, match=r"layer conv: multiplier is float64 \(1,\), expected"):
        layer([[[1]]], multiplier=0)  # the helper makes a float of it
    with pytest.raises(IntegerError, match=r"bias is int32 \(2,\), expected int32 \(1,\)"):
        layer([[[1]]], bias=[1, 2])


def test_tensors_and_weights_of_another_kind_are_an_error():
    with pytest.raises(IntegerError, match="a tensor of scale nan and zero point 0"):
        Tensor(1, 1, float("nan"), 0)
    with pytest.raises(IntegerError, match="zero point from 0 to 255"):
        Tensor(1, 1, 1.0, 256)
    with pytest.raises(IntegerError, match=r"weights are int64 \(1, 1, 1\), expected int8"):
        Layer(**(vars(layer([[[1]]])) | {"weight": np.array([[[300]]])}))


@pytest.mark.parametrize(
    ("x", "said"),
    [
        (np.zeros((2, 1, 7)), r"inputs are \[\(2, 1, 7\)\], expected \[\(2, 1, 3\)\]"),
        (np.zeros((0, 1, 3)), "inputs are"),
        (np.full((2, 1, 3), 256), "from 0 to 255"),
    ],
)
def test_inputs_of_another_kind_are_an_error(x, said):
    network = IntegerNetwork((Tensor(1, 3, 1.0, 0),), (layer([[[1, 1, 1]]]),))
    with pytest.raises(IntegerError, match=said):
        logits(network, [x])
