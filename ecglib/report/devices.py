"""What pruning saves on the device, from device.csv: means of seeds, and who holds the scores."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ecglib.report.markdown import to_markdown
from ecglib.report.variants import variants_of
from ecglib.settings.sections import Published
from ecglib.training import ectopic

GROUP = ["split", "model", "series", "budget", "target_sparsity"]
READINGS = ["f1_macro", *ectopic.READINGS]


def with_series(table: pd.DataFrame) -> pd.DataFrame:
    """The table with the column `series`: what figures and tables call a network, see `Variant`."""
    return table.assign(series=[variant.label for variant in variants_of(table)])


def savings(table: pd.DataFrame) -> pd.DataFrame:
    """Means of seeds: what is saved against the dense network, as fractions; targets ascend.

    Columns: those of GROUP, pattern, seeds, macs_saved, cycles_saved (against the same network
    dense with its best kernels), and the means of device.csv's. table: see `with_series`.
    """
    rows = table.assign(
        macs_saved=1 - table["macs_effective"] / table["macs"],
        cycles_saved=1 - table["cycles_p2"] / table["cycles_dense"],
        seeds=1,
    )
    mean = ["sparsity", "macs_saved", "cycles_saved", "cycles_p2"]
    mean += [*READINGS, *(f"{name}_int8" for name in READINGS), "f1_macro_validation_int8"]
    mean += ["energy_uj_low", "energy_uj_high", "flash_weight_bytes", "flash_total_bytes"]
    mean += ["ram_bytes", "aware_epochs", "cycles_p2_ws5"]
    mean += [f"{name}_small" for name in ("cycles_p2", "flash_total_bytes", "ram_bytes")]
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


def layouts_to_markdown(saved: pd.DataFrame) -> str:
    """Rows of `savings`: cycles, flash and RAM laid out for speed, and for little memory."""
    costs = {"cycles": "cycles_p2", "flash": "flash_total_bytes", "RAM": "ram_bytes"}
    return to_markdown(
        {
            "network": network_words(row),
            **{
                f"{words}, for {aim}": f"{row[column + suffix]:,.0f}"
                for words, column in costs.items()
                for aim, suffix in (("speed", ""), ("memory", "_small"))
            },
        }
        for _, row in saved.iterrows()
    )


def network_words(row: pd.Series) -> str:
    """What a network of GROUP is called where its target has no column."""
    target = f", {row['target_sparsity']:.0%}" if row["target_sparsity"] else ""
    return f"{row['model']}, {row['series']}{target}"


def savings_to_markdown(saved: pd.DataFrame, readings: Mapping[str, str]) -> str:
    """Rows of `savings`; readings: column -> words."""
    text = to_markdown(
        {
            "network": f"{row['model']}, {row['series']}",
            "target": f"{row['target_sparsity']:.0%}",
            "weights removed": f"{row['sparsity']:.0%}",
            "MACs saved": f"{row['macs_saved']:.0%}",
            "cycles saved, against its own dense": f"{row['cycles_saved']:.0%}",
            "cycles": f"{row['cycles_p2']:,.0f}",
            "flash": f"{row['flash_total_bytes']:,.0f}",
            "RAM": f"{row['ram_bytes']:,.0f}",
            **{
                words: f"{100 * row[f'{name}_int8']:.2f} ({100 * row[name]:.2f})"
                for name, words in readings.items()
            },
            "seeds": str(row["seeds"]),
            "more epochs, under rounding": "some seeds" if row["aware_epochs"] else "",
        }
        for _, row in saved.iterrows()
    )
    return f"{text}\nScores in percent, 8 bits (float), means of seeds; flash and RAM in bytes.\n"


def shifts_to_markdown(rows: pd.DataFrame) -> str:
    """Macro-F1 on test beats by shift, of one seed; rows of `steady.compared`: `with_series`."""
    test = rows[rows["part"] == "test"]
    text = to_markdown(
        {
            "network": network_words(of.iloc[0]),
            "trained with shifts": "yes" if trained else "no",
            **{
                f"{shift:+d}" if shift else "0": f"{100 * score:.1f}"
                for shift, score in of.set_index("shift")["f1_macro_int8"].items()
            },
        }
        for (*_, trained), of in test.groupby([*GROUP, "trained_with_shifts"], sort=False)
    )
    return f"{text}\nMacro-F1 in percent, 8 bits, seed {test['seed'].iloc[0]}; samples late.\n"
