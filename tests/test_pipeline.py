"""dvc.yaml against the notebooks, the library and params.yaml: nothing is left undeclared."""

import ast
import re

import nbformat
import pytest
import yaml
from imports import ROOT, needed_files, sections_read

from ecglib.settings import parameters

PIPELINE = yaml.safe_load((ROOT / "dvc.yaml").read_text())
PARAMS = yaml.safe_load((ROOT / "params.yaml").read_text())
STAGES = PIPELINE["stages"]
IN_GIT = tuple(f"reports/{name}" for name in ("results", "tables", "figures", "firmware"))
SUFFIXES = {".py", ".ipynb", ".sha256", ".h", ".ld"}
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def notebook_of(stage: str):
    return ROOT / re.search(r"notebooks/\S+\.ipynb", STAGES[stage]["cmd"]).group()


def parameters_cell(path) -> dict:
    """Name -> literal value of a notebook's parameters cell; fails on anything but literals."""
    cells = nbformat.read(path, as_version=4).cells
    (cell,) = [c for c in cells if "parameters" in c.metadata.get("tags", ())]
    assignments = ast.parse(cell.source).body
    return {node.targets[0].id: ast.literal_eval(node.value) for node in assignments}


def test_one_stage_is_one_notebook_of_the_same_name():
    assert [notebook_of(stage).stem.split("_", 1)[1] for stage in STAGES] == list(STAGES)
    assert sorted(map(notebook_of, STAGES)) == NOTEBOOKS


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_depends_on_its_notebook_and_all_the_code_that_this_runs(stage):
    notebook = notebook_of(stage)
    runner = ROOT / "ecglib" / "execute.py"
    code = needed_files(notebook) | needed_files(runner) | {runner, notebook}
    if ROOT / "ecglib/data/records.py" in code:
        code |= {ROOT / "ecglib/data/mitdb.sha256"}
    if ROOT / "ecglib/data/noise.py" in code:
        code |= {ROOT / "ecglib/data/nstdb.sha256"}
    if ROOT / "ecglib/device/measure.py" in code:
        code |= {ROOT / "ecglib/device/cortex_m4.ld", *ROOT.glob("ecglib/device/c/*.h")}
    if stage in (
        "on_device_estimate",
        "results",
    ):  # whether the sweep's cells are still of these notebooks
        code |= {path for path in NOTEBOOKS if path.stem[:2] in ("02", "03", "04", "07")}
    declared = {ROOT / dep for dep in STAGES[stage]["deps"]}
    files = {path for path in declared if path.suffix in SUFFIXES}
    assert files == code


@pytest.mark.parametrize("stage", STAGES)
def test_every_parameter_that_a_stage_passes_is_in_its_notebooks_parameters_cell(stage):
    command = STAGES[stage]["cmd"]
    passed = re.findall(r"-p (\w+) ", command) + re.findall(r"--each (\w+)=", command)
    assert len(passed) == len(set(passed))
    assert set(passed) <= parameters_cell(notebook_of(stage)).keys()


@pytest.mark.parametrize("stage", STAGES)
def test_every_setting_that_a_stage_names_is_declared(stage):
    command = STAGES[stage]["cmd"]
    used = re.findall(r"\$\{([\w.]+)\}", command) + re.findall(r"--each \w+=([\w.]+)", command)
    declared = STAGES[stage]["params"]
    for setting in used:
        assert any(f"{setting}.".startswith(f"{section}.") for section in declared), setting


@pytest.mark.parametrize("stage", STAGES)
def test_every_section_that_a_stages_code_reads_is_declared(stage):
    declared = {setting.split(".")[0] for setting in STAGES[stage]["params"]}
    assert sections_read(notebook_of(stage)) <= declared


def test_a_parameters_cell_holds_literals_that_fit_its_type():
    for path in NOTEBOOKS:
        assert set(parameters_cell(path)) == set(parameters.NOTEBOOKS[path.stem].model_fields)
        parameters.NOTEBOOKS[path.stem].model_validate(parameters_cell(path))


def test_pruning_notebooks_default_to_a_schedule_that_exists():
    for name in ("03_one_shot_prune", "04_multistage_prune", "07_filter_prune"):
        assert parameters_cell(ROOT / f"notebooks/{name}.ipynb")["schedule"] in PARAMS["schedules"]


def test_one_shot_targets_are_stages_of_the_multistage_run():
    schedule = PARAMS["schedules"][PARAMS["multistage_prune"]["schedule"]]
    reached = {stage["sparsity"] for stage in schedule}
    assert set(PARAMS["one_shot_prune"]["targets"]) <= reached


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_clean_and_tells_its_story(path):
    notebook = nbformat.read(path, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert not any(cell.outputs or cell.execution_count for cell in code)
    assert notebook.metadata.kernelspec.name == "python3"
    first, *_, last_words = [c.source for c in notebook.cells if c.cell_type == "markdown"]
    assert first.startswith("# ") and "?" in first.splitlines()[0]
    assert last_words.startswith("## What was found")
    assert not any(magic in c.source for c in code for magic in ("%%time", "%time", "!pip"))


def test_results_are_in_git_and_models_are_not():
    for stage in STAGES.values():
        for out in stage["outs"] + stage.get("metrics", []):
            path, cached = (
                (out, True) if isinstance(out, str) else (next(iter(out)), next(iter(out.values())))
            )
            in_git = path.startswith(IN_GIT)
            assert cached is True or cached == {"cache": False}
            assert (cached != {"cache": False}) or in_git or path == "reports/metrics.json"
            assert not in_git or cached == {"cache": False}


def test_dvc_stays_off_the_network():
    settings = (ROOT / ".dvc" / "config").read_text()
    assert "analytics = false" in settings and "check_update = false" in settings
