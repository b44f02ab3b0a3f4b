"""Which runs there are, what is absent, and that the folder in git is what the code writes."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch

from ecglib import paths
from ecglib.data.errors import DataError
from ecglib.data.records import read_record
from ecglib.device import compiler
from ecglib.device.compiler import CompilerMissing
from ecglib.device.integer import IntegerError
from ecglib.stream import networks, shown, study, tables, whole
from ecglib.stream import settings as of_settings
from ecglib.stream.networks import Key
from ecglib.unseen import kept
from ecglib.unseen.invented import N, S
from ecglib.unseen.settings import settings as unseen

WRITTEN = sorted(study.FIRMWARE.iterdir()) if study.FIRMWARE.is_dir() else []


@pytest.fixture
def room(monkeypatch, tmp_path):
    """Where the stage `unseen` would keep its networks; there are none."""
    monkeypatch.setattr(kept.paths, "MODELS", tmp_path)
    (tmp_path / "unseen").mkdir()
    return tmp_path / "unseen"


def test_a_network_that_is_not_kept_is_named_and_the_rest_runs(room):
    for name in ("dense-s0", "dense-s3", "multistage-90-s0"):
        (room / f"{name}.safetensors").touch()
    here, absent = networks.stored()
    assert here == [(0.0, 0), (0.0, 3), (0.9, 0)]
    (line,) = absent
    assert "`make unseen` has kept no dense-s1, dense-s2, dense-s4, multistage-60-s0" in line
    runs, _ = study.all_runs()
    assert [(run.func, *run.args) for run in runs] == [
        *((study.of_network, key) for key in here),
        *((study.of_cost, key, 360) for key in (here[0], here[2])),
    ]


def test_without_any_network_nothing_runs(room):
    runs, absent = study.all_runs()
    assert not runs
    assert "multistage-90-s4" in absent[0]


@pytest.mark.parametrize("features", [["study"], ["p_wave", "study"], ["study", "regularity"]])
def test_networks_that_read_other_features_than_the_stream_gives_are_refused(features, monkeypatch):
    recipe = SimpleNamespace(features=features)
    monkeypatch.setattr(kept, "recipe", lambda: recipe)
    with pytest.raises(IntegerError, match=r"the stream gives \['study', 'p_wave'\]"):
        networks.carried(Key(0.0, 0))


def test_networks_behind_another_gate_are_refused(monkeypatch):
    other = SimpleNamespace(gate=SimpleNamespace(beyond=0.12))
    monkeypatch.setattr(networks, "of_unseen", lambda: other)
    with pytest.raises(IntegerError, match="with a gate of 0.12"):
        networks.carried(Key(0.0, 0))


def test_annotated_peaks_are_read_by_the_network_and_the_gate(network, monkeypatch):
    windows = torch.randn(80, 1, 123)
    label, record = np.resize([N, S], 80), np.repeat(["x", "y"], 40)
    irregular = np.linspace(0, 8 * unseen().gate.beyond, 80)
    of = SimpleNamespace(inputs=windows, label=label, record=record, irregularity=irregular)
    monkeypatch.setattr(networks, "_tested", lambda: of)
    found = networks.annotated(network)
    assert list(found) == ["x", "y"]
    assert [matrix.sum() for matrix in found.values()] == [40, 40]
    assert found["x"][:, S].sum() > 0
    assert found["y"][:, S].sum() == 0  # beyond the gate no beat is S

    class Always(torch.nn.Module):
        def forward(self, x):
            return torch.eye(5)[S].expand(len(x), 5)

    of_floats = networks.annotated(Always())
    assert of_floats["x"][:, S].tolist() == [5, 5, 0, 0, 0, 0]
    assert of_floats["x"][:, N].tolist() == [15, 15, 0, 0, 0, 0]


def test_a_missing_compiler_is_a_line_and_no_end(monkeypatch):
    def missing(*_):
        raise CompilerMissing("no compiler")

    monkeypatch.setattr(tables, "costed", missing)
    monkeypatch.setattr(study, "_integers", lambda _: None)
    monkeypatch.setattr(whole, "records_of", lambda _: ["a record"])
    monkeypatch.setattr(whole, "at_rate", lambda record, _: record)
    with pytest.raises(DataError, match="no compiler"):
        study.of_cost(Key(0.0, 0), 360)


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
    key = next(one for one in networks.keys() if study.folder_name(one) == folder.name)
    if not kept.path(*key).is_file():
        pytest.skip("git has not the networks that `make unseen` keeps")
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
