"""Escape beats from above the ventricles: N in the study, S by the words of EC57.

de Chazal et al. (IEEE Trans. Biomed. Eng. 51(7):1196-1206, 2004, Table 1) count `e` and `j` as N,
and most that use their map do so, too. ANSI/AAMI EC57 defines a supraventricular ectopic beat as an
atrial or nodal premature or escape beat, or an aberrated atrial premature beat.
"""

from collections.abc import Sequence

import numpy as np

from ecglib.data.annotations import read_annotations
from ecglib.data.beats import Beats
from ecglib.data.records import acquire
from ecglib.settings.words import CLASSES
from ecglib.unseen.invented import FS_HZ

ESCAPES = ("e", "j")
LENGTH = 650_000  # samples of a MIT-BIH record


def as_s(beats: Beats, records: Sequence[str]) -> np.ndarray:
    """Labels (n,) of all beats, with escapes of these MIT-BIH records as S."""
    label, folder = beats.label.copy(), acquire(list(records))
    for name in records:
        rows = np.flatnonzero(beats.record_names[beats.record] == name)
        sample, symbol = read_annotations(
            folder / f"{name}.atr", name, clock_hz=FS_HZ, fs_hz=FS_HZ, length=LENGTH
        )
        escapes = sample[np.isin(symbol, ESCAPES)]
        label[rows[np.isin(beats.sample[rows], escapes)]] = CLASSES.index("S")
    return label
