"""What was asked for of the stream in numbers, and what was reached, from the rows of this run."""

from collections.abc import Callable, Iterator

import pandas as pd

from ecglib.stream import words

QRS = 0.995
WITHIN = {"f1_VEB": 0.01, "f1_SVEB": 0.03}
NAMES = {"f1_VEB": "VEB F1", "f1_SVEB": "SVEB F1"}
SEEDS = 5
MOST = {  # column -> what it is, the most that it may be, how it is written
    "flash_bytes": ("flash", 32 * 1024, lambda value: f"{value / 1024:.1f} KiB"),
    "ram_bytes": ("RAM", 8 * 1024, lambda value: f"{value / 1024:.1f} KiB"),
    "cycles_sample_worst": ("worst cycles of a sample", 20_000, lambda value: f"{value:,.0f}"),
    "power_uw_high": (
        "power at 70 beats a minute, the detector in it, the upper end of the band",
        40,
        lambda value: f"{value:.1f} uW",
    ),
}


def asked(by_network: pd.DataFrame, costs: pd.DataFrame) -> pd.DataFrame:
    """A row a goal: asked, goal, found (words), met; goals whose rows are not there are left out.

    by_network: of `answers`; costs: at the records' rate.
    """
    found = [*_qrs(by_network), *_less(by_network), *_seeds(by_network)]
    found += [*_exact(costs, len(by_network)), *_costs(costs)]
    return pd.DataFrame(found, columns=["asked", "goal", "found", "met"])


def _each(table: pd.DataFrame, said: Callable[[pd.Series], str]) -> str:
    return ", ".join(
        f"{words.network(row['target_sparsity'])} {said(row)}" for row in words.rows_of(table)
    )


def _qrs(table: pd.DataFrame) -> Iterator[tuple]:
    if table.empty:
        return
    for name in ("sensitivity", "predictivity"):
        least = table[f"QRS_{name}"].min()
        yield (
            f"QRS {name}, DS2",
            f"at least {100 * QRS:.1f} %",
            f"{100 * least:.2f} %",
            bool(least >= QRS),
        )


def _less(table: pd.DataFrame) -> Iterator[tuple]:
    if table.empty:
        return
    for name, within in WITHIN.items():
        less = table[f"less_{name}"]
        said = _each(table, lambda row, name=name: f"{100 * row[f'less_{name}']:+.2f}")
        goal = f"at least {-100 * within:+.0f}"
        yield (
            f"{NAMES[name]}, streamed less annotated R peaks, points",
            *(goal, said, bool((less >= -within).all())),
        )


def _seeds(table: pd.DataFrame) -> Iterator[tuple]:
    if len(table):
        said = _each(table, lambda row: f"{row['seeds']:.0f}")
        yield "seeds in these means", f"{SEEDS}", said, bool((table["seeds"] >= SEEDS).all())


def _exact(costs: pd.DataFrame, networks: int) -> Iterator[tuple]:
    if networks:  # a network whose events differ has no row of costs: see `cost.measure`
        events = costs["events"].sum() if len(costs) else 0
        said = f"all {events:,.0f} of {len(costs)} of {networks} networks"
        met = len(costs) == networks
        yield "events on the emulated Cortex-M4 as in the reference, to the bit", "all", said, met


def _costs(costs: pd.DataFrame) -> Iterator[tuple]:
    if costs.empty:
        return
    for column, (what, most, written) in MOST.items():
        said = _each(costs, lambda row, column=column, written=written: written(row[column]))
        met = costs[column].le(most)
        yield what, f"at most {written(most)}", said, bool(met.all())


def lines(goals: pd.DataFrame) -> str:
    """How many were reached, and which were not, in a sentence or two."""
    missed = goals[~goals["met"].astype(bool)]
    rest = "; ".join(f"{row['asked']}: {row['found']}" for row in words.rows_of(missed))
    ending = f" Missed: {rest}." if rest else ""
    return f"Of {len(goals)} goals {len(goals) - len(missed)} are reached.{ending}"
