"""Which windows train, validate and test: easily, as published, and so that no sample is shared.

A protocol gives every window of every night a part. Windows that reach into another part's samples
are GUARD: they neither train nor test.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from sklearn.model_selection import GroupKFold

from ecglib.apnea.nights import WINDOW, Night
from ecglib.data.errors import DataError

TRAIN, VALIDATION, TEST, GUARD = range(4)
SHARES = (0.8, 0.1, 0.1)  # of train, validation and test, as published
Parts = Mapping[str, np.ndarray]  # night -> (windows,) of TRAIN, VALIDATION, TEST or GUARD


def random_windows(nights: Sequence[Night], seed: int) -> Parts:
    """80/10/10 at random within each night, as published: neighbours stand on both sides."""
    drawn = np.random.default_rng(seed)
    return {night.name: drawn.permutation(_dealt(len(night.label))) for night in nights}


def guarded_blocks(nights: Sequence[Night], seed: int, block: int) -> Parts:
    """Blocks of so many windows, dealt 80/10/10 at random within each night."""
    drawn, parts = np.random.default_rng(seed), {}
    for night in nights:
        count = -(-len(night.label) // block)
        dealt = drawn.permutation(_dealt(count)).repeat(block)[: len(night.label)]
        parts[night.name] = guarded(dealt, night.step)
    return parts


def last_part(nights: Sequence[Night]) -> Parts:
    """Each night's beginning trains, its end tests; nothing is drawn."""
    return {n.name: guarded(_dealt(len(n.label)), n.step) for n in nights}


def subjects_apart(nights: Sequence[Night], seed: int, folds: int) -> list[Parts]:
    """One split a fold: each subject's nights test once, and never train then.

    The folds have as many subjects each.
    """
    subjects = [night.subject for night in nights]
    dealer = GroupKFold(folds, shuffle=True, random_state=seed)
    splits = []
    for _, test in dealer.split(subjects, groups=subjects):
        testing = {nights[i].name for i in test}
        splits.append(by_night(nights, testing))
    return splits


def by_night(nights: Sequence[Night], testing: set[str]) -> Parts:
    """Whole nights: these test, the others train."""
    return {n.name: np.full(len(n.label), TEST if n.name in testing else TRAIN) for n in nights}


def halves(night: Night) -> np.ndarray:
    """One night's first half trains, its second half tests."""
    part = np.where(np.arange(len(night.label)) < len(night.label) / 2, TRAIN, TEST)
    return guarded(part, night.step)


def guarded(part: np.ndarray, step: int) -> np.ndarray:
    """The parts, with every window GUARD that begins in one part and reaches into another's."""
    reach = reached(step)
    own = np.lib.stride_tricks.sliding_window_view(np.pad(part, (0, reach), mode="edge"), reach + 1)
    return np.where((own == part[:, None]).all(1), part, GUARD)


def reached(step: int) -> int:
    """How many of the windows behind one begin within it."""
    return -(-WINDOW // step) - 1


def require_apart(nights: Sequence[Night], parts: Parts) -> None:
    """DataError where windows of two parts share a sample."""
    for night in nights:
        part = parts[night.name]
        if len(part) != len(night.label):
            raise DataError(f"night {night.name}: {len(part)} parts of {len(night.label)} windows")
        used = np.flatnonzero(part != GUARD)
        change = np.flatnonzero(np.diff(part[used]))
        near = change[np.diff(used)[change] * night.step < WINDOW]
        if len(near):
            at = used[near[0]]
            raise DataError(
                f"night {night.name}: window {at} shares samples with a window of another part"
            )


def require_subjects_apart(nights: Sequence[Night], parts: Parts) -> None:
    """DataError where a subject trains and tests, be it with different nights."""
    sides: dict[str, set[int]] = {}
    for night in nights:
        sides.setdefault(night.subject, set()).update({TRAIN, TEST} & set(parts[night.name]))
    if both := sorted(subject for subject, found in sides.items() if len(found) > 1):
        raise DataError(f"on both sides of the split: subject {', '.join(both)}")


def _dealt(count: int) -> np.ndarray:
    """(count,) parts in order, in their shares."""
    ends = np.rint(np.cumsum(SHARES)[:2] * count).astype(int)
    return np.digitize(np.arange(count), ends)
