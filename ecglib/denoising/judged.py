"""What a way to denoise is worth on the test drives: near the clean lead, and for who reads it."""

from collections.abc import Callable, Iterator, Sequence
from functools import cache

import numpy as np

from ecglib.denoising import classifiers, parts, rhythm, scores, seat
from ecglib.denoising.classifiers import Classifier, Signal
from ecglib.denoising.leads import FS_HZ, Clean
from ecglib.denoising.seat import Drive
from ecglib.denoising.settings import settings

Denoise = Callable[[Drive], np.ndarray]  # the clean lead's estimate, (samples,) as the channels'
DETECTOR = "neurokit"  # of all rows; the other one reads only some, see `detected`
CLEAN_DB = float("inf")  # the clean lead itself
# Sittings are the same for everybody and every SNR, and no two parts share one.
SEEDS = {"test": 1, "validation": 2, "train": 3, "both": 4}


def drives(
    snr_db: float, *, whole: bool = False, part: str = "test", sitting: int = 0
) -> Iterator[Drive]:
    """The drives of a part at this SNR: `judging.minutes` of each record, or the whole of it.

    sitting: another number is another seat and other noise for each record.
    """
    records, noise = parts.read(part)
    for number, record in enumerate(records):
        of = record if whole else _first(record)
        seed = [SEEDS[part], number, sitting]
        yield seat.drive(of, noise, snr_db, settings().seat, seed)


@cache
def _kept(snr_db: float, part: str) -> tuple[Drive, ...]:
    return tuple(drives(snr_db, part=part))


def _first(record: Clean) -> Clean:
    samples = int(settings().judging.minutes * 60 * FS_HZ)
    inside = record.sample < samples
    return record._replace(
        leads=record.leads[:, :samples], sample=record.sample[inside], label=record.label[inside]
    )


def rows(denoise: Denoise, snrs_db: Sequence[float], part: str = "test") -> list[dict]:
    """A row a record and SNR, see `of_drive`."""
    return [of_drive(denoise, drive) for snr_db in snrs_db for drive in _kept(snr_db, part)]


def of_drive(denoise: Denoise, drive: Drive) -> dict[str, str | float]:
    """snr_db, record, the `scores`, band errors, and `rhythm.of_record`.

    Of a drive whose SNR is not known, NaN, no gain of it is known.
    """
    found = denoise(drive)
    mse, correlation = scores.of_signal(found, drive.reference)
    told = scores.mse_sign_told(found, drive.reference)
    gain = scores.snr_gain_db(found, drive.reference, drive.snr_db)
    peaks = rhythm.peaks(DETECTOR, found, FS_HZ)
    return (
        {"snr_db": drive.snr_db, "record": drive.name}
        | {"mse": mse, "mse_sign_told": told, "correlation": correlation, "snr_gain_db": gain}
        | rhythm.of_record(peaks, drive.sample, len(found), FS_HZ)
        | scores.band_errors(found, drive.reference, FS_HZ)
    )


def detected(denoise: Denoise, snrs_db: Sequence[float]) -> list[dict]:
    """A row a record, SNR and detector, against the annotations and against the clean lead's peaks.

    truth: "annotations", or "clean lead", what the same detector finds there.
    """
    found = []
    for snr_db in snrs_db:
        for number, drive in enumerate(_kept(snr_db, "test")):
            signal = denoise(drive)
            for detector in rhythm.DETECTORS:
                truths = {"annotations": drive.sample, "clean lead": _peaks(number, detector)}
                peaks = rhythm.peaks(detector, signal, FS_HZ)
                for truth, true in truths.items():
                    named = {"snr_db": snr_db, "record": drive.name, "detector": detector}
                    of = rhythm.of_record(peaks, true, len(signal), FS_HZ)
                    found.append(named | {"truth": truth} | of)
    return found


@cache
def _peaks(number: int, detector: str) -> np.ndarray:
    """What a detector finds on the clean lead of a test record: its own ceiling."""
    record = _first(parts.read("test")[0][number])
    return rhythm.peaks(detector, record.leads[0], FS_HZ)


def classified(denoise: Denoise, snrs_db: Sequence[float]) -> list[dict]:
    """A row an SNR and classifier: what it says of the beats of whole records."""
    found = []
    for snr_db in snrs_db:
        signals = [
            Signal(drive.name, denoise(drive), drive.sample, drive.label)
            for drive in drives(snr_db, whole=True)
        ]
        found += [{"snr_db": snr_db} | row for row in _answers(signals)]
    return found


def clean_answers() -> list[dict]:
    """The same of the clean lead, in the band and at the rate of all others."""
    records, _ = parts.read("test")
    signals = [Signal(one.name, one.leads[0], one.sample, one.label) for one in records]
    return [{"snr_db": CLEAN_DB} | row for row in _answers(signals)]


def _answers(signals: Sequence[Signal]) -> list[dict]:
    return [classifiers.row(one, signals) for one in readers()]


def readers() -> list[Classifier]:
    """All classifiers that read the test drives. DataError as `classifiers.checked`."""
    return [
        classifiers.checked(Classifier(model, split, seed), parts.RECORDS["test"])
        for model, split in classifiers.KINDS
        for seed in settings().judging.classifier_seeds
    ]
