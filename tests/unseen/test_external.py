"""Foreign records: whatever their rate and lead, by the networks as they are."""

import numpy as np
import pytest

from ecglib import models
from ecglib.data.errors import DataError
from ecglib.unseen import external, words
from ecglib.unseen.features import count
from ecglib.unseen.network import UnseenCNN
from ecglib.unseen.settings import settings


def foreign(write_record, name, folder, *, fs_hz, leads):
    sample = (np.arange(1, 30) * 0.8 * fs_hz).astype(int)
    signal = np.random.default_rng(0).integers(-50, 50, (int(26 * fs_hz), len(leads)))
    signal[sample] += 400
    symbol = np.where(np.arange(29) % 7 == 3, "V", "N")
    symbol[5] = "S"
    return write_record(
        name, leads, signal_adc=signal, fs_hz=fs_hz, sample=sample, symbol=symbol, folder=folder
    )


@pytest.fixture
def records(write_record, tmp_path):
    place = tmp_path / "foreign"
    foreign(write_record, "a1", place, fs_hz=128, leads=("ECG1", "ECG2"))
    foreign(write_record, "b2", place, fs_hz=257, leads=("I", "II"))
    (place / "broken.hea").write_text("broken 1 128 100\nbroken.dat 212 200 12 0 0 0 0 MLII\n")
    return place


@pytest.mark.filterwarnings("ignore::ecglib.data.errors.RecordWarning")
def test_records_of_any_rate_become_beats_and_the_broken_one_is_named(records, monkeypatch):
    monkeypatch.setenv(external.VARIABLE, str(records))
    beats, refused = external.beats_in(external.folder())
    assert beats.record_names.tolist() == ["a1", "b2"] and len(beats) > 50
    assert beats.rr_previous_s == pytest.approx(0.8, abs=0.01)
    assert list(refused) == ["broken"]


@pytest.mark.filterwarnings("ignore::ecglib.data.errors.RecordWarning")
def test_every_seeds_network_runs_as_it_is_and_the_table_has_the_studys_columns(
    records, monkeypatch, tmp_path
):
    monkeypatch.setattr(
        external.kept, "path", lambda target, seed: tmp_path / f"{seed}.safetensors"
    )
    for seed in settings().seeds:
        features = count(settings().recipes[settings().recipe].features)
        models.save(UnseenCNN(features=features), external.kept.path(0.0, seed))
    table = external.results(external.beats_in(records)[0])
    told, line = external.told(str(records))
    assert told.equals(table) and "records" in line and "broken" in line
    assert {"kind", "reading", "score", "value", "low", "high", "records"} <= set(table)
    assert set(table["kind"]) == {"SVEB", "VEB", "all"} and table["value"].between(0, 1).all()


@pytest.mark.filterwarnings("ignore::ecglib.data.errors.RecordWarning")
def test_one_record_alone_is_judged_without_intervals(write_record, monkeypatch, tmp_path):
    monkeypatch.setattr(external.kept, "path", lambda target, seed: tmp_path / "0.safetensors")
    features = count(settings().recipes[settings().recipe].features)
    models.save(UnseenCNN(features=features), external.kept.path(0.0, 0))
    foreign(write_record, "a1", tmp_path / "one", fs_hz=128, leads=("ECG1",))
    found, line = external.told(str(tmp_path / "one"))
    assert line.endswith("of 1 record") and found["value"].between(0, 1).all()
    text = words.external(found)
    assert "SVEB" in text and "nan" not in text and "without" not in text


def test_without_records_one_line_says_how_to_name_some(monkeypatch, tmp_path):
    monkeypatch.delenv(external.VARIABLE, raising=False)
    with pytest.raises(DataError, match="set ECGLIB_EXTERNAL") as told:
        external.folder()
    assert "\n" not in str(told.value)
    found, line = external.told("")
    assert found.empty and line == str(told.value)
    monkeypatch.setenv(external.VARIABLE, str(tmp_path / "none"))
    with pytest.raises(DataError, match="no folder .*none"):
        external.folder()
    with pytest.raises(DataError, match="no WFDB header"):
        external.beats_in(tmp_path)
