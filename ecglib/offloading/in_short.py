"""The answers of the study in a few sentences, each number and word from its tables."""

from collections.abc import Iterator

import pandas as pd

from ecglib.offloading.answers import HEFT_ORDER, IMPROVED, JUDGED, NEAR, PLAIN_GA, PUBLISHED
from ecglib.offloading.placed import ENDS
from ecglib.offloading.radio import CORE_PICOJOULES_PER_CYCLE, RADIOS
from ecglib.offloading.study import EXACT
from ecglib.offloading.wearable import LOCAL, SEND, STREAM
from ecglib.offloading.words import method, percent, seconds


def search_in_short(
    rows: pd.DataFrame, budgets: pd.DataFrame, times: pd.DataFrame, ablation: pd.DataFrame
) -> str:
    """What was found on the search; tables are called as what makes them in `answers`."""
    return _list([*_of_gaps(budgets), *_of_times(rows, times), *_of_ablation(ablation)])


def wearable_in_short(even: pd.DataFrame, parts: pd.DataFrame, solved: pd.DataFrame) -> str:
    """What was found on the wearable: tables as `placed` makes them."""
    if even.empty:
        return ""
    return _list([*_of_break_even(even), *_of_parts(parts), *_of_solved(solved)])


def _list(said: list[str]) -> str:
    return "".join(f"- {each}\n" for each in said)


def _of_gaps(table: pd.DataFrame) -> Iterator[str]:
    most = table["evaluations"].max()
    judged = [(name, JUDGED) for name in (HEFT_ORDER, PLAIN_GA, IMPROVED)]
    for name, budget in ((PUBLISHED, most), *judged):
        of = table[table["method"].eq(name) & table["evaluations"].eq(budget)]
        each = [
            f"{percent(row['gap']) or 'nothing found'} at {row['deadline_factor']:g} times "
            f"HEFT's time, {row['late']:.0%} late, none late on {row['in_time']} of "
            f"{row['instances']} instances"
            for _, row in of.iterrows()
        ]
        if each:
            yield (
                f"{method(name)}, at {budget:,} evaluations: a median above the optimum of "
                f"{'; '.join(each)}."
            )


def _of_times(rows: pd.DataFrame, times: pd.DataFrame) -> Iterator[str]:
    exact = rows[rows["method"] == EXACT]
    proven = exact["optimum"].notna()
    yield (
        f"The exact solver proves {proven.sum()} of {len(exact)} optima, the slowest in "
        f"{seconds(exact.loc[proven, 'seconds'].max())}."
    )
    chains = exact[exact["instance"].isin(["alexnet", "vgg19"])]
    if len(chains):
        yield (
            f"One chain needs no search: AlexNet and VGG-19 take at most "
            f"{seconds(chains['seconds'].max())} exactly."
        )
    for name in (PUBLISHED, IMPROVED):
        solved = times[times["method"] == name]
        yield (
            f"{method(name)}: within {percent(NEAR)} of the optimum, with nothing late, at some "
            f"budget, on {len(solved)} of these {proven.sum()}."
        )


def _of_ablation(table: pd.DataFrame) -> Iterator[str]:
    whole, rest = table[table["method"] == IMPROVED], table[table["method"] != IMPROVED]
    if len(whole) and len(rest):
        each = [
            f"{_mean(row)} {method(row['method'])}"
            for _, row in rest.sort_values("mean", ascending=False).iterrows()
        ]
        yield (
            f"The improved search is {_mean(whole.iloc[0])} above the cheapest known, the mean of "
            f"those in time of {whole['searches'].iloc[0]} searches on other prices: "
            f"{', '.join(each)}."
        )


def _mean(row: pd.Series) -> str:
    late = f" ({row['late']} late)" if row["late"] else ""
    return (percent(row["mean"]) or "nothing in time") + late


def _of_break_even(table: pd.DataFrame) -> Iterator[str]:
    main = RADIOS[0]
    by_model = table.groupby("model", sort=False)
    for model, of in by_model:
        sure, open_ = of["high"] < main.uj_per_byte, of["low"] < main.uj_per_byte
        own = of["radio_core"] < main.uj_per_byte
        least, dense = of.iloc[0], of[of["dense"]]
        yield (
            f"{model}: at {main.uj_per_byte:.2f} µJ a byte ({main.name}) "
            f"{_count(int(sure.sum()), len(of))} on the wearable over the whole band of the core, "
            f"{int(open_.sum() - sure.sum())} more at its lower end; by the core of the radio's "
            f"chip, of {CORE_PICOJOULES_PER_CYCLE:.0f} pJ a cycle, {int(own.sum())}. From "
            f"where on, in µJ a byte: {_ends(dense)}{least['network']} {least['low']:.2f} to "
            f"{least['high']:.2f}."
        )


def _ends(dense: pd.DataFrame) -> str:
    return "".join(f"dense {row.low:.2f} to {row.high:.2f}, " for row in dense.itertuples())


def _count(n: int, of: int) -> str:
    return f"{n} of {of} networks {'belongs' if n == 1 else 'belong'}"


def _of_parts(table: pd.DataFrame) -> Iterator[str]:
    sums = table.assign(
        **{
            end: table["radio"] + table[f"finding_{end}"] + table[f"computing_{end}"]
            for end in ENDS
        }
    )
    for network, of in sums.groupby("network", sort=False):
        at = of.set_index("placement")
        send, local = at.loc[SEND], at.loc[LOCAL]
        saved = [send[end] - local[end] for end in ENDS]
        word = (
            "saves"
            if min(saved) > 0
            else "costs more than sending, by"
            if max(saved) < 0
            else "saves or costs, by the end of the band,"
        )
        amounts = sorted(abs(value) for value in saved)
        yield (
            f"{network}: sending the window takes {_band(send)} µJ a beat, running locally "
            f"{_band(local)}, which {word} {amounts[0]:.0f} to {amounts[1]:.0f}; of both, finding "
            f"the R peak is {send['finding_low']:.0f} to {send['finding_high']:.0f}. "
            f"{_of_streams(at[at.index.str.startswith(STREAM)], send)}"
        )


def _of_streams(streams: pd.DataFrame, send: pd.Series) -> str:
    """Streaming beside sending the window, of one network: by its samples' bits."""
    each = [
        f"{row.low:.0f} in {name.removeprefix(f'{STREAM}, ')}, "
        + (
            "less"
            if row.low < send["low"]
            else "more"
            if row.low > send["high"]
            else "within the band"
        )
        for name, row in zip(streams.index, streams.itertuples(), strict=True)
    ]
    return f"Streaming needs no R peak and takes, beside the window: {'; '.join(each)}."


def _band(row: pd.Series) -> str:
    low, high = (f"{row[end]:.0f}" for end in ENDS)
    return low if low == high else f"{low} to {high}"


def _of_solved(table: pd.DataFrame) -> Iterator[str]:
    middle = ~table["placement"].isin([SEND, LOCAL])
    wins = "never" if not middle.any() else f"in {middle.sum()} of {len(table)} cases"
    took = 1e3 * table["seconds"].median()
    yield (
        f"A cut in the middle wins {wins}, over {table['network'].nunique()} networks, "
        f"{table['radio'].nunique()} radios and both ends of the band. Each was solved exactly "
        f"over wearable, phone and cloud, in a median of {took:.1f} ms: "
        f"{'no metaheuristic is needed' if took < 100 else 'a metaheuristic might be quicker'}."
    )
