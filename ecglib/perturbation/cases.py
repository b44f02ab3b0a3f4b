"""Attacks tried on a victim: a row for each, and its answers, one way for all data."""

from collections.abc import Mapping, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ecglib import paths
from ecglib.data import arrays
from ecglib.perturbation import crafts, scores
from ecglib.perturbation.attacks import Problem, perturbations
from ecglib.perturbation.crafts import ANY_TIME, CRAFTS, IN_TIME
from ecglib.perturbation.settings import PUBLISHED_XI, Crafting, attacking
from ecglib.perturbation.victims import Inputs, Victim, answers

FOLDER = paths.MODELS / "universal_perturbation"


class Case(NamedTuple):
    """One attack. xi: in standard deviations; target: a class by name; arrivals: of v at test.

    Without arrivals v arrives as it was crafted to.
    """

    attack: str
    xi: float = PUBLISHED_XI
    craft: str = "natural mix"
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


def answer_key(row: Mapping) -> tuple:
    """What names a row's answers."""
    return tuple(row[name] for name in KEY)


KEY = ("data", "victim", "method", "target_sparsity", "bits", "attack", "xi", "craft", "target")
KEY += ("arrival", "crafted_on", "seed")


def tried(
    of_cases: Sequence[Case], judges: Sequence[Judge], of: Mapping[str, Inputs], place: Place
) -> Found:
    """Each case crafted for the first judge, and answered by all; the perturbations are kept."""
    found, kept = Found([], {}), {}
    before = [answers(judge.victim, of["test"]) for judge in judges]
    for case in of_cases:
        v = perturbations(case.attack, problem(case, judges[0].victim, of, place))
        kept[case.name] = v.numpy()
        for judge, without in zip(judges, before, strict=True):
            if judge.is_asked(case):
                for arrival in case.arrivals or (case.own,):
                    _answered(found, case, judge, without, of["test"], v, arrival, place)
    arrays.save(place.path, **kept)
    return found


def transferred(victims: Mapping[Place, Victim], of_cases: Sequence[Case], test: Inputs) -> Found:
    """The perturbations that `tried` kept of each victim, answered by all the others.

    `crafted_on` is whose they are.
    """
    found = Found([], {})
    before = {place: answers(victim, test) for place, victim in victims.items()}
    for source in victims:
        kept = arrays.load(source.path, [case.name for case in of_cases])
        for case, (place, victim) in product(of_cases, victims.items()):
            if place != source:
                v = torch.from_numpy(kept[case.name])
                v = v * (victim.std / victims[source].std)
                _answered(
                    found, case, Judge(victim), before[place], test, v, case.own, place, source
                )
    return found


def problem(case: Case, victim: Victim, of: Mapping[str, Inputs], place: Place) -> Problem:
    """The case for this victim, with the inputs that it is crafted and chosen on."""
    craft, some = CRAFTS[case.craft], place.crafting
    target = place.classes.index(case.target) if case.target else None
    length = of["test"].x.shape[-1]
    most = some.few if craft.few else some.inputs
    return Problem(
        victim,
        crafts.drawn(of["train"], most, place.seed, balanced=craft.balanced),
        crafts.drawn(of["validation"], some.validation, place.seed, balanced=craft.balanced),
        craft.goal(case.xi * victim.std, target, length, place.fs_hz),
        attacking(),
        place.seed,
    )


def _answered(
    found: Found,
    case: Case,
    judge: Judge,
    before: Tensor,
    test: Inputs,
    v: Tensor,
    arrival: str,
    place: Place,
    source: Place | None = None,
) -> None:
    """Add the row of one case and arrival, a mean over the perturbations, and the first answers."""
    late = crafts.shifts(arrival, len(test), test.x.shape[-1], place.fs_hz, place.seed)
    target = place.classes.index(case.target) if case.target else None
    xi = case.xi * judge.victim.std
    said = [scores.answered(judge.victim, test, one[None], xi, late) for one in v]
    each = [
        scores.of_answers(before, after, test.label, len(place.classes), target)
        | {
            f"fooled_{name}": scores.fooling_rate(before[of], after[of])
            for name, of in _by_class(test, place.classes).items()
        }
        for after in said
    ]
    row = place.names | {"bits": judge.bits, "attack": case.attack, "xi": case.xi}
    row |= {"craft": case.craft, "target": case.target, "arrival": arrival}
    row["crafted_on"] = source.title if source else ""
    row |= {name: float(np.mean([one[name] for one in each])) for name in each[0]}
    found.rows.append(row)
    found.said[answer_key(row)] = torch.stack([test.label, before, said[0]]).to(torch.uint8).numpy()


def _by_class(test: Inputs, classes: Sequence[str]) -> dict[str, Tensor]:
    return {name: test.label == place for place, name in enumerate(classes)}
