"""Networks by kind: paired in their starts and epochs, pruned in stages that keep their zeros."""

import pytest
import torch

from ecglib.denoising import kept, made, networks, study
from ecglib.denoising.made import Kind, dense, network, spent, stages

TWO_STAGES = (0.5, 0.8)


@pytest.fixture
def fits(monkeypatch):
    """(seed, first epoch, epochs) of every fit."""
    found, fitter = [], made.fitter

    def told(data, loss):
        def fit(of, epochs, callbacks=()):
            found.append((data.seed, data.epoch, epochs))
            return fitter(data, loss)(of, epochs, callbacks)

        return fit

    monkeypatch.setattr(made, "fitter", told)
    return found


def zeros(of):
    return {name: value == 0 for name, value in of.state_dict().items() if value.dim() == 3}


def share(of):
    found = networks.costs(of)
    return 1 - found["weights_nonzero"] / found["weights"]


@pytest.mark.parametrize("method", ["multistage", "one_shot", "lamp"])
def test_the_target_is_reached_and_the_biases_stay(small, method):
    found = network(dense()._replace(method=method, target=0.8), 0)
    assert share(found) == pytest.approx(0.8, abs=0.01)
    assert not found.training


def test_what_a_stage_removed_does_not_come_back(small):
    first, second = (
        network(dense()._replace(method="multistage", target=target), 0) for target in TWO_STAGES
    )
    assert share(first) == pytest.approx(0.5, abs=0.01)
    after = zeros(second)
    assert all((after[name] | ~gone).all() for name, gone in zeros(first).items())
    assert share(second) == pytest.approx(0.8, abs=0.01)


def test_lamp_leaves_weights_in_every_layer_where_the_smallest_would_empty_one(small, monkeypatch):
    monkeypatch.setattr(made, "_dense_of", lambda kind, seed: quiet(made.dense_network(kind, seed)))
    target = dense()._replace(target=0.8)
    assert zeros(network(target._replace(method="one_shot"), 0))["last.weight"].all()
    left = zeros(network(target._replace(method="lamp"), 0))
    assert not any(gone.all() for gone in left.values())


def quiet(of):
    """A network whose last layer's weights are the smallest of all."""
    with torch.no_grad():
        of.last.weight *= 1e-6
    return of.train()


def test_one_shot_gets_the_epochs_that_the_stages_had_spent(small, fits):
    network(dense()._replace(method="one_shot", target=0.8), 0)
    assert fits == [(0, 0, 1), (0, 1, 3)]
    fits.clear()
    network(dense()._replace(method="multistage", target=0.8), 0)
    assert fits == [(0, 1, 1), (0, 2, 2)]  # the same windows, and the dense network is there
    assert [spent(target, stages()) for target in TWO_STAGES] == [1, 3]
    fits.clear()
    network(dense()._replace(method="lamp", target=0.8), 0)
    assert fits == [(0, 1, 1), (0, 2, 2)]


def test_other_networks_have_as_many_epochs(small, fits):
    network(dense()._replace(method="narrow", target=0.3), 0)
    assert fits == [(0, 0, 4)]
    fits.clear()
    network(dense()._replace(method="longer"), 0)
    assert fits == [(0, 0, 1), (0, 1, 3)]


def test_narrow_ones_and_whole_filters_save_macs(small):
    whole = networks.costs(network(dense(), 0))["macs"]
    for method in ("narrow", "filters"):
        found = [network(dense()._replace(method=method, target=0.3), 0) for _ in range(2)]
        assert networks.costs(found[0])["macs"] <= 0.7 * whole
        out = [one(torch.ones(1, 3, 1024)) for one in found]
        assert torch.equal(*out) and out[0].shape == (1, 1, 1024)


def test_losses_start_alike_and_end_apart(small, monkeypatch):
    starts = []
    monkeypatch.setattr(
        made, "fitter", lambda data, loss: lambda of, *_: starts.append(of.last.weight.clone())
    )
    for loss in small.losses:
        made.dense_network(Kind("dense", loss), 0)
    made.dense_network(Kind("dense", small.losses[0]), 1)
    assert torch.equal(*starts[:2]) and not torch.equal(starts[0], starts[2])
    monkeypatch.undo()
    found = [made.dense_network(Kind("dense", loss), 0).last.weight for loss in small.losses]
    assert not torch.equal(*found)


def test_one_channel_has_a_network_of_its_own(small):
    found = network(dense()._replace(channels=1), 0)
    assert found(torch.ones(1, 1, 1024)).shape == (1, 1, 1024)


def test_networks_are_made_once_and_anew_when_what_they_come_from_differs(chosen, small, fits):
    pruned = dense()._replace(method="multistage", target=0.5)
    network(pruned, 0)
    network(pruned, 0)
    assert len(fits) == 2  # the dense one, and the stage
    of_stages = {"stages": [{"sparsity": 0.5, "epochs": 2}]}
    chosen(shrinking=small.shrinking.model_dump() | of_stages)
    network(pruned, 0)
    assert len(fits) == 3  # the dense one has no stages
    chosen(seat=small.seat.model_dump() | {"shared": 0.1})
    network(pruned, 0)
    assert len(fits) == 5
    assert len(list(kept.FOLDER.iterdir())) == 2


def test_what_is_only_judged_makes_no_network_anew(chosen, small, fits):
    network(dense(), 0)
    chosen(judging=small.judging.model_dump() | {"minutes": 0.2, "snr_db": [3.0]})
    network(dense(), 0)
    assert len(fits) == 1


def test_names_of_files_say_what_is_in_them(small):
    network(dense()._replace(loss="l1_spectrum_1"), 0)
    (file,) = kept.FOLDER.iterdir()
    assert file.name.startswith("dense-l1_spectrum_1-3ch-0-s0-")


def test_every_kind_of_the_study_can_be_made():
    assert {kind.method for kind in study.kinds()} == set(made.METHODS)
    assert len({kind.name for kind in study.kinds()}) == len(study.kinds())
