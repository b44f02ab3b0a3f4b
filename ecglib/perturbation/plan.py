"""What is tried on whom: cases, places in the tables, judges, and what comes of them."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from ecglib import paths
from ecglib.perturbation.crafts import ANY_TIME, CRAFTS, IN_TIME, MIX
from ecglib.perturbation.settings import PUBLISHED_XI, Crafting
from ecglib.perturbation.victims import Victim

FOLDER = paths.MODELS / "universal_perturbation"


class Case(NamedTuple):
    """One attack. xi: in standard deviations; target: a class by name; arrivals: of v at test.

    Without arrivals v arrives as it was crafted to.
    """

    attack: str
    xi: float = PUBLISHED_XI
    craft: str = MIX
    target: str = ""
    arrivals: tuple[str, ...] = ()

    @property
    def own(self) -> str:
        """The arrival that it was crafted for."""
        return ANY_TIME if CRAFTS[self.craft].any_time else IN_TIME

    @property
    def name(self) -> str:
        """What its perturbation is called in a file."""
        return "|".join([self.attack, f"{self.xi:g}", self.craft, self.target])


class Judge(NamedTuple):
    """Who answers at test, and in how many bits. only: the cases that it is asked about."""

    victim: Victim
    bits: int = 32
    only: Sequence[Case] | None = None

    def is_asked(self, case: Case) -> bool:
        """Whether it answers this one."""
        return self.only is None or case._replace(arrivals=()) in self.only

    def arrivals(self, case: Case) -> tuple[str, ...]:
        """At which arrivals; a judge of some cases alone only at their own."""
        return (case.arrivals if self.only is None else ()) or (case.own,)


class Place(NamedTuple):
    """Whose results they are; classes by name; crafting: on how many inputs."""

    data: str
    victim: str
    method: str
    target_sparsity: float
    seed: int
    classes: Sequence[str]
    fs_hz: float
    crafting: Crafting

    @property
    def names(self) -> dict:
        """The columns that say so."""
        return {name: getattr(self, name) for name in self._fields[:5]}

    @property
    def title(self) -> str:
        """Of the network, in tables."""
        return self.victim if self.method == "dense" else f"{self.method} {self.target_sparsity:g}"

    @property
    def path(self):
        """Where its perturbations are kept."""
        words = [*map(str, self.names.values())]
        return FOLDER / ("-".join(words).replace(", ", "-").replace(" ", "_") + ".npz")


class Found(NamedTuple):
    """Rows, and the answers behind some of them: see `answer_key`."""

    rows: list[dict]
    said: dict[tuple, np.ndarray]

    def and_of(self, other: "Found") -> "Found":
        """Both together."""
        return Found(self.rows + other.rows, self.said | other.said)


def answer_key(row: Mapping) -> tuple:
    """What names a row's answers."""
    return tuple(row[name] for name in KEY)


KEY = ("data", "victim", "method", "target_sparsity", "bits", "attack", "xi", "craft", "target")
KEY += ("arrival", "crafted_on", "seed")
