"""Ways that a course takes by more than one method: fits in which weights leave."""

from collections.abc import Mapping
from functools import partial

import torch

from ecglib.data.datamodule import Batches
from ecglib.device.cost import macs_per_weight
from ecglib.frontier import events, fits
from ecglib.frontier.fits import Course
from ecglib.frontier.free import by_second_moment
from ecglib.frontier.settings import settings
from ecglib.frontier.surgery import Surgery, Ward
from ecglib.pruning import masks as mask_values
from ecglib.pruning import scores  # noqa: F401  (they register)
from ecglib.pruning.multistage import multistage
from ecglib.pruning.prune import pruner
from ecglib.settings.schedules import shaped


def freely(
    course: Course, epochs: int, target: float, prices: Mapping[str, int] | None = None
) -> None:
    """One fit of `epochs` from no sparsity to `target` by the free criterion; prices: as there."""
    chosen = settings().free
    steps, first = course.steps(epochs), course.steps()
    at = events.steady(steps, first, chosen.every, chosen.until, 0.0, target)
    course.fit_within(epochs, at, partial(by_second_moment, prices=prices))


def operated(course: Course, ward: Ward | None) -> None:
    """The surgeon's two cycles, in what epochs are left; no ward: the free criterion chooses."""
    chosen, whole = settings().surgeon, fits.epochs_of(course.model) - course.epochs
    prices = macs_per_weight(course.network) if ward and ward.in_macs else None
    before, target = course.of_this(chosen.before), course.of_this(course.target)
    first = round(chosen.first * whole)
    freely(course, first, before, prices)
    epochs = whole - first
    at = events.spread(course.steps(epochs), chosen.events, chosen.until, before, target)
    windows = course.data.tensors("train")[0]
    change = Surgery(ward, chosen, windows, course.seed) if ward else by_second_moment
    course.fit_within(epochs, at, change)


def staged(course: Course, criterion: str) -> None:
    """Geometric stages, each a fit with a learning-rate cycle of its own."""
    chosen = settings().stages
    each = fits.epochs_of(course.model) // chosen.count
    draw = torch.Generator().manual_seed(course.seed)
    beats = course.data.tensors("train")
    rows = torch.randperm(len(beats[1]), generator=draw)[: chosen.scoring_beats]
    batches = Batches(*(part[rows] for part in beats), course.data.batch_size)
    prune_to = pruner(criterion, "global", batches=batches, seed=course.seed)
    stages = shaped("geometric", chosen.count, course.target, each)
    for reached in multistage(course.network, stages, course.fit, prune_to):
        begun, sparsity = course.epochs - each, mask_values.sparsity(reached.masks)
        course.told.append({"sparsity": sparsity, "epoch": begun})
