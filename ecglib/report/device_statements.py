"""What the study says of the device in words, from the tables of `devices`."""

import pandas as pd

from ecglib.device.boards import (
    BEATS_PER_MINUTE,
    SMALL_FLASH_BYTES,
    SMALL_RAM_BYTES,
    STANDARD_CYCLES_PER_MAC,
)
from ecglib.report.device_tables import STAR, TUNED, cost_of_8_bits
from ecglib.report.devices import holding
from ecglib.report.markdown import rows_to_markdown
from ecglib.settings.sections import Published


def summary(saved: pd.DataFrame, published: Published, model: str) -> str:
    """For the top of README: what the published sparsity saves, and who saves most."""
    here = (saved["model"] == model) & saved["target_sparsity"].isin([0, published.sparsity])
    rows = [
        (
            row.series,
            *(f"{share:.0%}" for share in (row.macs_saved, row.cycles_saved)),
            f"{row.cycles_p2:,.0f}",
            f"{row.flash_total_bytes / 1024:.1f}, {row.ram_bytes / 1024:.1f}",
            f"{100 * row.f1_macro_int8:.2f}{STAR if row.aware_epochs else ''}",
            str(row.seeds),
        )
        for row in saved[here].sort_values("cycles_p2").itertuples()
    ]
    head = ("network", "fewer MACs", "fewer cycles", "cycles a beat", "flash, RAM (KiB)")
    words = (
        f"**On the microcontroller.** {model} without {published.sparsity:.0%} of its weights (or "
        "MACs: `MACs budget`), emulated Cortex-M4, 8 bits, each layer with its fastest kernel:\n\n"
    ) + f"{rows_to_markdown((*head, 'macro-F1, 8 bits', 'seeds'), rows)}\n{TUNED}\n"
    if len(held := holding(saved, published)):
        best = held.loc[held["cycles_saved"].idxmax()]
        words += (
            "\nFewest cycles of what holds the published F1 on validation beats: "
            f"{_briefly(held.iloc[0], published)}. Smallest share of its own dense cycles: "
            f"{1 - best.cycles_saved:.0%}, {_briefly(best, published)}.\n"
        )
    return words


def _briefly(row: pd.Series, published: Published) -> str:
    return (
        f"{row.cycles_p2:,.0f} cycles, {_memory(row)} ({row.model}, {row.series}, target "
        f"{row.target_sparsity:.0%}; on test beats {100 * row.f1_macro_int8:.2f} macro-F1, "
        f"published scores {_kept(row, published)}, {_seeds(row)})"
    )


def _kept(row: pd.Series, published: Published) -> str:
    held = row.accuracy_int8 >= published.accuracy and row.f1_macro_int8 >= published.f1
    return "held" if held else "missed"


def _memory(row: pd.Series) -> str:
    """Flash and RAM, and whether a small part has them."""
    fits = row.flash_total_bytes <= SMALL_FLASH_BYTES and row.ram_bytes <= SMALL_RAM_BYTES
    return (
        f"{row.flash_total_bytes / 1024:.1f} KiB of flash and {row.ram_bytes / 1024:.1f} KiB of "
        f"RAM, {'within' if fits else 'beyond'} a part of {SMALL_FLASH_BYTES // 1024} and "
        f"{SMALL_RAM_BYTES // 1024} KiB"
    )


def findings(saved: pd.DataFrame, table: pd.DataFrame, published: Published) -> str:
    """The findings as a Markdown list; of one split, the one that was published.

    table: of `with_series`, one row a network. ValueError: networks of several splits.
    """
    if len(splits := table["split"].unique()) > 1:
        raise ValueError(f"networks of several splits: {', '.join(splits)}")
    lines = _of_masks(saved, published.sparsity) + _of_filters(saved)
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
    lines.append(cost_of_8_bits(table))
    return "".join(f"- {line}\n" for line in lines)


def _of_masks(saved: pd.DataFrame, sparsity: float) -> list[str]:
    """What so many weights, or MACs, removed one by one or in pairs save, by model and budget."""
    lines = []
    masked = saved[saved["target_sparsity"] == sparsity]
    masked = masked[~masked["pattern"].isin(["dense", "filters"])]
    for (model, budget), rows in masked.groupby(["model", "budget"], sort=False):
        each = "; ".join(
            f"{row.series.removesuffix(', MACs budget')}: {row.macs_saved:.0%} fewer MACs, "
            f"{row.cycles_saved:.0%} fewer cycles "
            f"({row.standard_saved:.0%} fewer than at {STANDARD_CYCLES_PER_MAC} cycles a MAC)"
            for row in rows.itertuples()
        )
        means = f"{sparsity:.0%} sparsity means"
        if budget == "macs":
            means = f"removing {sparsity:.0%} of the MACs means"
        lines.append(f"What {means} on {model}: {each}.")
    return lines


def _of_filters(saved: pd.DataFrame) -> list[str]:
    """What whole filters save: a line a model."""
    lines = []
    for model, rows in saved[saved["pattern"] == "filters"].groupby("model"):
        each = "; ".join(
            f"{row.series.removesuffix(', MACs budget')}, target {row.target_sparsity:.0%}: "
            f"{row.macs_saved:.0%} fewer MACs, {row.cycles_saved:.0%} fewer cycles, "
            f"{row.cycles_saved / row.macs_saved:.2f} of what the MACs say"
            for row in rows.itertuples()
        )
        lines.append(f"What whole filters save on {model}: {each}.")
    return lines


def _told(row: pd.Series, published: Published) -> str:
    return (
        f"{row.model}, {row.series}, target {row.target_sparsity:.0%}, {row.cycles_p2:,.0f} cycles "
        f"a beat, {_memory(row)}. On test beats {row.accuracy_int8:.2%} accuracy and "
        f"{100 * row.f1_macro_int8:.2f} macro-F1 ({_seeds(row)}), published scores "
        f"{_kept(row, published)}. {battery(row)}"
    )


def _seeds(row: pd.Series) -> str:
    return f"{row.seeds} {'seed' if row.seeds == 1 else 'seeds'}"


def battery(row: pd.Series) -> str:
    """What classifying every beat of a heart at rest takes from a battery, without sleep."""
    low, high = row.energy_uj_low, row.energy_uj_high
    power = [uj * BEATS_PER_MINUTE / 60 for uj in (low, high)]
    return (
        f"It classifies {1000 / high:,.0f} to {1000 / low:,.0f} beats per millijoule; at "
        f"{BEATS_PER_MINUTE} beats a minute {power[0]:.0f} to {power[1]:.0f} microwatts for the "
        "classification alone."
    )
