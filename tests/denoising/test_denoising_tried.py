"""Choices are made on patients who trained nothing and test nothing."""

import pytest

from ecglib.denoising import made, tried


def test_a_network_of_the_training_patients_is_judged_on_the_others(small, monkeypatch):
    learns_from = []
    sitting = tried.Sitting

    def told(clean, *of):
        learns_from.extend(record.name for record in clean)
        return sitting(clean, *of)

    monkeypatch.setattr(tried, "Sitting", told)
    monkeypatch.setattr(tried, "SITTINGS", 2)
    found = tried.network(0)
    assert learns_from == ["101", "106"] and not found.training
    scores = tried.judge(found)
    assert scores.index.tolist() == [(snr_db, tried.APART) for snr_db in tried.SNRS_DB]
    assert scores.columns.tolist() == tried.SCORES and scores.notna().all(axis=None)
    assert scores["mse"].iloc[0] != pytest.approx(scores["mse"].iloc[-1])


def test_what_is_tested_learns_from_both(small, monkeypatch):
    learns_from = []
    sitting = made.Sitting
    monkeypatch.setattr(
        made,
        "Sitting",
        lambda clean, *of: learns_from.extend(one.name for one in clean) or sitting(clean, *of),
    )
    made.dense_network(made.dense(), 0)
    assert learns_from == ["101", "106", "108"]
