"""A cell from the dense network to its file, and what is said of files that are not sound."""

import dataclasses
import json
from pathlib import Path

import pytest
import torch

from ecglib import models
from ecglib.data.errors import DataError
from ecglib.frontier import __main__ as command
from ecglib.frontier import cells, fits, methods, origin, ways
from ecglib.frontier.attempts import attempted
from ecglib.frontier.cells import CellError
from ecglib.frontier.methods import METHODS, Cell
from ecglib.pruning import masks as mask_values
from ecglib.settings.config import settings
from ecglib.training import classifier

CELL = Cell("acharya2017", "free", 0.9, 0)


@pytest.fixture
def kept(small):
    return cells.run(CELL)


def test_a_cell_reaches_its_sparsity_to_the_weight_and_says_what_it_is(small, kept):
    network = models.load("acharya2017", cells.network_path(CELL))
    weights = torch.cat([w.flatten() for w in mask_values.prunable(network).values()])
    assert int((weights == 0).sum()) == round(0.9 * len(weights))
    assert kept.weights == int((weights != 0).sum())
    assert kept.epochs == small.epochs == len(kept.history)
    assert [row["epoch"] for row in kept.history] == [1, 2, 3, 4]
    assert kept.events[-1]["sparsity"] == pytest.approx(0.9, abs=1e-4)
    assert cells.load(CELL) == kept and cells.finished(CELL)


def test_its_confusion_is_that_of_the_kept_network_on_the_test_beats(small, kept):
    network = models.load("acharya2017", cells.network_path(CELL))
    windows, labels = fits.load_data("acharya2017", 0).tensors("test")
    right = int((classifier.predict(network, windows) == labels).sum())
    pairs = [pair for of in kept.confusion.values() for pair in of.items()]
    assert sum(count for _, count in pairs) == len(labels)
    assert sum(count for (true, said), count in pairs if true == said) == right


def test_the_same_cell_again_is_the_same_file(small, kept):
    before = cells.path_of(CELL).read_bytes()
    cells.run(CELL)
    assert cells.path_of(CELL).read_bytes() == before


def test_other_settings_or_another_dense_network_make_a_cell_stale(small, kept, monkeypatch):
    changed = small.model_copy(update={"free": small.free.model_copy(update={"until": 0.5})})
    other = small.model_copy(update={"stages": small.stages.model_copy(update={"count": 4})})
    with monkeypatch.context() as patch:
        patch.setattr(origin, "settings", lambda: other)
        assert cells.finished(CELL), "a setting that it does not read"
        patch.setattr(origin, "settings", lambda: changed)
        assert not cells.finished(CELL)
    study = settings()
    beats = study.on_device_estimate.model_copy(update={"calibration_beats": 7})
    with monkeypatch.context() as patch:
        rounded = study.model_copy(update={"on_device_estimate": beats})
        patch.setattr(origin.config, "settings", lambda: rounded)
        assert not cells.finished(CELL), "its scores in 8 bits depend on it"
    models.save(models.build("acharya2017"), fits.dense_path("acharya2017", 0))
    assert not cells.finished(CELL)


def test_a_network_for_patients_apart_is_fitted_as_the_study_does_and_its_digest_says_so(
    monkeypatch,
):
    cell, study = Cell("rhythm_cnn", "obs", 0.9, 0), settings()
    assert fits.chosen(cell.model) == study.training["inter"]
    assert fits.dense_path(cell.model, 0).name == "inter-rhythm_cnn-dense-s0.safetensors"
    with monkeypatch.context() as patch:
        patch.setattr(fits.fitting, "load_data", lambda run: run)
        run = fits.load_data(cell.model, 3)
    assert (run.model, run.split, run.seed) == ("rhythm_cnn", "inter", 3)
    before = cells.made_from(cell), cells.made_from(CELL)
    other = study.training["inter"].model_copy(update={"weight_decay": 0.3})
    changed = study.model_copy(update={"training": study.training | {"inter": other}})
    monkeypatch.setattr(fits.config, "settings", lambda: changed)
    assert cells.made_from(cell) != before[0]
    assert cells.made_from(CELL) == before[1]


@pytest.mark.parametrize("of", ["confusion", "history"])
def test_a_damaged_file_is_named(small, kept, of):
    path = cells.path_of(CELL)
    content = json.loads(path.read_text())
    del content[of]
    path.write_text(json.dumps(content))
    with pytest.raises(CellError, match=f"{path.name} is damaged: delete it"):
        cells.finished(CELL)


def test_a_file_of_another_cell_or_without_its_network_is_named(small, kept):
    other = CELL._replace(seed=1)
    cells.path_of(other).write_bytes(cells.path_of(CELL).read_bytes())
    with pytest.raises(CellError, match="another cell's"):
        cells.load(other)
    cells.network_path(CELL).unlink()
    with pytest.raises(CellError, match="no network"):
        cells.load(CELL)


def test_a_dense_network_that_is_missing_is_named(small):
    fits.dense_path("acharya2017", 0).unlink()
    with pytest.raises(CellError, match="acharya2017-free-0.9-s0 starts from .* take it from git"):
        cells.run(CELL)


@pytest.mark.parametrize("fault", [ValueError, RuntimeError, OSError, ZeroDivisionError])
def test_what_goes_wrong_with_a_cell_is_told_with_its_name_and_stops_no_other(monkeypatch, fault):
    def run(cell):
        raise fault("as it says")

    monkeypatch.setattr(cells, "run", run)
    with pytest.raises(DataError, match="acharya2017-free-0.9-s0: as it says"):
        attempted(CELL)


class Killed(BaseException):
    """As a signal would end it."""


def test_a_killed_run_leaves_no_file_and_the_next_one_is_whole(small, monkeypatch):
    def killed(path, text):
        path.write_bytes(text.encode()[:9])
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_text", killed)
        with pytest.raises(Killed):
            cells.write(CELL, cells.Kept.model_construct())
        assert not list(cells.FOLDER.iterdir())
    cells.run(CELL)
    assert [path.name for path in cells.FOLDER.glob("*.json")] == [f"{CELL.name}.json"]
    assert not list(cells.FOLDER.glob(".*"))


def test_strays_are_told_and_the_grid_holds_each_cell_once(small, kept):
    assert cells.grid() == [CELL, CELL._replace(seed=1)]
    assert not list(cells.strays())
    stray = cells.FOLDER / "acharya2017-free-0.5-s0.json"
    stray.write_text("{}")
    assert list(cells.strays()) == [stray]


@pytest.mark.parametrize(
    ("model", "method", "says"),
    [
        ("acharya2017", "short_by_macs", "frontier.cells: short_by_macs does not train acharya"),
        ("short", "obs", "frontier.cells: obs does not train short"),
        ("achraya2017", "obs", "unknown model 'achraya2017'; one of .*acharya2017"),
        ("acharya2017", "obds", "unknown method of the frontier 'obds'; one of .*obs"),
    ],
)
def test_a_model_and_a_method_that_do_not_go_together_are_told(
    small, monkeypatch, model, method, says
):
    part = small.cells[0].model_copy(update={"model": model, "methods": [method]})
    monkeypatch.setattr(cells, "settings", lambda: small.model_copy(update={"cells": [part]}))
    with pytest.raises(ValueError, match=says):
        cells.grid()


def test_a_model_may_have_fewer_epochs_but_whole_stages_and_its_digest_says_so(small, monkeypatch):
    before = cells.made_from(CELL)
    part = small.cells[0].model_copy(update={"methods": ["gradient_40"]})
    fewer = small.model_copy(update={"epochs_of": {CELL.model: 3}, "cells": [part]})
    for module in (fits, methods, origin, cells, ways):
        monkeypatch.setattr(module, "settings", lambda: fewer)
    assert cells.made_from(CELL) != before
    assert METHODS[CELL.method](CELL).epochs == 3
    with pytest.raises(CellError, match="3 epochs of acharya2017 are not 2 equal stages"):
        cells.grid()


def said(monkeypatch, capsys, *words) -> tuple[object, str]:
    monkeypatch.setattr("sys.argv", ["frontier", *words])
    with pytest.raises(SystemExit) as ended:
        command.main()
    return ended.value.code, capsys.readouterr().out


def test_the_command_line_tells_what_is_missing(small, kept, monkeypatch, capsys):
    code, out = said(monkeypatch, capsys, "--status")
    assert code == 1 and "free-0.9-s1" in out and "free-0.9-s0" not in out
    assert said(monkeypatch, capsys, "--status", "--seeds", "0") == (0, "0 cells to run\n")
    assert said(monkeypatch, capsys, "--seeds", "0") == (0, "all cells are kept\n")
    code, _ = said(monkeypatch, capsys, "--only", "gradient")
    assert "no cell of params.yaml" in code
    assert said(monkeypatch, capsys, "--processes", "0")[0] == 2


def test_extended_cells_wait_until_they_are_asked_for(small, monkeypatch, capsys):
    first = small.cells[0]
    later = first.model_copy(update={"targets": [0.5], "extended": True})
    parts = small.model_copy(update={"cells": [first, later]})
    monkeypatch.setattr(cells, "settings", lambda: parts)
    some = (["--only", *first.methods], ["--models", first.model], ["--seeds", "0"])
    for words in ([], ["--extended"], *some):
        _, out = said(monkeypatch, capsys, "--status", *words)
        assert f"-{first.targets[0]:g}-s0" in out and ("-0.5-s0" in out) == bool(words)


def test_every_method_says_in_which_parts_of_the_section_its_settings_stand(small):
    parts = set(small.model_dump())
    for method in METHODS.values():
        assert set(method.settings) <= parts, method.name


@pytest.mark.parametrize("where", ["history", "events", "device"])
def test_a_number_that_is_not_finite_is_no_result_and_leaves_no_file(small, monkeypatch, where):
    reached = METHODS[CELL.method](CELL)
    wrong = {"cycles": float("inf")} if where == "device" else [{"validation_loss": float("nan")}]
    method = dataclasses.replace(METHODS[CELL.method], function=lambda cell: broken)
    monkeypatch.setattr(cells, "METHODS", {CELL.method: method})
    broken = dataclasses.replace(reached, **{where: wrong})
    with pytest.raises(cells.CellError, match="is not finite: its fit diverged; lower frontier"):
        cells.run(CELL)
    with torch.no_grad():
        next(reached.network.parameters()).fill_(float("nan"))
    broken = reached
    with pytest.raises(ValueError, match="of the network is not finite"):
        cells.run(CELL)
    assert not cells.FOLDER.exists()


def test_the_digest_of_a_cut_by_cycles_holds_the_measured_cycles(small, monkeypatch, tmp_path):
    cell = Cell("short", "short_by_cycles", 0.6, 0)
    fits.dense_path("kachuee2018", 0).write_bytes(b"a teacher")
    before = cells.made_from(cell)
    path = tmp_path / "short_cycles.csv"
    path.write_text("other cycles")
    method = dataclasses.replace(METHODS[cell.method], reads=(path,))
    monkeypatch.setattr(origin, "METHODS", {cell.method: method})
    assert cells.made_from(cell) != before
