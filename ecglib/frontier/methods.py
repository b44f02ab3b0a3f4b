"""The methods of the room, each registered once: a function from a cell to what it reached."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from torch import nn

from ecglib.data.datamodule import HeartbeatData
from ecglib.frontier import events, fits, ways
from ecglib.frontier.filters import remove_filters
from ecglib.frontier.fits import Course
from ecglib.frontier.regrowth import Regrowing, with_survivors
from ecglib.frontier.settings import settings
from ecglib.frontier.surgery import Ward
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
    from_dense: whether it starts from the study's dense network of the model. learns_from: else the
    model from whose dense network it learns. to_device: whether what it prunes is measured there.
    reads: files in git that it depends on beside.
    """

    from_dense: bool = True
    learns_from: str = ""
    to_device: bool = False
    reads: tuple[Path, ...] = ()


METHODS: Registry[Method] = Registry("method of the frontier", Method)


@METHODS.register("free criterion", settings=("free",), to_device=True)
def free(cell: Cell) -> Reached:
    """One cycle over all epochs, pruned within it by w^2 times Adam's second moment."""
    course = _start(cell)
    ways.freely(course, fits.epochs_of(cell.model), cell.target)
    return _reached(course)


@METHODS.register("Optimal Brain Surgeon", settings=("free", "surgeon"), to_device=True)
def obs(cell: Cell) -> Reached:
    """A short cycle of the free criterion, then one in which a surgeon's events remove the rest."""
    return _operated(cell, Ward())


@METHODS.register("free criterion as the surgeon", settings=("free", "surgeon"))
def free_as_obs(cell: Cell) -> Reached:
    """The surgeon's cycles and events, but the free criterion chooses: is the schedule the gain?"""
    return _operated(cell, None)


@METHODS.register("the surgeon without compensation", settings=("free", "surgeon"))
def obs_uncompensated(cell: Cell) -> Reached:
    """The surgeon's choice of weights, but the others stay: is compensation the gain?"""
    return _operated(cell, Ward(compensate=False))


@METHODS.register("the surgeon, layers by LAMP", settings=("free", "surgeon"))
def obs_lamp(cell: Cell) -> Reached:
    """LAMP of magnitudes says how many weights each layer loses, the surgeon which."""
    return _operated(cell, Ward(layers_by="lamp"))


@METHODS.register("the surgeon, in pairs", settings=("free", "surgeon"), to_device=True)
def obs_pairs(cell: Cell) -> Reached:
    """Two adjacent inputs of an output, which a Cortex-M4 multiplies at once, leave together."""
    return _operated(cell, Ward(in_pairs=True))


@METHODS.register("the surgeon on a budget of MACs", settings=("free", "surgeon"), to_device=True)
def obs_macs(cell: Cell) -> Reached:
    """The target is a fraction of the MACs; a saliency counts per MAC^(1/2)."""
    return _operated(cell, Ward(in_macs=True))


@METHODS.register(
    "the surgeon on what AOFP left", settings=("free", "surgeon", "filters"), to_device=True
)
def obs_after_filters(cell: Cell) -> Reached:
    """AOFP removes whole filters first, in some of the epochs; a target counts them, too."""
    course = _start(cell)
    remove_filters(course, settings().filters, settings().surgeon.before)
    ways.operated(course, Ward())
    return _reached(course)


@METHODS.register("GraNet", settings=("regrowth",))
def granet(cell: Cell) -> Reached:
    """One cycle in which each event removes the smallest weights and lets some come back."""
    course, chosen, epochs = _start(cell), settings().regrowth, fits.epochs_of(cell.model)
    steps, first = course.steps(epochs), course.steps()
    at = events.steady(steps, first, chosen.every, chosen.until, 0.0, cell.target)
    beats = course.data.tensors("train")
    course.fit_within(epochs, at, Regrowing(chosen, *beats, cell.seed))
    course.told = with_survivors(course.told, course.masks)
    return _reached(course)


@METHODS.register("gradient, forty stages", settings=("stages",))
def gradient_40(cell: Cell) -> Reached:
    """The study's stages with its gradient criterion, the best of its own at the same epochs."""
    return _staged(cell, "gradient")


@METHODS.register("magnitude, forty stages", settings=("stages",))
def multistage_balanced(cell: Cell) -> Reached:
    """The study's stages with its magnitudes."""
    return _staged(cell, "magnitude")


@METHODS.register("dense, trained longer")
def dense_balanced(cell: Cell) -> Reached:
    """No pruning, but all epochs and the fit of its rivals: what these alone give."""
    course = _start(cell)
    course.fit(course.network, fits.epochs_of(cell.model))
    return _reached(course)


def _operated(cell: Cell, ward: Ward | None) -> Reached:
    course = _start(cell)
    ways.operated(course, ward)
    return _reached(course)


def _staged(cell: Cell, criterion: str) -> Reached:
    course = _start(cell)
    ways.staged(course, criterion)
    return _reached(course)


def _start(cell: Cell) -> Course:
    return fits.start(cell.model, cell.seed, cell.target)


def _reached(course: Course) -> Reached:
    return Reached(course.network, course.data, course.epochs, course.history, course.told)
