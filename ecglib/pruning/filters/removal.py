"""Scores + a budget -> the filters that stay, and the loop: remove filters, shrink, train."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import pandas as pd
from torch import nn

from ecglib.pruning import masks as mask_values
from ecglib.pruning.filters.groups import Alive, everything, targets, widths
from ecglib.pruning.filters.scores import Batches, Score, Scores
from ecglib.pruning.filters.shrink import shrink
from ecglib.pruning.multistage import Fit, Reached
from ecglib.settings.schedules import Stage, checked

Size = Callable[[nn.Module], int]  # what the budget counts, such as MACs


@dataclass(frozen=True)
class Selection:
    """Which filters stay, and what finding that out took and told.

    history: of the training during which they were searched, one row per epoch.
    notes: anything that JSON can hold.
    """

    alive: Alive
    history: pd.DataFrame = field(default_factory=pd.DataFrame)
    notes: dict = field(default_factory=dict)


# select(network, limit, epochs): the filters that make the network's size at most `limit`.
Select = Callable[[nn.Module, int, int], Selection]


def remove_in_order(
    network: nn.Module, alive: Alive, order: Iterable[tuple[str, int]], limit: int, size: Size
) -> Alive:
    """Remove filters in this order until the network's size is at most `limit`, or the order ends.

    order: pairs of group and filter. The last filter of a layer stays. Those that fit beside the
    others after all come back, see `given_back`.
    """
    alive = {name: keep.clone() for name, keep in alive.items()}
    removed = []
    for name, index in order:
        if size(shrink(network, alive)) <= limit:
            break
        if alive[name][index] and alive[name].sum() > 1:
            alive[name][index] = False
            removed.append((name, index))
    return given_back(network, alive, removed, limit, size)


def given_back(
    network: nn.Module, alive: Alive, removed: Sequence[tuple[str, int]], limit: int, size: Size
) -> Alive:
    """Filters that fit within the limit come back, the last removed first: budgets are used up.

    Removals are of different size: one that goes beyond the limit leaves room for smaller ones.
    """
    for name, index in reversed(removed):
        more = alive | {name: alive[name].clone()}
        more[name][index] = True
        if size(shrink(network, more)) <= limit:
            alive = more
    return alive


def ranked(scores: Scores, *, across_layers: bool) -> list[tuple[str, int]]:
    """All filters, the first to go first: by score, or by rank within their own layer.

    By rank every layer loses the same fraction of its own.
    """
    places = []
    for name, score in scores.items():
        order = score.argsort(stable=True).tolist()
        for rank, index in enumerate(order):
            key = float(score[index]) if across_layers else (rank + 0.5) / len(order)
            places.append((key, name, index))
    return [(name, index) for _, name, index in sorted(places, key=lambda place: place[0])]


def in_stages(
    network: nn.Module, stages: Sequence[Stage], fit: Fit, size: Size, select: Select
) -> Iterator[Reached]:
    """For each stage select filters, shrink, train the smaller network for what epochs are left.

    A stage's sparsity is the fraction of `size` that is gone. `masks` are all ones, over the
    smaller layers.

    Raises:
        ValueError: stages that do not rise within [0, 1), or one that no filters can reach.
    """
    total, spent = size(network), 0
    for stage in checked(stages):
        limit = total - round(stage.sparsity * total)
        selected = select(network, limit, stage.epochs)
        network = shrink(network, selected.alive)
        if (left := size(network)) > limit:
            raise ValueError(
                f"the stage at {stage.sparsity} could not be reached: {left} of {total} is left, "
                f"{1 - left / total:.3f} is gone"
            )
        rest = fit(network, stage.epochs - len(selected.history), ())
        spent += stage.epochs
        history = pd.concat([selected.history, rest], ignore_index=True)
        masks = mask_values.ones(network)
        filters = {"widths": widths(network), **selected.notes}
        yield Reached(network, stage, spent, masks, history, filters=filters)


def by_score(
    score: Score, batches: Batches, seed: int, size: Size, *, across_layers: bool
) -> Select:
    """Select by a score of the network as it is now, without training; see `scores`."""

    def select(network: nn.Module, limit: int, epochs: int) -> Selection:
        groups = targets(network)
        scores = score(network, groups, batches, seed)
        order = ranked(scores, across_layers=across_layers)
        alive = remove_in_order(network, everything(groups), order, limit, size)
        return Selection(alive, notes={"scores": as_lists(scores)})

    return select


def as_lists(scores: Scores) -> dict[str, list[float]]:
    """For JSON: three significant digits are plenty for a rank."""
    return {name: [float(f"{x:.3g}") for x in of.tolist()] for name, of in scores.items()}
