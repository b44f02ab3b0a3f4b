"""Attacks tried on a victim: a row for each, and its answers, one way for all data."""

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np
import torch
from torch import Tensor

from ecglib.data import arrays
from ecglib.perturbation import crafts, scores
from ecglib.perturbation.attacks import Problem, perturbations
from ecglib.perturbation.crafts import CRAFTS, IN_TIME
from ecglib.perturbation.plan import Case, Found, Judge, Place, answer_key
from ecglib.perturbation.settings import settings
from ecglib.perturbation.victims import Inputs, Victim, answers


def tried(
    of_cases: Sequence[Case], judges: Sequence[Judge], of: Mapping[str, Inputs], place: Place
) -> Found:
    """Each case crafted for the first judge, and answered by all; the perturbations are kept."""
    place.path.unlink(missing_ok=True)  # of another run
    found, kept = Found([], {}), {}
    before = [answers(judge.victim, of["test"]) for judge in judges]
    for case in of_cases:
        v = perturbations(case.attack, problem(case, judges[0].victim, of, place))
        kept[case.name] = v.numpy()
        for judge, without in zip(judges, before, strict=True):
            if judge.is_asked(case):
                for arrival in judge.arrivals(case):
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
        if not source.path.is_file():
            continue  # its own run has failed, and said so
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
    training = crafts.drawn(
        of["train"], most, place.seed, balanced=craft.balanced, people=craft.people
    )
    # Who has few people has no others to choose on.
    choosing = training if craft.people else of["validation"]
    return Problem(
        victim,
        training,
        crafts.drawn(choosing, some.validation, place.seed, balanced=craft.balanced),
        craft.goal(case.xi * victim.std, target, length, place.fs_hz),
        settings().attacking,
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
    """Add what the judge answers to the perturbations (k, channels, time) of one case."""
    late = crafts.shifts(arrival, len(test), test.x.shape[-1], place.fs_hz, place.seed)
    xi = case.xi * judge.victim.std
    after = [scores.answered(judge.victim, test, one[None], xi, late) for one in v]
    on = source.title if source else ""
    add_row(found, case, judge.bits, (before, after), test, place, xi, arrival, on)


def add_row(
    found: Found,
    case: Case,
    bits: int,
    answers: tuple[Tensor, Sequence[Tensor]],
    test: Inputs,
    place: Place,
    xi_unit: float,
    arrival: str = IN_TIME,
    crafted_on: str = "",
) -> None:
    """Add a row, the mean of several answers, and the first of them.

    answers: without the perturbation (n,), and with each of them. xi_unit: the bound in the unit of
    the inputs.
    """
    (before, each), classes = answers, len(place.classes)
    target = place.classes.index(case.target) if case.target else None
    row = place.names | {"bits": bits, "attack": case.attack, "xi": case.xi, "xi_unit": xi_unit}
    row |= {"craft": case.craft, "target": case.target, "arrival": arrival}
    row["crafted_on"] = crafted_on
    scored = [scores.of_answers(before, one, test.label, classes, target) for one in each]
    for name, of in _by_class(test, place.classes).items():
        for one, after in zip(scored, each, strict=True):
            one[f"fooled_{name}"] = scores.fooling_rate(before[of], after[of])
    row |= {name: float(np.mean([one[name] for one in scored])) for name in scored[0]}
    found.rows.append(row)
    found.said[answer_key(row)] = torch.stack([test.label, before, each[0]]).to(torch.uint8).numpy()


def _by_class(test: Inputs, classes: Sequence[str]) -> dict[str, Tensor]:
    return {name: test.label == place for place, name in enumerate(classes)}
