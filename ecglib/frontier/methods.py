"""The methods of the room, each registered once: a function from a cell to what it reached."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from torch import nn

from ecglib.data.datamodule import HeartbeatData
from ecglib.frontier import events, fits
from ecglib.frontier.fits import Course
from ecglib.frontier.free import by_second_moment
from ecglib.frontier.settings import settings
from ecglib.settings.registry import Choice, Registry


class Cell(NamedTuple):
    """One run. target: the sparsity to reach; 0 where the method prunes nothing of its own."""

    model: str
    method: str
    target: float
    seed: int

    @property
    def name(self) -> str:
        """What its files are called, without suffix."""
        return f"{self.model}-{self.method}-{self.target:g}-s{self.seed}"


@dataclass(frozen=True)
class Reached:
    """The network that a method reached, and the beats that it is to be scored on.

    history: a row an epoch. events: a row for each time that masks changed. device: what the
    network costs there, where the method measures it.
    """

    network: nn.Module
    data: HeartbeatData
    epochs: int
    history: list[dict[str, Any]]
    events: list[dict[str, Any]] = field(default_factory=list)
    device: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Method(Choice):
    """A function from a `Cell` to a `Reached`.

    `settings` are the parts of the section `frontier` that it reads beside `epochs` and `fitting`.
    from_dense: whether it starts from the study's dense network of the model.
    """

    from_dense: bool = True


METHODS: Registry[Method] = Registry("method of the frontier", Method)


@METHODS.register("free criterion, one cycle", settings=("free",))
def free(cell: Cell) -> Reached:
    """One cycle over all epochs, pruned within it by w^2 times Adam's second moment."""
    course = _start(cell)
    freely(course, settings().epochs, cell.target)
    return _reached(course)


def freely(course: Course, epochs: int, target: float) -> None:
    """One fit of `epochs` from no sparsity to `target` by the free criterion."""
    chosen = settings().free
    steps, first = course.steps(epochs), course.steps()
    at = events.steady(steps, first, chosen.every, chosen.until, 0.0, target)
    course.fit_within(epochs, at, by_second_moment)


def _start(cell: Cell) -> Course:
    return fits.start(cell.model, cell.seed, cell.target)


def _reached(course: Course) -> Reached:
    return Reached(course.network, course.data, course.epochs, course.history, course.told)
