"""Which kernel can do what; and memory in which nothing in use overlaps."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from random_networks import kernels, networks
from test_firmware import layer, small_network

from ecglib.device.arena import Block, placed
from ecglib.device.integer import IntegerError, IntegerNetwork, Tensor
from ecglib.device.kernels import conv_steps, half_of, kernels_for
from ecglib.device.plan import VALUE_BITS, plan


@given(
    st.lists(
        st.tuples(st.integers(1, 60), st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=12
    ),
    st.sampled_from([2, 4]),
)
def test_blocks_in_use_at_once_lie_apart(drawn, multiple):
    blocks = [Block(i, size, min(a, b), max(a, b)) for i, (size, a, b) in enumerate(drawn)]
    starts, size = placed(blocks, multiple)
    taken = [set() for _ in range(10)]
    for block in blocks:
        start = starts[block.name]
        assert start % multiple == 0 and 0 <= start and start + block.size <= size
        for step in range(block.begin, block.end + 1):
            places = set(range(start, start + block.size))
            assert not places & taken[step]
            taken[step] |= places


def test_blocks_of_other_times_share_their_place():
    starts, size = placed([Block("a", 10, 0, 1), Block("b", 4, 1, 2), Block("c", 10, 2, 3)], 2)
    assert (starts, size) == ({"a": 0, "b": 10, "c": 0}, 14)


@given(st.integers(8, 400))
def test_two_halves_cover_all_steps_and_end_with_them(steps):
    half = half_of(steps)
    shift = steps - half
    assert half % 4 == 0 and 2 * (half - 4) < steps <= 2 * half
    assert {*range(half), *range(shift, shift + half)} == set(range(steps))
    assert steps % 2 or shift % 2 == 0, "pooled pairs of steps would be torn apart"


@settings(max_examples=50, deadline=None)
@given(st.data(), st.booleans(), st.sampled_from(VALUE_BITS))
def test_every_tensor_has_its_room(data, raw, bits):
    network = data.draw(networks(raw))
    planned = plan(network, data.draw(kernels(network, bits)), bits)
    for tensor, buffer in zip(network.inputs, planned.inputs, strict=True):
        last = buffer.first + (tensor.steps - 1) * buffer.step
        assert last + (tensor.channels - 1) * buffer.channel < planned.size
    for one in planned.layers:
        assert one.kernel in kernels_for(network, one.layer, bits)
        assert (one.sums is None) == (one.layer.pool in ((1, 1), (2, 2)))
        assert (one.halves is None) == (one.kernel != "halves")
    assert planned.layers[-1].output is None


def test_kernels_of_the_layers_of_a_network():
    stem, block, hidden, _ = small_network().layers
    assert kernels_for(small_network(), stem) == ["first"]
    assert kernels_for(small_network(), block) == ["dense", "dense8", "pairs", "halves"]
    assert kernels_for(small_network(), hidden) == ["dense", "pairs", "sparse"]
    assert conv_steps(block, Tensor(6, 40, 0.1, 0)) == 40


def test_short_layers_have_fewer_kernels():
    rng = np.random.default_rng(0)
    for steps, expected in (
        (7, ["dense", "dense8"]),
        (4, ["dense", "dense8"]),
        (3, ["any"]),
    ):
        source = Tensor(4, steps + 2, 0.1, 0)
        network = IntegerNetwork((source,), (layer(rng, "c", (2, 4, 3), (0,), steps=steps),))
        assert kernels_for(network, network.layers[0]) == expected


def changed(network, index, **values):
    layers = list(network.layers)
    layers[index] = type(layers[index])(**{**layers[index].__dict__, **values})
    return IntegerNetwork(network.inputs, tuple(layers))


def negative(network):
    return -np.ones_like(network.layers[1].bias)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda n: changed(n, 1, negative=negative(n)), "layer block.0: .*negative multipliers"),
        (lambda n: changed(n, 2, padding=1), "layer hidden: .*padding or pooling"),
        (lambda n: changed(n, 2, pool=(2, 2)), "layer hidden: .*padding or pooling"),
        (lambda n: changed(n, 3, skip=3), "layer classes: .*with a skip"),
        (lambda n: IntegerNetwork(n.inputs, n.layers[:2]), "layer block.0: .*convolution"),
        (lambda n: changed(n, 3, sources=(3, 3)), "layer classes: joins a tensor"),
    ],
)
def test_what_c_cannot_do_is_refused(change, message):
    with pytest.raises(IntegerError, match=message):
        plan(change(small_network()), {})


def test_kernels_that_cannot_do_the_layer_are_refused():
    with pytest.raises(IntegerError, match=r"layer stem: kernel 'pairs' is none of \['first'\]"):
        plan(small_network(), {"stem": "pairs"})
    with pytest.raises(IntegerError, match="kernels for steam: the network has no such layer"):
        plan(small_network(), {"steam": "first"})


def test_values_take_8_or_16_bits():
    with pytest.raises(IntegerError, match="values of 4 bits"):
        plan(small_network(), {}, 4)


def test_a_convolution_in_8_bits_overwrites_what_nobody_reads_again():
    """The block's source is its skip, too, so it stays; the pooled output takes its own place."""
    rng = np.random.default_rng(0)
    layers = (
        layer(rng, "stem", (6, 1, 3), (0,), padding=1, steps=40),
        layer(rng, "one", (6, 6, 5), (1,), padding=2, steps=40),
        layer(rng, "two", (6, 6, 5), (2,), padding=2, skip=1, pool=(5, 2), steps=18),
        layer(rng, "three", (6, 6, 3), (3,), steps=16),
        layer(rng, "classes", (5, 6 * 16, 1), (4,)),
    )
    network = IntegerNetwork((Tensor(1, 40, 0.04, 100),), layers)
    stem, one, two, three, _ = plan(network, {}, 8).layers
    assert one.output.first != stem.output.first
    assert two.output.first == two.sums.first == one.output.first
    assert three.output.channel == 16  # a dense layer reads it flattened
    wide = plan(network, {}, 16).layers
    assert wide[2].output.first == wide[2].sums.first != wide[1].output.first


def test_a_tensor_is_read_flattened_or_not_but_not_both():
    rng, network = np.random.default_rng(0), small_network()
    both = layer(rng, "both", (5, 240, 1), (1,))
    layers = (*network.layers[:3], both)
    with pytest.raises(IntegerError, match="layer both: reads, flattened, what block.0 reads"):
        plan(IntegerNetwork(network.inputs, layers), {})
