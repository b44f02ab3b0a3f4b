"""What the figures draw of the signals themselves: one strip, chosen by a rule, and spectra."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from ecglib.denoising import judged, made, rhythm, scores, ways
from ecglib.denoising.answers import LINEAR, picked
from ecglib.denoising.judged import Denoise
from ecglib.denoising.leads import FS_HZ
from ecglib.denoising.readers import NOISY
from ecglib.denoising.seat import Drive
from ecglib.denoising.settings import settings
from ecglib.denoising.shown import label

SNR_DB = 0.0
STRIP_S = 10


class Strip(NamedTuple):
    """As `plots.denoising.strip` takes it, and record and seconds, from and to."""

    record: str
    seconds: tuple[int, int]
    channels: np.ndarray
    found: dict[str, np.ndarray]
    reference: np.ndarray
    found_peaks: dict[str, np.ndarray]
    beats: np.ndarray


def median_record(signals: pd.DataFrame) -> str:
    """The test record with the main network's median MSE at SNR_DB; of two the better one."""
    mse = picked(signals, made.dense(), snr_db=SNR_DB).groupby("record")["mse"].mean()
    return _median(mse)


def strip_of(record: str) -> Strip:
    """Of this record the STRIP_S seconds with the median squared error of the first seed."""
    (drive,) = (one for one in judged.drives(SNR_DB) if one.name == record)
    found = {name: denoise(drive) for name, denoise in _shown().items()}
    peaks = {name: rhythm.peaks(judged.DETECTOR, one, FS_HZ) for name, one in found.items()}
    size = STRIP_S * FS_HZ
    wrong = (next(iter(found.values())) - drive.reference) ** 2
    whole = len(wrong) // size
    start = size * _median(pd.Series(wrong[: whole * size].reshape(whole, size).mean(1)))
    part = slice(start, start + size)
    return Strip(
        record,
        (start // FS_HZ, start // FS_HZ + STRIP_S),
        drive.channels[:, part],
        {name: one[part] for name, one in found.items()},
        drive.reference[part],
        {name: _within(places, start, size) for name, places in peaks.items()},
        _within(drive.sample, start, size),
    )


def spectra() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Name -> frequencies and power density at SNR_DB, means of the test records; clean first."""
    named: dict[str, Denoise] = {"clean lead": _clean} | _shown()
    named[label(NOISY)] = ways.rival(NOISY.method)
    powers: dict[str, list] = {name: [] for name in named}
    for drive in judged.drives(SNR_DB):
        for name, denoise in named.items():
            frequency, power = scores.spectrum(denoise(drive), FS_HZ)
            powers[name].append(power)
    return {name: (frequency, np.mean(of, 0)) for name, of in powers.items()}


def _shown() -> dict[str, Denoise]:
    """The main network of the first seed, and the linear filter."""
    main, seed = made.dense(), settings().seeds[0]
    return {label(main): ways.denoiser(main, seed), label(LINEAR): ways.filtered(LINEAR.method)}


def _clean(drive: Drive) -> np.ndarray:
    return drive.reference


def _median(values: pd.Series):
    """The index of the median, of two middle ones the lower."""
    return values.sort_values(kind="stable").index[(len(values) - 1) // 2]


def _within(places: np.ndarray, start: int, size: int) -> np.ndarray:
    places = np.asarray(places)
    return places[(places >= start) & (places < start + size)] - start
