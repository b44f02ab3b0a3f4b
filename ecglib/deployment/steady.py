"""Networks to flash, trained on so that they stand R peaks a few samples off, as a detector's are.

The pruned network trains on under its mask, each training beat cut anew in every epoch, as many
samples early or late as is drawn for it. What comes out lies in git: see `rounded`.
"""

import warnings
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import torch
from torch import nn

from ecglib import models, paths
from ecglib.data.beats import Beats
from ecglib.data.beats import path_of as beats_of
from ecglib.data.records import RecordWarning, acquire, read_record
from ecglib.data.shifts import ShiftedData, Signals
from ecglib.data.splits import split_indices
from ecglib.deployment import integers, rounded
from ecglib.deployment.compact import compact
from ecglib.deployment.integers import source
from ecglib.device.integer import IntegerNetwork
from ecglib.device.quantize import quantize
from ecglib.methods import fitting
from ecglib.pruning.callbacks import HoldMask
from ecglib.pruning.masks import prunable
from ecglib.results.runs import Key
from ecglib.settings.config import settings
from ecglib.settings.sections import Steady as Settings

FOLDER = paths.REPORTS / "sweep" / "steady"


@lru_cache(maxsize=1)
def signals(model: str) -> Signals:
    """The beats of this model, and the records that they were cut from.

    Raises:
        DataError: the records are neither here nor to be fetched, or are not those of the beats.
    """
    data = settings().data
    beats = Beats.load(beats_of(data.windows[model]))
    names = beats.record_names.tolist()
    folder = acquire(names)
    with warnings.catch_warnings():  # the data stage has told them
        warnings.simplefilter("ignore", RecordWarning)
        records = [read_record(folder, name, lead=data.lead, or_first=True) for name in names]
        return Signals.of(beats, data.windows[model], records)


def path_of(key: Key) -> Path:
    """Where the steady copy of a network is kept."""
    return FOLDER / f"{key.name}.safetensors"


def steady(key: Key, path: Path) -> nn.Module:
    """The network of this weight file, compact and trained on with shifts, in eval mode.

    It is taken from git where it is made from this file and these settings.

    Raises:
        RoundedError: what is in git is damaged.
    """
    chosen = settings().on_device_estimate
    made_from = rounded.origin(key, path, chosen, {"steady": {"most", "epochs"}})
    network = rounded.read(path_of(key), key.model, made_from)
    if network is None:
        network = compact(models.load(key.model, path))
        _train(network, key, chosen.steady)
        rounded.write(path_of(key), network, made_from)
    return network


def _train(network: nn.Module, key: Key, chosen: Settings) -> None:
    """In place, the last epoch counts; weights that are zero stay zero."""
    of = signals(key.model)
    rows = split_indices(of.beats, key.split, key.seed)["train"]
    plain = source(key.model, key.split, key.seed).data
    data = ShiftedData(plain, of, rows, chosen.most, key.seed)
    torch.manual_seed(key.seed)
    masks = {name: weight.detach() != 0 for name, weight in prunable(network).items()}
    fit = fitting.fitter(integers.run_of(key.model, key.split, key.seed), data)
    fit(network, chosen.epochs, [HoldMask(masks)])
    network.eval()


class Steady(NamedTuple):
    """A steady network in integers, and the float network that they stand for."""

    integers: IntegerNetwork
    floats: nn.Module


def in_integers(key: Key, path: Path) -> Steady:
    """What `steady` gives, calibrated on the beats that `integers.in_integers` calibrates on.

    Raises:
        RoundedError: what is in git is damaged.
    """
    chosen, of = settings().on_device_estimate, source(key.model, key.split, key.seed)
    floats = steady(key, path)
    windows = integers.calibration_windows(of, key.seed, chosen.calibration_beats)
    return Steady(quantize(floats, windows), floats)


def compared(key: Key, path: Path) -> pd.DataFrame:
    """`by_shift` of the network as it is and steady: `trained_with_shifts` says which.

    Raises:
        RoundedError: what is in git is damaged.
    """
    after = by_shift(in_integers(key, path).integers, key).assign(trained_with_shifts=True)
    return pd.concat([as_it_is(key, path), after])


def as_it_is(key: Key, path: Path) -> pd.DataFrame:
    """Its first half, for networks that are not flashed.

    Raises:
        RoundedError: what is in git is damaged.
    """
    chosen, network = settings().on_device_estimate, compact(models.load(key.model, path))
    made_from = rounded.origin(key, path, chosen)
    found = integers.in_integers(network, key, chosen, made_from)
    return by_shift(found.integers, key).assign(trained_with_shifts=False)


def by_shift(network: IntegerNetwork, key: Key) -> pd.DataFrame:
    """Its scores on validation and on test beats, R peaks seen as late as the settings show.

    Columns: those of the key, part, shift (samples of the record, below zero early), cut_short
    (beats that reach beyond their record then), and what `integers.scores` gives, with `_int8`.
    """
    of, found = signals(key.model), []
    raw = source(key.model, key.split, key.seed).raw
    for part, rows in split_indices(of.beats, key.split, key.seed).items():
        if part == "train":
            continue
        label = torch.from_numpy(of.beats.label[rows].astype("int64"))
        for shift in settings().on_device_estimate.steady.shown:
            shifted = integers.Part(of.windows(rows, shift), of.cut(rows, shift).adc, label)
            reached = integers.scores(network, shifted, raw=raw)
            row = {**key._asdict(), "part": part, "shift": shift}
            row |= {"cut_short": of.cut_short(rows, shift)}
            found.append(row | {f"{name}_int8": score for name, score in reached.items()})
    return pd.DataFrame(found)
