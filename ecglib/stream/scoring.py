"""A stream's beats against the annotations of its record, counted as ANSI/AAMI EC57 does.

A beat is found if it lies within 150 ms of an annotated one; wfdb's comparison pairs them. Counted
from a record's first sample, beats missed while the stream learns count, too. The standard, and
WFDB's `bxb` by default, leave out the first five minutes. Episodes of ventricular flutter are left
out (EC57, 3.2). Escape beats e and j are N here, as in the study; `bxb` takes them for S.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from wfdb.processing.evaluate import Comparitor

from ecglib.data.beats import annotated_beats
from ecglib.data.records import Record
from ecglib.settings.words import CLASSES
from ecglib.stream.reference import BEAT, Event

WITHIN_S = 0.15
LEARNING_S = 300.0  # the standard leaves out so much of each record's beginning
GROSS, AVERAGE = "gross", "average"
NONE = len(CLASSES)  # row of what is no beat, column of a beat that is missed
FLUTTER = ("[", "]")
# Classes that EC57 does not hold against a beat that is called ventricular or supraventricular
# (Table 5; as in de Chazal et al., IEEE Trans. Biomed. Eng. 51(7):1196-1206, 2004, section III-D).
SPARED = {"V": "FQ", "S": "Q"}


def confusion(record: Record, events: Sequence[Event], since_s: float = 0.0) -> np.ndarray:
    """(6, 6) beats: rows as annotated, columns as told, N, S, V, F, Q and none.

    since_s: earlier beats, annotated ones and inventions, do not count.
    """
    sample, label = annotated_beats(record)
    told = [event for event in events if event.kind == BEAT]
    found = np.array([event.sample for event in told], np.int64)
    said = np.array([event.label for event in told], np.int64)
    counted, outside = _outside(sample, record), _outside(found, record)
    sample, label, found, said = sample[counted], label[counted], found[outside], said[outside]
    partner = np.full(len(sample), -1)
    if len(sample) and len(found):
        # It pairs what is less than its window apart.
        comparison = Comparitor(sample, found, round(WITHIN_S * record.fs_hz) + 1)
        comparison.compare()
        partner = comparison.matching_sample_nums
    matrix = np.zeros((NONE + 1, NONE + 1), np.int64)
    begin = since_s * record.fs_hz
    extra = np.setdiff1d(np.flatnonzero(found >= begin), partner)
    label, partner = label[sample >= begin], partner[sample >= begin]
    matched = partner >= 0
    np.add.at(matrix, (label[matched], said[partner[matched]]), 1)
    np.add.at(matrix, (label[~matched], NONE), 1)
    np.add.at(matrix, (NONE, said[extra]), 1)
    return matrix


def _outside(sample: np.ndarray, record: Record) -> np.ndarray:
    """Which of these places lie in no episode of flutter."""
    begin, end = (record.sample[record.symbol == mark] for mark in FLUTTER)
    margin = round(WITHIN_S * record.fs_hz)
    outside = np.ones(len(sample), bool)
    for first in begin.tolist():
        later = end[end > first]
        last = later[0] if len(later) else len(record.signal_adc)
        outside &= (sample < first - margin) | (sample > last + margin)
    return outside


def table(matrices: dict[str, np.ndarray]) -> pd.DataFrame:
    """EC57's figures of each record (name -> `confusion`), and of all: `gross` and `average`.

    Columns, as fractions, NaN where there is nothing to count: for each of QRS, VEB and SVEB the
    sensitivity and positive predictivity, for VEB and SVEB the false-positive rate. `gross` is of
    all beats together, `average` the mean over the records that have the figure.
    """
    rows = {name: figures(matrix) for name, matrix in matrices.items()}
    records = pd.DataFrame.from_dict(rows, orient="index")
    gross = pd.DataFrame([figures(sum(matrices.values()))], [GROSS])
    average = pd.DataFrame([records.mean()], [AVERAGE])
    return pd.concat([records, gross, average]).rename_axis("record")


def figures(matrix: np.ndarray) -> dict[str, float]:
    """EC57's figures of one matrix, see `table`, and the number of annotated beats.

    A false-positive rate is of all that is not of the class: beats and inventions that are called
    otherwise, too (`bxb`).
    """
    beats, found = matrix[:NONE].sum(), matrix[:NONE, :NONE].sum()
    extra = matrix[NONE, :NONE].sum()
    told = {
        "beats": int(beats),
        "QRS_sensitivity": _ratio(found, beats),
        "QRS_predictivity": _ratio(found, found + extra),
    }
    for name, letter in (("VEB", "V"), ("SVEB", "S")):
        of = CLASSES.index(letter)
        others = [i for i in range(NONE) if i != of and CLASSES[i] not in SPARED[letter]]
        right, wrong = matrix[of, of], matrix[[*others, NONE], of].sum()
        others_said = np.delete(matrix[:, :NONE], of, axis=1)
        negative = wrong + np.delete(others_said, of, axis=0).sum()
        told |= {
            f"{name}_sensitivity": _ratio(right, matrix[of].sum()),
            f"{name}_predictivity": _ratio(right, right + wrong),
            f"{name}_false_positive_rate": _ratio(wrong, negative),
        }
    return told


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole else float("nan")
