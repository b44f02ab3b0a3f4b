"""The ONNX file computes what the network does, pruned or not, for any number of beats."""

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from torch import nn

from ecglib import models
from ecglib.device import exchange
from ecglib.device.exchange import ExportError, run_onnx, write_onnx
from ecglib.paths import ROOT


@pytest.mark.parametrize("width", [1.0, 0.3])
@pytest.mark.parametrize("name", models.MODELS)
def test_every_model_computes_the_same_in_onnxruntime(name, width, tmp_path, recwarn):
    torch.manual_seed(0)
    network = models.build(name, width=width)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter[torch.rand_like(parameter) < 0.5] = 0
    random = torch.get_rng_state()
    write_onnx(network, tmp_path / "network.onnx")
    assert torch.equal(torch.get_rng_state(), random)
    assert network.training, "the network given was changed"
    assert not [w for w in recwarn if "deprecated" in str(w.message)]
    onnx.checker.check_model(tmp_path / "network.onnx")
    for n in (1, 7):
        assert_same(network.eval(), tmp_path / "network.onnx", n)
    assert [file.name for file in tmp_path.iterdir()] == ["network.onnx"]


def assert_same(network: nn.Module, path: Path, n: int) -> None:
    beats = torch.randn(n, *network.input_shape)
    with torch.no_grad():
        expected = network(beats).numpy()
    np.testing.assert_allclose(run_onnx(path, beats), expected, atol=1e-4, rtol=1e-3)


def spelled_out(path: Path) -> list[tuple[str, str]]:
    """Attributes that say what ONNX takes anyway: (operator, attribute)."""
    model = onnx.load(path)
    (opset,) = model.opset_import
    value = onnx.helper.get_attribute_value
    found = []
    for node in model.graph.node:
        known = onnx.defs.get_schema(node.op_type, opset.version, node.domain).attributes
        for given in node.attribute:
            if value(given) == value(known[given.name].default_value):
                found.append((node.op_type, given.name))
    return found


def test_a_spelled_out_default_would_be_seen(tmp_path, monkeypatch):
    monkeypatch.setattr(exchange, "without_defaults", lambda model: model)
    write_onnx(models.build("acharya2017"), tmp_path / "all.onnx")
    assert {("MaxPool", "storage_order"), ("Conv", "group")} <= set(
        spelled_out(tmp_path / "all.onnx")
    )


@pytest.mark.parametrize("name", models.MODELS)
def test_layers_are_planar_and_weights_keep_their_names(name, tmp_path):
    network = models.build(name)
    write_onnx(network, tmp_path / "network.onnx")
    graph = onnx.load(tmp_path / "network.onnx").graph
    ranks = {value.name: len(value.dims) for value in graph.initializer}
    assert set(network.state_dict()) <= set(ranks)
    assert {ranks[node.input[1]] for node in graph.node if node.op_type == "Conv"} == {4}
    pools = [node for node in graph.node if node.op_type == "MaxPool"]
    sizes = [onnx.helper.get_node_attr_value(pool, "kernel_shape") for pool in pools]
    assert {len(size) for size in sizes} == {2}
    # What ONNX takes anyway is left out: some readers know no such attribute.
    assert not spelled_out(tmp_path / "network.onnx")
    attributes = {attribute.name for node in graph.node for attribute in node.attribute}
    assert "allowzero" not in attributes and {"strides", "transB"} <= attributes


def test_what_a_convolution_and_a_pool_can_be_set_to_is_kept(tmp_path):
    network = nn.Sequential(
        nn.Conv1d(1, 4, 5, stride=2, padding=3, bias=False),
        nn.MaxPool1d(3, stride=1, padding=1, ceil_mode=True),
        nn.Conv1d(4, 8, 3, dilation=2, groups=2, padding="same"),
        nn.MaxPool1d(2, dilation=2),
        nn.Flatten(),
        nn.LazyLinear(5),
    ).eval()
    network.input_shape = (1, 40)
    network(torch.randn(1, 1, 40))
    write_onnx(network, tmp_path / "network.onnx")
    assert_same(network, tmp_path / "network.onnx", 3)


def test_the_file_is_the_same_everywhere(tmp_path):
    network = models.build("acharya2017")
    for name in ("a", "b"):
        write_onnx(network, tmp_path / name)
    content = (tmp_path / "a").read_bytes()
    assert content == (tmp_path / "b").read_bytes()
    assert str(ROOT).encode() not in content and b".py" not in content


def test_a_file_that_computes_something_else_is_not_written(tmp_path, monkeypatch):
    monkeypatch.setattr(exchange, "run_onnx", lambda path, beats: np.ones((len(beats), 5)))
    with pytest.raises(ExportError, match="give different logits"):
        write_onnx(models.build("acharya2017"), tmp_path / "network.onnx")
    assert not list(tmp_path.iterdir())


def test_a_network_that_gives_no_numbers_is_not_written(tmp_path):
    network = models.build("acharya2017")
    with torch.no_grad():
        network.classifier[1].weight[0, 0] = torch.nan
    with pytest.raises(ExportError, match="give different logits"):
        write_onnx(network, tmp_path / "network.onnx")
    assert not list(tmp_path.iterdir())
