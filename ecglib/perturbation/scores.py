"""What a perturbation does to a victim's answers."""

import numpy as np
import torch
from torch import Tensor

from ecglib.perturbation.goals import Goal, moved, require_perturbation
from ecglib.perturbation.victims import Inputs, Victim, answers
from ecglib.training import metrics


def fooling_rate(before: Tensor, after: Tensor) -> float:
    """The fraction of inputs whose answer is another than without the perturbation.

    Moosavi-Dezfooli, Fawzi, Fawzi, Frossard, CVPR 2017 (arXiv:1610.08401), section 2. True labels
    have no part in it.
    """
    return float((before != after).float().mean())


def target_rate(after: Tensor, target: int | None) -> float:
    """The fraction of all inputs whose answer is the target; NaN where there is none."""
    return float("nan") if target is None else float((after == target).float().mean())


def rate(before: Tensor, after: Tensor, goal: Goal) -> float:
    """What the goal asks for: fooling, or the target."""
    if goal.target is None:
        return fooling_rate(before, after)
    return target_rate(after, goal.target)


def answered(victim: Victim, inputs: Inputs, v: Tensor, xi: float, shifts: Tensor) -> Tensor:
    """(n,) answers to the inputs with v, so many samples late at each: (n,) shifts.

    Raises:
        ValueError: v is of another shape, not finite, or beyond xi.
    """
    require_perturbation(v, inputs.x, xi)
    return answers(victim, inputs.plus(moved(v, shifts)))


def of_answers(
    before: Tensor, after: Tensor, label: Tensor, classes: int, target: int | None = None
) -> dict[str, float]:
    """accuracy, balanced_accuracy, f1_macro, fooling_rate, target_rate of (n,) answers.

    Balanced accuracy is the mean sensitivity of the classes that occur, F1 the mean of all classes.
    """
    matrix = metrics.confusion(after, label, range(classes))
    occurs = matrix.sum(1) > 0
    return {
        "accuracy": float(metrics.accuracy(matrix)),
        "balanced_accuracy": float(np.mean(metrics.sensitivity(matrix)[occurs])),
        "f1_macro": float(metrics.f1_macro(matrix)),
        "fooling_rate": fooling_rate(before, after),
        "target_rate": target_rate(after, target),
    }


def steady(count: int) -> Tensor:
    """(count,) shifts of none."""
    return torch.zeros(count, dtype=torch.int64)
