"""A calm progress bar: plain text on stdout that moves at most once a second."""

import sys

from tqdm import tqdm

INTERVAL_S = 1.0  # faster, and a notebook's kernel sends more than its reader takes
LINE = "{desc}: {percentage:3.0f}% |{bar:24}| {n_fmt}/{total_fmt} {unit}"


def calm_bar(total: int, *, unit: str, doing: str, shown: bool = True) -> tqdm:
    """A bar over `total` units, the same in a terminal, in JupyterLab and under papermill."""
    return tqdm(
        total=total,
        desc=doing,
        unit=unit,
        bar_format=LINE + " [{elapsed}<{remaining}]",
        file=sys.stdout,
        disable=not shown,
        mininterval=INTERVAL_S,
        miniters=1,  # tqdm's own guess of how many steps to skip would hold a slow bar back
        smoothing=0,  # what remains is told by the mean so far, so that it does not jump
    )
