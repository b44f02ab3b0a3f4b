"""The patients of DS1, dealt into folds again and again, so that each is judged once a repeat."""

from collections.abc import Sequence

import numpy as np

from ecglib.data.beats import Beats
from ecglib.data.splits import DS1
from ecglib.settings.words import CLASSES


def dealt(beats: Beats, folds: int, repeat: int) -> list[tuple[str, ...]]:
    """The patients of DS1 that are judged in each fold of a repeat.

    In random order by `repeat`, those with most S beats first in pairs of a size, then dealt one by
    one: so each fold has patients with many S beats and others. DS2 is not among them.
    """
    rng = np.random.default_rng(repeat)
    names = [name for name in DS1 if name in beats.record_names]
    counts = dict(zip(names, _s_beats(beats, names), strict=True))
    some = sorted((n for n in names if counts[n]), key=counts.get, reverse=True)
    groups = [some[i : i + folds] for i in range(0, len(some), folds)]
    groups.append([n for n in names if not counts[n]])
    order = [name for group in groups for name in rng.permutation(group)]
    return [tuple(sorted(map(str, order[fold::folds]))) for fold in range(folds)]


def _s_beats(beats: Beats, names: Sequence[str]) -> list[int]:
    record = beats.record_names[beats.record]
    return [int((beats.label[record == n] == CLASSES.index("S")).sum()) for n in names]
