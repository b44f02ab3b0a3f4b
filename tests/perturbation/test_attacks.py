"""All attacks by name keep to one bound, and are compared on the same inputs."""

import pytest
import torch
from toy_victims import inputs, victim

from ecglib.perturbation.attacks import ATTACKS, Problem, perturbations
from ecglib.perturbation.goals import Goal
from ecglib.perturbation.settings import Attacking, Descent
from ecglib.settings.registry import UnknownName

HOW = Attacking(
    draws=3,
    deepfool_passes=1,
    descent=Descent(learning_rate=0.02, epochs=30, batch_size=64, check_every=100, patience=2),
)


def problem(goal=None, std=1.0, seed=0):
    of = [inputs(64, seed, scale=std) for seed in (1, 2)]
    return Problem(victim(std), *of, goal or Goal(0.3 * std), HOW, seed)


@pytest.mark.parametrize("std", [1.0, 40.0])
@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_gives_perturbations_within_the_bound(name, std):
    of = problem(std=std)
    v = perturbations(name, of)
    assert v.shape[1:] == of.training.x.shape[1:]
    assert v.abs().max() <= of.goal.xi * (1 + 1e-6)


# What is charged for its size may stay within.
FREE = [name for name in ATTACKS if name not in ("none", "tlm_l1", "tlm_l2")]


@pytest.mark.parametrize("name", FREE)
def test_an_attack_uses_the_bound_that_it_is_given(name):
    assert perturbations(name, problem()).abs().max() > 0.8 * 0.3


@pytest.mark.parametrize("name", ["uniform", "random_sign"])
def test_noise_is_drawn_several_times_and_anew_for_each_seed(name):
    first, other = perturbations(name, problem()), perturbations(name, problem(seed=1))
    drawn = torch.cat([first, other])
    assert len(first) == HOW.draws
    assert len(drawn.flatten(1).unique(dim=0)) == 2 * HOW.draws


def test_random_signs_have_all_the_power_that_is_allowed():
    assert perturbations("random_sign", problem()).abs().unique().tolist() == pytest.approx([0.3])


def test_deepfool_repeats_by_its_seed():
    first, again = (perturbations("deepfool_uap", problem()) for _ in range(2))
    assert torch.equal(first, again)


def test_deepfool_leaves_the_victim_as_it_was():
    of = problem()
    before = {name: value.clone() for name, value in of.victim.network.train().state_dict().items()}
    perturbations("deepfool_uap", of)
    assert of.victim.network.training
    assert all(parameter.requires_grad for parameter in of.victim.network.parameters())
    for name, value in of.victim.network.state_dict().items():
        assert torch.equal(value, before[name]), name


def test_deepfool_looks_at_no_label():
    found = []
    for label in (0, 1):
        of = problem()
        of.training.label[:], of.validation.label[:] = label, label
        found.append(perturbations("deepfool_uap", of))
    assert torch.equal(*found)


@pytest.mark.parametrize("goal", [Goal(0.3, target=1), Goal(0.3, shift=2), Goal(0.3, smooth=1.0)])
def test_deepfool_refuses_what_it_does_not_know(goal):
    with pytest.raises(ValueError, match="no target, shifts or band"):
        perturbations("deepfool_uap", problem(goal))


def test_an_unknown_attack_is_refused_with_those_that_are_known():
    with pytest.raises(UnknownName, match="unknown attack 'fgsm'; one of none, uniform"):
        perturbations("fgsm", problem())
