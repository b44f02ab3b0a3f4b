"""What is fitted never knows the person on whose records it is scored."""

import numpy as np
import pandas as pd
import pytest
import torch
from test_denoising_unovis import record, write, write_people

from ecglib.denoising import answers, study, unovis_runs
from ecglib.denoising.training import Driven

PEOPLE = "record,person\nauto2012_1,anna\nauto2012_2,ben\nauto2012_3,anna\n"
KEY = ["data", "method", "loss", "channels", "target_sparsity", "seed", "snr_db", "record"]


@pytest.fixture
def drives(tmp_path, monkeypatch, chosen):
    """Three records of two people in a file, and settings of seconds."""
    unovis_runs.found.cache_clear()
    monkeypatch.setenv("ECGLIB_UNOVIS", str(write(tmp_path, [record()] * 3)))
    write_people(tmp_path, PEOPLE)
    chosen()
    yield tmp_path
    unovis_runs.found.cache_clear()


@pytest.fixture
def seen(monkeypatch):
    """The records that each fit has seen."""
    fits, ways = [], unovis_runs._ways

    def told(train):
        fits.append([drive.name for drive in train])
        return ways(train)

    monkeypatch.setattr(unovis_runs, "_ways", told)
    return fits


def test_each_person_is_judged_by_what_others_gave(drives, seen):
    rows = {person: unovis_runs.of_person(person) for person in ("anna", "ben")}
    assert seen == [["auto2012_2"], ["auto2012_1", "auto2012_3"]]
    ways = [("dense", "l1"), ("dense", "l1_spectrum_1"), ("linear, upright", ""), ("silence", "")]
    for person, names in (("anna", ["auto2012_1", "auto2012_3"]), ("ben", ["auto2012_2"])):
        found = [(row["method"], row["loss"], row["record"]) for row in rows[person]]
        assert found == [(*way, name) for way in ways for name in names]
    for row in sum(rows.values(), []):
        assert row["data"] == "unovis auto2012" and list(row)[:5] == [*KEY[:5]]
        assert np.isnan(row["snr_db"]) and np.isnan(row["snr_gain_db"])
        assert np.isfinite([row["mse"], row["correlation"], row["tp"], row["fn"]]).all()
    silence = [row for row in rows["anna"] if row["method"] == "silence"]
    assert [row["mse"] for row in silence] == pytest.approx([1, 1], abs=1e-3)
    linear = [row for row in rows["anna"] if row["method"] == "linear, upright"]
    assert max(row["mse"] for row in linear) < 0.1  # the invented seat has no noise


def test_the_rows_stand_in_the_same_table_as_those_of_the_seat(drives):
    found = study.of_person("ben").signals
    table = answers.results(pd.DataFrame(found))
    assert list(table.columns[:7]) == KEY[:7]
    assert len(table) == 4 and table["snr_db"].isna().all() and table["mse"].notna().all()


def test_the_study_has_a_run_of_each_person_where_the_drives_are(drives, monkeypatch):
    monkeypatch.setattr(study, "_simulated", list)
    monkeypatch.setattr(study, "_unread", lambda: "")
    runs, absent = study.all_runs()
    assert [run.args for run in runs] == [("anna",), ("ben",)] and absent == []


def test_absent_drives_are_a_line(drives, monkeypatch):
    monkeypatch.setattr(study, "_simulated", list)
    monkeypatch.setattr(study, "_unread", lambda: "")
    monkeypatch.setenv("ECGLIB_UNOVIS", str(drives / "nowhere"))
    runs, (line,) = study.all_runs()
    assert runs == [] and line.startswith("Real drives are left out: ECGLIB_UNOVIS names no folder")
    assert "\n" not in line


def test_drives_of_one_person_are_a_line(drives, monkeypatch):
    monkeypatch.setattr(study, "_simulated", list)
    write_people(drives, PEOPLE.replace("ben", "anna"))
    runs, lines = study.all_runs()
    assert runs == [] and "fewer than two people" in lines[0]


def test_windows_to_train_on_lie_on_their_reference(drives, chosen):
    of = unovis_runs.found().drives
    data = Driven(of[:2], chosen(), 0)
    epochs = [list(data.train_dataloader()) for _ in range(2)]
    inputs, reference, beats = epochs[0][0]
    assert inputs.shape == (4, 3, 1024) and reference.shape == (4, 1, 1024)
    assert sum(len(batch[0]) for batch in epochs[0]) == 8
    assert not torch.equal(epochs[0][0][0], epochs[1][0][0])
    again = list(Driven(of[:2], chosen(), 0).train_dataloader())
    assert torch.equal(again[0][0], inputs)
    inner = slice(10, -10)
    for late, low, high in ((0, 0.99, 1.01), (2, -1, 0.98)):
        moved = torch.roll(inputs, late, 2)[..., inner]
        both = torch.stack([moved[:, 0], reference[:, 0, inner]], 1)
        for pair in both:
            assert low < torch.corrcoef(pair)[0, 1] < high
    for lead, at in zip(reference[:, 0], beats, strict=True):
        inside = at[(at > 20) & (at < 1000)]
        assert len(inside) and all(lead[p] == lead[p - 10 : p + 11].max() for p in inside)
