"""A fit sees new windows in every epoch, and the same ones for every network of a seed."""

import copy

import numpy as np
import pytest
import torch
from invented import noise, record

from ecglib.denoising import sittings, training
from ecglib.denoising.losses import LOSSES
from ecglib.denoising.networks import UNet
from ecglib.denoising.training import Sitting, fitter

L1 = LOSSES["l1"].function


@pytest.fixture
def sitting(chosen):
    """sitting(seed, epoch): of the small settings."""
    records, recorded, small = [record("101", rare=[5])], noise(), chosen()

    def of(seed=0, epoch=0, chosen=small):
        return Sitting(records, recorded, chosen, (0, 1, 2), seed, epoch)

    return of


@pytest.fixture
def seeds(monkeypatch):
    """The seeds of all windows that are drawn."""
    found, drawn = [], sittings.drawn

    def told(*given):
        found.append(list(given[-1]))
        return drawn(*given)

    monkeypatch.setattr(training.sittings, "drawn", told)
    return found


def network(seed=0):
    torch.manual_seed(seed)
    return UNet(3, (2, 3), 3)


def weights(of):
    return {name: value.clone() for name, value in of.state_dict().items()}


def test_every_epoch_has_windows_of_its_own_and_they_are_counted_on(sitting, seeds):
    fit = fitter(sitting(seed=4), L1)
    assert len(fit(network(), 2)) == 2
    fit(network(), 1)
    assert seeds == [[4, 0], [4, 1], [4, 2]]
    seeds.clear()
    fitter(sitting(seed=4, epoch=2), L1)(network(), 1)
    assert seeds == [[4, 2]]


def test_no_epochs_leave_a_network_as_it_was(sitting, seeds):
    one = network()
    before = weights(one)
    assert fitter(sitting(), L1)(one, 0).empty
    assert all(torch.equal(before[name], value) for name, value in one.state_dict().items())
    assert seeds == []


def test_the_same_start_and_seed_give_the_same_network(sitting):
    first, again, other = (network() for _ in range(3))
    start = weights(first)
    fitter(sitting(), L1)(first, 1)
    torch.manual_seed(99)  # whatever was drawn before
    fitter(sitting(), L1)(again, 1)
    fitter(sitting(seed=1), L1)(other, 1)
    for name, value in first.state_dict().items():
        assert torch.equal(value, again.state_dict()[name])
    assert any(not torch.equal(v, other.state_dict()[n]) for n, v in first.state_dict().items())
    assert any(not torch.equal(v, start[n]) for n, v in first.state_dict().items())


def test_batches_are_in_the_same_order_for_every_loss(sitting):
    one, other = (list(sitting().train_dataloader()) for _ in range(2))
    assert len(one) == 2 and all(map(torch.equal, one[0], other[0]))
    inputs, reference, beats = one[0]
    assert inputs.shape == (4, 3, 1024) and reference.shape == (4, 1, 1024)
    assert beats.dtype == torch.int64


@pytest.mark.parametrize(("windows", "batch_size"), [(5, 2), (6, 1), (9, 4)])
def test_windows_that_fill_no_whole_piece_are_trained_on(chosen, sitting, windows, batch_size):
    small = chosen()
    fitting = small.fitting.model_copy(update={"windows": windows, "batch_size": batch_size})
    some = small.model_copy(update={"fitting": fitting})
    assert len(fitter(sitting(chosen=some), L1)(network(), 2)) == 2


def test_a_fit_learns(chosen, sitting):
    small = chosen()
    fitting = small.fitting.model_copy(update={"windows": 32, "learning_rate": 0.02})
    quiet = small.sittings.model_copy(update={"snr_db": [20.0, 24.0]})
    some = small.model_copy(update={"fitting": fitting, "sittings": quiet})
    history = fitter(sitting(chosen=some), L1)(network(), 4)
    loss = history["train_loss"].to_numpy(float)
    assert len(loss) == 4 and np.isfinite(loss).all() and loss[-1] < 0.8 * loss[0]


def test_the_learning_rate_has_gone_down_when_the_fit_ends(sitting):
    rates = []

    class Told(training.pl.Callback):
        def on_train_batch_end(self, trainer, *_):
            rates.append(trainer.optimizers[0].param_groups[0]["lr"])

    fitter(sitting(), L1)(copy.deepcopy(network()), 6, [Told()])
    assert len(rates) == 12
    assert max(rates) == pytest.approx(0.004, rel=0.05) and rates[-1] < 0.02 * max(rates)
