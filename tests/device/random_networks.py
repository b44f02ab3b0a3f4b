"""Random integer networks, of every shape that the C can do, and beats that are hard on it."""

from dataclasses import replace

import hypothesis.strategies as st
import numpy as np

from ecglib.device.integer import INT32, IntegerNetwork, Layer, Tensor, convolved, pooled, scaled
from ecglib.device.kernels import kernels_for

PATTERNS = ("dense", "half", "sparse", "pairs", "one", "none")


def weights(rng, pattern, shape):
    """int8 weights of a pattern of zeros, also with whole outputs of zeros; or binary ones."""
    if pattern == "binary":
        magnitudes = rng.choice([1, 7, 127], (shape[0], 1, 1))
        return (magnitudes * rng.choice([-1, 1], shape)).astype(np.int8)
    weight = rng.integers(-127, 128, shape).astype(np.int8)
    outputs, inputs, taps = shape
    kept = {"dense": 1.0, "half": 0.5, "sparse": 0.1, "pairs": 0.4, "one": 0.0, "none": 0.0}
    mask = rng.random((outputs, -(-inputs // 2), taps)) < kept[pattern]
    mask = mask.repeat(2, axis=1)[:, :inputs]
    if pattern != "pairs":
        mask = rng.random(shape) < kept[pattern]
    if pattern == "one":
        mask.reshape(-1)[rng.integers(mask.size)] = True
    if pattern != "dense":
        mask[rng.integers(outputs)] = False
    return np.where(mask, weight, 0).astype(np.int8)


def spreading(sums):
    """Multipliers (outputs,) that spread sums (n, outputs, steps) over the values."""
    return np.minimum(2.0**32 * 60 / np.maximum(sums.std((0, 2)), 1), INT32).astype(np.int32)


def scales(draw, rng, sums):
    """Multipliers (outputs,) of sums (n, outputs, steps): useful ones, and extreme ones."""
    spread = multiplier = spreading(sums)
    kind = draw(st.sampled_from(["useful", "useful", "mixed"]))
    if kind == "mixed":
        extreme = rng.choice([0, 1, INT32], len(spread))
        multiplier = np.where(rng.random(len(spread)) < 0.5, extreme, multiplier)
    multiplier = multiplier.astype(np.int32)
    activation = draw(st.sampled_from(["none", "relu", "leaky"]))
    slope = {"none": 1.0, "relu": 0.0, "leaky": 0.01}[activation]
    return multiplier, (multiplier * slope).astype(np.int32)


@st.composite
def networks(draw, raw=True, patterns=PATTERNS):
    """An integer network that takes one beat; `raw` ones normalise it. Up to five layers."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    steps = draw(st.integers(9, 60))
    inputs = [Tensor(1, steps, 0.05, draw(st.integers(0, 255)))]
    if not raw:
        inputs = [Tensor(draw(st.integers(1, 3)), steps, 0.05, draw(st.integers(0, 255)))]
    joined = not raw and draw(st.booleans())
    if joined:
        inputs.append(Tensor(draw(st.integers(1, 5)), 1, 0.05, 7))
    tensors = list(inputs)
    values = [
        np.clip(rng.normal(t.zero, 25, (4, t.channels, t.steps)), 0, 255).astype(int)
        for t in tensors
    ]
    layers: list[Layer] = []

    def add(sources, shape, padding, pool, skip):
        weight = weights(rng, draw(st.sampled_from(patterns)), shape)
        largest = draw(st.sampled_from([0, 1000, 2**30]))
        x = values[sources[0]]
        if shape[1] != x.shape[1] or len(sources) > 1:
            x = np.concatenate([values[s].reshape(4, -1, 1) for s in sources], 1)
        zeros = np.zeros(len(weight), np.int32)
        skips = rng.integers(0, 2**20, len(weight)) if skip is not None else zeros
        layer = Layer(
            name=f"part.{len(layers)}",
            weight=weight,
            bias=rng.integers(-largest, largest + 1, len(weight)).astype(np.int32),
            multiplier=zeros,
            negative=zeros,
            sources=tuple(sources),
            padding=padding,
            skip=skip,
            skip_weight=skips.astype(np.int32),
            pool=pool,
            output=Tensor(len(weight), 1, 1.0, 0),
        )
        sums = convolved(layer, x, tensors[sources[0]].zero)
        if draw(st.sampled_from([True, True, False])):  # bring the sums to both sides of zero
            centred = layer.bias - sums.mean((0, 2)).astype(np.int32)
            layer = replace(layer, bias=centred)
            sums = convolved(layer, x, tensors[sources[0]].zero)
        multiplier, negative = scales(draw, rng, sums)
        out = pooled(np.clip(sums, 0, 255), *pool)
        zero = draw(st.sampled_from([0, 0, 3, 128, 255]))
        output = Tensor(len(weight), out.shape[2], 0.1, zero)
        changed = {"multiplier": multiplier, "negative": negative, "output": output}
        layers.append(replace(layer, **changed))
        tensors.append(output)
        values.append(pooled(scaled(layers[-1], sums, last=False), *pool))

    number = 0
    for _ in range(draw(st.integers(0, 3))):
        tensor = tensors[number]
        taps, padding = draw(st.integers(1, 6)), draw(st.integers(0, 3))
        long = tensor.steps + 2 * padding - taps + 1
        pool = draw(st.sampled_from([(1, 1), (2, 2), (2, 2), (5, 2), (3, 3), (2, 1)]))
        if long < pool[0] or (tensor.steps, taps) == (1, 1):
            continue
        same = [i for i in range(len(inputs), len(tensors)) if tensors[i].steps == long]
        skip = draw(st.sampled_from([None, *same])) if same else None
        outputs = tensors[skip].channels if skip is not None else draw(st.integers(1, 7))
        add([number], (outputs, tensor.channels, taps), padding, pool, skip)
        number = len(tensors) - 1
    sources = [number, 1] if joined else [number]
    for last in (False, True):
        size = sum(tensors[s].channels * tensors[s].steps for s in sources)
        outputs = 5 if last else draw(st.integers(1, 11))
        add(sources, (outputs, size, 1), 0, (1, 1), None)
        sources = [len(tensors) - 1]
    return IntegerNetwork(tuple(inputs), tuple(layers))


def kernels(network, value_bits=16):
    """Strategy: a kernel for each layer, of those that can do it."""
    choices = {
        layer.name: st.sampled_from(kernels_for(network, layer, value_bits))
        for layer in network.layers
    }
    return st.fixed_dictionaries(choices)


def hard_beats(samples, seed=0):
    """Raw beats (n, samples) int16: flat, extreme, tiny, ordinary."""
    rng = np.random.default_rng(seed)
    one = np.zeros(samples)
    one[samples // 2] = 1
    beats = [
        np.zeros(samples),
        np.full(samples, 32767),
        np.full(samples, -32768),
        np.where(np.arange(samples) % 2, 32767, -32768),
        np.where(np.arange(samples) < samples // 2, -32768, 32767),
        one,
        -32768 * one,
        np.linspace(-300, 1200, samples),
        *rng.normal(-100, 200, (3, samples)),
        rng.integers(-32768, 32768, samples),
    ]
    return np.array(beats).round().astype(np.int16)


def hard_values(network, seed=0):
    """The same for networks that take values: (n, values) uint8."""
    size = sum(tensor.channels * tensor.steps for tensor in network.inputs)
    rng = np.random.default_rng(seed)
    extremes = np.repeat([[0], [255]], size, axis=1)
    return np.concatenate([extremes, rng.integers(0, 256, (6, size))]).astype(np.uint8)
