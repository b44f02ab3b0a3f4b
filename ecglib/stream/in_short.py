"""The answers of the study in a few sentences, each number from its tables."""

import math
from collections.abc import Iterator

import pandas as pd

from ecglib.stream import asked, words
from ecglib.stream.networks import Key
from ecglib.stream.words import network, percent


def in_short(
    table: pd.DataFrame,
    noise: pd.DataFrame,
    rates: pd.DataFrame,
    of_rates: pd.DataFrame,
    costs: pd.DataFrame,
    energies: pd.DataFrame,
    goals: pd.DataFrame,
    key: Key | None,
) -> str:
    """The answers, a line each, of whatever was run.

    table: of `answers.by_network`; of_rates: costs of the chosen network, key, at all rates; costs,
    energies: of all networks at the records' rate.
    """
    parts = [
        (_of_peaks, (table,)),
        (_of_beats, (table,)),
        (_of_rounding, (table,)),
        (_of_noise, (noise,)),
        (_of_rates, (rates, of_rates)),
        (_of_costs, (costs, energies, key)),
    ]
    said = [each for say, of in parts if len(of[0]) for each in say(*of)]
    return "".join(f"- {each}\n" for each in [*said, asked.lines(goals)])


def _of_peaks(table: pd.DataFrame) -> Iterator[str]:
    row = table.iloc[0]
    yield (
        f"Of {row['beats']:,.0f} beats of patients never met the stream finds "
        f"{percent(row['QRS_sensitivity'])} %, and {percent(row['QRS_predictivity'])} % of what it "
        "tells are beats."
    )


def _of_beats(table: pd.DataFrame) -> Iterator[str]:
    for name, short in asked.NAMES.items():
        each = [
            f"{network(row['target_sparsity'])} {percent(row[f'{name}_stream'], 1)}, "
            f"{100 * row[f'less_{name}']:+.1f}"
            for row in words.rows_of(table)
        ]
        yield f"{short} streamed, and points less annotated R peaks: {'; '.join(each)}."


def _of_rounding(table: pd.DataFrame) -> Iterator[str]:
    each = [
        f"{network(row['target_sparsity'])} {100 * row['rounding_f1_VEB']:+.1f} and "
        f"{100 * row['rounding_f1_SVEB']:+.1f}"
        for row in words.rows_of(table)
    ]
    yield (
        "Points of VEB and SVEB F1 by the rounding to 8 bits, on annotated R peaks: "
        f"{'; '.join(each)}."
    )


def _of_noise(noise: pd.DataFrame) -> Iterator[str]:
    each = [
        f"{row['snr_db']:g} dB {percent(row['QRS_sensitivity'], 1)} and "
        f"{percent(row['QRS_predictivity'], 1)} %, VEB F1 {percent(row['f1_VEB'], 1)}"
        for row in words.rows_of(noise[noise["snr_db"].notna()])
    ]
    if each:
        yield f"QRS sensitivity and predictivity in noise: {'; '.join(each)}."


def _of_rates(rates: pd.DataFrame, costs: pd.DataFrame) -> Iterator[str]:
    spread = 100 * (rates["f1_VEB"].max() - rates["f1_VEB"].min())
    least = min(rates["QRS_sensitivity"].min(), rates["QRS_predictivity"].min())
    floored = math.floor(1e4 * least) / 100
    named = ", ".join(f"{rate:.0f}" for rate in sorted(rates["rate_hz"]))
    yield (
        f"At {named} Hz QRS sensitivity and predictivity are at least {floored:.2f} %, and VEB "
        f"F1 differs by {spread:.2f} points at most."
    )
    if len(costs) > 1:
        row = costs.loc[costs["power_uw_high"].idxmax()]
        yield (
            f"The dearest of these rates is {row['rate_hz']:.0f} Hz, with "
            f"{row['power_uw_low']:.0f} to {row['power_uw_high']:.0f} uW for the chosen network."
        )


def _of_costs(costs: pd.DataFrame, energies: pd.DataFrame, key: Key) -> Iterator[str]:
    each = [
        f"{network(row['target_sparsity'])} {row['power_uw_low']:.0f} to "
        f"{row['power_uw_high']:.0f} uW, {row['flash_bytes'] / 1024:.0f} KiB of flash, "
        f"{row['ram_bytes'] / 1024:.1f} KiB of RAM, at most {row['cycles_sample_worst']:,.0f} "
        "cycles a sample"
        for row in words.rows_of(costs)
    ]
    yield f"All from the sample to the class, at 70 beats a minute: {'; '.join(each)}."
    of = energies[energies["target_sparsity"] == key.target_sparsity]
    if len(of):
        shares = of.set_index("stage")["a_second"] / of["a_second"].sum()
        rest = "; ".join(
            f"{stage}, {100 * share:.0f} %" for stage, share in shares.nlargest(3).items()
        )
        yield f"With the chosen network ({words.of_key(key)}) most cycles are those of: {rest}."
    ticks = costs["network_ticks"]
    yield (
        f"The network's work is spread over {ticks.min():.0f} to {ticks.max():.0f} samples at its "
        f"own rate: {words.milliseconds(ticks.max())} at most."
    )
