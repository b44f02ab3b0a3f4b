"""Total loss minimisation finds what it should, and does not share the faults of public code."""

from dataclasses import replace

import pytest
import torch
from toy_victims import inputs, victim

from ecglib.perturbation import scores, tlm
from ecglib.perturbation.goals import Goal
from ecglib.perturbation.settings import Descent
from ecglib.perturbation.victims import answers, logits, under

HOW = Descent(learning_rate=0.02, epochs=40, batch_size=64, check_every=20, patience=3)


def crafted(goal, how=HOW, of=None, training=None, seed=0):
    return tlm.craft(of or victim(), training or inputs(), inputs(seed=2), goal, how, seed)


def test_it_finds_the_perturbation_that_is_known_on_paper():
    of = victim()
    v = crafted(Goal(0.3, target=1), of=of)
    large = of.network.weight.abs() > 0.3
    assert torch.equal(v[0].sign()[large], of.network.weight.sign()[large])


@pytest.mark.parametrize("target", [0, 1])
def test_a_target_is_reached(target):
    of, test = victim(), inputs(seed=3)
    v = crafted(Goal(1.0, target=target), of=of)
    after = scores.answered(of, test, v, 1.0, scores.steady(len(test)))
    assert scores.target_rate(after, target) > 0.98


def test_without_a_target_answers_change():
    of, test = victim(), inputs(seed=3)
    v = crafted(Goal(1.0), of=of)
    after = scores.answered(of, test, v, 1.0, scores.steady(len(test)))
    assert scores.fooling_rate(answers(of, test), after) > 0.4


@pytest.mark.parametrize("std", [1.0, 50.0])
def test_what_is_handed_on_keeps_the_bound_however_far_the_descent_went(std):
    goal = Goal(0.1 * std, target=1)
    v = crafted(goal, replace_how(learning_rate=5.0), of=victim(std))
    assert v.abs().max() == pytest.approx(goal.xi)


def replace_how(**changed):
    return HOW.model_copy(update=changed)


def test_labels_have_no_part_in_it():
    """Nor in the choice: by agreement with labels it would be another."""
    found = []
    for label in (torch.zeros, torch.ones):
        parts = [inputs(), inputs(seed=2)]
        parts = [replace(of, label=label(len(of), dtype=torch.int64)) for of in parts]
        found.append(tlm.craft(victim(), *parts, Goal(0.2, shift=8), HOW, 0))
    assert torch.equal(*found)


def test_the_victim_is_as_it_was():
    of = victim()
    of.network.train()
    before = {name: value.clone() for name, value in of.network.state_dict().items()}
    crafted(Goal(0.2), of=of)
    assert of.network.training
    assert all(parameter.requires_grad for parameter in of.network.parameters())
    for name, value in of.network.state_dict().items():
        assert torch.equal(value, before[name]), name


def test_it_ends_when_nothing_is_left_to_gain():
    steps = Counting()
    crafted(Goal(5.0, target=1), replace_how(learning_rate=1.0), of=steps)
    assert steps.batches == HOW.check_every


def test_it_ends_after_checks_without_gain():
    steps = Counting()
    crafted(Goal(1e-9), of=steps)  # nobody is fooled by so little: the first check is the best
    assert steps.batches == HOW.check_every * (1 + HOW.patience)


class Counting:
    """A victim that counts the batches that it is asked for with gradients."""

    def __init__(self):
        self.of, self.batches = victim(), 0
        self.network, self.std, self.classes, self.linear = self.of.network, 1.0, 2, False

    def context(self, inputs):
        return None

    def seen(self, x, context):
        self.batches += torch.is_grad_enabled()
        return x


def test_a_penalty_makes_it_smaller():
    without, with_it = (
        tlm.craft(victim(), inputs(), inputs(seed=2), Goal(0.5, target=1), HOW, 0, penalty)
        .square()
        .mean()
        for penalty in (None, tlm.l2)
    )
    assert with_it < without


def test_it_repeats_by_its_seed():
    goal = Goal(0.2, shift=8)
    assert torch.equal(crafted(goal), crafted(goal))
    assert not torch.equal(crafted(goal), crafted(goal, seed=1))


def test_for_any_time_it_is_crafted_over_shifts():
    """Weights that all but cancel: in time v follows them, at any time only their mean is left."""
    of, test = victim(), inputs(seed=3)
    late = torch.randint(16, (len(test),), generator=torch.Generator().manual_seed(5))
    rates = [
        scores.target_rate(scores.answered(of, test, crafted(goal, of=of), 1.0, late), 1)
        for goal in (Goal(1.0, target=1), Goal(1.0, target=1, shift=8))
    ]
    assert rates[1] > rates[0] + 0.05


def test_a_target_that_is_no_class_is_refused():
    with pytest.raises(ValueError, match="target 2 is none of the 2 classes"):
        crafted(Goal(0.1, target=2))


def test_inputs_that_are_not_finite_are_refused():
    training = inputs()
    training.x[3, 0, 0] = float("nan")
    with pytest.raises(ValueError, match="finite"):
        crafted(Goal(0.1), training=training)


@pytest.mark.parametrize("linear", [True, False])
def test_a_linear_pipeline_taken_apart_gives_what_it_gives_whole(linear):
    of, some = replace(victim(), linear=linear), inputs()
    v, rows = torch.randn(1, 2, 16), torch.tensor([3, 9])
    found = under(of, some)(rows, v)
    torch.testing.assert_close(found, logits(of, some.x[rows] + v, None))
