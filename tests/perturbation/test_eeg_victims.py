"""A victim reads raw trials, is trained on people, and hands a gradient to a perturbation."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from ecglib.perturbation import eeg_linear
from ecglib.perturbation.eeg_victims import EegVictim, behind_the_band, train
from ecglib.perturbation.victims import Inputs, answers, frozen, logits, under

FITTING = SimpleNamespace(epochs=4, learning_rate=0.01, weight_decay=0.01, batch_size=16)
LIMITS_HZ = (4.0, 38.0)


def trials(people=6, each=16, seed=0):
    """Noise on an offset; a wave of 10 Hz is strong on one of two channels, as the label says."""
    draw = np.random.default_rng(seed)
    label = np.tile([0, 1], people * each // 2)
    group = np.repeat([f"S{i:03d}" for i in range(people)], each)
    phase = draw.uniform(0, 6, (len(label), 1))
    wave = 100 * np.sin(2 * np.pi * 10 * np.arange(512) / 128 + phase)
    x = draw.normal(300, 10, (len(label), 8, 512)) + draw.normal(0, 200, (len(label), 8, 1))
    x[np.arange(len(label)), np.where(label, 5, 3)] += wave
    return Inputs(torch.tensor(x, dtype=torch.float32), torch.tensor(label), group)


def trained(name="eegnet", aligned=False, **changed) -> EegVictim:
    fitting = SimpleNamespace(**(vars(FITTING) | changed))
    return train(name, trials(), LIMITS_HZ, fitting, aligned=aligned, seed=0)


@pytest.fixture(scope="module")
def victims():
    return {aligned: trained(aligned=aligned) for aligned in (False, True)}


def accuracy(victim, inputs):
    return (answers(victim, inputs) == inputs.label).float().mean()


@pytest.mark.parametrize("aligned", [False, True])
def test_it_learns_what_holds_for_other_people(victims, aligned):
    assert accuracy(victims[aligned], trials(4, seed=1)) > 0.9


@pytest.mark.parametrize("name", ["deep_convnet", "shallow_convnet"])
def test_the_other_networks_learn_it_too(name):
    assert accuracy(trained(name, epochs=2), trials(4, seed=1)) > 0.9


def test_bounds_are_told_of_what_is_recorded_and_behind_the_band_of_what_is_left(victims):
    victim, x = victims[False], trials().x
    recorded = (x - x.mean(2, keepdim=True)).square().mean().sqrt()
    assert victim.std == pytest.approx(float(recorded), rel=1e-4)
    assert victim.scale == pytest.approx(float(victim.band(x).std()))
    behind = behind_the_band(victim)
    assert behind.std == victim.scale < victim.std
    torch.testing.assert_close(behind.seen(victim.band(x), None), victim.seen(x, None))


def test_offsets_and_drifts_change_no_answer(victims):
    inputs = trials(4, seed=1)
    drifting = inputs.plus(50 * torch.linspace(-1, 1, 512)[None, None])
    for victim in victims.values():
        assert torch.equal(answers(victim, inputs), answers(victim, drifting))


def test_only_an_aligned_victim_looks_at_all_inputs_together(victims):
    inputs = trials(2)
    assert victims[False].context(inputs) is None
    assert victims[True].context(inputs).shape == (32, 8, 8)
    first = torch.from_numpy(inputs.group == "S000")
    louder = inputs.plus(4 * inputs.x * first[:, None, None])
    assert torch.equal(answers(victims[True], inputs), answers(victims[True], louder))


@pytest.mark.parametrize("aligned", [False, True])
def test_a_perturbation_gets_a_gradient_and_the_network_none(victims, aligned):
    victim, inputs = victims[aligned], trials(2)
    v = torch.zeros(1, 8, 512, requires_grad=True)
    victim.network.zero_grad()
    with frozen(victim.network):
        logits(victim, inputs.x + v, victim.context(inputs)).square().sum().backward()
    assert v.grad.isfinite().all() and v.grad.abs().max() > 0
    assert all(weight.grad is None for weight in victim.network.parameters())


@pytest.mark.parametrize("aligned", [False, True])
def test_taken_apart_for_an_attack_it_answers_as_whole(victims, aligned):
    victim, inputs = victims[aligned], trials(2)
    v = 5 * torch.randn(1, 8, 512, generator=torch.Generator().manual_seed(0))
    rows = torch.arange(len(inputs))
    with frozen(victim.network), torch.no_grad():
        whole = logits(victim, inputs.x + v, victim.context(inputs))
        apart = under(victim, inputs)(rows, v)
    torch.testing.assert_close(apart, whole, atol=1e-4, rtol=1e-3)


def test_the_norms_are_held_while_it_trains():
    network = trained(learning_rate=0.5).network
    for name, limit in network.max_norms.items():
        assert network.get_parameter(name).flatten(1).norm(dim=1).max() <= limit * 1.0001


def test_a_seed_trains_the_same_again(victims):
    first, again = victims[False].network.state_dict(), trained().network.state_dict()
    assert all(torch.equal(first[name], again[name]) for name in first)


def test_one_class_alone_cannot_be_trained_on():
    inputs = trials()
    one = inputs.of(np.flatnonzero(inputs.label.numpy() == 1))
    with pytest.raises(ValueError, match="one class alone"):
        train("eegnet", one, LIMITS_HZ, FITTING, aligned=False, seed=0)


# Linear classifiers


def slow(inputs, noise_uv=10):
    """The label as a slow wave of one channel, in place of the rhythm."""
    x = np.random.default_rng(2).normal(300, noise_uv, inputs.x.shape)
    side = 2 * inputs.label.numpy()[:, None] - 1
    x[:, 2] += side * 20 * np.sin(2 * np.pi * 1.5 * np.arange(512) / 128)
    return Inputs(torch.tensor(x, dtype=torch.float32), inputs.label, inputs.group)


def linear_accuracy(name, of):
    features = eeg_linear.FEATURES[name]
    regression = eeg_linear.fit(features, of(trials()), of(trials(3, seed=3)))
    test = of(trials(4, seed=1))
    return regression.score(features(test), test.label.numpy())


def test_each_kind_of_features_reads_what_it_says_and_nothing_else():
    assert linear_accuracy("band_power", lambda inputs: inputs) > 0.9
    assert linear_accuracy("slow_waveform", slow) > 0.9
    assert linear_accuracy("band_power", slow) < 0.75
    assert linear_accuracy("slow_waveform", lambda inputs: inputs) < 0.75


def test_the_strength_is_the_one_that_validates_best(monkeypatch):
    validation = slow(trials(4, 16, 5), noise_uv=800)
    features, label = eeg_linear.slow_waveform, validation.label.numpy()

    def score():
        chosen = eeg_linear.fit(features, slow(trials(4, 16), noise_uv=800), validation)
        return chosen.score(features(validation), label)

    every, best = eeg_linear.STRENGTHS, score()
    alone = []
    for strength in every:
        monkeypatch.setattr(eeg_linear, "STRENGTHS", (strength,))
        alone.append(score())
    assert best == max(alone) > min(alone)
