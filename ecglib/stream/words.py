"""The study's tables in Markdown, for the notebook and docs/."""

from collections.abc import Iterator

import pandas as pd

from ecglib.report.markdown import to_markdown
from ecglib.stream.design import TICKS_HZ
from ecglib.stream.networks import Key


def network(target: float) -> str:
    """What tables call the networks of a target."""
    return f"{target:.0%} removed".replace("%", " %") if target else "dense"


def percent(value: float, digits: int = 2) -> str:
    """A fraction in percent; a dash where there was nothing to count."""
    return f"{100 * value:.{digits}f}" if pd.notna(value) else "-"


def points(row: pd.Series, name: str) -> str:
    """A mean difference in points, and the seeds' range."""
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    return f"{100 * row[name]:+.2f} ({100 * low:+.2f} to {100 * high:+.2f})"


def by_network(table: pd.DataFrame) -> str:
    """The table of `answers.by_network`."""
    rows = to_markdown(
        {
            "network": network(row["target_sparsity"]),
            "seeds": f"{row['seeds']:.0f}",
            "accuracy": f"{percent(row['accuracy_stream'])}",
            "VEB F1": f"{percent(row['f1_VEB_stream'])}",
            "SVEB F1": f"{percent(row['f1_SVEB_stream'])}",
            "accuracy less annotated": points(row, "less_accuracy"),
            "VEB F1 less annotated": points(row, "less_f1_VEB"),
            "SVEB F1 less annotated": points(row, "less_f1_SVEB"),
            "VEB F1, 8 bits": points(row, "rounding_f1_VEB"),
            "SVEB F1, 8 bits": points(row, "rounding_f1_SVEB"),
        }
        for _, row in table.iterrows()
    )
    return (
        rows + "\nIn percent and points, means over seeds, in brackets the seeds' range. Less "
        "annotated: less the same network's on windows around annotated R peaks. Missed beats, "
        "invented ones and those at a record's ends count in the stream's scores alone. 8 bits: on "
        "annotated R peaks, the network in integers less the same in floats.\n"
    )


def ec57(table: pd.DataFrame) -> str:
    """The table of `answers.ec57`: a row a network, and gross or average, each from both starts."""
    return to_markdown(
        {
            "network": network(row["target_sparsity"]),
            "over": row["record"],
            **figures(row),
        }
        for _, row in table.iterrows()
    )


def by_record(table: pd.DataFrame) -> str:
    """Rows of `answers.by_record`."""
    return to_markdown(
        {"record": f"{row['record']}", "beats": f"{row['beats']:,.0f}", **figures(row)}
        for _, row in table.iterrows()
    )


def figures(row: pd.Series, ending: str = "") -> dict[str, str]:
    """EC57's figures of a row in percent, by their column. ending: of the row's names."""
    return {
        "QRS Se": percent(row[f"QRS_sensitivity{ending}"]),
        "QRS +P": percent(row[f"QRS_predictivity{ending}"]),
        **{
            f"{name} {short}": percent(row[f"{name}_{what}{ending}"])
            for name in ("VEB", "SVEB")
            for short, what in (
                ("Se", "sensitivity"),
                ("+P", "predictivity"),
                ("FPR", "false_positive_rate"),
            )
        },
    }


def noise(table: pd.DataFrame) -> str:
    """Rows of noise, the clean records' first: gross with F1, then the averages over records."""
    return to_markdown(
        {
            "signal to noise": f"{row['snr_db']:g} dB" if pd.notna(row["snr_db"]) else "no noise",
            "over": over,
            "VEB F1": "-" if ending else percent(row["f1_VEB"]),
            "SVEB F1": "-" if ending else percent(row["f1_SVEB"]),
            **figures(row, ending),
        }
        for over, ending in (("gross", ""), ("average", "_average"))
        for _, row in table.iterrows()
    )


def costs(table: pd.DataFrame) -> str:
    """Rows of costs at one rate: a row a network."""
    return to_markdown(
        {"network": network(row["target_sparsity"]), **costs_of(row)} for row in rows_of(table)
    )


def rates(table: pd.DataFrame, costed: pd.DataFrame) -> str:
    """Rows of rates beside what they cost: a row a rate."""
    costed = costed.set_index("rate_hz")
    return to_markdown(
        {
            "rate": f"{row['rate_hz']:.0f} Hz",
            "QRS Se": percent(row["QRS_sensitivity"]),
            "QRS +P": percent(row["QRS_predictivity"]),
            "VEB F1": percent(row["f1_VEB"]),
            "SVEB F1": percent(row["f1_SVEB"]),
            **(costs_of(costed.loc[row["rate_hz"]]) if row["rate_hz"] in costed.index else {}),
        }
        for row in rows_of(table)
    )


def rows_of(table: pd.DataFrame) -> Iterator[pd.Series]:
    """The table's rows."""
    return (row for _, row in table.iterrows())


def costs_of(row: pd.Series) -> dict[str, str]:
    """A row of costs in words, by their column."""
    return {
        "cycles a sample": f"{row['cycles_sample']:.0f}",
        "cycles a beat": f"{row['cycles_beat']:,.0f}",
        "worst, of a sample": f"{row['cycles_sample_worst']:,.0f}",
        "cycles a second": f"{row['cycles_second_p2']:,.0f}",
        "flash": f"{row['flash_bytes'] / 1024:.1f} KiB",
        "RAM": f"{row['ram_bytes'] / 1024:.1f} KiB",
        "power": f"{row['power_uw_low']:.1f} to {row['power_uw_high']:.1f} uW",
    }


def stages(table: pd.DataFrame) -> str:
    """The table of `answers.energies`: a row a stage of one network, the dearest first."""
    whole = table["a_second"].sum()
    return to_markdown(
        {
            "stage": row["stage"],
            "for each": row["for_each"],
            "cycles for one": f"{row['cycles']:,.0f}",
            "cycles a second": f"{row['a_second']:,.0f}",
            "share": f"{100 * row['a_second'] / whole:.0f} %",
            "power": f"{row['uw_low']:.1f} to {row['uw_high']:.1f} uW",
        }
        for row in rows_of(table.sort_values("a_second", ascending=False))
    )


def asked(goals: pd.DataFrame) -> str:
    """The table of `asked.asked`."""
    return to_markdown(
        {
            "asked": row["asked"],
            "goal": row["goal"],
            "found": row["found"],
            "reached": "yes" if row["met"] else "no",
        }
        for row in rows_of(goals)
    )


def of_key(key: Key) -> str:
    """A network in a sentence."""
    return f"{network(key.target_sparsity)}, seed {key.seed}"


def milliseconds(ticks: float) -> str:
    """Ticks as a time."""
    return f"{1000 * ticks / TICKS_HZ:.0f} ms"
