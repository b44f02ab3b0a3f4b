"""Which runs there are, what is absent, and that the folder in git is what the code writes."""

import numpy as np
import pandas as pd
import pytest

from ecglib import paths
from ecglib.data.errors import DataError
from ecglib.data.records import read_record
from ecglib.device import compiler
from ecglib.device.compiler import CompilerMissing
from ecglib.stream import settings as of_settings
from ecglib.stream import shown, study, tables, whole

WRITTEN = sorted(study.FIRMWARE.iterdir()) if study.FIRMWARE.is_dir() else []


def test_what_the_sweep_keeps_no_weights_of_is_named_and_the_rest_runs(monkeypatch, tmp_path):
    here, absent = study.stored()
    assert here[0].method == "dense"
    assert {key.seed for key in here if not key.target_sparsity} == {0, 1, 2, 3, 4}
    assert "multistage" in absent[0]
    monkeypatch.setattr(study, "SWEEP", tmp_path)
    runs, absent = study.all_runs()
    assert not runs
    assert "dense-s0" in absent[0]


def test_a_missing_compiler_is_a_line_and_no_end(monkeypatch):
    def missing(*_):
        raise CompilerMissing("no compiler")

    monkeypatch.setattr(tables, "costed", missing)
    (key, *_), _ = study.stored()
    monkeypatch.setattr(study, "_integers", lambda _: None)
    monkeypatch.setattr(whole, "records_of", lambda _: ["a record"])
    monkeypatch.setattr(whole, "at_rate", lambda record, _: record)
    with pytest.raises(DataError, match="no compiler"):
        study.of_cost(key, 360)


def test_a_record_at_another_rate_is_as_long_and_has_its_beats_where_they_were(mitdb):
    record = read_record(mitdb, "101")
    other = whole.at_rate(record, 250)
    assert len(other.signal_adc) / 250 == pytest.approx(len(record.signal_adc) / 360, abs=0.01)
    assert np.abs(other.sample / 250 - record.sample / 360).max() < 0.00201
    assert whole.at_rate(record, 360) is record


@pytest.mark.parametrize("noise", ["rain", ""])
def test_settings_refuse_a_noise_that_was_not_recorded(noise):
    chosen = of_settings.settings().model_dump() | {"noise": noise}
    with pytest.raises(ValueError, match="none of the recorded noises"):
        of_settings.Stream(**chosen)


@pytest.mark.parametrize("folder", WRITTEN, ids=lambda path: path.name)
def test_the_folder_in_git_is_what_the_code_writes(folder, monkeypatch, tmp_path):
    try:
        compiler.device_compiler()
    except CompilerMissing as missing:
        pytest.skip(str(missing))
    monkeypatch.setattr(study, "FIRMWARE", tmp_path)
    key = next(one for one in study.stored()[0] if study.folder_name(one) == folder.name)
    found = (pd.read_csv(paths.TABLES / "stream" / f"{name}.csv") for name in ("results", "costs"))
    row, cost = (shown.of_chosen(table, key).iloc[0] for table in found)
    try:
        written = study.write_folder(key, row, cost)
    except DataError as absent:
        pytest.skip(str(absent))  # the ranges of its 8 bits are found on beats, which git has not
    assert content(folder) == content(written)


def content(folder):
    """Every file's text, by its place in the folder."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_text() for path in files}
