"""What figures draw is chosen by a rule: the median record, and in it the median seconds."""

import numpy as np
import pandas as pd
import pytest
from invented import FS_HZ, heart

from ecglib.denoising import made, signals
from ecglib.denoising.answers import KEY
from ecglib.denoising.seat import Drive

WRONG = (0.5, 0.0, 2.0)  # of the output in each ten seconds
SIZE = signals.STRIP_S * FS_HZ


@pytest.fixture
def drives(monkeypatch):
    """Three records of three times ten seconds; what is found is wrong by WRONG."""
    of = []
    for seed, name in enumerate(("100", "105", "200")):
        reference, sample = heart(3 * SIZE, seed)
        channels = np.stack([reference, -reference, 2 * reference])
        of.append(Drive(name, 0.0, channels, reference, sample, np.zeros(len(sample), np.uint8)))
    monkeypatch.setattr(signals.judged, "drives", lambda snr_db: iter(of))
    wrong = np.repeat(WRONG, SIZE)
    shown = {"network": lambda drive: drive.reference + wrong, "other": signals._clean}
    monkeypatch.setattr(signals, "_shown", lambda: shown)
    return of


def test_the_record_has_the_median_error_at_0_db():
    rows = [
        dict(zip(KEY[1:], made.dense(), strict=True)) | {"snr_db": snr_db, "record": name} | wrong
        for name, mse in (("a", 0.3), ("b", 0.1), ("c", 0.2), ("d", 0.9))
        for snr_db, wrong in ((0.0, {"mse": mse}), (24.0, {"mse": 1 - mse}))
    ]
    assert signals.median_record(pd.DataFrame(rows)) == "c"


def test_the_strip_has_the_seconds_with_the_median_error_and_what_lies_in_them(drives):
    strip = signals.strip_of("105")
    assert strip.record == "105" and strip.seconds == (0, 10)
    assert strip.channels.shape == (3, SIZE) and len(strip.reference) == SIZE
    assert np.allclose(strip.found["network"] - strip.reference, 0.5)
    assert strip.beats.tolist() == [at for at in drives[1].sample if at < SIZE]
    found = strip.found_peaks["other"]
    assert len(found) == len(strip.beats) and np.abs(found - strip.beats).max() < 0.15 * FS_HZ


def test_places_count_from_where_the_strip_begins(drives, monkeypatch):
    monkeypatch.setattr(signals, "_median", lambda values: 1)
    strip = signals.strip_of("200")
    assert strip.seconds == (10, 20)
    inside = drives[2].sample[(drives[2].sample >= SIZE) & (drives[2].sample < 2 * SIZE)]
    assert strip.beats.tolist() == (inside - SIZE).tolist()


def test_spectra_are_means_of_records_with_the_clean_lead_first(drives):
    found = signals.spectra()
    assert list(found) == ["clean lead", "network", "other", "mean of the channels"]
    frequency, power = found["clean lead"]
    assert len(frequency) == len(power) and np.allclose(power, found["other"][1])
