"""dvc.yaml against the notebooks, the library and params.yaml: nothing is left undeclared."""

import ast
import re

import nbformat
import pytest
import yaml
from imports import ROOT, needed_files, sections_read

from ecglib import paths
from ecglib.apnea.settings import SleepApneaRun
from ecglib.denoising.settings import DenoiseRun
from ecglib.frontier.settings import FrontierRun
from ecglib.offloading.settings import OffloadRun
from ecglib.pages.links import FURTHER
from ecglib.perturbation.settings import UniversalPerturbationRun
from ecglib.settings import parameters
from ecglib.stream.settings import StreamRun
from ecglib.sweep import grid
from ecglib.unseen.settings import ExternalRun, UnseenRun

PIPELINE = yaml.safe_load((ROOT / "dvc.yaml").read_text())
PARAMS = yaml.safe_load((ROOT / "params.yaml").read_text())
STAGES = PIPELINE["stages"]
IN_GIT = tuple(f"reports/{name}" for name in ("results", "tables", "figures", "firmware"))
NOTEBOOK_STAGES = [stage for stage in STAGES if "notebooks/" in STAGES[stage]["cmd"]]
BESIDE = {  # what a module reads that is no Python
    "ecglib/data/records.py": "ecglib/data/mitdb.sha256",
    "ecglib/data/noise.py": "ecglib/data/nstdb.sha256",
    "ecglib/device/compiler.py": "ecglib/device/cortex_m4.ld",
    "ecglib/device/firmware.py": "ecglib/device/c/*.h",
    "ecglib/offloading/architectures.py": "ecglib/offloading/architectures.csv",
    "ecglib/pages/notebook.py": "ecglib/pages/*.j2",
    "ecglib/stream/folder.py": "ecglib/stream/c/**/*.h",
    "ecglib/unseen/tried.py": "ecglib/unseen/tried.csv",
    "ecglib/unseen/tried_minutes.py": "ecglib/unseen/tried_minutes.csv",
}
# Stages without a notebook.
PAGES = (
    *("front_page", "sleep_apnea_page", "universal_perturbation_page", "denoise_page"),
    *("offload_page", "unseen_page", "external_page", "stream_page", "frontier_page"),
)
# The parameters cell of each notebook; a further system's is in its own room.
PARAMETERS = parameters.OF_STAGE | {
    "sleep_apnea": SleepApneaRun,
    "universal_perturbation": UniversalPerturbationRun,
    "denoise": DenoiseRun,
    "offload": OffloadRun,
    "unseen": UnseenRun,
    "external": ExternalRun,
    "stream": StreamRun,
    "frontier": FrontierRun,
}
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def notebook_of(stage: str):
    return ROOT / re.search(r"notebooks/\S+\.ipynb", STAGES[stage]["cmd"]).group()


def parameters_cell(path) -> dict:
    """Name -> literal value of a notebook's parameters cell; fails on anything but literals."""
    cells = nbformat.read(path, as_version=4).cells
    (cell,) = [c for c in cells if "parameters" in c.metadata.get("tags", ())]
    assignments = ast.parse(cell.source).body
    return {node.targets[0].id: ast.literal_eval(node.value) for node in assignments}


def test_one_stage_is_one_notebook_of_the_same_name_in_the_order_in_which_they_run():
    assert [
        notebook_of(stage).stem.split("_", 1)[1] for stage in NOTEBOOK_STAGES
    ] == NOTEBOOK_STAGES
    assert list(map(notebook_of, NOTEBOOK_STAGES)) == NOTEBOOKS
    for number, stage in enumerate(NOTEBOOK_STAGES):
        later = {out for other in NOTEBOOK_STAGES[number:] for out in outputs_of(other)}
        assert not later & set(STAGES[stage]["deps"]), f"{stage} reads what a later stage writes"


def covers(declared: str, file: str) -> bool:
    """Whether a dependency is this file, or a folder that holds it."""
    return file == declared or file.startswith(f"{declared}/")


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_depends_on_all_the_code_that_it_runs_and_on_no_other(stage):
    code = {path.relative_to(ROOT).as_posix() for path in code_of(stage)}
    declared = [dep for dep in STAGES[stage]["deps"] if dep.startswith(("ecglib", "notebooks"))]
    missing = {file for file in code if not any(covers(dep, file) for dep in declared)}
    assert not missing
    idle = [dep for dep in declared if not any(covers(dep, file) for file in code)]
    assert not idle


def code_of(stage: str) -> set:
    """The files that a stage's command runs, templates and tables beside the code included."""
    if stage in NOTEBOOK_STAGES:
        start = {notebook_of(stage), ROOT / "ecglib" / "study" / "execute.py"}
    else:
        shown = NOTEBOOKS if stage == "front_page" else []
        start = {ROOT / "ecglib" / "pages" / "front.py", *shown}
    found = set(start).union(*(needed_files(path) for path in start - set(NOTEBOOKS)))
    if stage in NOTEBOOK_STAGES:
        found |= needed_files(notebook_of(stage))
    for module, beside in BESIDE.items():
        if ROOT / module in found:
            found |= set(ROOT.glob(beside))
    if stage in ("on_device_estimate", "sweep_results"):  # whether cells are still of these
        found |= {paths.notebook(trains) for trains in grid.STAGES}
    # A package's __init__ that only says what it is for changes nothing.
    return {path for path in found if path.name != "__init__.py" or len(path.read_text()) > 200}


@pytest.mark.parametrize(
    ("file", "reruns", "stays"),
    [
        ("ecglib/methods/filters.py", "filter_prune", "baseline one_shot_prune multistage_prune"),
        ("ecglib/methods/one_shot.py", "one_shot_prune", "baseline multistage_prune filter_prune"),
        ("ecglib/pruning/prune.py", "one_shot_prune multistage_prune", "baseline"),
        ("ecglib/device/c/ecg_kernels.h", "on_device_estimate", "baseline filter_prune"),
        ("ecglib/report/in_short.py", "sweep_results", "baseline filter_prune"),
        ("ecglib/pages/front.py", "front_page", "data baseline results sweep_results"),
    ],
)
def test_an_edit_reruns_the_stages_that_use_it(file, reruns, stays):
    stale = {s for s in STAGES if any(covers(dep, file) for dep in STAGES[s]["deps"])}
    assert stale >= set(reruns.split()) and not stale & set(stays.split())


@pytest.mark.parametrize("stage", NOTEBOOK_STAGES)
def test_every_parameter_that_a_stage_passes_is_in_its_notebooks_parameters_cell(stage):
    command = STAGES[stage]["cmd"]
    passed = re.findall(r"-p (\w+) ", command) + re.findall(r"--each (\w+)=", command)
    assert len(passed) == len(set(passed))
    assert set(passed) <= parameters_cell(notebook_of(stage)).keys()


@pytest.mark.parametrize("stage", NOTEBOOK_STAGES)
def test_every_setting_that_a_stage_names_is_declared(stage):
    command = STAGES[stage]["cmd"]
    used = re.findall(r"\$\{([\w.]+)\}", command) + re.findall(r"--each \w+=([\w.]+)", command)
    declared = STAGES[stage]["params"]
    for setting in used:
        assert any(f"{setting}.".startswith(f"{section}.") for section in declared), setting


@pytest.mark.parametrize("stage", NOTEBOOK_STAGES)
def test_every_section_that_a_stages_code_reads_is_declared(stage):
    declared = {setting.split(".")[0] for setting in STAGES[stage]["params"]}
    assert sections_read(notebook_of(stage)) <= declared


def test_a_room_that_prunes_by_all_methods_declares_what_the_search_for_filters_reads():
    """It looks methods up by name, so what they read is not seen from its notebook."""
    assert "filter_prune" in STAGES["unseen"]["params"]


def test_a_parameters_cell_holds_literals_that_fit_its_type():
    for path in NOTEBOOKS:
        cell, section = parameters_cell(path), PARAMETERS[path.stem.split("_", 1)[1]]
        assert set(cell) == set(section.model_fields)
        section.model_validate(cell)


def test_pruning_notebooks_default_to_a_schedule_that_exists():
    for stage in ("one_shot_prune", "multistage_prune", "filter_prune"):
        assert parameters_cell(paths.notebook(stage))["schedule"] in PARAMS["schedules"]


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


def outputs_of(stage: str) -> dict[str, dict]:
    """A stage's outputs -> how DVC keeps them."""
    declared = STAGES[stage]["outs"] + STAGES[stage].get("metrics", [])
    return {
        name: how
        for out in declared
        for name, how in (out if isinstance(out, dict) else {out: {}}).items()
    }


@pytest.mark.parametrize("stage", STAGES)
def test_what_git_tracks_survives_a_stage_that_fails_and_models_stay_out_of_git(stage):
    for name, how in outputs_of(stage).items():
        in_git = name.startswith(IN_GIT) or name == "reports/metrics.json"
        assert how == ({"cache": False, "persist": True} if in_git else {}), name


def test_the_main_study_runs_no_further_system():
    """`make repro` stays short: nothing that front_page needs is an output of another system."""
    outputs = {out: stage for stage in STAGES for out in outputs_of(stage)}
    needed, waiting = set(), ["front_page"]
    while waiting:
        stage = waiting.pop()
        needed.add(stage)
        for dep in STAGES[stage]["deps"]:
            of = {outputs[out] for out in outputs if covers(dep, out) or covers(out, dep)}
            waiting += of - needed - {stage}
    assert needed == {stage for stage in STAGES if not stage.startswith(FURTHER)}


def test_the_pipeline_fits_on_a_few_screens():
    assert len((ROOT / "dvc.yaml").read_text().splitlines()) < 320


def test_dvc_stays_off_the_network():
    settings = (ROOT / ".dvc" / "config").read_text()
    assert "analytics = false" in settings and "check_update = false" in settings
