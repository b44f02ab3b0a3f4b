"""A network's confusion on validation beats, and on test beats record by record."""

from collections import Counter
from collections.abc import Iterable

import numpy as np
from torch import nn

from ecglib.data.datamodule import HeartbeatData
from ecglib.settings.words import CLASSES
from ecglib.training import metrics, prediction


def of_validation(network: nn.Module, data: HeartbeatData) -> np.ndarray:
    """(5, 5) counts of the validation beats; ValueError where a weight is not finite."""
    windows, labels = data.tensors("validation")
    return metrics.confusion(prediction.classify(network, windows), labels)


def of_test(network: nn.Module, data: HeartbeatData) -> dict[str, dict[str, int]]:
    """The confusion of the test beats, see `by_record`; ValueError as `of_validation`."""
    windows, labels = data.tensors("test")
    return by_record(data.test_record, labels, prediction.classify(network, windows))


def by_record(
    records: Iterable[str], labels: Iterable[int], predicted: Iterable[int]
) -> dict[str, dict[str, int]]:
    """Record -> "NS" (true N, predicted S) -> beats; all arguments are a beat each."""
    found: dict[str, Counter[str]] = {}
    for record, true, said in zip(records, labels, predicted, strict=True):
        found.setdefault(str(record), Counter())[CLASSES[int(true)] + CLASSES[int(said)]] += 1
    return {record: dict(sorted(pairs.items())) for record, pairs in sorted(found.items())}
