"""The answers of the study in a few sentences, each number from its tables."""

from collections.abc import Iterator

import pandas as pd

from ecglib.perturbation import compared, shown
from ecglib.perturbation.beats_in_short import kinds_in_short, of_beats
from ecglib.perturbation.crafts import ANY_TIME, IN_TIME
from ecglib.perturbation.eeg_linear import FEATURES
from ecglib.perturbation.eeg_victims import ALIGNED, MAIN
from ecglib.perturbation.shown import BEATS, EEG
from ecglib.report.markdown import percent, points

SLOW = f"logistic regression, {FEATURES['slow_waveform'].label}"
LATE = {EEG: 500.0, BEATS: 8.0}  # ms
REACHED = {EEG: "EEG trials are turned to the left", BEATS: "Heartbeats are fooled"}


def in_short(
    rows: pd.DataFrame,
    people: pd.DataFrame,
    kinds: pd.DataFrame,
    equal: pd.DataFrame,
    defended: pd.DataFrame,
) -> str:
    """The answers, a line each, of whatever was run.

    rows: of the runs; the others are tables of `answers`: `people`, `kinds`, `at_equal_macs` and
    `defence`.
    """
    said = [
        *_of_victims(compared.victims(rows, people)),
        *_of_rivals(compared.ahead(rows)),
        *_of_crafting_people(compared.by_people(rows)),
        *_of_lateness(shown.by_lateness(rows)),
        *_of_transfer(shown.transfers(rows)),
        *of_beats(compared.attacks(rows), compared.by_craft(rows), compared.others(rows)),
        *kinds_in_short(kinds, equal, defended),
    ]
    return "".join(f"- {each}\n" for each in said)


def _of_victims(table: pd.DataFrame) -> Iterator[str]:
    rows = {row["victim"]: row for _, row in table.iterrows()}
    if MAIN not in rows:
        return
    main = rows[MAIN]
    text = f"EEGNet says which fist people never met imagine in {_accuracy(main)} of trials"
    if SLOW in rows:
        text += ". A logistic regression on the slow waveform alone does in "
        text += f"{_accuracy(rows[SLOW])}: {points(rows[SLOW], 'more', '_')} points off EEGNet"
    if ALIGNED in rows:
        text += ". From 4 Hz upwards, people aligned, EEGNet does in "
        text += _accuracy(rows[ALIGNED])
    yield f"{text}."
    yield (
        f"A perturbation of at most 0.2 standard deviations, {main['xi_uv']:.1f} µV, has "
        f"{percent(main['left'])} of its trials answered as left, another {percent(main['right'])} "
        f"as right. One that is only to fool leaves it {percent(main['attacked'])} accuracy. "
        f"Random signs of that size cost {100 * main['signs_cost']:.1f} points."
    )


def _accuracy(row: pd.Series) -> str:
    low, high = row["accuracy_low"], row["accuracy_high"]
    return f"{percent(row['accuracy'])} ({100 * low:.1f} to {100 * high:.1f})"


def _of_rivals(table: pd.DataFrame) -> Iterator[str]:
    each = [
        f"of {row.data} TLM fools {percent(row.tlm)} and DeepFool {percent(row.deepfool)}, TLM "
        f"more in {row.ahead} of {row.of} {'folds' if row.data == EEG else 'seeds'}"
        for row in table.itertuples()
    ]
    if each:
        yield f"At one bound, crafted on the same few inputs, {'; '.join(each)}."


def _of_crafting_people(table: pd.DataFrame) -> Iterator[str]:
    each = [f"{row.craft}, {percent(row.target_rate)}" for row in table.itertuples()]
    if each:
        yield (
            "Trials of people never met that a perturbation turns to the right, by how many it was "
            f"crafted on: {'; '.join(each)}."
        )


def _of_lateness(table: pd.DataFrame) -> Iterator[str]:
    """The dense heartbeat network, and EEGNet on the whole band."""
    each = []
    for data, of in table.groupby("data", sort=False):
        of = of[~of["what"].str.startswith(f"{ALIGNED}:")]
        rate = of.groupby("late_ms")["rate"].mean()
        whenever = of[of["late_ms"].isna()].groupby("what")["rate"].mean()
        now, then = (whenever.filter(like=word).max() for word in (IN_TIME, ANY_TIME))
        text = (
            f"{REACHED[data]} in {percent(rate[0.0])} if it comes in time, in "
            f"{percent(rate[LATE[data]])} if {LATE[data]:g} ms late, in {percent(now)} at any time"
        )
        crafted = "" if pd.isna(then) else f", or in {percent(then)} if crafted for that"
        each.append(f"{text}{crafted}.")
    if each:
        yield " ".join(each)


def _of_transfer(matrices: dict[str, pd.DataFrame]) -> Iterator[str]:
    each = []
    for title, matrix in matrices.items():
        if len(matrix) > 1:
            own = sum(matrix.iat[i, i] for i in range(len(matrix)))
            others = (matrix.sum().sum() - own) / (matrix.size - len(matrix))
            each.append(f"{title} {percent(own / len(matrix))} and {percent(others)}")
    if each:
        yield f"On the network it was crafted for, and on others, means: {'; '.join(each)}."
