import numpy as np
import pytest
import torch

from ecglib.apnea import networks, personal, protocols, scores, shrinking, training
from ecglib.apnea.networks import Sliding
from ecglib.apnea.nights import APNEA, UNKNOWN
from ecglib.apnea.protocols import TEST, TRAIN
from ecglib.apnea.settings import Fitting, Personal
from ecglib.pruning.masks import prunable
from ecglib.settings.schedules import Stage

STEP = 240
FITTING = Fitting(epochs=6, learning_rate=0.01, weight_decay=0.01, batch_size=2)


@pytest.fixture
def parts(nights):
    return protocols.by_night(nights, {"n3"})


@pytest.fixture
def fit(nights, parts):
    return training.fitter(
        training.Stretches(nights, parts, batch_size=2, seed=0), **FITTING.options
    )


@pytest.fixture
def trained(small, fit) -> Sliding:
    network = Sliding(networks.build(small, 0), STEP)
    fit(network, FITTING.epochs)
    return network


def right(network, night) -> float:
    return float(((training.probabilities(network, night) > 0.5) == night.label).mean())


def test_every_window_that_trains_counts_once(new_night):
    night = new_night(windows=97)
    used = np.arange(97) % 3 > 0
    pieces = training.stretches(night, used)
    assert sum((label != UNKNOWN).sum() for _, label in pieces) == used.sum()
    assert all(np.shares_memory(signal, night.signal) for signal, _ in pieces)
    counted = [label for _, label in pieces]
    assert sum((label == APNEA).sum() for label in counted) == (night.label[used] == APNEA).sum()


def test_no_sample_that_only_tests_reaches_the_fit(new_night, small):
    """Not even through batch normalisation: other samples there leave every weight as it was."""
    night, found = new_night(windows=120), []
    part = protocols.halves(night)
    part[20:40] = protocols.GUARD  # and a hole among what trains
    used = part == TRAIN
    seen = {sample for at in np.flatnonzero(used) for sample in range(at * STEP, at * STEP + 1408)}
    unseen = np.array([sample not in seen for sample in range(len(night.signal))])
    assert unseen.sum() > 60 * STEP
    for factor in (1, 3):
        signal = np.where(unseen, factor * night.signal, night.signal)
        given = type(night)(night.name, night.subject, signal, night.label, STEP)
        network = Sliding(networks.build(small, 0), STEP)
        data = training.Stretches([given], {night.name: part}, batch_size=2, seed=0)
        training.fitter(data, **FITTING.options)(network, 1)
        found.append(network.state_dict())
    assert all(torch.equal(found[0][name], found[1][name]) for name in found[0])


def test_a_long_night_in_parts_is_what_it_is_at_once(new_night, small, monkeypatch):
    network, night = Sliding(networks.build(small, 0), STEP), new_night(windows=50)
    whole = training.probabilities(network, night)
    monkeypatch.setattr(training, "AT_ONCE", 7)
    assert np.allclose(training.probabilities(network, night), whole, atol=1e-6)


def test_a_night_shorter_than_a_stretch_is_filled_up(new_night):
    ((signal, label),) = training.stretches(new_night(windows=12), np.ones(12, bool))
    assert (label != UNKNOWN).sum() == 12 and len(label) == training.STRETCH
    assert (signal[-100:] == 0).all()


def test_what_tests_is_not_learnt_from(nights, small):
    """Labels of the night that tests are turned round: the fit is the same to the last digit."""
    parts, found = protocols.by_night(nights, {"n3"}), []
    for flipped in (False, True):
        changed = nights[3].label if not flipped else 1 - nights[3].label
        given = [*nights[:3], type(nights[3])("n3", "n3", nights[3].signal, changed, STEP)]
        network = Sliding(networks.build(small, 0), STEP)
        data = training.Stretches(given, parts, batch_size=2, seed=0)
        training.fitter(data, **FITTING.options)(network, 1)
        found.append(training.probabilities(network, nights[3]))
    assert np.array_equal(*found)


def test_it_finds_what_is_there(trained, nights):
    assert right(trained, nights[3]) > 0.85


def test_nothing_to_train_on_is_an_error(nights):
    parts = {night.name: np.full(60, TEST) for night in nights}
    with pytest.raises(ValueError, match="to train on are 0 normal and 0 apnea"):
        training.Stretches(nights, parts, batch_size=2, seed=0)


def test_pruned_in_stages_and_once_at_equal_epochs(trained, fit):
    before = {name: weight.clone() for name, weight in trained.state_dict().items()}
    asked = []

    def counted(network, epochs, callbacks=()):
        asked.append(epochs)
        return fit(network, epochs, callbacks)

    stages = [Stage(0.5, 1), Stage(0.8, 2)]
    found = list(shrinking.pruned(trained, stages, counted, 0))
    assert [(one.method, one.target_sparsity) for one in found] == [
        *(("multistage", 0.5), ("multistage", 0.8), ("one_shot", 0.5), ("one_shot", 0.8))
    ]
    assert asked == [1, 2, 1, 3]
    for one in found:
        weights = torch.cat([w.flatten() for w in prunable(one.network).values()])
        assert (weights == 0).float().mean() == pytest.approx(one.target_sparsity, abs=1e-3)
    assert all(torch.equal(before[name], w) for name, w in trained.state_dict().items())


def test_binarised_weights_have_one_magnitude_a_channel_and_plain_names(trained, fit):
    sign, scaled = shrinking.binarised(trained, 1, fit)
    for weight in prunable(sign.network).values():
        assert (weight.abs() == 1).all()
    for weight in prunable(scaled.network).values():
        rows = weight.abs().flatten(1)
        assert torch.allclose(rows, rows[:, :1].expand_as(rows))
        assert (weight > 0).any() and (weight < 0).any()
    assert sign.network.state_dict().keys() == trained.state_dict().keys()


def test_the_gradient_goes_through_the_sign_within_one():
    weight = torch.tensor([[0.5, -2.0, -0.1, 0.0]], requires_grad=True)
    shrinking._OneBit(scaled=False)(weight).sum().backward()
    assert weight.grad.tolist() == [[1.0, 0.0, 1.0, 1.0]]


def test_one_bit_weights_take_an_eighth_of_a_byte_each(trained, fit):
    *_, scaled = shrinking.binarised(trained, 1, fit)
    trained = scaled.network
    layers = [weight.numel() for weight in prunable(trained).values()]
    kinds = shrinking.PRUNABLE_LAYERS
    biases = sum(len(layer.bias) for layer in trained.modules() if isinstance(layer, kinds))
    assert shrinking.weight_bytes(trained) == sum(-(-count // 8) for count in layers) + 4 * biases
    with torch.no_grad():  # a layer with one other weight is none of one bit
        trained.chain.classifier[-1].weight[0, 0] *= 2
    more = layers[-1] - -(-layers[-1] // 8)
    assert shrinking.weight_bytes(trained) == sum(-(-n // 8) for n in layers) + more + 4 * biases


def test_a_network_is_fitted_to_one_night_and_only_its_first_half(trained, new_night):
    chosen = Personal(least=5, share=0.75, fit=FITTING)
    night = new_night("own", 80, seed=9)
    inverted = type(night)("own", "own", -night.signal[::-1].copy(), 1 - night.label, STEP)
    rows = list(personal.fitted(trained, inverted, chosen, 0))
    assert [(row["protocol"], row["method"]) for row in rows] == [
        *(("own first half", "of others"), ("own first half", "fitted")),
        *(("own random half", "of others"), ("own random half", "fitted")),
    ]
    before, after = (scores.of_counts(personal_table(row)).iloc[0] for row in rows[:2])
    assert after["balanced_accuracy"] > before["balanced_accuracy"]
    assert sum(rows[0][count] for count in scores.COUNTS) == 40


def personal_table(row):
    import pandas as pd

    return pd.DataFrame([row])


def test_what_is_fitted_is_an_average_with_what_was_there(trained, new_night, small):
    other = Sliding(networks.build(small, 1), STEP)
    own = Sliding(networks.build(small, 2), STEP)
    before = {name: weight.clone() for name, weight in own.state_dict().items()}
    personal._average(own, other, 0.75)
    for name, weight in own.state_dict().items():
        if weight.is_floating_point():
            expected = 0.75 * before[name] + 0.25 * other.state_dict()[name]
            assert torch.allclose(weight, expected, atol=1e-6), name


def test_a_night_with_too_few_minutes_of_a_class_is_left_out(trained, new_night):
    night = new_night("own", 60)
    rows = list(personal.fitted(trained, night, Personal(least=31, share=0.75, fit=FITTING), 0))
    assert rows == []


def test_a_night_without_anything_to_score_is_an_error(new_night):
    night = new_night()
    with pytest.raises(ValueError, match="n1 has no window to score"):
        scores.of_night(night, np.zeros(60, bool), np.zeros(60))
    with pytest.raises(ValueError, match="not finite"):
        scores.of_night(night, np.ones(60, bool), np.full(60, np.nan))


def test_counts_and_rates_of_a_night(new_night):
    night = new_night(windows=20)
    said = np.r_[np.zeros(5), np.ones(15)]
    row = scores.of_night(night, np.ones(20, bool), said)
    assert [row[count] for count in scores.COUNTS] == [5, 5, 0, 10]
    assert (row["apnea_per_hour"], row["found_per_hour"]) == (30, 45)
    assert row["auroc"] == pytest.approx(0.75)
    one_class = scores.of_night(night, night.label == 0, said)
    assert np.isnan(one_class["auroc"]) and TRAIN == 0
