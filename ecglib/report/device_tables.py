"""The networks on the device as tables in Markdown, and the words below them."""

import pandas as pd

from ecglib.device.boards import STANDARD_CYCLES_PER_MAC
from ecglib.report.markdown import rows_to_markdown
from ecglib.training import ectopic

EIGHT_BITS_MAY_COST = 0.2  # points of macro-F1
STAR = r" \*"
TUNED = r"\* some of the seeds were fine-tuned under rounding: more epochs than the float has."


def savings_markdown(saved: pd.DataFrame, targets: list[float]) -> str:
    """What these sparsities mean, as a table in Markdown."""
    rows = [
        (
            f"{row.model}, {row.series}",
            *(f"{share:.0%}" for share in (row.target_sparsity, row.sparsity)),
            *(f"{share:.0%}" for share in (row.macs_saved, row.cycles_saved, row.standard_saved)),
            *(f"{n:,.0f}" for n in (row.cycles_p2, row.flash_total_bytes, row.ram_bytes)),
            f"{100 * row.f1_macro_int8:.2f} ({100 * row.f1_macro:.2f})"
            f"{STAR if row.aware_epochs else ''}",
            str(row.seeds),
        )
        for row in saved[saved["target_sparsity"].isin([0.0, *targets])].itertuples()
    ]
    standard = f"against {STANDARD_CYCLES_PER_MAC} cycles a MAC"
    head = ("network", "target", "weights removed", "MACs saved")
    head += ("cycles saved, against its own dense", standard, "cycles", "flash", "RAM")
    text = rows_to_markdown((*head, "macro-F1, 8 bits (float)", "seeds"), rows)
    return f"{text}\nFlash and RAM in bytes. {TUNED}\n"


def apart_markdown(saved: pd.DataFrame, table: pd.DataFrame) -> str:
    """Rows of `savings` of networks tested on patients apart; table: the same, a row a network."""
    readings = [*ectopic.READINGS, "f1_macro"]
    rows = [
        (
            f"{row['model']}, {row['series']}",
            *(f"{row[name]:.0%}" for name in ("target_sparsity", "macs_saved", "cycles_saved")),
            *(f"{row[name]:,.0f}" for name in ("cycles_p2", "flash_total_bytes", "ram_bytes")),
            *(f"{100 * row[f'{name}_int8']:.1f} ({100 * row[name]:.1f})" for name in readings),
            str(row["seeds"]),
        )
        for _, row in saved.iterrows()
    ]
    head = ("network", "target", "MACs saved", "cycles saved", "cycles", "flash", "RAM")
    text = rows_to_markdown((*head, "accuracy", "SVEB F1", "VEB F1", "macro-F1", "seeds"), rows)
    text += "\nScores in percent, 8 bits (float), means of seeds; flash and RAM in bytes. "
    text += "What runs before the network, template and features, is not in the cycles. "
    return text + (cost_of_8_bits(table) if len(table) else "") + "\n"


def cost_of_8_bits(table: pd.DataFrame) -> str:
    """In words, all networks first: fine-tuned with rounding are those that lost most."""
    loss = 100 * (table["f1_macro"] - table["f1_macro_int8"])
    beyond = (loss > EIGHT_BITS_MAY_COST).sum()
    words = (
        f"8 bits cost {loss.mean():.2f} points of macro-F1 on the mean of these {len(loss)} "
        f"networks ({loss.min():+.2f} to {loss.max():+.2f}), more than {EIGHT_BITS_MAY_COST} "
        f"points on {beyond}"
    )
    if len(tuned := loss[table["aware_epochs"] > 0]):
        words += (
            f"; in that are {len(tuned)} networks fine-tuned under rounding, since they lost more "
            f"on validation beats: they cost {tuned.mean():.2f} points still"
        )
    return f"{words}."
