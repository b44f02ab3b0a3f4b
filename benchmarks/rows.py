"""Rows of performance.csv, and rates that are measured side by side."""

import statistics

REPEATS = 5


def row(name: str, value: float, unit: str, reference: str, reference_value: float) -> dict:
    """One row of performance.csv."""
    return {
        "name": name,
        "value": value,
        "unit": unit,
        "reference": reference,
        "reference_value": reference_value,
        "ratio": value / reference_value,
    }


def paired(loops: dict, repeats: int = REPEATS) -> dict[str, float]:
    """The median rate of each loop, taken in turn so that a drift of the machine hits all alike."""
    rates = {name: [] for name in loops}
    for _ in range(repeats):
        for name, loop in loops.items():
            rates[name].append(loop())
    return {name: statistics.median(values) for name, values in rates.items()}
