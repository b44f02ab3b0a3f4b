"""The quantised ONNX file answers as the C does, and is made of what every runtime knows."""

from dataclasses import replace

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto
from test_exchange import spelled_out

from ecglib import models
from ecglib.device import integer
from ecglib.device.exchange import run_onnx
from ecglib.device.integer import IntegerError, IntegerNetwork
from ecglib.device.qdq import write_int8_onnx
from ecglib.device.quantize import quantize, quantize_input


@pytest.fixture(scope="module", params=models.MODELS)
def networks(request):
    """An integer network that tells its classes apart, and windows that it was not made from."""
    torch.manual_seed(1)
    floats = models.build(request.param).eval()
    windows = 1.5 * torch.randn(600, *floats.input_shape)
    with torch.no_grad():
        for name, parameter in floats.named_parameters():
            parameter.mul_(3.0 if name.startswith("classifier") else 1.0)
        logits = floats(windows)
        last = list(floats.modules())[-1]
        last.bias -= logits.mean(0)  # so that every class is the answer to some
    return quantize(floats, windows[:100]), windows[100:]


def test_onnxruntime_answers_as_the_integer_network_does(networks, tmp_path):
    network, windows = networks
    write_int8_onnx(network, tmp_path / "int8.onnx")
    found = run_onnx(tmp_path / "int8.onnx", windows)
    expected = integer.logits(network, quantize_input(network, windows))
    assert len(np.unique(expected.argmax(1))) > 2
    scale = network.layers[-1].output.scale
    assert np.abs(found / scale - expected).mean() < 0.01 * np.abs(expected).max()
    top = np.sort(expected, axis=1)
    clear = top[:, -1] - top[:, -2] > 0.05 * np.abs(expected).max()
    assert clear.mean() > 0.5
    assert (found.argmax(1) == expected.argmax(1))[clear].mean() >= 0.999
    assert [file.name for file in tmp_path.iterdir()] == ["int8.onnx"]


def test_weights_are_int8_by_channel_values_uint8_and_biases_int32(networks, tmp_path):
    network, _ = networks
    write_int8_onnx(network, tmp_path / "int8.onnx")
    model = onnx.load(tmp_path / "int8.onnx")
    kinds = {tensor.name: tensor.data_type for tensor in model.graph.initializer}
    for layer in network.layers:
        assert kinds[f"{layer.name}.weight.integers"] == TensorProto.INT8
        assert kinds[f"{layer.name}.bias.integers"] == TensorProto.INT32
    sizes = {tensor.name: list(tensor.dims) for tensor in model.graph.initializer}
    first = network.layers[0]
    assert sizes[f"{first.name}.weight.scale"] == [len(first.weight)]
    whole = [node.input[1:3] for node in model.graph.node if node.op_type == "QuantizeLinear"]
    assert whole and {kinds[zero] for _, zero in whole} == {TensorProto.UINT8}
    # Scalars: of a list of one onnx2c takes a scale for each channel, and reads behind its end.
    assert all(sizes[name] == [] for both in whole for name in both)
    assert not spelled_out(tmp_path / "int8.onnx")


def test_channels_of_different_slopes_are_refused(tmp_path):
    torch.manual_seed(0)
    network = quantize(models.build("acharya2017"), torch.randn(64, 1, 260))
    first, *others = network.layers
    negative = first.negative.copy()
    negative[0] //= 2
    uneven = IntegerNetwork(network.inputs, (replace(first, negative=negative), *others))
    with pytest.raises(IntegerError, match="features.0: its channels have different slopes"):
        write_int8_onnx(uneven, tmp_path / "int8.onnx")
    assert not list(tmp_path.iterdir())
