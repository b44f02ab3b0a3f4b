"""Which networks go to the device, which are shown layer by layer, and which are flashed."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd

from ecglib.results.runs import Key
from ecglib.settings.config import settings

SHOWN = (0.0, 0.6, 0.9)  # targets of the networks shown layer by layer
FLASHED = (0.6, 0.9)  # targets of the networks written as firmware


def networks(own: Mapping[Key, Path], swept: Mapping[Key, Path]) -> dict[Key, Path]:
    """The networks to assess, of the study's and of those that the sweep keeps: key -> weight file.

    Of a model that the sweep keeps nothing of, it takes the study's. The study's split and model
    come first, of each its dense networks first: so are the series of every figure.
    """
    models_swept = {key.model for key in swept}
    own = {key: path for key, path in own.items() if key.model not in models_swept}
    taken = {key: path for key, path in (own | swept).items() if _asked_for(key)}
    return {key: taken[key] for key in sorted(taken, key=_place)}


def _asked_for(key: Key) -> bool:
    """Dense or at a target; networks in blocks are for another machine's kernels."""
    if key.method == "no_finetune" or key.method.endswith("_in_blocks"):
        return False
    return key.method == "dense" or key.target_sparsity in settings().on_device_estimate.targets


def _place(key: Key) -> tuple:
    study = settings().study
    return key.split != study.split, key.model != study.model, key.model, key.method != "dense"


def shown_by_layer(keys: Iterable[Key], seed: int) -> dict[str, str]:
    """Name of a network of the study's model and this seed -> what figures call it."""
    return {
        key.name: _words(key)
        for key in keys
        if key.method in ("dense", "multistage")
        and key.criterion in ("none", "magnitude")
        and (key.model, key.seed) == (settings().study.model, seed)
        and key.budget != "macs"
        and key.target_sparsity in SHOWN
    }


def _words(key: Key) -> str:
    if key.method == "dense":
        return "dense"
    pairs = "in pairs" if key.allocation == "pairs" else "single weights"
    return f"{pairs}, {key.target_sparsity:.0%}"


def to_flash(device: pd.DataFrame, cheapest: pd.DataFrame) -> list[Key]:
    """The networks to write as firmware, each once.

    device: rows of device.csv, with series, of one split and seed; cheapest: the fields of a row of
    `devices.savings` that holds the published scores, or no row. Of the study's model in stages the
    one of fewest cycles at each target, and the one of the cheapest's kind.
    """
    staged = device[device["method"].eq("multistage") & device["model"].eq(settings().study.model)]
    rows = [staged[staged["target_sparsity"] == at].nsmallest(1, "cycles_p2") for at in FLASHED]
    rows = pd.concat([*rows, device.merge(cheapest)])[list(Key._fields)]
    return list(dict.fromkeys(Key(*row) for row in rows.itertuples(index=False)))


def folder_name(key: Key) -> str:
    """Such as `acharya2017-pairs-macs-60`: what a network's folder of firmware is called."""
    staged = [key.allocation, key.criterion, key.budget]
    of = staged if key.method == "multistage" else [key.method]
    words = [word for word in of if word not in ("magnitude", "weights")]
    return "-".join([key.model, *words, f"{100 * key.target_sparsity:.0f}"])
