"""Choices are made on patients who trained nothing and test nothing."""

import pytest

from ecglib.denoising import made, tried

TRAIN, BOTH = ["101", "106"], ["101", "106", "108"]


@pytest.mark.parametrize(("part", "records"), [("train", TRAIN), ("both", BOTH)])
def test_a_dense_network_learns_from_the_patients_of_its_part(part, records, small, monkeypatch):
    learns_from = []
    sitting = made.Sitting
    monkeypatch.setattr(
        made,
        "Sitting",
        lambda clean, *of: learns_from.extend(one.name for one in clean) or sitting(clean, *of),
    )
    made.dense_network(made.dense(), 0, part)
    assert learns_from == records


def test_the_others_judge_it(small, monkeypatch):
    monkeypatch.setattr(tried, "SITTINGS", 2)
    scores = tried.judge(made.dense_network(made.dense(), 0, "train").eval())
    assert scores.index.tolist() == [(snr_db, tried.APART) for snr_db in tried.SNRS_DB]
    assert scores.columns.tolist() == tried.SCORES and scores.notna().all(axis=None)
    assert scores["mse"].iloc[0] != pytest.approx(scores["mse"].iloc[-1])
