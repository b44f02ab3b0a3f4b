"""Notebooks are run once per combination of parameters, and failures are told."""

import subprocess
import sys

import nbformat
import pytest

from ecglib import execute


def test_combinations_are_the_product_of_the_lists_in_params():
    params = {"study": {"seeds": [0, 1]}, "one_shot_prune": {"targets": [0.9, 0.6]}}
    each = ["target_sparsity=one_shot_prune.targets", "seed=study.seeds"]
    assert execute.combinations(each, params) == [
        {"target_sparsity": 0.9, "seed": 0},
        {"target_sparsity": 0.9, "seed": 1},
        {"target_sparsity": 0.6, "seed": 0},
        {"target_sparsity": 0.6, "seed": 1},
    ]
    assert execute.combinations([], params) == [{}]


@pytest.mark.parametrize("setting", ["seed=study.sseeds", "seed", "seed=study"])
def test_a_setting_that_is_no_list_is_an_error_that_names_it(setting):
    with pytest.raises(ValueError, match=setting):
        execute.combinations([setting], {"study": {"seeds": [0]}})


@pytest.fixture
def notebook(tmp_path, monkeypatch):
    """A function that writes a notebook with a parameters cell and one more cell."""
    monkeypatch.setattr("ecglib.paths.BUILD", tmp_path / "build")
    monkeypatch.setattr("ecglib.execute.HTML", tmp_path / "html")

    def write(source: str):
        cells = [nbformat.v4.new_code_cell("x = 1"), nbformat.v4.new_code_cell(source)]
        cells[0].metadata["tags"] = ["parameters"]
        path = tmp_path / "07_toy.ipynb"
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        toy = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
        nbformat.write(toy, path)
        return path

    return write


def test_parameters_reach_the_notebook_and_the_page_is_the_same_each_time(notebook, tmp_path):
    path = notebook("print('x is', x + 1)")
    page = tmp_path / "html" / "07_toy" / "x-41.html"
    execute.execute(path, "x-41", {"x": 41})
    first = page.read_bytes()
    assert b"x is 42" in first
    execute.execute(path, "x-41", {"x": 41})
    assert page.read_bytes() == first


def test_a_failing_notebook_names_itself_and_its_error_and_leaves_no_page(notebook, tmp_path):
    path = notebook("raise ValueError('no such beat')")
    with pytest.raises(RuntimeError, match=r"07_toy.ipynb \(x-1\) failed:(.|\n)*no such beat"):
        execute.execute(path, "x-1", {"x": 1})
    assert not list((tmp_path / "html").rglob("*.html"))


def test_the_command_line_fails_if_an_execution_does(notebook):
    path = notebook("raise ValueError('no such beat')")
    command = [sys.executable, "-m", "ecglib.execute", str(path), "-p", "x", "2"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1
    assert "no such beat" in done.stderr
