"""The study's tables in Markdown, for docs/, and the answers in a few sentences."""

from collections.abc import Iterable

import pandas as pd

from ecglib.apnea.answers import OWN
from ecglib.apnea.networks import PUBLISHED
from ecglib.apnea.published import REPORTED, SPARSITY
from ecglib.report.markdown import to_markdown

PERCENT = "In percent; sensitivity and F1 are those of apnea.\n"
ENERGY = ["energy_uj_low", "energy_uj_high"]


def claims(table: pd.DataFrame) -> str:
    """The table of `answers.claims`."""
    rows = to_markdown(
        {
            "labels, network": row["what"],
            "split": row["windows"],
            "accuracy": _percent(row["accuracy"]),
            "sensitivity": _percent(row["sensitivity"]),
            "specificity": _percent(row["specificity"]),
            "balanced": _percent(row["balanced_accuracy"]),
            "F1": _percent(row["f1"]),
            "apnea windows tested": _count(row["apnea_windows"]),
        }
        for _, row in table.iterrows()
    )
    return f"{rows}\n{PERCENT}"


def networks(table: pd.DataFrame) -> str:
    """The table of `answers.networks`; as a stream, only what the new minute adds is computed."""
    rows = to_markdown(
        {
            "network": row["network"],
            "MACs a window": f"{row['macs_effective']:,.0f}",
            "as a stream": f"{row['macs_streamed']:,.0f}",
            "bytes of weights": f"{row['weight_bytes']:,.0f}",
            "accuracy": _percent(row["accuracy"]),
            "sensitivity": _percent(row["sensitivity"]),
            "specificity": _percent(row["specificity"]),
            "F1": _percent(row["f1"]),
            "difference in F1": _points(row, "f1_difference", "f1_low", "f1_high"),
            "AUROC, median night": f"{row['auroc']:.3f}",
        }
        for _, row in table.iterrows()
    )
    return f"{rows}\n{PERCENT}"


def shrunk(table: pd.DataFrame) -> str:
    """The table of `answers.shrunk`."""
    once = ("to_one_shot", "to_one_shot_low", "to_one_shot_high")
    rows = to_markdown(
        {
            "method": row["method"].replace("_", "-"),
            "sparsity": f"{row['target_sparsity']:.0%}",
            "MACs a window": f"{row['macs_effective']:,.0f}",
            "bytes of weights": f"{row['weight_bytes']:,.0f}",
            "balanced accuracy": _percent(row["balanced_accuracy"]),
            "difference to dense": _points(row, "difference", "low", "high"),
            "multistage - one-shot": "" if pd.isna(row[once[0]]) else _points(row, *once),
        }
        for _, row in table.iterrows()
    )
    return f"{rows}\nSubjects apart; points with 95 % intervals over subjects.\n"


def device(table: pd.DataFrame) -> str:
    """The table of `study.on_the_device`, where cycles were measured."""
    if "ram_bytes" not in table:
        return "No cross compiler was there, so nothing was measured.\n"
    return to_markdown(
        {
            "network": row["network"],
            "method": row["method"].replace("_", "-"),
            "sparsity": f"{row['target_sparsity']:.0%}",
            "layout for": row["aim"],
            "cycles": f"{row['cycles_p2']:,.0f}",
            "with 5 wait states": f"{row['cycles_p2_ws5']:,.0f}",
            "flash B": f"{row['flash_total_bytes']:,.0f}",
            "RAM B": f"{row['ram_bytes']:,.0f}",
            "energy, mJ": "{:.1f} to {:.1f}".format(*(row[ENERGY] / 1000)),
            "8 bits agree": f"{row['int8_agreement']:.1%}",
        }
        for _, row in table.iterrows()
    )


def losers(table: pd.DataFrame) -> str:
    """The nights of `answers.own_nights` that lose by being fitted to their own first half."""
    lost = table[table["protocol"].eq(OWN) & (table["gain"] < 0)]
    rows = to_markdown(
        {
            "night": row["night"],
            "of other people": _percent(row["before"]),
            "fitted": _percent(row["after"]),
            "points": f"{100 * row['gain']:+.1f}",
        }
        for _, row in lost.iterrows()
    )
    return rows or "No night lost by it.\n"


def in_short(
    claimed: pd.DataFrame, found: pd.DataFrame, small: pd.DataFrame, own: pd.DataFrame
) -> str:
    """The answers, a sentence or two a line, of whatever tables have rows."""
    parts = ((_of_claims, claimed), (_of_people, found), (_of_small, small), (_of_own, own))
    said = [each for say, table in parts if len(table) for each in say(table)]
    return "".join(f"- {each}\n" for each in said)


def _of_claims(table: pd.DataFrame) -> Iterable[str]:
    rows = table.set_index(["what", "windows"])
    copier, easy = "label copier, no ECG", "random seconds"
    if (copier, easy) in rows.index:
        row, (accuracy, sensitivity) = rows.loc[copier, easy], REPORTED["dense"]
        yield (
            f"Without any ECG, copying the label of the nearest training second has "
            f"{_percent(row['accuracy'])}% accuracy and {_percent(row['sensitivity'])}% "
            "sensitivity on the published labels and split. The paper reports "
            f"{100 * accuracy:.2f}% and {100 * sensitivity:.2f}%."
        )
    placebo = f"labels at random places, {PUBLISHED}"
    if (placebo, easy) in rows.index:
        of, strict = rows.loc[placebo, easy], rows.loc[placebo, "guarded blocks"]
        yield (
            f"The published network finds {_percent(of['sensitivity'])}% of the seconds of "
            "intervals at random places, of which the ECG knows nothing, if windows are split at "
            f"random. In guarded blocks its balanced accuracy on such intervals is "
            f"{_percent(strict['balanced_accuracy'])}%; 50% is chance."
        )


def _of_people(table: pd.DataFrame) -> Iterable[str]:
    for _, row in table.iterrows():
        yield (
            f"Minute by minute on real apnea of subjects never met, `{row['network']}` has "
            f"{_percent(row['accuracy'])}% accuracy and F1 {_percent(row['f1'])}, at "
            f"{row['macs_effective'] / 1e6:.2f} million MACs a minute."
        )


def _of_small(table: pd.DataFrame) -> Iterable[str]:
    staged = table[table["method"].eq("multistage") & table["target_sparsity"].eq(SPARSITY)]
    for _, row in staged.iterrows():
        once = _points(row, "to_one_shot", "to_one_shot_low", "to_one_shot_high")
        yield (
            f"Without {SPARSITY:.0%} of its weights, removed in stages, the published network has "
            f"{_points(row, 'difference', 'low', 'high')} points of balanced accuracy against the "
            f"dense one, and {once} against pruning once."
        )
    for _, row in table[table["method"].eq("binarised, scaled")].iterrows():
        yield (
            "With weights of one bit and a scale for each channel it has "
            f"{_percent(row['balanced_accuracy'])}% balanced accuracy, and its weights take "
            f"{row['weight_bytes']:,.0f} bytes."
        )


def _of_own(table: pd.DataFrame) -> Iterable[str]:
    for _, row in table[table["protocol"].eq(OWN)].iterrows():
        yield (
            "Fitted to the first half of a patient's own night it gains "
            f"{_points(row, 'gain', 'low', 'high')} points of balanced accuracy on the second "
            f"half, on the mean of {row['nights']} nights. {row['losers']} of them lose."
        )


def _count(number: float) -> str:
    return "" if pd.isna(number) else f"{number:,.0f}"


def _percent(fraction: float) -> str:
    return "" if pd.isna(fraction) else f"{100 * fraction:.1f}"


def _points(row: pd.Series, value: str, low: str, high: str) -> str:
    return f"{100 * row[value]:+.1f} ({100 * row[low]:+.1f} to {100 * row[high]:+.1f})"
