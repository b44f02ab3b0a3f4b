"""Sequences in which supraventricular beats are frequent, invented from a patient who has few.

No training patient of DS1 has mostly S beats, so a network learns that they are rare. Here the
patient's own S beats come in bigeminy, trigeminy and runs, at the patient's own coupling intervals.
"""

import numpy as np
import pandas as pd

from ecglib.data.beats import Beats
from ecglib.unseen.invented import FIBRILLATION, N, S, assembled, sinus, stretch
from ecglib.unseen.settings import Frequent

PREMATURE = 0.92  # of the sinus interval: what comes later is no extrasystole to be told by rhythm
SINUS_OVER = 10  # beats whose median is the sinus interval around an S beat
LONGEST_RUN, LONGEST_GROUP, LONGEST_REST = 12, 8, 8  # S beats; repeats of a pattern; N beats


def sequence(beats: Beats, record: int, chosen: Frequent, rng: np.random.Generator) -> Beats | None:
    """One invented record of the patient's own beats; None if the patient has too few S beats.

    Each S beat keeps its window and its coupling (its interval over the sinus interval before it)
    together. Sinus beats follow each other as they did. The share of S beats is drawn for the
    sequence, and so is the pause: the interval behind the last S beat before an N beat, in sinus
    intervals, from 1 (none) to 2.6 (a sinus node that is slow to recover).
    """
    rows = np.flatnonzero(beats.record == record)
    early, coupling = couplings(beats, rows)
    if len(early) < chosen.least or beats.record_names[record] in FIBRILLATION:
        return None
    label = pattern(chosen.beats, rng.uniform(*chosen.share), rng)
    is_s = label == S
    normal = stretch(sinus(beats, rows), len(label), rng)
    pick = rng.integers(len(early), size=len(label))
    times = np.where(is_s, coupling[pick], 1.0)
    times[1:][is_s[:-1] & ~is_s[1:]] = rng.uniform(*chosen.pause)
    times *= np.exp(chosen.jitter * rng.standard_normal(len(label)))
    intervals_s = times * beats.rr_previous_s[normal]
    return assembled(beats, np.where(is_s, early[pick], normal), intervals_s)


def couplings(beats: Beats, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A record's premature S beats: rows (n,), and interval over sinus interval (n,).

    The sinus interval is the median of the last ten N behind N before the beat.
    """
    rr_s = pd.Series(beats.rr_previous_s[rows].astype(float))
    of_sinus = rr_s.where(np.isin(rows, sinus(beats, rows))).dropna()
    usual = of_sinus.rolling(SINUS_OVER, min_periods=1).median().reindex(rr_s.index).ffill()
    ratio = (rr_s / usual.shift(1)).to_numpy()
    early = (beats.label[rows] == S) & (ratio < PREMATURE)
    return rows[early], ratio[early]


def pattern(count: int, share: float, rng: np.random.Generator) -> np.ndarray:
    """Labels (count,) of N and S: rests of N, bigeminy, trigeminy and runs, `share` of them S.

    A pattern follows while there are too few S beats, a rest while there are too many, so that the
    share is kept throughout. Trigeminy has a third of S and bigeminy half: where more is asked,
    only what has more can follow.
    """
    label: list[int] = [N]
    while len(label) < count:
        if label.count(S) >= share * len(label):
            label += [N] * int(rng.integers(1, LONGEST_REST + 1))
            continue
        repeats = int(rng.integers(1, LONGEST_GROUP + 1))
        kinds = [[S] * int(rng.integers(2, LONGEST_RUN + 1)) + [N]]
        kinds += [[S, N] * repeats] if share < 1 / 2 else []
        kinds += [[S, N, N] * repeats] if share < 1 / 3 else []
        label += kinds[rng.integers(len(kinds))]
    return np.array(label[:count], np.uint8)
