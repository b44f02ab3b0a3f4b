"""Whole filters first: what AOFP's search leaves, for single weights to leave from there."""

from torch import nn

from ecglib.frontier.fits import Course
from ecglib.frontier.settings import Filters
from ecglib.methods.filters import macs
from ecglib.pruning.filters import searching
from ecglib.pruning.filters.groups import widths
from ecglib.pruning.filters.removal import Selection, in_stages
from ecglib.settings import config
from ecglib.settings.schedules import Stage


def remove_filters(course: Course, chosen: Filters, most: float) -> None:
    """Search as the stage `filter_prune` does, and train what is left for the epochs that are left.

    most: the sparsity that is to be left for single weights to reach.

    Raises:
        ValueError: the search did not come that far, or too many weights left with their filters.
    """
    search = config.settings().filter_prune.search
    how = searching.Course(**search.model_dump(exclude={"learning_rate", "share"}))
    effort = {"learning_rate": search.learning_rate, "share": search.share}
    search_to = searching.by_search(course.fit, how, macs, course.seed, **effort)
    ended = []

    def select(network: nn.Module, limit: int, epochs: int) -> Selection:
        selection = search_to(network, limit, epochs)
        ended.append(course.epochs)  # filters leave here; what is left trains on
        return selection

    stages = [Stage(chosen.removed, chosen.epochs)]
    for reached in in_stages(course.network, stages, course.fit, macs, select):
        course.network, course.masks = reached.network, reached.masks
        at = {"epoch": ended[-1], "sparsity": course.of_dense(0.0)}
        course.told.append(at | {"widths": widths(course.network)})
    if (gone := course.of_dense(0.0)) >= most:
        raise ValueError(
            f"filters took {gone:.1%} of the weights, not less than the {most:.1%} that single "
            "ones are to reach next: lower frontier.filters.removed, or raise "
            "frontier.surgeon.before"
        )
