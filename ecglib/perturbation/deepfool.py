"""DeepFool's universal perturbation, by the adversarial-robustness-toolbox.

Moosavi-Dezfooli, Fawzi, Fawzi, Frossard, CVPR 2017 (arXiv:1610.08401), algorithm 1.
"""

import random
import warnings
from contextlib import redirect_stderr
from io import StringIO

import torch
from art.attacks.evasion import UniversalPerturbation
from art.estimators.classification import PyTorchClassifier
from torch import Tensor, nn

from ecglib.perturbation import scores
from ecglib.perturbation.goals import Goal
from ecglib.perturbation.victims import Inputs, Victim, answers, frozen, logits

# Of the attack on single inputs: its own bound of steps, and how far beyond the boundary it goes.
INNER = {"max_iter": 50, "epsilon": 0.02, "verbose": False}
NEVER = 1e-9  # it would stop at a fooling rate of one less this, on its training inputs


class _Standing(nn.Module):
    """The victim on inputs in standard deviations, whose pipeline needs no context."""

    def __init__(self, victim: Victim) -> None:
        super().__init__()
        self.victim, self.network = victim, victim.network

    def forward(self, x: Tensor) -> Tensor:
        return logits(self.victim, x * self.victim.std, None)


def craft(
    victim: Victim, training: Inputs, validation: Inputs, goal: Goal, passes: int, seed: int
) -> Tensor:
    """The best after one, two, ... passes over the training inputs, by the rate on validation.

    The toolbox hands on the last perturbation, not the best, so it is asked once for each number.

    Raises:
        ValueError: a goal with a target, shifts or a band, or a victim with context: the toolbox
            knows none of these.
    """
    if goal.target is not None or goal.shift or goal.smooth:
        raise ValueError("DeepFool's universal perturbation has no target, shifts or band")
    if victim.context(training) is not None:
        raise ValueError("DeepFool's universal perturbation is for pipelines without context")
    before, best, best_rate = answers(victim, validation), None, -1.0
    for number in range(1, passes + 1):
        v = goal.formed(_toolbox(victim, training, goal, number, seed))
        said = scores.answered(victim, validation, v, goal.xi, scores.steady(len(validation)))
        if (rate := scores.rate(before, said, goal)) > best_rate:
            best, best_rate = v, rate
    return best


def _toolbox(victim: Victim, training: Inputs, goal: Goal, passes: int, seed: int) -> Tensor:
    """Its last perturbation after so many passes, (1, channels, time)."""
    x = (training.x / victim.std).numpy()
    random.seed(seed)  # the toolbox shuffles by Python's global state
    with frozen(victim.network), warnings.catch_warnings(), redirect_stderr(StringIO()):
        warnings.simplefilter("ignore")
        model = PyTorchClassifier(
            _Standing(victim).eval(), nn.CrossEntropyLoss(), x.shape[1:], victim.classes
        )
        attack = UniversalPerturbation(
            model,
            "deepfool",
            {**INNER, "nb_grads": victim.classes},
            delta=NEVER,
            max_iter=passes,
            eps=goal.xi / victim.std,
            norm="inf",
            verbose=False,
        )
        attack.generate(x)
    return torch.as_tensor(attack.noise, dtype=torch.float32).reshape(1, *x.shape[1:]) * victim.std
