"""What a stage left before stays until it is done; then what it did not write again goes."""

import shutil

import pytest

from ecglib import paths
from ecglib.study import outputs

PIPELINE = """
stages:
  prune:
    outs:
    - models/prune
    - reports/results: {cache: false, persist: true}
    - reports/one.csv: {cache: false, persist: true}
    metrics:
    - reports/metrics.json: {cache: false, persist: true}
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project whose stage has run before, with another seed."""
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    monkeypatch.setattr(paths, "BUILD", tmp_path / "build")
    monkeypatch.setenv(outputs.STAGE, "prune")
    (tmp_path / "dvc.yaml").write_text(PIPELINE)
    for name in ("models/prune/s0", "reports/results/s0", "reports/results/s1", "reports/one.csv"):
        write(tmp_path / name, "old")
    write(tmp_path / "reports/metrics.json", "old")
    write(tmp_path / "reports/other.csv", "old")
    return tmp_path


def write(path, text):
    with paths.atomic(path) as temporary:
        temporary.write_text(text)


def texts(root):
    files = sorted(path for path in root.rglob("*") if path.is_file() and path.name != "dvc.yaml")
    return {path.relative_to(root).as_posix(): path.read_text() for path in files}


def test_a_stage_that_is_done_leaves_what_it_wrote_and_nothing_older(project):
    with outputs.replaced():
        write(project / "reports/results/s1", "old")  # written again, with the same content
        write(project / "reports/results/s2", "new")
        write(project / "reports/one.csv", "new")
        assert texts(project)["reports/results/s0"] == "old"
    assert texts(project) == {
        "models/prune/s0": "old",  # DVC's, in its cache
        "reports/one.csv": "new",
        "reports/other.csv": "old",  # of another stage
        "reports/results/s1": "old",
        "reports/results/s2": "new",
        "build/replaced/reports/results/s0": "old",
        "build/replaced/reports/metrics.json": "old",
    }


def test_what_others_put_among_the_outputs_is_moved_or_stays_and_is_nowhere_deleted(
    project, capsys
):
    hidden = [".DS_Store", ".ipynb_checkpoints/s0", ".nfs123"]
    for name in (*hidden, "notes.md", "mine/main.c"):
        write(project / "reports/results" / name, f"{name} of the user")
    with outputs.replaced():
        pass
    found = texts(project)
    assert {f"reports/results/{name}" for name in hidden} <= found.keys()
    said = capsys.readouterr().out
    for name in ("notes.md", "mine/main.c"):
        assert found[f"build/replaced/reports/results/{name}"] == f"{name} of the user"
        assert f"reports/results/{name} is of other settings: moved to " in said


def test_what_was_moved_away_before_stays(project):
    for text in ("first", "second", "third"):
        write(project / "reports/results/notes.v1.md", text)
        with outputs.replaced():
            pass
    names = {"notes.v1.md": "first", "notes.v1-2.md": "second", "notes.v1-3.md": "third"}
    found = texts(project)
    for name, text in names.items():
        assert found[f"build/replaced/reports/results/{name}"] == text


@pytest.mark.parametrize("stopped", [RuntimeError, KeyboardInterrupt])
def test_a_stage_that_fails_leaves_every_file_as_it_was_or_whole_and_new(project, stopped):
    before = texts(project)
    with pytest.raises(stopped), outputs.replaced():
        write(project / "reports/results/s1", "new")
        raise stopped
    assert texts(project) == before | {"reports/results/s1": "new"}


def test_what_a_killed_run_left_half_written_goes_when_the_stage_begins(project):
    (left := paths.atomic(project / "reports/results/s1")).__enter__().write_text("half")
    with pytest.raises(KeyError), paths.whole_folder(project / "reports/results/c") as temporary:
        write(temporary / "main.c", "half")
        shutil.copytree(temporary, f"{temporary}x")
        raise KeyError
    assert len(list((project / "reports/results").iterdir())) == 4
    with outputs.replaced():
        assert sorted(p.name for p in (project / "reports/results").iterdir()) == ["s0", "s1"]
    del left


def test_by_hand_nothing_is_deleted(project, monkeypatch):
    monkeypatch.delenv(outputs.STAGE)
    before = texts(project)
    with outputs.replaced():
        write(project / "reports/results/s2", "new")
    assert texts(project) == before | {"reports/results/s2": "new"}
