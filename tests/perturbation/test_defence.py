"""Training against universal perturbations leaves the fit's rules as they are."""

import pytest
import torch

from ecglib.data.datamodule import HeartbeatData
from ecglib.perturbation.defence import Against, defended, zscored
from ecglib.perturbation.settings import Defence
from ecglib.pruning.callbacks import HoldMask
from ecglib.pruning.masks import prunable
from ecglib.training import classifier

HOW = Defence(several=3, xi=0.2, step=0.5, share=0.5)


@pytest.fixture
def data(beats):
    return HeartbeatData(beats, "intra", 0, batch_size=32, normalise="beat")


@pytest.fixture
def fit(data):
    def plain(network, epochs, callbacks=()):
        return classifier.fit(
            network,
            data,
            epochs=epochs,
            callbacks=callbacks,
            learning_rate=0.003,
            weight_decay=0.01,
        )

    return plain


def small():
    torch.manual_seed(0)
    return torch.nn.Sequential(
        torch.nn.Conv1d(1, 4, 5, stride=4), torch.nn.ReLU(), torch.nn.Flatten(),
        torch.nn.Linear(4 * 64, 5),
    )  # fmt: skip


def against_of(seen):
    return next(one for one in seen if isinstance(one, Against))


@pytest.fixture
def trained(fit):
    """A network after two epochs, and what it was trained against."""
    seen, network = [], small()

    def watched(network, epochs, callbacks=()):
        seen.extend(callbacks)
        return fit(network, epochs, callbacks)

    masks = {name: weight.detach().abs() > 0.05 for name, weight in prunable(network).items()}
    defended(watched, HOW, 260, 0)(network, 2, [HoldMask(masks)])
    return network, against_of(seen), masks


def test_the_perturbations_move_and_keep_their_bound(trained):
    _, against, _ = trained
    assert against.v.shape == (3, 260)
    assert float(against.v.detach().abs().max()) == pytest.approx(HOW.xi)


def test_what_was_removed_stays_zero(trained):
    network, _, masks = trained
    for name, weight in prunable(network).items():
        assert not weight[~masks[name]].any()
        assert weight[masks[name]].any()


def test_nothing_is_left_on_the_network(trained):
    network, against, _ = trained
    x = torch.randn(4, 1, 260)
    network.train()
    assert torch.equal(network(x), network(x))
    assert not network._forward_pre_hooks


def test_nothing_is_left_on_it_where_the_fit_fails(fit):
    def failing(network, epochs, callbacks=()):
        raise RuntimeError("as on a full disk")

    network = small()
    with pytest.raises(RuntimeError):
        defended(failing, HOW, 260, 0)(network, 1)
    assert not network._forward_pre_hooks


def test_validation_is_without_them():
    against, network, x = Against(HOW, 260, 0), small(), torch.randn(8, 1, 260)
    assert against.perturbed(network.eval(), (x,)) is None
    assert against.perturbed(network.train(), (x,)) is not None


def test_some_beats_get_one_and_others_none():
    against, x = Against(HOW, 260, 0), zscored(torch.randn(400, 1, 260))
    against.v = torch.full((3, 260), 0.2)
    against.v[:, :130] = -0.2
    (found,) = against.perturbed(small().train(), (x,))
    changed = (found - x).abs().amax((1, 2)) > 1e-3
    assert 0.4 < float(changed.float().mean()) < 0.6
    assert found.std(2, correction=0).numpy() == pytest.approx(1, abs=1e-3)


def test_it_repeats_by_its_seed(fit, data):
    found = []
    for _ in range(2):
        network = small()
        data.shuffle.manual_seed(0)
        defended(fit, HOW, 260, 0)(network, 1)
        found.append(network[0].weight)
    assert torch.equal(*found)
