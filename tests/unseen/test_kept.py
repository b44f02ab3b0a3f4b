"""Networks that the stage keeps: read back as they are, and refused when they are others."""

import pytest
import torch

from ecglib import models, paths
from ecglib.unseen import kept
from ecglib.unseen.features import count
from ecglib.unseen.network import UnseenCNN


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "MODELS", tmp_path)


def test_a_network_comes_back_as_it_was_kept():
    network = UnseenCNN(features=count(kept.recipe().features)).eval()
    models.save(network, kept.path(0.6, 3))
    values = torch.randn(2, *network.input_shape)
    with torch.no_grad():
        assert torch.equal(kept.load(0.6, 3)(values), network(values))
    assert kept.path(0.6, 3).name == "multistage-60-s3.safetensors"
    assert kept.path(0.0, 3).name == "dense-s3.safetensors"


def test_one_that_is_absent_or_reads_other_features_is_refused_with_its_file():
    with pytest.raises(ValueError, match="dense-s0.*run the stage"):
        kept.load(0.0, 0)
    models.save(UnseenCNN(features=3), kept.path(0.0, 0))
    with pytest.raises(ValueError, match="dense-s0.* other features: run its stage again"):
        kept.load(0.0, 0)
