"""Rows of the stream's tables: what is lost against annotated R peaks, and what noise does."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from ecglib.data.records import Record
from ecglib.device.integer import IntegerNetwork
from ecglib.results.runs import Key
from ecglib.settings.words import CLASSES
from ecglib.stream import whole
from ecglib.stream.noisy import with_noise
from ecglib.stream.scoring import NONE, figures, table
from ecglib.training import metrics

ECTOPIC = {"VEB": "V", "SVEB": "S"}


def compared(key: Key, path: Path, records: Sequence[Record]) -> tuple[dict, pd.DataFrame]:
    """A row of the stream beside annotated R peaks, and the stream's table of all records.

    path: the network's weights; records: those of its test part. The row has the key, and with
    _stream and _annotated: accuracy (over annotated beats, the missed ones too) and F1 of VEB and
    SVEB as everywhere in the study, all classes against each, missed and invented beats counted.

    Raises:
        CompilerMissing: this computer has no C compiler.
    """
    network = whole.network_of(key, path)
    streamed = whole.streamed(network, records)
    row = key._asdict()
    for name, matrices in (("stream", streamed), ("annotated", whole.annotated(network, key))):
        row |= {f"{what}_{name}": score for what, score in scores(matrices.values()).items()}
    return row | figures(sum(streamed.values())), table(streamed)


def scores(matrices: Iterable[np.ndarray]) -> dict[str, float]:
    """Accuracy, and F1 of both kinds of ectopic beats, of all these (6, 6) together."""
    matrix = sum(matrices)
    f1 = metrics.f1_per_class(matrix)
    right = np.trace(matrix[:NONE, :NONE])
    found = {"accuracy": float(right / matrix[:NONE].sum())}
    return found | {f"f1_{name}": float(f1[CLASSES.index(of)]) for name, of in ECTOPIC.items()}


def under_noise(
    network: IntegerNetwork, records: Sequence[Record], snr_db: Iterable[float], noise: str = "em"
) -> pd.DataFrame:
    """EC57's gross figures of the stream at each signal-to-noise ratio; see `noisy`."""
    rows = []
    for level in snr_db:
        loud = (with_noise(record, level, noise) for record in records)
        matrices = whole.streamed(network, loud)
        found = figures(sum(matrices.values())) | scores(matrices.values())
        rows.append({"noise": noise, "snr_db": level, **found})
    return pd.DataFrame(rows)
