"""The costs are held to numbers worked out by hand."""

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import given, settings
from torch import nn
from torch.nn import functional

from ecglib import models
from ecglib.device.cost import SUMMED, layer_costs, macs_per_weight, total_costs


class PlainNet(nn.Sequential):
    """C5k3 MP2 C10k4 MP2 C20k4 MP2 FC30 FC20 FC5 on 1 x 260."""

    def __init__(self):
        layers = []
        for inputs, outputs, kernel in [(1, 5, 3), (5, 10, 4), (10, 20, 4)]:
            layers += [nn.Conv1d(inputs, outputs, kernel), nn.LeakyReLU(), nn.MaxPool1d(2)]
        layers += [nn.Flatten(), nn.Linear(600, 30), nn.LeakyReLU()]
        super().__init__(*layers, nn.Linear(30, 20), nn.LeakyReLU(), nn.Linear(20, 5))


class Block(nn.Module):
    """C32k5 ReLU C32k5 + skip, ReLU, MP5 stride 2."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv1d(32, 32, 5, padding="same")
        self.conv2 = nn.Conv1d(32, 32, 5, padding="same")
        self.pool = nn.MaxPool1d(5, 2)

    def forward(self, x):
        return self.pool(torch.relu(self.conv2(functional.relu(self.conv1(x))) + x))


class ResidualNet(nn.Module):
    """C32k5, five blocks, FC32 FC32 FC5 on 1 x 187."""

    def __init__(self, padding):
        super().__init__()
        self.stem = nn.Conv1d(1, 32, 5, padding=padding)
        self.blocks = nn.ModuleList(Block() for _ in range(5))
        dense = [nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 5)]
        self.head = nn.Sequential(*dense)

    def forward(self, x):
        x = self.stem(x)
        for block in self.blocks:
            x = block(x)
        return self.head(x.flatten(1))


class SmallResidual(nn.Module):
    """A stem and one branch on 1 x 8, four channels of 8 steps throughout."""

    def __init__(self, add=lambda branch, skip: branch + skip):
        super().__init__()
        self.stem = nn.Conv1d(1, 4, 3, padding=1)
        self.conv1 = nn.Conv1d(4, 4, 3, padding=1)
        self.act = nn.ReLU()
        self.conv2 = nn.Conv1d(4, 4, 3, padding=1)
        self.pool = nn.MaxPool1d(2)
        self.add = add

    def forward(self, x):
        x = self.stem(x)
        branch = self.conv2(self.act(self.conv1(x)))
        return torch.flatten(self.pool(self.act(self.add(branch, x))), 1)


class Forward(nn.Module):
    """Any function as a network with one known layer in front."""

    def __init__(self, function):
        super().__init__()
        self.conv = nn.Conv1d(1, 1, 1)
        self.function = function

    def forward(self, x):
        return self.function(self.conv(x))


def row(network, input_shape, index=0):
    return layer_costs(network, input_shape).iloc[index]


def zero_weights_(layer, keep):
    """Sets all weights to one but zeroes all after the first `keep`."""
    with torch.no_grad():
        layer.weight.fill_(1).view(-1)[keep:] = 0
    return layer


def test_convolution_by_hand():
    first = row(nn.Sequential(nn.Conv1d(2, 3, 4)), (2, 10))
    assert first[["layer", "kind", "output_shape"]].tolist() == ["0", "Conv1d", "3x7"]
    assert first["weights"] == 2 * 3 * 4
    assert first["params"] == first["params_nonzero"] == 24 + 3
    assert first["macs"] == first["macs_effective"] == 24 * 7
    assert first["activation_elements_live"] == 2 * 10 + 3 * 7


def test_dense_without_bias_by_hand():
    first = row(nn.Linear(6, 4, bias=False), (6,))
    assert first[["kind", "output_shape"]].tolist() == ["Linear", "4"]
    assert first[["weights", "params", "macs"]].tolist() == [24, 24, 24]
    assert first["weight_bytes_int8"] == 24
    assert first["activation_elements_live"] == 10


def test_dense_layer_applied_at_each_position_multiplies_there():
    first = row(nn.Linear(6, 4), (5, 6))
    assert first[["output_shape", "macs", "params"]].tolist() == ["5x4", 5 * 24, 28]


@pytest.mark.parametrize(
    ("options", "output_shape", "macs"),
    [
        ({"stride": 2}, "4x4", 4 * 4 * 3 * 4),
        ({"padding": 1}, "4x10", 4 * 4 * 3 * 10),
        ({"padding": "same"}, "4x10", 4 * 4 * 3 * 10),
        ({"stride": 3, "padding": 2}, "4x4", 4 * 4 * 3 * 4),
        ({"dilation": 3}, "4x4", 4 * 4 * 3 * 4),
        ({"groups": 2}, "4x8", 4 * 2 * 3 * 8),
        ({"groups": 4}, "4x8", 4 * 1 * 3 * 8),
    ],
)
def test_stride_padding_dilation_and_groups(options, output_shape, macs):
    first = row(nn.Conv1d(4, 4, 3, **options), (4, 10))
    assert first[["output_shape", "macs"]].tolist() == [output_shape, macs]


def test_layers_without_weights_cost_only_memory():
    table = layer_costs(PlainNet(), (1, 260))
    free = table[~table["kind"].isin(["Conv1d", "Linear"])]
    assert free["kind"].tolist() == ["LeakyReLU", "MaxPool1d"] * 3 + ["Flatten"] + ["LeakyReLU"] * 2
    assert not free[list(SUMMED)].to_numpy().any()
    assert (free["activation_elements_live"] > 0).all()


def test_only_nonzero_weights_count_as_effective_and_biases_always_do():
    conv, dense = nn.Conv1d(2, 3, 4), nn.Linear(21, 2)
    zero_weights_(conv, keep=5), zero_weights_(dense, keep=1)
    nn.init.zeros_(conv.bias), nn.init.zeros_(dense.bias)
    table = layer_costs(nn.Sequential(conv, nn.Flatten(), dense), (2, 10)).set_index("layer")
    assert table.loc["0", ["macs", "macs_effective"]].tolist() == [24 * 7, 5 * 7]
    assert table.loc["2", ["macs", "macs_effective"]].tolist() == [42, 1]
    assert table["weights_nonzero"].tolist() == [5, 0, 1]
    assert table["params_nonzero"].tolist() == [5 + 3, 0, 1 + 2]


def test_totals_of_the_plain_network():
    totals = total_costs(PlainNet(), (1, 260))
    assert totals["params"] == 19_805
    assert totals["macs"] == totals["macs_effective"] == 95_770
    biases = 5 + 10 + 20 + 30 + 20 + 5
    assert totals["weights"] == 19_805 - biases
    assert totals["weight_bytes_float32"] == 4 * 19_805
    assert totals["weight_bytes_int8"] == 19_805 - biases + 4 * biases
    assert totals["peak_ram_bytes_int8"] == 5 * 258 + 5 * 129  # the first pooling
    assert totals["peak_ram_bytes_float32"] == 4 * 1935
    assert all(type(value) is int for value in totals.values())


@pytest.mark.parametrize(
    ("padding", "steps", "macs"),
    [
        (0, [183, 90, 43, 20, 8], 3_555_072),  # 3.56 M needs an unpadded first convolution
        ("same", [187, 92, 44, 20, 8], 3_627_392),  # 3.63 M
    ],
)
def test_totals_of_the_residual_network(padding, steps, macs):
    totals = total_costs(ResidualNet(padding), (1, 187))
    dense = 64 * 32 + 32 * 32 + 32 * 5
    assert macs == 32 * 5 * steps[0] + 2 * 32 * 32 * 5 * sum(steps) + dense
    assert totals["macs"] == macs
    assert totals["params"] == 55_013
    assert totals["peak_ram_bytes_int8"] == 3 * 32 * steps[0]  # skip, input and output of conv2


def test_layers_are_named_by_path_in_execution_order():
    names = layer_costs(ResidualNet(0), (1, 187))["layer"].tolist()
    assert names[:4] == ["stem", "blocks.0.conv1", "relu", "blocks.0.conv2"]
    assert names[-1] == "head.4"


def test_encodings_of_a_convolution_by_hand():
    conv = zero_weights_(nn.Conv1d(3, 2, 5), keep=4)  # 30 weights, 2 rows of 15 columns
    first = row(conv, (3, 5))
    assert first["weight_bytes_float32"] == 32 * 4
    assert first["weight_bytes_int8"] == 30 + 8
    assert first["weight_bytes_int8_csr"] == 4 * 2 + 3 * 2 + 8
    assert first["weight_bytes_int8_bitmap"] == 4 + 4 + 8


def test_sparse_storage_takes_the_smallest_encoding_of_each_layer():
    dense = nn.Linear(16, 16, bias=False)  # 256 dense, 256 + 32 bitmap, 512 + 34 CSR
    half = zero_weights_(nn.Linear(16, 16, bias=False), keep=128)  # 256, 128 + 32, 256 + 34
    rare = zero_weights_(nn.Linear(16, 16, bias=False), keep=1)  # 256, 33, 36
    wide = zero_weights_(nn.Linear(16, 128, bias=False), keep=1)  # 2048, 257, 2 + 258
    tall = zero_weights_(nn.Linear(128, 16, bias=False), keep=1)  # 2048, 257, 2 + 34
    nn.init.ones_(dense.weight)
    totals = total_costs(nn.Sequential(dense, half, rare, wide, tall), (16,))
    assert totals["weight_bytes_int8_sparse"] == 256 + 160 + 33 + 257 + 36


def test_unpruned_network_is_stored_dense():
    totals = total_costs(PlainNet(), (1, 260))
    assert totals["weight_bytes_int8_sparse"] == totals["weight_bytes_int8"]
    assert totals["weight_bytes_int8_csr"] > totals["weight_bytes_int8"]


def in_place_add(branch, skip):
    branch += skip
    return branch


@pytest.mark.parametrize(
    "add", [lambda b, s: b + s, torch.add, lambda b, s: b.add(s), in_place_add]
)
def test_residual_keeps_the_skip_in_memory(add):
    table = layer_costs(SmallResidual(add), (1, 8))
    kinds = ["Conv1d", "Conv1d", "ReLU", "Conv1d", "Add", "ReLU", "MaxPool1d", "Flatten"]
    assert table["kind"].tolist() == kinds
    assert table["output_shape"].tolist() == ["4x8"] * 6 + ["4x4", "16"]
    expected = [
        8 + 32,  # stem: input, output
        32 + 32,  # conv1: its input is the skip, output
        32 + 32,  # ReLU in place, skip waits
        32 + 32 + 32,  # conv2: input, output, skip
        32 + 32,  # addition into one of its inputs
        32,  # ReLU in place
        32 + 16,  # pooling
        16,  # flatten
    ]
    assert table["activation_elements_live"].tolist() == expected


def test_activation_needs_a_new_buffer_if_its_input_is_read_later():
    table = layer_costs(Forward(lambda x: torch.relu(x) + x), (1, 8))
    assert table["kind"].tolist() == ["Conv1d", "ReLU", "Add"]
    assert table["activation_elements_live"].tolist() == [16, 16, 16]


def test_addition_that_broadcasts_needs_a_buffer_of_the_larger_size():
    class Gate(nn.Module):
        def __init__(self):
            super().__init__()
            self.wide, self.narrow = nn.Conv1d(1, 4, 1), nn.Conv1d(4, 1, 1)

        def forward(self, x):
            x = self.wide(x)
            return self.narrow(x) + x + x

    table = layer_costs(Gate(), (1, 8))
    assert table["activation_elements_live"].tolist() == [8 + 32, 32 + 8, 8 + 32 + 32, 32 + 32]


def test_flattened_view_keeps_the_buffer_of_its_input_alive():
    def two_readers(x):
        return torch.relu(torch.flatten(x, 1)) + torch.flatten(x, 1)

    table = layer_costs(Forward(two_readers), (1, 8))
    assert table["kind"].tolist() == ["Conv1d", "Flatten", "ReLU", "Flatten", "Add"]
    assert table["activation_elements_live"].tolist() == [16, 8, 16, 16, 16]


class SlicedAndJoined(nn.Module):
    """A convolution on the first six samples, joined by the other two."""

    def __init__(self):
        super().__init__()
        self.conv, self.dense = nn.Conv1d(1, 2, 3), nn.Linear(2 * 4 + 2, 3)

    def forward(self, x):
        steps = self.conv(x[:, :, :6])
        return self.dense(torch.cat([torch.flatten(steps, 1), x[:, 0, 6:]], 1))


def test_slices_are_views_and_a_concatenation_is_a_new_buffer():
    table = layer_costs(SlicedAndJoined(), (1, 8))
    kinds = ["Slice", "Conv1d", "Flatten", "Slice", "Concatenate", "Linear"]
    assert table["kind"].tolist() == kinds
    assert table["output_shape"].tolist() == ["1x6", "2x4", "8", "2", "10", "3"]
    assert table["macs"].tolist() == [0, 2 * 3 * 4, 0, 0, 0, 10 * 3]
    assert table["params"].sum() == 2 * 3 + 2 + 10 * 3 + 3
    # The whole input waits for its last slice to be joined.
    assert table["activation_elements_live"].tolist() == [8, 16, 16, 16, 8 + 8 + 10, 13]


def test_an_activation_of_a_slice_does_not_overwrite_the_whole():
    table = layer_costs(Forward(lambda x: torch.relu(x[:, :, :4])), (1, 8))
    assert table["kind"].tolist() == ["Conv1d", "Slice", "ReLU"]
    assert table["activation_elements_live"].tolist() == [16, 8, 8 + 4]


def test_module_called_twice_multiplies_twice_but_is_stored_once():
    shared = nn.Conv1d(1, 1, 3, padding=1)
    totals = total_costs(nn.Sequential(shared, shared), (1, 8))
    assert (totals["macs"], totals["params"]) == (2 * 3 * 8, 4)
    assert totals["weight_bytes_int8"] == 3 + 4


@pytest.mark.parametrize("unknown", [nn.BatchNorm1d(4), nn.GELU(), nn.LSTM(8, 4), nn.PReLU()])
def test_unknown_module_is_an_error_naming_it(unknown):
    network = nn.Sequential()
    network.add_module("first", nn.Conv1d(1, 4, 1))
    network.add_module("strange", unknown)
    with pytest.raises(TypeError, match=f"'strange'.*{type(unknown).__name__}.*known.*Conv1d"):
        total_costs(network, (1, 8))


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (torch.sigmoid, "sigmoid"),
        (functional.gelu, "gelu"),
        (lambda x: x * 2, "mul"),
        (lambda x: x.view(1, -1), "view"),
        (lambda x: x.mean(-1), "mean"),
        (lambda x: x + torch.ones(1), "get_attr"),
        (lambda x: functional.conv1d(x, torch.ones(1, 1, 1)), "get_attr"),
    ],
)
def test_unknown_call_is_an_error_naming_it_and_its_module(function, name):
    with pytest.raises(TypeError, match=rf"{name}.*in modules \['1'\].*known.*Conv1d"):
        total_costs(nn.Sequential(nn.Identity(), Forward(function)), (1, 8))


@pytest.mark.parametrize("name", ["relu", "bias"])
def test_bare_parameter_is_an_error_even_if_named_like_a_known_method(name):
    class Bare(nn.Module):
        def __init__(self):
            super().__init__()
            self.register_parameter(name, nn.Parameter(torch.ones(1)))

        def forward(self, x):
            return x + getattr(self, name)

    with pytest.raises(TypeError, match=f"unknown layer '{name}'.*get_attr"):
        total_costs(Bare(), (1, 8))


def test_layer_that_gives_no_tensor_is_an_error_naming_it():
    network = nn.Sequential(nn.MaxPool1d(2, return_indices=True))
    with pytest.raises(TypeError, match="'0' gives a tuple"):
        total_costs(network, (1, 8))


def test_forward_that_branches_on_values_is_an_error():
    with pytest.raises(ValueError, match="control flow"):
        total_costs(Forward(lambda x: x if x.sum() > 0 else -x), (1, 8))


class Doubling(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return torch.from_numpy(x.detach().numpy() * 2)  # a symbolic tensor could not do this

    @staticmethod
    def backward(ctx, gradient):
        return gradient * 2


class CustomConv1d(nn.Conv1d):
    def forward(self, x):
        if x.shape[-1] != 10:
            raise ValueError("ten steps")
        return Doubling.apply(super().forward(x))


class CustomMaxPool1d(nn.MaxPool1d):
    def forward(self, x):
        return Doubling.apply(super().forward(x))


def test_subclasses_with_their_own_forward_count_as_their_base():
    table = layer_costs(nn.Sequential(CustomConv1d(1, 2, 3), CustomMaxPool1d(2)), (1, 10))
    assert table["kind"].tolist() == ["Conv1d", "MaxPool1d"]
    assert table["output_shape"].tolist() == ["2x8", "2x4"]
    assert table["macs"].tolist() == [2 * 3 * 8, 0]


class ScaledConv1d(nn.Conv1d):
    def __init__(self, *sizes):
        super().__init__(*sizes)
        self.scale = nn.Parameter(torch.ones(1))


def test_subclass_with_parameters_of_its_own_is_an_error():
    with pytest.raises(TypeError, match="'0'.*ScaledConv1d.*without further parameters"):
        total_costs(nn.Sequential(ScaledConv1d(1, 2, 3)), (1, 10))


@pytest.mark.parametrize("training", [True, False])
def test_network_is_left_as_it_was(training):
    network = nn.Sequential(PlainNet(), nn.Dropout(0.5)).train(training)
    network[0].eval()
    before = {key: value.clone() for key, value in network.state_dict().items()}
    modes = [module.training for module in network.modules()]
    random_state = torch.get_rng_state()
    total_costs(network, (1, 260))
    assert [module.training for module in network.modules()] == modes
    assert all(torch.equal(before[key], value) for key, value in network.state_dict().items())
    assert all(parameter.grad is None for parameter in network.parameters())
    assert torch.equal(torch.get_rng_state(), random_state)


def test_double_precision_networks_count_the_same():
    assert total_costs(PlainNet().double(), (1, 260)) == total_costs(PlainNet(), (1, 260))


@st.composite
def stacks(draw):
    """A random stack of convolutions, a flatten and dense layers, with its input shape."""
    channels, steps = draw(st.integers(1, 3)), draw(st.integers(12, 20))
    layers, width, input_shape = [], channels, (channels, steps)
    for _ in range(draw(st.integers(0, 2))):
        out, kernel, stride = (draw(st.integers(1, 4)) for _ in range(3))
        layers += [nn.Conv1d(width, out, kernel, stride, padding=kernel // 2), nn.ReLU()]
        width, steps = out, (steps + 2 * (kernel // 2) - kernel) // stride + 1
    layers, width = [*layers, nn.Flatten()], width * steps
    for out in draw(st.lists(st.integers(1, 5), min_size=1, max_size=2)):
        layers, width = [*layers, nn.Linear(width, out)], out
    return nn.Sequential(*layers), input_shape


@settings(max_examples=30, deadline=None, derandomize=True, database=None)
@given(stacks(), st.data())
def test_effective_macs_reach_the_macs_only_without_zeros(stack, data):
    network, input_shape = stack
    weighted = [layer for layer in network if hasattr(layer, "weight")]
    for layer in weighted:
        nn.init.ones_(layer.weight)
    totals = total_costs(network, input_shape)
    assert totals["macs_effective"] == totals["macs"] > 0
    pruned = data.draw(st.sampled_from(weighted))
    zero_weights_(pruned, keep=pruned.weight.numel() - 1)
    after = total_costs(network, input_shape)
    assert after["macs_effective"] < after["macs"] == totals["macs"]
    assert after["weights_nonzero"] == totals["weights"] - 1


def test_macs_per_weight_by_hand():
    """A convolution's weight multiplies once per output step, a dense layer's once."""
    assert macs_per_weight(models.build("acharya2017")) == {
        "features.0.weight": 258,
        "features.3.weight": 126,
        "features.6.weight": 60,
        "classifier.1.weight": 1,
        "classifier.3.weight": 1,
        "classifier.5.weight": 1,
    }
