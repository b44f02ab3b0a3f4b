"""The attacks by name: each gives perturbations of one goal, several where it draws them."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ecglib.perturbation import deepfool, tlm
from ecglib.perturbation.goals import Goal
from ecglib.perturbation.settings import Attacking
from ecglib.perturbation.victims import Inputs, Victim
from ecglib.settings.registry import Registry

ATTACKS = Registry("attack")


@dataclass(frozen=True)
class Problem:
    """Whom to fool and how, on which inputs, and where to choose; seed: of all that is drawn."""

    victim: Victim
    training: Inputs
    validation: Inputs
    goal: Goal
    how: Attacking
    seed: int

    def drawn(self) -> Tensor:
        """(draws, channels, time) numbers from 0 to 1."""
        shape = (self.how.draws, *self.training.x.shape[1:])
        return torch.rand(shape, generator=torch.Generator().manual_seed(self.seed))


def perturbations(name: str, problem: Problem) -> Tensor:
    """(k, channels, time) of the attack of this name; UnknownName if there is none."""
    return ATTACKS[name](problem)


@ATTACKS.register("none")
def none(problem: Problem) -> Tensor:
    """Nothing is added."""
    return torch.zeros(1, *problem.training.x.shape[1:])


@ATTACKS.register("uniform noise")
def uniform(problem: Problem) -> Tensor:
    """Anything within the bound."""
    return problem.goal.formed((2 * problem.drawn() - 1) * problem.goal.xi)


@ATTACKS.register("random signs")
def random_sign(problem: Problem) -> Tensor:
    """The bound itself, up or down at random: as much power as a perturbation may have."""
    return problem.goal.formed(torch.where(problem.drawn() < 0.5, -1.0, 1.0) * problem.goal.xi)


@ATTACKS.register("DeepFool, universal")
def deepfool_uap(problem: Problem) -> Tensor:
    """The universal perturbation by DeepFool, see `deepfool.craft`."""
    return deepfool.craft(
        problem.victim,
        *(problem.training, problem.validation),
        *(problem.goal, problem.how.deepfool_passes, problem.seed),
    )


@ATTACKS.register("total loss minimisation", name="tlm")
def total_loss_minimisation(problem: Problem) -> Tensor:
    """See `tlm.craft`; the bound alone holds it."""
    return _minimised(problem)


@ATTACKS.register("total loss minimisation, L1", name="tlm_l1")
def with_l1(problem: Problem) -> Tensor:
    """With a penalty on mean |v|."""
    return _minimised(problem, tlm.l1)


@ATTACKS.register("total loss minimisation, L2", name="tlm_l2")
def with_l2(problem: Problem) -> Tensor:
    """With a penalty on mean v^2."""
    return _minimised(problem, tlm.l2)


def _minimised(problem: Problem, penalty: tlm.Penalty | None = None) -> Tensor:
    return tlm.craft(
        problem.victim,
        *(problem.training, problem.validation),
        *(problem.goal, problem.how.descent, problem.seed, penalty),
    )
