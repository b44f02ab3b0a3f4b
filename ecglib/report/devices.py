"""What pruning saves on the device, in tables and words, from device.csv."""

import numpy as np
import pandas as pd

from ecglib import ectopic
from ecglib.device.boards import BEATS_PER_MINUTE, STANDARD_CYCLES_PER_MAC
from ecglib.report.variants import variants_of
from ecglib.schema import Published

GROUP = ["split", "model", "series", "budget", "target_sparsity"]
EIGHT_BITS_MAY_COST = 0.2  # points of macro-F1
READINGS = ["f1_macro", *ectopic.READINGS]


def with_series(table: pd.DataFrame) -> pd.DataFrame:
    """The table with the column `series`: what figures and tables call a network, see `Variant`."""
    return table.assign(series=[variant.label for variant in variants_of(table)])


def savings(table: pd.DataFrame) -> pd.DataFrame:
    """Means of seeds: what is saved against the dense network, as fractions; targets ascend.

    Columns: those of GROUP, pattern, seeds, macs_saved, cycles_saved (against the same network
    dense with its best kernels), standard_saved (against a dense network at
    STANDARD_CYCLES_PER_MAC), and the means of device.csv's. table: see `with_series`.
    """
    rows = table.assign(
        macs_saved=1 - table["macs_effective"] / table["macs"],
        cycles_saved=1 - table["cycles_p2"] / table["cycles_dense"],
        standard_saved=1 - table["cycles_p2"] / (STANDARD_CYCLES_PER_MAC * table["macs"]),
        seeds=1,
    )
    mean = ["sparsity", "macs_saved", "cycles_saved", "standard_saved", "cycles_p2"]
    mean += [*READINGS, *(f"{name}_int8" for name in READINGS), "f1_macro_validation_int8"]
    mean += ["energy_uj_low", "energy_uj_high", "flash_weight_bytes", "flash_total_bytes"]
    mean += ["ram_bytes", "aware_epochs"]
    how = {"pattern": "first", "seeds": "sum"} | dict.fromkeys(mean, "mean")
    found = rows.groupby(GROUP, sort=False).agg(how).reset_index()
    place = found.groupby(GROUP[:-1], sort=False).ngroup()  # series in the order of the table
    return found.iloc[np.lexsort([found["target_sparsity"], place])].reset_index(drop=True)


def holding(saved: pd.DataFrame, published: Published) -> pd.DataFrame:
    """The pruned rows of `savings` that hold the published F1 on validation beats, cheapest first.

    So what is named is not chosen by the test beats, whose scores then are told.
    """
    holds = (saved["f1_macro_validation_int8"] >= published.f1) & (saved["target_sparsity"] > 0)
    return saved[holds].sort_values("cycles_p2", ignore_index=True)


def savings_markdown(saved: pd.DataFrame, targets: list[float]) -> str:
    """What these sparsities mean, as a table in Markdown."""
    lines = [
        "| network | target | weights removed | MACs saved | cycles saved, against its own dense "
        "| against 2.52 cycles a MAC | cycles | macro-F1, 8 bits (float) | seeds |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in saved[saved["target_sparsity"].isin([0.0, *targets])].itertuples():
        tuned = r" \*" if row.aware_epochs else ""
        lines.append(
            f"| {row.model}, {row.series} | {row.target_sparsity:.0%} | {row.sparsity:.0%} "
            f"| {row.macs_saved:.0%} | {row.cycles_saved:.0%} | {row.standard_saved:.0%} "
            f"| {row.cycles_p2:,.0f} "
            f"| {100 * row.f1_macro_int8:.2f} ({100 * row.f1_macro:.2f}){tuned} "
            f"| {row.seeds} |"
        )
    note = "\\* some of the seeds were fine-tuned under rounding: more epochs than the float has."
    return "\n".join([*lines, "", note]) + "\n"


def summary(saved: pd.DataFrame, published: Published, model: str) -> str:
    """One line for the top of README: what the published sparsity saves, and who saves most."""
    here = (saved["model"] == model) & (saved["target_sparsity"] == published.sparsity)
    parts = [
        f"{row.series} {row.macs_saved:.0%} fewer multiplications, {row.cycles_saved:.0%} fewer "
        "cycles"
        for row in saved[here].itertuples()
    ]
    words = (
        "**On the microcontroller.** On an emulated Cortex-M4, 8 bits, every layer with its "
        f"fastest kernel, the dense ones too: {model} at {published.sparsity:.0%} has with "
        f"{'; with '.join(parts)}."
    )
    if len(held := holding(saved, published)):
        best = held.loc[held["cycles_saved"].idxmax()]
        words += (
            f" Smallest share of its own dense cycles that holds the published F1 on validation "
            f"beats: {1 - best.cycles_saved:.0%} ({best.model}, {best.series}, {_seeds(best)})."
        )
    return f"- {words}\n"


def apart_markdown(saved: pd.DataFrame) -> str:
    """Rows of `savings` of networks tested on patients of their own, as a table in Markdown."""
    lines = [
        "| network | target | MACs saved | cycles | cycles saved | flash | RAM "
        "| accuracy | SVEB F1 | VEB F1 | seeds |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for _, row in saved.iterrows():
        scores = " | ".join(
            f"{100 * row[f'{name}_int8']:.1f} ({100 * row[name]:.1f})" for name in ectopic.READINGS
        )
        lines.append(
            f"| {row['model']}, {row['series']} | {row['target_sparsity']:.0%} "
            f"| {row['macs_saved']:.0%} | {row['cycles_p2']:,.0f} | {row['cycles_saved']:.0%} "
            f"| {row['flash_total_bytes']:,.0f} | {row['ram_bytes']:,.0f} | {scores} "
            f"| {row['seeds']} |"
        )
    note = "Scores in percent, 8 bits (float), means of seeds; flash and RAM in bytes. What runs "
    note += "before the network, template and features, is not in the cycles."
    return "\n".join([*lines, "", note]) + "\n"


def findings(saved: pd.DataFrame, table: pd.DataFrame, published: Published) -> str:
    """The findings as a Markdown list; of one split, the one that was published.

    table: of `with_series`, one row a network. ValueError: networks of several splits.
    """
    if len(splits := table["split"].unique()) > 1:
        raise ValueError(f"networks of several splits: {', '.join(splits)}")
    lines = []
    at = saved[(saved["target_sparsity"] == published.sparsity) & (saved["budget"] != "macs")]
    for model, rows in at.groupby("model"):
        each = "; ".join(
            f"{row.series}: {row.macs_saved:.0%} fewer MACs, {row.cycles_saved:.0%} fewer cycles "
            f"({row.standard_saved:.0%} fewer than at {STANDARD_CYCLES_PER_MAC} cycles a MAC)"
            for row in rows.itertuples()
        )
        lines.append(f"What {published.sparsity:.0%} sparsity means on {model}: {each}.")
    lines += _of_filters(saved)
    if len(held := holding(saved, published)):
        words = "that holds the published F1 on validation beats"
        lines.append(f"Cheapest in cycles {words}: {_told(held.iloc[0], published)}")
        best = held.loc[held["cycles_saved"].idxmax()]
        lines.append(
            f"Smallest share of its own dense cycles {words}, {1 - best.cycles_saved:.0%}: "
            f"{_told(best, published)}"
        )
    else:
        lines.append("No pruned network holds the published F1 on validation beats in 8 bits.")
    lines.append(_cost_of_8_bits(table))
    return "".join(f"- {line}\n" for line in lines)


def _of_filters(saved: pd.DataFrame) -> list[str]:
    """What whole filters save: a line a model."""
    lines = []
    for model, rows in saved[saved["pattern"] == "filters"].groupby("model"):
        each = "; ".join(
            f"{row.series.removesuffix(', MACs budget')} at {row.target_sparsity:.0%} of the MACs: "
            f"{row.macs_saved:.0%} fewer MACs, {row.cycles_saved:.0%} fewer cycles, "
            f"{row.cycles_saved / row.macs_saved:.2f} of what the MACs say"
            for row in rows.itertuples()
        )
        lines.append(f"What whole filters save on {model}: {each}.")
    return lines


def _told(row: pd.Series, published: Published) -> str:
    held = row.accuracy_int8 >= published.accuracy and row.f1_macro_int8 >= published.f1
    return (
        f"{row.model}, {row.series}, target {row.target_sparsity:.0%}, {row.cycles_p2:,.0f} cycles "
        f"a beat. On test beats {row.accuracy_int8:.2%} accuracy and {100 * row.f1_macro_int8:.2f} "
        f"macro-F1 ({_seeds(row)}), published scores "
        f"{'held' if held else 'missed'}. {battery(row)}"
    )


def _seeds(row: pd.Series) -> str:
    return f"{row.seeds} {'seed' if row.seeds == 1 else 'seeds'}"


def _cost_of_8_bits(table: pd.DataFrame) -> str:
    """All networks first: those that were fine-tuned with rounding are those that lost most."""
    loss = 100 * (table["f1_macro"] - table["f1_macro_int8"])
    beyond = (loss > EIGHT_BITS_MAY_COST).sum()
    words = (
        f"8 bits cost {loss.mean():.2f} points of macro-F1 on the mean of {len(loss)} networks "
        f"({loss.min():+.2f} to {loss.max():+.2f}), more than {EIGHT_BITS_MAY_COST} points on "
        f"{beyond}"
    )
    if len(tuned := loss[table["aware_epochs"] > 0]):
        words += (
            f"; in that are {len(tuned)} networks fine-tuned under rounding, since they lost more "
            f"on validation beats: they cost {tuned.mean():.2f} points still"
        )
    return f"{words}."


def battery(row: pd.Series) -> str:
    """What classifying every beat of a heart at rest takes from a battery, without sleep."""
    low, high = row.energy_uj_low, row.energy_uj_high
    power = [uj * BEATS_PER_MINUTE / 60 for uj in (low, high)]
    return (
        f"It classifies {1000 / high:,.0f} to {1000 / low:,.0f} beats per millijoule; at "
        f"{BEATS_PER_MINUTE} beats a minute {power[0]:.0f} to {power[1]:.0f} microwatts for the "
        "classification alone."
    )
