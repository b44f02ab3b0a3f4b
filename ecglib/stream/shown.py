"""What the figures of the study show, in the words that they show."""

import numpy as np
import pandas as pd

from ecglib.data.beats import annotated_beats
from ecglib.settings.words import CLASSES
from ecglib.stream import networks, whole, words
from ecglib.stream.host import Library
from ecglib.stream.networks import Key
from ecglib.stream.reference import BEAT

# The stages of `cost.STAGES` as they follow each other.
ORDER = (
    *("taking samples", "resampling", "order of work, quality", "band-pass", "detector"),
    *("usual beat", "P wave", "rhythm", "network"),
)
STRIP = "208", 240.0, 10.0  # a record of DS1; from which second, and how many


def strip(key: Key) -> tuple[np.ndarray, np.ndarray, dict, list]:
    """What `plots.stream.strip` draws."""
    name, start_s, length_s = STRIP
    (record,) = whole.records_of([name])
    fs_hz = record.fs_hz
    first, last = round(start_s * fs_hz), round((start_s + length_s) * fs_hz)
    network = networks.carried(key).integers
    told = {
        event.sample / fs_hz: (event.pushed / fs_hz, CLASSES[event.label])
        for event in whole.events_of(Library(network), record)
        if event.kind == BEAT and first <= event.sample < last
    }
    sample, label = annotated_beats(record)
    inside = (sample >= first) & (sample < last)
    named = [CLASSES[one] for one in label[inside]]
    annotated = list(zip((sample[inside] / fs_hz).tolist(), named, strict=True))
    return np.arange(first, last) / fs_hz, record.signal_adc[first:last], told, annotated


def clean(networks: pd.DataFrame, key: Key) -> pd.Series:
    """The network's row without noise, its columns called as those of noise."""
    at = networks["target_sparsity"].eq(key.target_sparsity) & networks["seed"].eq(key.seed)
    return networks[at].iloc[0].rename(lambda name: name.removesuffix("_stream"))


def with_clean(noise: pd.DataFrame, row: pd.Series) -> pd.DataFrame:
    """The rows of noise behind one without."""
    return pd.concat([row.to_frame().T, noise], ignore_index=True)


def energies(table: pd.DataFrame) -> pd.DataFrame:
    """The table of `answers.energies` with networks in words."""
    return table.assign(network=[words.network(target) for target in table["target_sparsity"]])


def of_chosen(table: pd.DataFrame, key: Key) -> pd.DataFrame:
    """Rows of the chosen network."""
    return table[table["target_sparsity"].eq(key.target_sparsity) & table["seed"].eq(key.seed)]
