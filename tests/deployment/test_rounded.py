"""Tuned networks in git: taken where they are of this very network and settings, else not."""

import pytest
import torch

from ecglib import models
from ecglib.deployment import rounded
from ecglib.deployment.rounded import RoundedError
from ecglib.results.runs import Key
from ecglib.settings.config import settings
from ecglib.sweep import store

KEY = Key("intra", "acharya2017", "multistage", "magnitude", "s", "global", "weights", 0.6, 0)


@pytest.fixture
def chosen():
    return settings().on_device_estimate


@pytest.fixture
def network(tmp_path, monkeypatch):
    """A tuned network that has lost channels, and the file of the network that it is made from."""
    monkeypatch.setattr(rounded, "FOLDER", tmp_path / "sweep" / "rounded")
    torch.manual_seed(0)
    models.save(models.build(KEY.model), tmp_path / "source.safetensors")
    return models.build(KEY.model, width=0.5), tmp_path / "source.safetensors"


def test_what_was_kept_comes_back_and_with_the_same_bytes(network, chosen):
    tuned, source = network
    made_from = rounded.origin(KEY, source, chosen)
    assert rounded.load(KEY, made_from) is None
    rounded.save(KEY, tuned, made_from)
    before = rounded.path_of(KEY).read_bytes()
    found = rounded.load(KEY, rounded.origin(KEY, source, chosen))
    assert found.state_dict().keys() == tuned.state_dict().keys() and not found.training
    for name, value in found.state_dict().items():
        assert torch.equal(value, tuned.state_dict()[name])
    rounded.save(KEY, found, made_from)
    assert rounded.path_of(KEY).read_bytes() == before


def test_of_another_network_or_setting_there_is_none(network, chosen, monkeypatch):
    tuned, source = network
    made_from = rounded.origin(KEY, source, chosen)
    rounded.save(KEY, tuned, made_from)
    for changed in ({"calibration_beats": 9}, {"aware_beyond": 0.5}, {"aware_epochs": 9}):
        other = rounded.origin(KEY, source, chosen.model_copy(update=changed))
        assert rounded.load(KEY, other) is None
    of_more_beats = rounded.origin(KEY, source, chosen.model_copy(update={"host_beats": 9}))
    assert of_more_beats == made_from  # they say nothing of training
    whole = settings()
    training = whole.training["intra"].model_copy(update={"weight_decay": 0.5})
    changed = whole.model_copy(update={"training": whole.training | {"intra": training}})
    with monkeypatch.context() as patched:
        patched.setattr(rounded, "settings", lambda: changed)
        assert rounded.load(KEY, rounded.origin(KEY, source, chosen)) is None
    weights = models.read_weights(source)
    models.write_weights(weights | {"classifier.1.bias": weights["classifier.1.bias"] + 1}, source)
    assert rounded.load(KEY, rounded.origin(KEY, source, chosen)) is None


@pytest.mark.parametrize("damage", ["cut", "changed", "no metadata", "empty"])
def test_a_damaged_file_is_an_error_that_says_what_to_do(network, chosen, damage):
    tuned, source = network
    made_from = rounded.origin(KEY, source, chosen)
    rounded.save(KEY, tuned, made_from)
    path = rounded.path_of(KEY)
    whole = path.read_bytes()
    if damage == "no metadata":
        models.save(tuned, path)
    else:
        changed = whole[:-1] + bytes([whole[-1] ^ 1])
        path.write_bytes({"cut": whole[:-5], "changed": changed, "empty": b""}[damage])
    with pytest.raises(RoundedError, match=rf"{path} is damaged: take it from git, or delete it"):
        rounded.load(KEY, made_from)


def test_the_sweep_does_not_take_them_for_results_that_no_cell_asks_for(
    network, chosen, tmp_path, monkeypatch
):
    tuned, source = network
    monkeypatch.setattr(store, "FOLDER", tmp_path / "sweep")
    rounded.save(KEY, tuned, rounded.origin(KEY, source, chosen))
    models.save(tuned, tmp_path / "sweep" / store.NETWORKS / "left.safetensors")
    assert [path.name for path in store.strays([])] == ["left.safetensors"]
