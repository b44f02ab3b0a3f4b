"""What tables and figures call a way to denoise, and the rows that figures show."""

from collections.abc import Iterable

import pandas as pd

from ecglib.denoising import made, ways
from ecglib.denoising.answers import KEY, LINEAR, always, picked
from ecglib.denoising.losses import LOSSES
from ecglib.denoising.made import METHODS, Kind
from ecglib.denoising.networks import costs, like
from ecglib.denoising.readers import CLEAN
from ecglib.denoising.rivals import RIVALS
from ecglib.denoising.scores import BANDS_HZ
from ecglib.denoising.settings import settings

NETWORK = "network"
WORDS = {
    ways.PLAIN: "linear filter",
    ways.UPRIGHT: "linear filter, upright",
    ways.SILENCE: "silence",
    CLEAN.method: "clean lead",
}
SIZES = ("dense", "longer", "multistage", "one_shot", "lamp", "filters", "narrow")


def label(kind: Kind) -> str:
    """What a way to denoise is called; the main network is `network`."""
    main = made.dense()
    if kind.method in RIVALS:
        return RIVALS[kind.method].label
    if kind.method in WORDS:
        return WORDS[kind.method]
    if kind.channels != main.channels:
        return f"{NETWORK}, one channel"
    if kind.loss != main.loss:
        return f"{NETWORK}, {LOSSES[kind.loss].label}"
    if kind == main:
        return NETWORK
    if kind == always():
        return f"{NETWORK}, nothing passes"
    target = f", {kind.target:.0%}" if kind.target else ""
    return METHODS[kind.method].label + target


def kind_of(row: pd.Series) -> Kind:
    """The way to denoise that a row of a table is of."""
    return Kind(*(row[name] for name in KEY[1:]))


def labelled(table: pd.DataFrame) -> pd.Series:
    """What each row's way to denoise is called."""
    return table.apply(lambda row: label(kind_of(row)), axis=1)


def against_snr(rows: Iterable[dict]) -> pd.DataFrame:
    """The rows of `answers.against_snr` as `plots.denoising.against_snr` takes them."""
    return pd.DataFrame([row | {"finder": label(row["kind"])} for row in rows])


def by_record(signals: pd.DataFrame, snrs_db: Iterable[float]) -> pd.DataFrame:
    """The main network and the linear filter on each record, as `plots.denoising.patients` does."""
    found = [
        picked(signals, kind, snr_db=snr_db).assign(finder=label(kind))
        for kind in (made.dense(), LINEAR)
        for snr_db in snrs_db
    ]
    return pd.concat(found, ignore_index=True)


def band_errors(signals: pd.DataFrame, kinds: Iterable[Kind], snr_db: float) -> pd.DataFrame:
    """finder, band, error: a row each way, record, seed and band."""
    parts = []
    for kind in kinds:
        of = picked(signals, kind, snr_db=snr_db)[list(BANDS_HZ)]
        parts.append(of.melt(var_name="band", value_name="error").assign(finder=label(kind)))
    return pd.concat(parts, ignore_index=True)


def by_sparsity(signals: pd.DataFrame, snrs_db: Iterable[float]) -> pd.DataFrame:
    """What was made smaller, by the weights that are gone, as `plots.denoising.pruning` takes it.

    target_sparsity is the share of the dense network's weights that a kind lacks, the mean of its
    seeds: whole filters and narrower networks are made for MACs.
    """
    main = made.dense()
    whole = costs(like(settings().network, main.channels))["weights"]
    of = signals[signals["method"].isin(SIZES) & signals["snr_db"].isin(list(snrs_db))]
    of = of[(of["loss"] == main.loss) & (of["channels"] == main.channels)]
    mean = of.groupby([*KEY[1:], "seed", "snr_db"])[["mse", "weights_nonzero"]].mean()
    mean = mean.reset_index()
    left = mean.groupby(KEY[1:])["weights_nonzero"].transform("mean")
    order = mean["method"].map({name: n for n, name in enumerate(SIZES)})
    mean = mean.assign(target_sparsity=1 - left / whole).loc[order.sort_values(kind="stable").index]
    names = {name: METHODS[name].label for name in ("lamp", "filters", "narrow", "longer")}
    return mean.assign(method=mean["method"].replace(names))
