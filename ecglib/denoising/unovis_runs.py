"""Real drives, people apart: each person's records tell what a fit on all others is worth."""

from collections.abc import Callable
from typing import TypeVar

from ecglib.denoising.seat import Drive
from ecglib.denoising.unovis import Found, folds

Fitted = TypeVar("Fitted")
DATA = "unovis auto2012"


def apart(
    found: Found,
    fit: Callable[[list[Drive]], Fitted],
    scores: Callable[[Fitted, Drive], dict[str, float]],
) -> list[dict[str, str | float]]:
    """A row a record: data, person, record, and its scores by what was fitted to other people.

    Raises:
        DataError: there are fewer than two people.
    """
    of = {drive.name: drive for drive in found.drives}
    rows = []
    for person, (train, test) in folds(found.person).items():
        fitted = fit([of[name] for name in train])
        named = {"data": DATA, "person": person}
        rows += [named | {"record": name} | scores(fitted, of[name]) for name in test]
    return rows
