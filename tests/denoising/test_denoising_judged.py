"""All are judged on the same drives: near the clean lead, and for detectors and classifiers."""

import numpy as np
import pytest
import torch
from invented import record

from ecglib.data.errors import DataError
from ecglib.denoising import classifiers, judged, made, parts, ways
from ecglib.denoising.leads import FS_HZ
from ecglib.denoising.rivals import RIVALS
from ecglib.denoising.seat import Drive

MINUTES = 0.5
SCORES = ["mse", "correlation", "snr_gain_db", "tp", "fp", "fn", "r_f1", "r_error_ms", "hr_mae_bpm"]


def perfect(drive):
    return drive.reference


def test_a_perfect_denoiser_and_silence(small):
    for row in judged.rows(perfect, [24.0, -6.0]):
        assert row["mse"] == 0 and row["correlation"] == pytest.approx(1)
        assert row["r_f1"] == 1 and row["hr_mae_bpm"] < 1
    for row in judged.rows(ways.silence, [0.0]):
        assert row["mse"] == pytest.approx(1, abs=0.1) and row["r_f1"] == 0
        assert row["snr_gain_db"] == pytest.approx(0, abs=1e-6)


def test_a_row_a_record_and_snr(small):
    found = judged.rows(ways.silence, [24.0, 0.0])
    assert [(row["snr_db"], row["record"]) for row in found] == [
        *((24.0, "100"), (24.0, "103")),
        *((0.0, "100"), (0.0, "103")),
    ]
    assert all(set(SCORES) <= set(row) for row in found)


def test_so_many_minutes_of_each_record_are_judged_and_the_whole_one_for_classifiers(small):
    samples = int(MINUTES * 60 * FS_HZ)
    for drive in judged.drives(0.0):
        assert drive.channels.shape == (3, samples) and drive.reference.shape == (samples,)
        assert len(drive.sample) == len(drive.label) > 20 and drive.sample.max() < samples
    whole = parts.read("test")[0]
    for drive, of in zip(judged.drives(0.0, whole=True), whole, strict=True):
        assert len(drive.reference) == of.leads.shape[1] and len(drive.sample) == len(of.sample)


def test_everybody_gets_the_same_noise_at_every_snr(small):
    first, again = (next(judged.drives(0.0)) for _ in range(2))
    np.testing.assert_array_equal(first.channels, again.channels)
    clean, quiet, loud = (next(judged.drives(snr_db)).channels for snr_db in (np.inf, 24.0, 18.0))
    inside = slice(None), slice(200, 2000)
    np.testing.assert_allclose(
        (loud - clean)[inside], 2 * (quiet - clean)[inside], rtol=0.02, atol=0.05
    )
    channels = [drive.channels[0, :1000] for drive in judged.drives(0.0)]
    assert np.abs(np.corrcoef(channels)[0, 1]) < 0.9  # records differ


def test_two_samples_late_costs_what_a_bad_denoiser_costs(small):
    """Narrow peaks are nearly gone from where they are: half a loss for a shift of 11 ms."""
    late = judged.rows(lambda drive: np.roll(drive.reference, 2), [0.0])
    assert all(row["mse"] > 0.2 for row in late)
    assert all(10 < row["r_error_ms"] < 13 and row["r_f1"] == 1 for row in late)


def test_a_drive_whose_snr_is_not_known_has_no_gain():
    signal = record(samples=5000)
    of = Drive("real", np.nan, signal.leads[[0, 0, 0]], signal.leads[0], *signal[2:])
    row = judged.of_drive(lambda drive: 0.9 * drive.reference, of)
    assert np.isnan(row["snr_db"]) and np.isnan(row["snr_gain_db"])
    assert row["record"] == "real" and row["mse"] == pytest.approx(0.01, rel=0.01)
    assert np.isnan(judged.of_drive(perfect, of)["snr_gain_db"])


def test_detectors_are_judged_by_annotations_and_by_their_own_ceiling(small):
    found = judged.detected(perfect, [0.0])
    assert len(found) == 2 * 2 * 2  # records, detectors, truths
    for row in found:
        if row["truth"] == "clean lead":
            assert row["r_f1"] == 1 and row["r_error_ms"] == 0
        assert row["snr_db"] == 0.0 and row["detector"] in ("neurokit", "xqrs")


@pytest.fixture
def reads(monkeypatch):
    """Classifiers that tell how many beats of which records they are given."""
    given = []

    def row(of, signals):
        given.append([(one.name, len(one.sample), len(one.signal)) for one in signals])
        return {"classifier": of.model, "split": of.split, "seed": of.seed, "f1_S": 1.0}

    monkeypatch.setattr(classifiers, "row", row)
    monkeypatch.setattr(classifiers, "checked", lambda of, records: of)
    return given


def test_classifiers_read_all_beats_of_whole_records(small, reads):
    found = judged.classified(ways.silence, [0.0, -6.0])
    assert len(found) == 2 * len(classifiers.KINDS)
    assert [row["snr_db"] for row in found] == [0.0] * 3 + [-6.0] * 3
    of = [(one.name, len(one.sample), one.leads.shape[1]) for one in parts.read("test")[0]]
    assert all(one == of for one in reads)
    clean = judged.clean_answers()
    assert {row["snr_db"] for row in clean} == {np.inf} and reads[-1] == of


def test_a_network_of_the_sweep_that_is_absent_is_named(small, monkeypatch, tmp_path):
    classifiers.network.cache_clear()
    monkeypatch.setattr(classifiers, "SWEPT", tmp_path)
    with pytest.raises(DataError, match="no network of the sweep at .*acharya2017.*: run"):
        judged.readers()
    classifiers.network.cache_clear()


def test_test_beats_that_are_absent_are_named(small, monkeypatch):
    monkeypatch.setattr(classifiers, "network", lambda of: None)
    monkeypatch.setattr(classifiers, "_test_positions", lambda of: frozenset({("208", 5)}))
    with pytest.raises(DataError, match="data.records has no test beat of acharya2017, intra, 0"):
        judged.readers()


# The ways


@pytest.mark.parametrize("name", RIVALS)
def test_rivals_do_not_know_how_channels_are_wired(small, name):
    drive = next(judged.drives(24.0))
    denoise = ways.rival(name)
    found = denoise(drive)
    flipped = drive._replace(channels=drive.channels * np.float32([[-1], [1], [-1]]))
    np.testing.assert_allclose(denoise(flipped), found, atol=1e-4)
    assert found.shape == drive.reference.shape
    assert np.mean((found - drive.reference) ** 2) <= np.mean(drive.reference**2) + 1e-6


def test_the_linear_filter_is_fitted_to_training_drives_of_this_snr(small):
    denoise = ways.filtered(ways.UPRIGHT)
    found = {snr: [row["mse"] for row in judged.rows(denoise, [snr])] for snr in (24.0, -6.0)}
    assert max(found[24.0]) < 0.6  # turned upright, whatever the wiring
    assert np.mean(found[24.0]) < np.mean(found[-6.0]) < 1.2
    drive = next(judged.drives(24.0))
    flipped = drive._replace(channels=-drive.channels)
    np.testing.assert_allclose(denoise(flipped), denoise(drive), atol=1e-4)
    plain = ways.filtered(ways.PLAIN)
    np.testing.assert_allclose(plain(flipped), -plain(drive), atol=1e-4)


def test_a_network_sees_its_channels_only(small):
    drive = next(judged.drives(0.0))
    alone = ways.denoiser(made.dense()._replace(channels=1), 0)
    expected = alone(drive)
    others = drive.channels.copy()
    others[[0, 2]] = np.random.default_rng(0).normal(size=others[[0, 2]].shape)
    np.testing.assert_array_equal(alone(drive._replace(channels=others)), expected)
    whole = ways.denoiser(made.dense(), 0)
    assert not np.array_equal(whole(drive._replace(channels=others)), whole(drive))


def test_what_passes_is_a_choice(small, monkeypatch):
    drive = next(judged.drives(24.0))
    monkeypatch.setattr(made, "network", lambda *_: Mean())
    through, always = (ways.denoiser(made.dense(), 0, passing=on)(drive) for on in (True, False))
    np.testing.assert_allclose(through, always, atol=1e-4)  # the mean is what passes
    monkeypatch.setattr(made, "network", lambda *_: Halved())
    through, always = (ways.denoiser(made.dense(), 0, passing=on)(drive) for on in (True, False))
    assert np.abs(through - always).max() > 0.01


class Mean(torch.nn.Module):
    def forward(self, x):
        return x.mean(1, keepdim=True)


class Halved(Mean):
    """Small deflections are gone: little of the power."""

    def forward(self, x):
        mean = super().forward(x)
        return torch.where(mean.abs() < 0.2, 0.5 * mean, mean)


def test_no_two_parts_sit_in_the_same_seat():
    seeds = list(judged.SEEDS.values())
    assert sorted(judged.SEEDS) == sorted(parts.RECORDS) and len(set(seeds)) == len(seeds)
