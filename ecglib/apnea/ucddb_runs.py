"""UCDDB, where it can be had: the published network on the published data, easily and strictly.

Each protocol with real labels and with the same labels shifted in a circle by SHIFT_S, of which the
ECG knows nothing; apneas alone, as published, and with hypopneas.
"""

from collections.abc import Callable
from functools import partial

from ecglib.apnea import ecg_nights, protocols, runs, ucddb
from ecglib.apnea.events import APNEAS, HYPOPNEAS
from ecglib.apnea.settings import settings

KINDS = {"apneas": APNEAS, "with hypopneas": APNEAS | HYPOPNEAS}
PROTOCOLS = ("random seconds", "guarded blocks", "records apart")
SHIFT_S = 2 * 3600


def ready() -> None:
    """DataError where UCDDB is neither here nor to be fetched."""
    ucddb.acquire(ucddb.PUBLISHED, progress=True)


def runs_of() -> list[Callable[[], runs.Rows]]:
    """All runs, one seed each: 525,000 windows make each epoch a minute long."""
    return [
        partial(run, kinds, protocol, shifted)
        for kinds in KINDS
        for protocol in PROTOCOLS
        for shifted in (False, True)
    ]


def run(kinds: str, protocol: str, shifted: bool) -> runs.Rows:
    """The rows of one run; records apart are those of the first fold of `subjects_apart`."""
    nights = ecg_nights.ucddb_nights(
        ucddb.PUBLISHED, KINDS[kinds], shift_s=SHIFT_S if shifted else 0
    )
    if protocol == "records apart":
        parts = protocols.subjects_apart(nights, 0, settings().folds)[0]
        protocols.require_subjects_apart(nights, parts)
    else:
        parts = runs.seconds_parts(nights, protocol, 0, settings().placebo.block_s)
    labels = "shifted labels" if shifted else "real labels"
    names = {"data": f"ucddb, {kinds}, {labels}", "protocol": protocol}
    return runs.dense(nights, parts, settings().ucddb, names, seed=0)
