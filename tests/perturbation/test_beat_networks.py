"""Networks that are attacked come from git where they were made from the same things."""

import pytest
import torch

from ecglib import models, paths
from ecglib.deployment import rounded
from ecglib.perturbation import beat_networks
from ecglib.perturbation.beat_networks import DENSE, MODEL
from ecglib.perturbation.settings import settings
from ecglib.settings.registry import UnknownName

SWEPT = ("dense", "multistage", "aofp", "small_dense")  # of these the sweep keeps networks
KINDS = [network.kind for network in settings().beats.networks]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(beat_networks, "FOLDER", tmp_path)
    return tmp_path


@pytest.fixture
def trained(monkeypatch):
    """What was trained, instead of training it."""
    found = []

    def train(kind, seed):
        found.append((kind, seed))
        torch.manual_seed(len(found))
        return models.build(MODEL)

    monkeypatch.setattr(beat_networks, "_pruned", train)
    monkeypatch.setattr(beat_networks, "_defended_pruned", train)
    monkeypatch.setattr(
        beat_networks, "_defended_dense", lambda seed, epochs: train(("defended", 0.0), seed)
    )
    return found


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind[0] in SWEPT])
def test_those_of_three_seeds_are_the_sweeps(kind, folder, trained):
    assert not beat_networks.network(kind, 0).training
    assert not trained


def test_what_was_trained_is_kept_and_taken_from_there(folder, trained):
    first = beat_networks.network(("multistage", 0.6), 3)
    again = beat_networks.network(("multistage", 0.6), 3)
    assert trained == [(("multistage", 0.6), 3)]
    for name, weight in first.state_dict().items():
        assert torch.equal(weight, again.state_dict()[name])


def test_it_is_trained_anew_where_the_settings_are_others(folder, trained, monkeypatch):
    kind = ("defended", 0.0)
    beat_networks.network(kind, 0)
    other = settings().beats.defence.model_copy(update={"xi": 0.3})
    beats = settings().beats.model_copy(update={"defence": other})
    changed = settings().model_copy(update={"beats": beats})
    monkeypatch.setattr(beat_networks, "settings", lambda: changed)
    beat_networks.network(kind, 0)
    assert trained == [(kind, 0), (kind, 0)]


def test_a_damaged_file_is_an_error_that_says_what_to_do(folder, trained):
    beat_networks.network(("multistage", 0.6), 3)
    (path,) = folder.iterdir()
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(rounded.RoundedError, match="take it from git"):
        beat_networks.network(("multistage", 0.6), 3)


def test_an_unknown_method_is_refused(folder):
    with pytest.raises(UnknownName, match="unknown method 'fgsm'"):
        beat_networks.network(("fgsm", 0.6), 0)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != DENSE])
def test_all_that_the_study_attacks_lies_in_git(kind, trained, monkeypatch):
    """So no reader trains for it, and every processor attacks the same networks."""
    if not beat_networks.FOLDER.is_dir():
        pytest.skip(f"no networks in {beat_networks.FOLDER.relative_to(paths.ROOT)}")
    monkeypatch.setattr(rounded, "write", lambda *of: None)  # nothing into the study's own folder
    for seed in settings().beats.seeds:
        beat_networks.network(kind, seed)
    assert not trained
