"""Total loss minimisation: one perturbation by gradient descent on the loss of all inputs.

Liu, Meng, Zhang, Fang, Wu, arXiv:1912.01171, section III: v starts at 0, x + clip(v, -xi, xi) is
what the network sees; not targeted, the loss of its own answers is made as large as possible,
targeted that of the target as small as possible; Adam. Here the best v by the goal's rate on
validation inputs is kept, the network's answers and not the labels decide, and the clipped v is
what is handed on.
"""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor
from torch.nn import functional

from ecglib.perturbation import scores
from ecglib.perturbation.goals import Goal, moved
from ecglib.perturbation.settings import Descent
from ecglib.perturbation.victims import Inputs, Victim, answers, frozen, under

Penalty = Callable[[Tensor], Tensor]  # of v in standard deviations of the inputs


def l2(v: Tensor) -> Tensor:
    """100 times the mean square, the published penalty."""
    return 100 * (v**2).mean()


def l1(v: Tensor) -> Tensor:
    """10 times the mean absolute value, the published penalty."""
    return 10 * v.abs().mean()


def craft(
    victim: Victim,
    training: Inputs,
    validation: Inputs,
    goal: Goal,
    how: Descent,
    seed: int,
    penalty: Penalty | None = None,
) -> Tensor:
    """The perturbation (1, channels, time), in the inputs' unit and within the goal's bound.

    penalty: what is charged for its size; its bound holds in any case.

    The victim is as it was afterwards. Its pipeline's context is that of the training inputs
    without v; validation runs the whole pipeline on what is perturbed.

    Raises:
        ValueError: a target that is no class, or inputs or answers that are not finite.
    """
    if goal.target is not None and goal.target not in range(victim.classes):
        raise ValueError(f"the target {goal.target} is none of the {victim.classes} classes")
    draw = torch.Generator().manual_seed(seed)
    said, logits_of = answers(victim, training), under(victim, training)
    best = _Best(victim, validation, goal, draw)
    free = torch.zeros(1, *training.x.shape[1:], requires_grad=True)  # in standard deviations
    adam = torch.optim.Adam([free], how.learning_rate, fused=True)
    with frozen(victim.network):
        for step, rows in enumerate(_batches(len(training), how, draw), 1):
            v = goal.formed(free * victim.std)
            arriving = moved(v, goal.shifts(len(rows), draw)) if goal.shift else v
            loss = _loss(logits_of(rows, arriving), said[rows], goal)
            if penalty:
                loss = loss + penalty(v / victim.std)
            adam.zero_grad()
            loss.backward()
            adam.step()
            if step % how.check_every == 0 and best.is_done(v.detach(), how.patience):
                break
        else:
            best.is_done(v.detach(), how.patience)
    return best.v


def _loss(logits: Tensor, said: Tensor, goal: Goal) -> Tensor:
    if goal.target is None:
        return -functional.cross_entropy(logits, said)
    return functional.cross_entropy(logits, torch.full_like(said, goal.target))


def _batches(count: int, how: Descent, draw: torch.Generator) -> Iterator[Tensor]:
    """Rows of one batch after another, in a new order each epoch."""
    for _ in range(how.epochs):
        yield from torch.randperm(count, generator=draw).split(how.batch_size)


class _Best:
    """The best perturbation so far by the goal's rate on validation inputs, at fixed shifts."""

    def __init__(
        self, victim: Victim, validation: Inputs, goal: Goal, draw: torch.Generator
    ) -> None:
        self.goal, self.before = goal, answers(victim, validation)
        shifts = goal.shifts(len(validation), draw)
        self.answered: Callable[[Tensor], Tensor] = lambda v: scores.answered(
            victim, validation, v, goal.xi, shifts
        )
        self.v = torch.zeros(1, *validation.x.shape[1:])
        self.rate, self.without_gain = -1.0, 0

    def is_done(self, v: Tensor, patience: int) -> bool:
        """Keep v if it is better; whether so many checks have brought nothing, or nothing can."""
        rate = scores.rate(self.before, self.answered(v), self.goal)
        self.without_gain += 1
        if rate > self.rate:
            self.v, self.rate, self.without_gain = v.clone(), rate, 0
        return self.rate == 1.0 or self.without_gain >= patience
