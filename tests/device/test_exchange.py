"""The ONNX file computes what the network does, pruned or not, for any number of beats."""

import numpy as np
import onnx
import pytest
import torch

from ecglib import models
from ecglib.device import exchange
from ecglib.device.exchange import ExportError, run_onnx, write_onnx
from ecglib.paths import ROOT


@pytest.mark.parametrize("name", models.MODELS)
def test_every_model_computes_the_same_in_onnxruntime(name, tmp_path, recwarn):
    torch.manual_seed(0)
    network = models.build(name)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter[torch.rand_like(parameter) < 0.5] = 0
    write_onnx(network, tmp_path / "network.onnx")
    assert network.training, "the network given was changed"
    assert not [w for w in recwarn if "deprecated" in str(w.message)]
    onnx.checker.check_model(tmp_path / "network.onnx")
    graph = onnx.load(tmp_path / "network.onnx").graph
    ranks = {value.name: len(value.dims) for value in graph.initializer}
    kernels = {ranks[node.input[1]] for node in graph.node if node.op_type == "Conv"}
    assert kernels == {4}, "fast kernels are for 2-D convolutions alone"
    for n in (1, 7):
        beats = torch.randn(n, *network.input_shape)
        with torch.no_grad():
            expected = network.eval()(beats).numpy()
        np.testing.assert_allclose(
            run_onnx(tmp_path / "network.onnx", beats), expected, atol=1e-4, rtol=1e-3
        )
    assert [file.name for file in tmp_path.iterdir()] == ["network.onnx"]


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
