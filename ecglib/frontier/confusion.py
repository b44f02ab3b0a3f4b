"""A confusion record by record, as kept cells have it."""

from collections import Counter
from collections.abc import Iterable

from ecglib.settings.words import CLASSES


def by_record(
    records: Iterable[str], labels: Iterable[int], predicted: Iterable[int]
) -> dict[str, dict[str, int]]:
    """Record -> "NS" (true N, predicted S) -> beats; all arguments are a beat each."""
    found: dict[str, Counter[str]] = {}
    for record, true, said in zip(records, labels, predicted, strict=True):
        found.setdefault(str(record), Counter())[CLASSES[int(true)] + CLASSES[int(said)]] += 1
    return {record: dict(sorted(pairs.items())) for record, pairs in sorted(found.items())}
