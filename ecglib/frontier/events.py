"""When a fit removes weights, and how far each time: pure functions of the number of steps."""

from typing import NamedTuple


class Event(NamedTuple):
    """After so many optimizer steps of a fit, the sparsity to be reached."""

    step: int
    sparsity: float


def spread(steps: int, count: int, until: float, start: float, target: float) -> list[Event]:
    """`count` events, evenly over the first `until` of `steps`, the last one at its end.

    Each removes the same fraction of what is left, from sparsity `start` to `target`.

    Raises:
        ValueError: a target that does not exceed the start, or more events than steps.
    """
    if (last := int(until * steps)) < count:
        raise ValueError(f"{count} events do not fit into {last} steps: train longer")
    return _geometric([round(last * n / count) for n in range(1, count + 1)], start, target)


def steady(
    steps: int, first: int, every: int, until: float, start: float, target: float
) -> list[Event]:
    """Events from step `first` on, every so many steps, in the first `until` of `steps`.

    As `spread` otherwise. A fit too short for a second event has one, at step `first`.
    """
    return _geometric(list(range(first, max(first, int(until * steps)) + 1, every)), start, target)


def _geometric(at: list[int], start: float, target: float) -> list[Event]:
    if not 0.0 <= start < target < 1.0:
        raise ValueError(f"target sparsity {target} is not between {start} and 1")
    ratio = (1 - target) / (1 - start)
    sparsities = [1 - (1 - start) * ratio ** (n / len(at)) for n in range(1, len(at))]
    return [Event(*pair) for pair in zip(at, [*sparsities, target], strict=True)]
