"""Two leads at 180 Hz lie where the record has them, whatever its rate; noise is scaled in band."""

import os

import numpy as np
import pytest

from ecglib.data import noise
from ecglib.data.errors import DataError
from ecglib.data.records import read_record
from ecglib.denoising import leads
from ecglib.denoising.leads import FS_HZ, banded, read, read_noise

PEAKS_S = np.arange(1, 58, 0.9)  # whole samples at 180, 250 and 360 Hz
SYMBOLS = ["N", "V", "A"] * 21 + ["N"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(leads.records, "acquire", lambda names: tmp_path)
    return tmp_path


def write_beats(write_record, fs_hz, names=("V5", "MLII")):
    """A minute of peaks of 2 mV in MLII and -1 mV in the other lead, on offset and slow wander."""
    time_s = np.arange(60 * fs_hz) / fs_hz
    peaks = np.exp(-(((time_s[:, None] - PEAKS_S) / 0.02) ** 2)).sum(1)
    wander = 0.5 * np.sin(2 * np.pi * 0.05 * time_s)
    of = {"MLII": 2.0} | dict.fromkeys(("V5", "V1", "V2"), -1.0)
    mv = np.stack([of[name] * peaks + wander + 0.3 for name in names], 1)
    adc = 1024 + np.rint(200 * mv).astype(int)
    sample = np.rint(PEAKS_S * fs_hz).astype(int)
    return write_record(signal_adc=adc, leads=names, fs_hz=fs_hz, sample=sample, symbol=SYMBOLS)


@pytest.mark.parametrize("fs_hz", [250, 360])
def test_peaks_lie_on_their_beats_at_the_records_own_rate(fs_hz, folder, write_record):
    write_beats(write_record, fs_hz)
    (found,) = read(["100"])
    assert found.leads.shape == (2, 60 * FS_HZ) and found.leads.dtype == np.float32
    assert found.sample.tolist() == np.rint(PEAKS_S * FS_HZ).astype(int).tolist()
    assert found.label.tolist() == [0, 2, 1] * 21 + [0]
    for lead, sign in zip(found.leads, (1, -1), strict=True):  # MLII, though it stands second
        peaks = [at - 20 + (sign * lead[at - 20 : at + 21]).argmax() for at in found.sample]
        assert peaks == found.sample.tolist()
    assert found.leads[0].std() == pytest.approx(1, abs=1e-4)
    assert found.leads[1].std() == pytest.approx(0.5, abs=0.02)  # in the units of MLII
    assert np.abs(found.leads.mean(1)).max() < 0.02  # neither offset nor wander is left


def test_a_real_record_is_shifted_by_less_than_a_sample(mitdb):
    from scipy.signal import butter, sosfiltfilt

    (found,) = read(["100"])
    original = read_record(mitdb, "100")
    sos = butter(2, leads.BAND_HZ, "bandpass", fs=360, output="sos")
    plain = sosfiltfilt(sos, original.signal_mv)[::2]
    plain = plain[1000:-1000] / plain.std()
    errors = {
        late: np.mean((found.leads[0, 1000 + late : len(plain) + 1000 + late] - plain) ** 2)
        for late in (-2, -1, 0, 1, 2)
    }
    assert errors[0] < 1e-3
    assert min(errors[-1], errors[1]) > 0.05
    assert errors[2] > 0.3  # what two samples late cost: more than most noise does


def test_other_leads_are_named(folder, write_record):
    write_beats(write_record, 360, names=("V1", "V2"))
    with pytest.raises(DataError, match=r"record 100 has leads \['V1', 'V2'\]: .* needs MLII"):
        read(["100"])
    write_beats(write_record, 360, names=("MLII",))
    with pytest.raises(DataError, match=r"record 100 has leads \['MLII'\]"):
        read(["100"])


def test_noise_is_scaled_within_the_band(monkeypatch):
    draw = np.random.default_rng(0)
    time_s = np.arange(40_000) / FS_HZ
    slow = 30 * np.sin(2 * np.pi * 0.05 * time_s)
    raw = slow + np.arange(1, 7)[:, None] * draw.normal(size=(6, 40_000))
    monkeypatch.setattr(noise, "read_noise", lambda fs_hz: raw.astype(np.float32))
    found = read_noise()
    assert found.shape == (3, 2, 40_000) and found.dtype == np.float32
    np.testing.assert_allclose(found.std(-1), 1, atol=1e-3)
    power = np.abs(np.fft.rfft(found)) ** 2
    outside = np.fft.rfftfreq(40_000, 1 / FS_HZ) < 0.25
    assert (power[..., outside].sum(-1) < 0.02 * power.sum(-1)).all()


def test_the_recorded_baseline_wander_lies_mostly_out_of_the_band():
    folder = os.environ.get("ECGLIB_NSTDB", noise.BESIDE)
    if not all((os.path.isfile(f"{folder}/{name}.dat")) for name in noise.NOISES):
        pytest.skip(f"no noise records in {folder}: set ECGLIB_NSTDB")
    np.testing.assert_allclose(read_noise().std(-1), 1, atol=1e-3)
    wander = noise.read_noise(FS_HZ)[:2]
    assert (banded(wander).var(-1) < 0.05 * wander.var(-1)).all()
