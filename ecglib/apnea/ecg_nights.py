"""ECG at 128 Hz with a label every second, as the published study cuts it: UCDDB, and a placebo."""

import warnings
from collections.abc import Sequence

import numpy as np
from scipy.signal import resample_poly

from ecglib.apnea import events, published, ucddb
from ecglib.apnea.nights import Night, length_for, standardised
from ecglib.data import records
from ecglib.data.errors import DataError, RecordWarning

STEP = published.FS_HZ  # a label every second
APNEAS_CSV = ucddb.BESIDE / "apneas.csv"


def night_of(name: str, ecg: np.ndarray, seconds: np.ndarray) -> Night:
    """The night of an ECG (samples,) at 128 Hz and its seconds (seconds,) bool, standardised whole.

    DataError where they are not of one length, or shorter than a window.
    """
    if len(ecg) // STEP != len(seconds):
        raise DataError(f"night {name}: {len(seconds)} labels for {len(ecg) // STEP} s")
    label = published.window_labels(seconds)
    signal = standardised(np.asarray(ecg, np.float32), name)[: length_for(len(label), STEP)]
    return Night(name, name, signal, label, STEP)


def published_apneas() -> dict[str, events.Timed]:
    """The apneas of the published study by record: its own table, else from UCDDB's events.

    Raises:
        DataError: neither is here.
    """
    if APNEAS_CSV.is_file():
        return events.read_apneas_csv(APNEAS_CSV)
    folder, found = ucddb.acquire(ucddb.PUBLISHED), {}
    for name in ucddb.PUBLISHED:
        night = ucddb.read_night(folder, name)
        timed = events.as_published(e for e in night.events if e.kind in events.APNEAS)
        found[name] = events.Timed(int(night.duration_s), tuple(timed))
    return found


def placebo_ready() -> None:
    """DataError where MIT-BIH or the apneas' times are not here."""
    published_apneas()
    records.acquire()


def labels_alone(apneas: dict[str, events.Timed]) -> list[Night]:
    """Nights with labels and no signal (zeros): for what needs no ECG."""
    nights = []
    for name, timed in apneas.items():
        kinds = {event.kind for event in timed.events}
        label = published.window_labels(events.seconds(timed.events, timed.duration_s, kinds))
        nothing = np.zeros(length_for(len(label), STEP), np.float32)
        nights.append(Night(name, name, nothing, label, STEP))
    return nights


def placebo_nights(names: Sequence[str], apneas: dict[str, events.Timed], seed: int) -> list[Night]:
    """Records of MIT-BIH with intervals at random places, as long and as dense as real apneas.

    Raises:
        DataError: MIT-BIH is not here.
    """
    folder, drawn = records.acquire(names), np.random.default_rng(seed)
    every = [event for timed in apneas.values() for event in timed.events]
    durations_s = [event.end_s - event.start_s for event in every]
    share = sum(durations_s) / sum(timed.duration_s for timed in apneas.values())
    nights = []
    for name in names:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RecordWarning)  # which lead it is does not matter here
            record = records.read_record(folder, name, or_first=True)
        ecg = resample_poly(record.signal_mv, STEP * 10, round(record.fs_hz * 10))
        seconds = published.placebo(len(ecg) // STEP, durations_s, share, drawn)
        nights.append(night_of(name, ecg, seconds))
    return nights


def ucddb_nights(names: Sequence[str], kinds: Sequence[str], *, shift_s: int = 0) -> list[Night]:
    """Nights of UCDDB with these kinds of events as the published study timed them.

    shift_s: the labels, shifted in a circle by so many seconds, so that the ECG knows nothing of
    them. Raises as `ucddb.acquire` and `ucddb.read_night`.
    """
    folder, nights = ucddb.acquire(names), []
    for name in names:
        read = ucddb.read_night(folder, name)
        length = int(read.duration_s)
        seconds = events.seconds(events.as_published(read.events), length, kinds)
        nights.append(night_of(name, read.ecg_adc, np.roll(seconds, shift_s)))
    return nights
