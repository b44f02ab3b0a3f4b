"""The whole study on invented records: every way has its rows, and the table its columns."""

import pandas as pd
import pytest

from ecglib.data.errors import DataError
from ecglib.denoising import answers, device_runs, judged, made, parts, study, ways
from ecglib.denoising.made import Kind
from ecglib.denoising.rivals import RIVALS


@pytest.fixture
def no_classifiers(monkeypatch):
    def absent():
        raise DataError("no network of the sweep here")

    monkeypatch.setattr(judged, "readers", absent)
    study._unread.cache_clear()
    yield
    study._unread.cache_clear()


@pytest.fixture
def no_device(monkeypatch):
    monkeypatch.setattr(study, "of_device", lambda kind, seed: [{"kind": kind.name}])


def test_every_way_is_in_one_table(small, no_classifiers, no_device, monkeypatch):
    monkeypatch.setattr(study, "_real", list)
    runs, lines = study.all_runs()
    assert lines == ["Classifiers are left out: no network of the sweep here"]
    found = study.Found(*(sum(column, []) for column in zip(*(run() for run in runs), strict=True)))
    table = answers.results(pd.DataFrame(found.signals))
    ways_of = set(table["method"])
    networks = {"dense", "longer", "multistage", "one_shot", "lamp", "filters", "narrow"}
    networks.add(ways.ALWAYS)
    assert ways_of == networks | set(RIVALS) | {ways.PLAIN, ways.UPRIGHT, ways.SILENCE}
    assert table["mse"].notna().all() and set(table["data"]) == {"simulated"}
    assert not table.duplicated(answers.KEY + ["seed", "snr_db"]).any()
    wide = table[(table["method"] == "dense") & (table["loss"] == "l1")]
    assert set(wide["channels"]) == {1, 3}
    assert sorted(set(wide["snr_db"])) == [-6.0, 0.0, 24.0]
    assert set(table[table["method"] == "multistage"]["target_sparsity"]) == {0.5, 0.8}
    assert found.answers == []
    detected = pd.DataFrame(found.rhythm)
    assert {"clean lead", "dense"} <= set(detected["method"])
    clean = detected[(detected["method"] == "clean lead") & (detected["truth"] == "clean lead")]
    assert (clean["r_f1"] == 1).all()
    asked = {row["kind"] for row in found.device}
    assert len(asked) == len(found.device) == 8  # main, stages, LAMP, filters, narrower


def test_answers_stand_beside_their_way(small, no_device, monkeypatch):
    said = [{"snr_db": 0.0, "classifier": "x", "split": "intra", "seed": 2, "f1_S": 0.5}]
    monkeypatch.setattr(judged, "readers", list)
    monkeypatch.setattr(judged, "classified", lambda *_: [dict(one) for one in said])
    monkeypatch.setattr(judged, "clean_answers", lambda: [dict(one) for one in said])
    study._unread.cache_clear()
    found = study.of_network(made.dense(), 0).answers + study.of_clean().answers
    assert [(row["method"], row["seed"], row["classifier_seed"]) for row in found] == [
        ("dense", 0, 2),
        ("clean lead", 0, 2),
    ]
    assert study.of_rival("principal").answers == []
    assert study.of_network(Kind("dense", "l1_spectrum_1"), 0).answers == []
    study._unread.cache_clear()


def test_without_the_database_a_line_says_so(chosen, no_classifiers, monkeypatch):
    def absent(part):
        raise DataError("no MIT-BIH here")

    monkeypatch.setattr(parts, "read", absent)
    monkeypatch.setattr(study, "_real", list)
    runs, lines = study.all_runs()
    assert runs == [] and lines[0] == "The simulated seat is left out: no MIT-BIH here"


def test_kinds_are_paired_with_their_rivals(small):
    found = study.kinds()
    assert found[0] == made.dense() == Kind("dense", "l1")
    staged = {(kind.method, kind.target) for kind in found if kind.method in study.STAGES}
    assert staged == {(name, target) for name in study.STAGES for target in (0.5, 0.8)}
    assert {kind.loss for kind in found if kind.target} == {"l1"}


def test_windows_for_eight_bits_lie_on_their_reference(small):
    inputs, reference = device_runs._windows(made.dense(), "test")
    assert inputs.shape[0] == reference.shape[0] == 2 and inputs.shape[1:] == (3, 1024)
    one, _ = device_runs._windows(made.dense()._replace(channels=1), "test")
    assert (one[:, 0] == inputs[:, 1]).all()
    first = next(judged.drives(0.0))
    assert (reference[0] == first.reference[:1024]).all()


def test_without_the_simulated_seat_nothing_is_trained(monkeypatch):
    def absent(part):
        raise DataError("no MIT-BIH")

    monkeypatch.setattr(study.parts, "read", absent)
    monkeypatch.setattr(study.pool, "run_all", lambda *_: pytest.fail("it trains"))
    study.train(1)
