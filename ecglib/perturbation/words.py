"""The study's tables in Markdown, for the notebook and docs/."""

import pandas as pd

from ecglib.perturbation.compared import FOOLED
from ecglib.perturbation.crafts import ANY_TIME, IN_TIME, MIX
from ecglib.perturbation.shown import EEG, label
from ecglib.report.markdown import NOTE, points, to_markdown
from ecglib.report.resampling import verdict_of

PERCENT = "In percent; means over seeds or folds.\n"
FEW = '"Few" is the same few inputs for both, as many as DeepFool can take; else all are used.\n'
INTERVALS = f"{NOTE}\n"
NO_ROWS = "The data of this table were not here.\n"


def victims(table: pd.DataFrame) -> str:
    """The table of `compared.victims`."""
    return _table(
        (
            {
                "reads the trials": row["victim"],
                "accuracy": "{} ({} to {})".format(
                    *map(_percent, row[["accuracy", "accuracy_low", "accuracy_high"]])
                ),
                "xi 0.2 in µV": "" if pd.isna(row["xi_uv"]) else f"{row['xi_uv']:.1f}",
                "all to left": _percent(row["left"]),
                "all to right": _percent(row["right"]),
                "accuracy under attack": _percent(row["attacked"]),
                "random signs cost": _signed(-row["signs_cost"]),
                "v in its band": _percent(row["in_band"]),
            }
            for _, row in table.iterrows()
        ),
        "In percent, of people never met; intervals of 95 % over people. All to left: trials that "
        "are answered so under the perturbation that is to turn all there.\n",
    )


def attacks(table: pd.DataFrame) -> str:
    """The table of `compared.attacks`; macro-F1 for heartbeats, balanced accuracy for EEG."""
    return _table(
        (
            {
                "data": row["data"],
                "attack": row["attack"] + (", few" if row["few"] else ""),
                "accuracy": _percent(row["accuracy"]),
                "balanced accuracy": _percent(row["balanced_accuracy"]),
                "macro-F1": "" if row["data"] == EEG else _percent(row["f1_macro"]),
                "fooled": _percent(row["fooling_rate"]),
                "seeds": str(row["seeds"]),
            }
            for _, row in table.iterrows()
        ),
        f"{PERCENT}{FEW}",
    )


def crafts(table: pd.DataFrame) -> str:
    """The table of `compared.by_craft`."""
    return _table(({"crafted": row["craft"]} | _classes(row) for _, row in table.iterrows()))


def targets(table: pd.DataFrame) -> str:
    """The table of `compared.by_target`."""
    return _table(
        {"all to": row["target"], "answered so": _percent(row["target_rate"])} | _classes(row)
        for _, row in table.iterrows()
    )


def _classes(row: pd.Series) -> dict[str, str]:
    scores = {"accuracy": "accuracy", "macro-F1": "f1_macro", "fooled": "fooling_rate"}
    scores |= {f"of {name[-1]}": name for name in FOOLED}
    return {head: _percent(row[name]) for head, name in scores.items()} | {
        "seeds": str(row["seeds"])
    }


def people(table: pd.DataFrame) -> str:
    """The table of `compared.by_people`."""
    return _table(
        (
            {
                "crafted on": row["craft"],
                "all to right": _percent(row["target_rate"]),
                "from": _percent(row["least"]),
                "to": _percent(row["most"]),
            }
            for _, row in table.iterrows()
        ),
        "In percent of the trials of people never met, from the fold with the least to that with "
        "the most. All: of a fold that train.\n",
    )


def kinds(table: pd.DataFrame) -> str:
    """The table of `answers.kinds`: a row a network in so many bits, both crafts side by side."""
    if table.empty:
        return NO_ROWS
    rows = []
    for (method, target, bits), of in table.groupby(
        ["method", "target_sparsity", "bits"], sort=False
    ):
        row = {
            "network": label(method, target),
            "bits": str(bits),
            "seeds": str(of["seeds"].iloc[0]),
        }
        row |= {"macro-F1": _percent(of["f1_macro"].iloc[0])}
        row |= {"difference": points(of.iloc[0], "f1_more", "_")}
        for craft, when in ((MIX, IN_TIME), (ANY_TIME, f"at {ANY_TIME}")):
            one = of[of["craft"] == craft].iloc[0]
            row |= {f"fooled {when}": _percent(one["fooling_rate"])}
            row |= {f"difference {when}": points(one, "fooled_more", "_")}
        rows.append(row)
    return _table(
        rows,
        f"Differences are from the dense network in floats. {INTERVALS}",
    )


def defence(table: pd.DataFrame) -> str:
    """The table of `answers.defence`."""
    return _table(
        (
            {
                "network": label(row["method"], row["target_sparsity"]),
                "bits": str(row["bits"]),
                "macro-F1": _percent(row["f1_macro"]),
                "difference": points(row, "f1_more", "_"),
                "crafted": {MIX: IN_TIME}.get(row["craft"], row["craft"]),
                "fooled": _percent(row["fooling_rate"]),
                "without": _percent(row["instead"]),
                "difference in fooling": points(row, "fooled_more", "_"),
            }
            for _, row in table.iterrows()
        ),
        "Without: the same network, so pruned and in as many bits, without the defence. "
        f"{INTERVALS}",
    )


def at_equal_macs(table: pd.DataFrame) -> str:
    """The table of `answers.at_equal_macs`."""
    return _table(
        (
            {
                "network": label(row["method"], row["target_sparsity"]),
                "crafted": {MIX: IN_TIME}.get(row["craft"], row["craft"]),
                "fooled": _percent(row["fooling_rate"]),
                "difference": points(row, "fooled_more", "_"),
                "fooled more": verdict_of(row["fooled_more_low"], row["fooled_more_high"]),
            }
            for _, row in table.iterrows()
        ),
        INTERVALS,
    )


def others(table: pd.DataFrame) -> str:
    """The table of `compared.others`."""
    return _table(
        {
            "network": row["network"],
            "attack": row["attack"],
            "accuracy": _percent(row["accuracy"]),
            "macro-F1": _percent(row["f1_macro"]),
            "fooled": _percent(row["fooling_rate"]),
            "seeds": str(row["seeds"]),
        }
        for _, row in table.iterrows()
    )


def _table(rows, note: str = PERCENT) -> str:
    text = to_markdown(rows)
    return f"{text}\n{note}" if text else NO_ROWS


def _percent(fraction: float) -> str:
    return "" if pd.isna(fraction) else f"{100 * fraction:.1f}"


def _signed(fraction: float) -> str:
    return "" if pd.isna(fraction) else f"{100 * fraction:+.1f}"
