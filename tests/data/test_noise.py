"""Recorded noise is read at the asked rate, checked, and its absence is explained."""

import hashlib

import numpy as np
import pytest
import wfdb

from ecglib import paths
from ecglib.data import noise
from ecglib.data.noise import NOISES, acquire_noise, read_noise
from ecglib.data.records import DataError


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Three small noise records whose checksums are taken for the official ones."""
    random = np.random.default_rng(0)
    for name in NOISES:
        wfdb.wrsamp(
            name,
            fs=360,
            units=["mV"] * 2,
            sig_name=["noise1", "noise2"],
            d_signal=random.integers(-500, 500, (3600, 2)),
            fmt=["212"] * 2,
            adc_gain=[200] * 2,
            baseline=[0] * 2,
            write_dir=str(tmp_path),
        )
    digests = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in tmp_path.glob("*.dat")}
    monkeypatch.setattr(noise, "NSTDB_SHA256", digests)
    monkeypatch.setenv("ECGLIB_NSTDB", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("fs_hz", [360, 125, 120])
def test_both_channels_of_three_records_at_the_asked_rate(folder, fs_hz):
    signals = read_noise(fs_hz)
    assert (signals.shape, signals.dtype) == ((6, 10 * fs_hz), np.float32)
    np.testing.assert_allclose(signals.mean(1), 0, atol=1e-4)
    np.testing.assert_allclose(signals.std(1), 1, rtol=1e-4)


@pytest.mark.parametrize("file", ["em.dat", "em.hea"])
def test_a_missing_file_is_named_with_what_to_do(folder, file):
    (folder / file).unlink()
    with pytest.raises(DataError, match=f"missing file .*{file}.*ECGLIB_NSTDB.*physionet"):
        acquire_noise()


def test_an_altered_signal_is_refused(folder):
    (folder / "ma.dat").write_bytes(b"other")
    with pytest.raises(DataError, match="ma.dat does not match its SHA-256"):
        acquire_noise()


def test_a_copy_beside_the_checkout_is_used(folder, monkeypatch):
    monkeypatch.delenv("ECGLIB_NSTDB")
    monkeypatch.setattr(noise, "BESIDE", folder)
    assert acquire_noise() == folder


def test_without_copy_or_network_the_error_names_the_three_ways(folder, tmp_path, monkeypatch):
    monkeypatch.delenv("ECGLIB_NSTDB")
    monkeypatch.setattr(noise, "BESIDE", tmp_path / "none")
    monkeypatch.setattr(noise, "NSTDB_URL", "http://127.0.0.1:9/")
    monkeypatch.setattr(paths, "DATA", tmp_path / "data")
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    with pytest.raises(DataError, match="could not fetch ...dat.*one of three ways"):
        acquire_noise()
