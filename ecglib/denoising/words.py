"""The study's tables on the signal in Markdown, for the notebook and docs/."""

from collections.abc import Iterable, Mapping

import pandas as pd

from ecglib.denoising.costs import CLASSIFIER, PART, PART_FLASH_BYTES, PART_RAM_BYTES
from ecglib.denoising.losses import LOSSES
from ecglib.denoising.shown import kind_of, label
from ecglib.report.markdown import to_markdown
from ecglib.report.resampling import OPEN, verdict_of

NO_ROWS = "The data of this table were not here.\n"
INTERVALS = "95 % intervals, paired bootstrap over seeds and records; one without 0 is settled.\n"
SCORES = (
    "R peaks by neurokit2's detector behind a band-pass, within 150 ms, F1 in percent. A heart "
    "rate is that of the median RR in 10 s, or of the mean one. Sign told: outputs are turned over "
    "if that is better. Silence has an SNR of 0: at -6 dB it gains 6. Means of seeds and records.\n"
)
HEADS = {
    "mse": "MSE",
    "mse_sign_told": "MSE, sign told",
    "correlation": "correlation",
    "snr_gain_db": "SNR gain, dB",
    "r_f1": "R-peak F1",
    "hr_mae_bpm": "heart-rate error, bpm",
    "hr_mae_mean_rr_bpm": "by the mean RR",
}
DIGITS = dict.fromkeys(HEADS, 1) | dict.fromkeys(("mse", "mse_sign_told", "correlation"), 3)
PERCENT, NO_DIFFERENCE = ("r_f1",), ("mse_sign_told", "hr_mae_mean_rr_bpm")
ENERGY = ["energy_uj_per_s_low", "energy_uj_per_s_high"]
_ENDS = ("", "_low", "_high")
DEVICE = (
    "Of each second of signal, MACs and cycles in millions. Both: with the study's dense "
    f"`{CLASSIFIER['model']}`, laid out for little memory, beside; fits: in {PART_FLASH_BYTES:,} "
    f"bytes of flash and {PART_RAM_BYTES:,} of RAM of an {PART}. RAM is that of the networks "
    "alone, without a window of input, what overlaps and what tells polarity. MSE at 0 dB, "
    "one seed, of single windows, where nothing passes; ranges of 8 bits are found there, too.\n"
)


def number(value: float, name: str, sign: str = "") -> str:
    """A score as tables have it, F1 in percent; empty where there is none."""
    scale = 100 if name in PERCENT else 1
    return "" if pd.isna(value) else f"{scale * value:{sign}.{DIGITS[name]}f}"


def apart(row: Mapping[str, float], name: str, word: str = "less") -> str:
    """A difference with its interval, from the columns `less_NAME` and so on."""
    if pd.isna(row.get(f"{word}_{name}")):
        return ""
    value, low, high = (number(row[f"{word}_{name}{end}"], name, "+") for end in _ENDS)
    return f"{value} ({low} to {high})"


def settled(row: Mapping[str, float], name: str, word: str = "less") -> str:
    """`settled`, or that it is not; empty where nothing is compared."""
    if pd.isna(row.get(f"{word}_{name}")):
        return ""
    low, high = (row[f"{word}_{name}{end}"] for end in _ENDS[1:])
    return OPEN if verdict_of(low, high) == OPEN else "settled"


def table_of(rows: Iterable[Mapping[str, str]], note: str) -> str:
    """Rows as a table with a note below; or that there is none."""
    text = to_markdown(rows)
    return f"{text}\n{note}" if text else NO_ROWS


def rivals(table: pd.DataFrame) -> str:
    """The scores of `answers.rivals`."""
    rows = (_named(row) | _scores(row, HEADS) for _, row in table.iterrows())
    return table_of(rows, SCORES)


def real(table: pd.DataFrame) -> str:
    """The table of `answers.real`."""
    heads = {name: head for name, head in HEADS.items() if name != "snr_gain_db"}
    rows = (
        {"what": label(kind_of(row)), "people": str(row["people"]), "drives": str(row["records"])}
        | _scores(row, heads)
        for _, row in table.iterrows()
    )
    return table_of(
        rows,
        "Each person by what was fitted to all others; means of drives, not of people. "
        "One seed. MSE: 1 is silence.\n",
    )


def ahead(table: pd.DataFrame) -> str:
    """The differences of `answers.rivals`: the network's score less each way's."""
    others = table[table["less_mse"].notna()] if len(table) else table
    heads = {name: head for name, head in HEADS.items() if name not in NO_DIFFERENCE}
    rows = (
        _named(row) | {head: apart(row, name) for name, head in heads.items()}
        for _, row in others.iterrows()
    )
    return table_of(rows, f"The network's less this one's. F1 in points. {INTERVALS}")


def losses(table: pd.DataFrame) -> str:
    """The table of `answers.losses`."""
    rows = (
        {
            "SNR, dB": f"{row['snr_db']:g}",
            "loss": _loss(row),
            "MSE": number(row["mse"], "mse"),
            "less L1's": apart(row, "mse"),
            "in MSE": settled(row, "mse"),
            "R-peak F1": number(row["r_f1"], "r_f1"),
            "points less L1's": apart(row, "r_f1"),
            "in F1": settled(row, "r_f1"),
        }
        for _, row in table.iterrows()
    )
    return table_of(rows, INTERVALS)


def _loss(row: pd.Series) -> str:
    return LOSSES[row["loss"]].label


def shrunk(table: pd.DataFrame) -> str:
    """The table of `answers.shrunk`."""
    rows = (
        {
            "SNR, dB": f"{row['snr_db']:g}",
            "network": label(kind_of(row)),
            "MACs, million": f"{row['macs_effective'] / 1e6:.2f}",
            "weights": f"{row['weights_nonzero']:,.0f}",
            "MSE": number(row["mse"], "mse"),
            "less dense": apart(row, "mse"),
            "less one-shot": apart(row, "mse", "staged"),
            "R-peak F1": number(row["r_f1"], "r_f1"),
            "points less dense": apart(row, "r_f1"),
        }
        for _, row in table.iterrows()
    )
    note = "MACs of a window of 5.7 s and weights are those that are not zero."
    return table_of(rows, f"{note} {INTERVALS}")


def device(table: pd.DataFrame) -> str:
    """The table of `costs.device`."""
    if table.empty:
        return NO_ROWS
    if "ram_bytes" not in table:
        return "No cross compiler was there, so nothing was measured.\n"
    rows = (
        {
            "network": label(kind_of(row)),
            "layout for": row["aim"],
            "MACs": f"{row['macs_effective_per_s'] / 1e6:.2f}",
            "cycles": f"{row['cycles_p2_per_s'] / 1e6:.2f}",
            "with 5 wait states": f"{row['cycles_p2_ws5_per_s'] / 1e6:.2f}",
            "energy, µJ": "{:,.0f} to {:,.0f}".format(*row[ENERGY]),
            "flash B": f"{row['flash_total_bytes']:,.0f}",
            "RAM B": f"{row['ram_bytes']:,.0f}",
            **_beside(row),
            "MSE": number(row["mse"], "mse"),
            "MSE, 8 bits": number(row["int8_mse"], "mse"),
        }
        for _, row in table.iterrows()
    )
    return table_of(rows, DEVICE)


def _beside(row: pd.Series) -> dict[str, str]:
    """Both sizes, where the main study has measured its classifier."""
    if "fits" not in row:
        return {}
    return {
        "both, flash B": f"{row['both_flash_bytes']:,.0f}",
        "both, RAM B": f"{row['both_ram_bytes']:,.0f}",
        "fits": "yes" if row["fits"] else "no",
    }


def asked(table: pd.DataFrame) -> str:
    """The table of `asked.asked`."""
    rows = (
        {
            "asked": row["what"],
            "SNR, dB": f"{row['snr_db']:g}",
            "goal": f"{'at most' if row['most'] else 'at least'} {row['goal']:.3f}",
            "found": f"{row['found']:.3f}",
            "reached": "yes" if row["reached"] else "no",
        }
        for _, row in table.iterrows()
    )
    return table_of(rows, "F1 as fractions. Means of seeds, on patients who test.\n")


def _named(row: pd.Series) -> dict[str, str]:
    return {"SNR, dB": f"{row['snr_db']:g}", "what": label(kind_of(row))}


def _scores(row: pd.Series, names: Mapping[str, str]) -> dict[str, str]:
    return {head: number(row[name], name) for name, head in names.items()}
