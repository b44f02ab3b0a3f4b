"""What the study says of heartbeats in a few sentences, each number from its tables."""

from collections.abc import Iterator

import pandas as pd

from ecglib.perturbation import beat_runs, compared, shown
from ecglib.perturbation.answers import KIND
from ecglib.perturbation.crafts import ANY_TIME, IN_TIME, MIX
from ecglib.perturbation.shown import BEATS, label
from ecglib.report.markdown import percent, points
from ecglib.report.resampling import OPEN, verdict_of

CLEAN, UNIFORM, TLM = (shown.ATTACKS[name] for name in ("none", "uniform", "tlm"))
WHEN = {MIX: IN_TIME, ANY_TIME: f"at {ANY_TIME}"}
DEFENDED = "defended"
MOST_LOST = 0.005  # of clean macro-F1, that a defence may cost
PUBLISHED = "v behind the z-score, as in published work"


def of_beats(attacks: pd.DataFrame, crafts: pd.DataFrame, others: pd.DataFrame) -> Iterator[str]:
    """Of the tables `attacks`, `by_craft` and `others` of `compared`."""
    of = attacks[attacks["data"].eq(BEATS) & ~attacks["few"]].set_index("attack")
    if len(of):
        by = crafts.set_index("craft")
        mixed = by.loc[MIX]
        fooled = mixed[compared.FOOLED].astype(float)
        least, most = (name.removeprefix("fooled_") for name in (fooled.idxmin(), fooled.idxmax()))
        noise = of.loc[CLEAN, "f1_macro"] - of.loc[UNIFORM, "f1_macro"]
        smoothed = ""
        if "smoothed" in by.index:
            rate = percent(by.loc["smoothed", "fooling_rate"])
            smoothed = f"Smoothed to the band of a monitor it fools {rate}. "
        yield (
            "Of heartbeats, crafted on them as they are mixed, a perturbation of 0.2 standard "
            f"deviations fools the dense network on {percent(mixed['fooling_rate'])}, from "
            f"{percent(fooled.min())} of class {least} to {percent(fooled.max())} of {most}. "
            f"{smoothed}Macro-F1 falls from "
            f"{percent(of.loc[CLEAN, 'f1_macro'])} to {percent(mixed['f1_macro'])}, crafted on "
            f"balanced beats to {percent(by.loc['balanced', 'f1_macro'])}. Uniform noise costs "
            f"{100 * noise:.1f} points."
        )
    tlm = others[others["attack"].eq(TLM)]
    names = tlm["network"].mask(tlm["network"].str.contains(beat_runs.BARE), PUBLISHED)
    rates = tlm["fooling_rate"].map(percent)
    each = [f"{name}: {rate}" for name, rate in zip(names, rates, strict=True)]
    if each:
        yield f"Beats fooled in time of other networks and pipelines: {'; '.join(each)}."


def kinds_in_short(
    kinds: pd.DataFrame, equal: pd.DataFrame, defended: pd.DataFrame
) -> Iterator[str]:
    """Of the tables `kinds`, `at_equal_macs` and `defence` of `answers`, which may be empty."""
    if kinds.empty:
        return
    floats = kinds[kinds["bits"].eq(32) & kinds["method"].ne("dense")]
    plain = floats[~floats["method"].str.startswith(DEFENDED)]
    if len(plain):
        yield f"Points of beats fooled, less those of the dense network. {_both(plain)}"
    if len(equal):
        of = "a small dense network of equal MACs"
        yield f"Points of beats fooled, less those of {of}. {_both(equal)}"
    yield from _of_bits(kinds)
    yield from _of_defence(defended)


def _both(table: pd.DataFrame) -> str:
    return " ".join(f"{when.capitalize()}: {_each(table, craft)}." for craft, when in WHEN.items())


def _each(table: pd.DataFrame, craft: str) -> str:
    """`fooled_more` of each network, and whether it is settled."""
    return "; ".join(
        f"{label(row['method'], row['target_sparsity'])}, {points(row, 'fooled_more', '_')}, "
        f"{_settled(row, 'fooled_more')}"
        for _, row in table[table["craft"].eq(craft)].iterrows()
    )


def _of_bits(table: pd.DataFrame) -> Iterator[str]:
    both = table.pivot(index=[*KIND[:2], "craft"], columns="bits", values="fooling_rate").dropna()
    if len(both) and {8, 32} <= set(both.columns):
        apart = both[8] - both[32]
        most = apart.abs().idxmax()
        yield (
            "Crafted for floats, perturbations fool the networks in 8 bits on "
            f"{percent(both[8].mean())} and in floats on {percent(both[32].mean())}, means over "
            f"kinds. The largest difference is {100 * apart[most]:+.1f} points, of "
            f"{label(*most[:2])}."
        )


def _of_defence(table: pd.DataFrame) -> Iterator[str]:
    """Of the table `answers.defence`: a line a network, in floats."""
    floats = table[table["bits"].eq(32)] if len(table) else table
    for kind, of in floats.groupby(KIND[:2], sort=False) if len(floats) else ():
        each = [
            f"{WHEN[row['craft']]} on {percent(row['fooling_rate'])}, without the defence on "
            f"{percent(row['instead'])} "
            f"({'halved' if row['fooling_rate'] <= row['instead'] / 2 else 'not halved'})"
            for row in of.to_dict("records")
        ]
        first = of.iloc[0]
        cheap = "within" if first["f1_more"] >= -MOST_LOST else "beyond"
        yield (
            f"Trained under perturbations ({label(*kind)}) it is fooled {'; '.join(each)}. Its "
            f"clean macro-F1 is {points(first, 'f1_more', '_')} points off, "
            f"{_settled(first, 'f1_more')}, {cheap} half a point."
        )


def _settled(row: pd.Series, name: str) -> str:
    is_open = verdict_of(row[f"{name}_low"], row[f"{name}_high"]) == OPEN
    return OPEN if is_open else "settled"
