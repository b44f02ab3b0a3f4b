"""The study's answers on the signal as tables, all from the rows of the runs (see `study`).

A way to denoise is a `Kind`: of rivals and filters only the method is told. Tables are at the SNRs
of `judging.few_snr_db`, the highest first.
"""

from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np
import pandas as pd

from ecglib.denoising import made, paired, rhythm, ways
from ecglib.denoising.made import Kind
from ecglib.denoising.paired import COUNTS, F1
from ecglib.denoising.rivals import RIVALS
from ecglib.denoising.settings import settings
from ecglib.report.resampling import ends

KEY = ["data", "method", "loss", "channels", "target_sparsity"]
RATES = ["hr_mae_bpm", "hr_mae_mean_rr_bpm"]
SIGN_TOLD = "mse_sign_told"
MEANS = ["mse", SIGN_TOLD, "correlation", "snr_gain_db", "r_error_ms", *RATES, "hr_median_bpm"]
RESULTS = ["mse", "correlation", "snr_gain_db", F1, "r_error_ms", "hr_mae_bpm"]
SCORES = ["mse", SIGN_TOLD, "correlation", "snr_gain_db", F1, *RATES]
WORTH = ["mse", F1]  # of what is compared in loss or size
LINEAR = Kind(ways.UPRIGHT, "")
STAGED, ONCE = "multistage", "one_shot"


def results(signals: pd.DataFrame) -> pd.DataFrame:
    """The columns of results.csv: a row a way to denoise, seed and SNR, its records together.

    R peaks are counted over all records; all else is a mean of the records.
    """
    by = [*KEY, "seed", "snr_db"]
    return pooled(signals, by)[[*by, *RESULTS]]


def of_data(rows: pd.DataFrame, data: str) -> pd.DataFrame:
    """The rows of simulated or of real drives; may be empty."""
    return rows if rows.empty else rows[rows["data"] == data]


def real(rows: pd.DataFrame) -> pd.DataFrame:
    """A row a way that is judged on real drives, all people together: SCORES, people, records."""
    if rows.empty:
        return rows
    groups = rows.groupby(KEY, sort=False)
    counts = groups[["person", "record"]].nunique().reset_index()
    counts = counts.rename(columns={"person": "people", "record": "records"})
    return pooled(rows, KEY)[[*KEY, *SCORES]].merge(counts, on=KEY)


def pooled(rows: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """MEANS of rows, and sensitivity, predictivity and F1 of their summed counts."""
    groups = rows.groupby(list(by), sort=False, dropna=False)
    table = groups[[name for name in MEANS if name in rows]].mean()
    counts = groups[COUNTS].sum()
    found = [rhythm.found_of(*row) for row in counts.itertuples(index=False)]
    return pd.concat([table, pd.DataFrame(found, index=table.index)], axis=1).reset_index()


def records(signals: pd.DataFrame) -> pd.DataFrame:
    """Each test record, by the main network and by the linear filter: means of the seeds."""
    of = pd.concat([picked(signals, kind) for kind in (made.dense(), LINEAR)])
    by = ["data", "record", "method", "loss", "snr_db"]
    return of.groupby(by, sort=False)[[*RESULTS, SIGN_TOLD]].mean().reset_index()


def picked(rows: pd.DataFrame, kind: Kind, **more: object) -> pd.DataFrame:
    """The rows of a way to denoise, with these values in other columns; may be empty."""
    if rows.empty:
        return rows
    wanted = dict(zip(KEY[1:], kind, strict=True)) | more
    return rows[np.logical_and.reduce([rows[name] == value for name, value in wanted.items()])]


def snrs_db() -> list[float]:
    """Those of the tables, the highest first."""
    return sorted(settings().judging.few_snr_db, reverse=True)


def noisy_db() -> list[float]:
    """Those of the tables but the highest, where there are several."""
    return snrs_db()[1:] or snrs_db()


def always() -> Kind:
    """The main network where nothing passes by it."""
    return made.dense()._replace(method=ways.ALWAYS)


def compared() -> list[Kind]:
    """What question 1 is about: the network first, silence last."""
    alone = made.dense()._replace(channels=1)
    names = [ways.UPRIGHT, ways.PLAIN, *RIVALS, ways.SILENCE]
    return [made.dense(), always(), alone, *(Kind(name, "") for name in names)]


def rivals(signals: pd.DataFrame, draws: int) -> pd.DataFrame:
    """Of each way and SNR SCORES, and `less_`: the network's less this way's, with its interval.

    `less_mse_low` and so on are the interval's ends; means of the seeds.
    """
    return _all_against(signals, compared(), made.dense(), SCORES, draws, snrs_db(), -1)


def losses(signals: pd.DataFrame, draws: int) -> pd.DataFrame:
    """Of each loss and SNR WORTH, and `less_`: its value less that of the main one, with interval.

    Nothing passes in any of them: what passes is the same signal whatever the loss was.
    """
    main, *others = settings().losses
    kinds = [always(), *(Kind("dense", loss) for loss in others)]
    return _all_against(signals, kinds, always(), WORTH, draws, snrs_db())


def shrunk(signals: pd.DataFrame, kinds: Sequence[Kind], draws: int) -> pd.DataFrame:
    """Of each smaller network and SNR but the highest WORTH, and `less_`: less the dense one's.

    Of networks pruned in stages also `staged_`: less those pruned once to the same target. kinds:
    of `study.kinds`; others than of the main loss and three channels are left out. Further columns:
    macs_effective and weights_nonzero, of a window, means of the seeds.
    """
    dense = made.dense()
    of = [kind for kind in kinds if (kind.loss, kind.channels) == (dense.loss, dense.channels)]
    table = _all_against(signals, of, dense, WORTH, draws, noisy_db())
    if table.empty:
        return table
    costs = signals.groupby(KEY[1:], dropna=False)[["macs_effective", "weights_nonzero"]].mean()
    return _with_stages(table.join(costs, on=KEY[1:]), signals, draws)


def _with_stages(table: pd.DataFrame, signals: pd.DataFrame, draws: int) -> pd.DataFrame:
    found = []
    for row in table[table["method"] == STAGED].itertuples():
        staged = Kind(STAGED, row.loss, row.channels, row.target_sparsity)
        two = [picked(signals, one, snr_db=row.snr_db) for one in (staged, _once(staged))]
        more = {} if two[1].empty else _less(*two, WORTH, "staged", draws)
        found.append({"index": row.Index} | more)
    return table.join(pd.DataFrame(found).set_index("index")) if found else table


def _once(staged: Kind) -> Kind:
    return staged._replace(method=ONCE)


def _all_against(
    signals: pd.DataFrame,
    kinds: Sequence[Kind],
    reference: Kind,
    scores: Sequence[str],
    draws: int,
    snrs: Sequence[float],
    sign: int = 1,
) -> pd.DataFrame:
    """A row a kind that has rows and SNR; of the reference itself no difference.

    sign: -1 for the reference's value less the kind's.
    """
    found = []
    for snr_db, kind in product(snrs, kinds):
        own, other = (picked(signals, one, snr_db=snr_db) for one in (kind, reference))
        if own.empty or other.empty:
            continue
        row = dict(zip(KEY[1:], kind, strict=True)) | {"snr_db": snr_db}
        row |= {name: paired.score(own, name, 1)[0] for name in scores}
        two = (own, other) if sign == 1 else (other, own)
        found.append(row | ({} if kind == reference else _less(*two, scores, "less", draws)))
    return pd.DataFrame(found)


def _less(
    of: pd.DataFrame, instead: pd.DataFrame, scores: Sequence[str], word: str, draws: int
) -> dict[str, float]:
    return {
        column: value
        for name in scores
        for column, value in ends(
            f"{word}_{name}", paired.difference(of, instead, name, draws)
        ).items()
    }


def against_snr(signals: pd.DataFrame, draws: int) -> Iterator[dict]:
    """For a figure: kind, snr_db, measure, value, low, high, of ways that are judged at all SNRs.

    Silence is left out: its error is 1, and it has no peaks.
    """
    kinds = [one for one in compared() if one.method not in (ways.ALWAYS, ways.SILENCE)]
    for measure, kind in product(WORTH, kinds):
        of = picked(signals, kind)
        for snr_db, at in of.groupby("snr_db"):
            value, low, high = paired.score(at, measure, draws)
            row = {"kind": kind, "snr_db": snr_db, "measure": measure}
            yield row | {"value": value, "low": low, "high": high}
