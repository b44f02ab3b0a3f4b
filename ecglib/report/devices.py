"""What pruning saves on the device, in tables and words, from device.csv."""

import pandas as pd

from ecglib.device.boards import BEATS_PER_MINUTE, STANDARD_CYCLES_PER_MAC
from ecglib.schema import Published

GROUP = ["model", "series", "target_sparsity"]
SERIES = {  # (method, pattern, budget) -> what figures and tables call it
    ("dense", "dense", "none"): "dense",
    ("one_shot", "weights", "weights"): "one-shot, single weights",
    ("multistage", "weights", "weights"): "multistage, single weights",
    ("multistage", "pairs", "weights"): "multistage, pairs",
    ("multistage", "pairs", "macs"): "multistage, pairs, MACs budget",
}


def with_series(table: pd.DataFrame) -> pd.DataFrame:
    """The table with the column `series`; KeyError for a network that belongs to none."""
    kinds = zip(table["method"], table["pattern"], table["budget"], strict=True)
    return table.assign(series=[SERIES[kind] for kind in kinds])


def savings(table: pd.DataFrame) -> pd.DataFrame:
    """Means of seeds: what is saved against the dense network, as fractions.

    Columns: those of GROUP, seeds, sparsity, macs_saved, cycles_saved (against the same network
    dense with its best kernels), standard_saved (against the deployed standard's dense kernel),
    cycles_p2, f1_macro and accuracy in floats and in 8 bits. table: see `with_series`.
    """
    rows = table.assign(
        macs_saved=1 - table["macs_effective"] / table["macs"],
        cycles_saved=1 - table["cycles_p2"] / table["cycles_dense"],
        standard_saved=1 - table["cycles_p2"] / (STANDARD_CYCLES_PER_MAC * table["macs"]),
        seeds=1,
    )
    mean = ["sparsity", "macs_saved", "cycles_saved", "standard_saved", "cycles_p2"]
    mean += ["accuracy", "f1_macro", "accuracy_int8", "f1_macro_int8", "energy_uj_low"]
    mean += ["energy_uj_high", "flash_total_bytes", "ram_bytes"]
    found = rows.groupby(GROUP, sort=False).agg({"seeds": "sum"} | dict.fromkeys(mean, "mean"))
    return found.reset_index()


def holding(saved: pd.DataFrame, published: Published) -> pd.DataFrame:
    """The rows of `savings` whose 8-bit networks hold the published scores, cheapest first."""
    holds = (saved["accuracy_int8"] >= published.accuracy) & (
        saved["f1_macro_int8"] >= published.f1
    )
    return saved[holds].sort_values("cycles_p2", ignore_index=True)


def savings_markdown(saved: pd.DataFrame, targets: list[float]) -> str:
    """What these sparsities mean, as a table in Markdown."""
    lines = [
        "| network | target | weights removed | MACs saved | cycles saved, against its own dense "
        "| against the standard dense kernel | macro-F1, 8 bits (float) | seeds |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in saved[saved["target_sparsity"].isin(targets)].itertuples():
        lines.append(
            f"| {row.model}, {row.series} | {row.target_sparsity:.0%} | {row.sparsity:.0%} "
            f"| {row.macs_saved:.0%} | {row.cycles_saved:.0%} | {row.standard_saved:.0%} "
            f"| {100 * row.f1_macro_int8:.2f} ({100 * row.f1_macro:.2f}) | {row.seeds} |"
        )
    return "\n".join(lines) + "\n"


def findings(saved: pd.DataFrame, published: Published) -> str:
    """The findings as a Markdown list."""
    lines = []
    for model, rows in saved[saved["target_sparsity"] == published.sparsity].groupby("model"):
        each = "; ".join(
            f"{row.series}: {row.macs_saved:.0%} fewer MACs, {row.cycles_saved:.0%} fewer cycles "
            f"({row.standard_saved:.0%} against the standard dense kernel)"
            for row in rows.itertuples()
        )
        lines.append(f"What {published.sparsity:.0%} sparsity means on {model}: {each}.")
    pruned = holding(saved[saved["target_sparsity"] > 0], published)
    if len(pruned):
        lines.append(f"Cheapest in cycles that holds the published scores: {_told(pruned.iloc[0])}")
        best = pruned.loc[pruned["cycles_saved"].idxmax()]
        lines.append(
            f"Smallest share of its own dense cycles that holds them ({1 - best.cycles_saved:.0%}):"
            f" {_told(best)}"
        )
    else:
        lines.append("No pruned network holds the published scores in 8 bits.")
    loss = 100 * (saved["f1_macro"] - saved["f1_macro_int8"])
    lines.append(
        f"8 bits cost {loss.mean():+.2f} points of macro-F1 on the mean of these networks "
        f"({loss.min():+.2f} to {loss.max():+.2f})."
    )
    return "".join(f"- {line}\n" for line in lines)


def _told(row: pd.Series) -> str:
    return (
        f"{row.model}, {row.series}, target {row.target_sparsity:.0%}, {row.cycles_p2:,.0f} cycles "
        f"a beat, accuracy {row.accuracy_int8:.2%}, macro-F1 {100 * row.f1_macro_int8:.2f} "
        f"({row.seeds} {'seed' if row.seeds == 1 else 'seeds'}). {battery(row)}"
    )


def battery(row: pd.Series) -> str:
    """What classifying every beat of a heart at rest takes from a battery, without sleep."""
    low, high = row.energy_uj_low, row.energy_uj_high
    power = [uj * BEATS_PER_MINUTE / 60 for uj in (low, high)]
    return (
        f"It classifies {1000 / high:,.0f} to {1000 / low:,.0f} beats per millijoule; at "
        f"{BEATS_PER_MINUTE} beats a minute {power[0]:.0f} to {power[1]:.0f} microwatts."
    )
