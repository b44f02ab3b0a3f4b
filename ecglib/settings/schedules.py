"""A schedule is a list of stages: prune to an absolute sparsity, then train for some epochs."""

from collections.abc import Callable, Sequence
from typing import NamedTuple


class Stage(NamedTuple):
    """One stage: the sparsity to reach, as a fraction removed, and the epochs spent there."""

    sparsity: float
    epochs: int


def checked(stages: Sequence[Stage]) -> list[Stage]:
    """The stages, if there are any and they rise; ValueError names the first that does not."""
    if not stages:
        raise ValueError("a schedule needs at least one stage")
    previous = 0.0
    for stage in stages:
        if not 0.0 <= stage.sparsity < 1.0:
            raise ValueError(f"stage sparsity {stage.sparsity} is outside [0, 1)")
        if stage.sparsity <= previous:
            raise ValueError(
                f"stage sparsity {stage.sparsity} does not exceed {previous} before it"
            )
        if stage.epochs < 0:
            raise ValueError(f"stage at {stage.sparsity}: {stage.epochs} epochs; 0 or more needed")
        previous = stage.sparsity
    return list(stages)


# Fraction of the way in stages (0, 1] and the final sparsity -> the sparsity at this point.
SHAPES: dict[str, Callable[[float, float], float]] = {
    "linear": lambda way, final: final * way,
    # Automated gradual pruning: Zhu and Gupta, arXiv:1710.01878, equation 1, from no sparsity.
    "cubic": lambda way, final: final * (1 - (1 - way) ** 3),
    # Each stage removes the same fraction of what is left.
    "geometric": lambda way, final: 1 - (1 - final) ** way,
}


def shape_named(name: str) -> str:
    """The name; ValueError if no shape has it."""
    if name not in SHAPES:
        raise ValueError(f"unknown shape {name!r}; one of {', '.join(SHAPES)}")
    return name


def shaped(shape: str, count: int, final: float, epochs: int) -> list[Stage]:
    """`count` stages of `epochs` each whose sparsities rise to `final` along a named shape.

    >>> [stage.sparsity for stage in shaped("cubic", 2, 0.8, 5)]
    [0.7, 0.8]
    """
    ways = (step / count for step in range(1, count + 1))
    along = SHAPES[shape_named(shape)]
    return checked([Stage(round(along(way, final), 4), epochs) for way in ways])


def up_to(stages: Sequence[Stage], target: float) -> list[Stage]:
    """The stages on the way to `target`, the last one at it.

    A target between two stages takes the place, and the epochs, of the stage above it.

    >>> up_to([Stage(0.5, 4), Stage(0.9, 6)], 0.8)
    [Stage(sparsity=0.5, epochs=4), Stage(sparsity=0.8, epochs=6)]
    """
    below = [stage for stage in checked(stages) if stage.sparsity < target]
    if not 0.0 < target < 1.0 or len(below) == len(stages):
        raise ValueError(
            f"target sparsity {target} is outside (0, {stages[-1].sparsity}], the schedule's range"
        )
    return [*below, Stage(target, stages[len(below)].epochs)]


def one_shot(stages: Sequence[Stage], target: float) -> list[Stage]:
    """Straight to `target`, then all the epochs that the stages spend until they are there.

    >>> one_shot([Stage(0.5, 4), Stage(0.9, 6)], 0.9)
    [Stage(sparsity=0.9, epochs=10)]
    """
    return [Stage(target, sum(stage.epochs for stage in up_to(stages, target)))]
