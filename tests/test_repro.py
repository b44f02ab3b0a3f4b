"""The whole pipeline on a few real records, in a temporary copy of the project."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
import yaml
from nbclient import NotebookClient

from ecglib import paths
from ecglib.apnea import ecg_nights

# The smallest set with every class in every part of the random split.
RECORDS = ["208", "209", "217"]
STAGES = (
    "data",
    "baseline",
    "multistage_prune",
    "one_shot_prune",
    "filter_prune",
    "on_device_estimate",
    "results",
    "sweep_results",
    "front_page",
)


SMALL_PARK = {"networks": ["alexnet"], "devices": 2, "edges": 1}
QUICK = {"epochs": 1, "learning_rate": 0.003, "weight_decay": 0.0, "batch_size": 4}


class Project:
    """A copy of the project with small settings, and the commands a user would give in it."""

    def __init__(self, root: Path, mitdb: Path) -> None:
        self.root = root
        tools = str(Path(sys.executable).parent)
        self.environment = os.environ | {
            "ECGLIB_MITDB": str(mitdb),
            "PYTHONPATH": str(root),
            "PATH": tools + os.pathsep + os.environ["PATH"],
            "DVC_NO_ANALYTICS": "1",
        }

    def copy_from(self, original: Path) -> None:
        listing = subprocess.run(
            ["git", "ls-files", "-co", "--exclude-standard"],
            cwd=original,
            capture_output=True,
            text=True,
            check=True,
        )
        for name in listing.stdout.splitlines():
            # The stored study is not this copy's: it has other settings.
            if (original / name).is_file() and not name.startswith(
                ("reports/", "docs/", "dvc.lock")
            ):
                target = self.root / name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(original / name, target)
        (self.root / ".dvc" / "config.local").write_text("[core]\n    no_scm = True\n")

    def set(self, **values) -> None:
        """Change settings, each named with a double underscore for the dot."""
        params = yaml.safe_load((self.root / "params.yaml").read_text())
        for name, value in values.items():
            section, key = name.split("__")
            params[section][key] = value
        (self.root / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))

    def run(self, *command: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            command, cwd=self.root, env=self.environment, capture_output=True, text=True
        )

    def repro(self, stage: str = "front_page") -> list[str]:
        """Run the main study, or up to a stage; the stages that really ran, in order."""
        return _stages(self.run("dvc", "repro", stage))

    def would_run(self) -> list[str]:
        """The stages that are out of date, without running them."""
        return _stages(self.run("dvc", "repro", "--dry", "front_page"))

    def kill_when(self, folder: str, pattern: str, stage: str = "front_page") -> None:
        """Start the pipeline and kill all of it as soon as such a new file is there."""
        before = self.written(folder, pattern)
        pipeline = subprocess.Popen(
            ["dvc", "repro", stage],
            cwd=self.root,
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        while self.written(folder, pattern) == before:
            assert pipeline.poll() is None, "the pipeline ended before it could be killed"
            time.sleep(0.05)
        os.killpg(pipeline.pid, signal.SIGKILL)
        pipeline.wait()

    def written(self, folder: str, pattern: str) -> dict[Path, int]:
        """The files of a pattern, and when each was written."""
        return {path: path.stat().st_mtime_ns for path in (self.root / folder).glob(pattern)}

    def in_git(self) -> dict[str, bytes]:
        """What git would track of what the pipeline writes: path -> content."""
        folders = [self.root / "reports" / name for name in ("results", "tables", "figures")]
        files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
        return {path.relative_to(self.root).as_posix(): path.read_bytes() for path in files}

    def results(self) -> dict[str, dict]:
        files = sorted((self.root / "reports" / "results").rglob("*.json"))
        return {file.stem: json.loads(file.read_text()) for file in files}


def _stages(done: subprocess.CompletedProcess) -> list[str]:
    """Those that DVC says it ran; or would have run, where it was only asked."""
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    return [line.split("'")[1] for line in lines if line.startswith("Running stage")]


@pytest.fixture(scope="module")
def project(tmp_path_factory, mitdb) -> Project:
    root = tmp_path_factory.mktemp("project")
    project = Project(root, mitdb)
    project.copy_from(paths.ROOT)
    project.set(
        study__seeds=[0],
        data__records=RECORDS,
        baseline__epochs=2,
        baseline__rewind_epoch=1,
        schedules__eight_stages=[
            {"sparsity": sparsity, "epochs": epochs}
            for sparsity, epochs in ((0.6, 2), (0.9, 8), (0.95, 1))
        ],
        multistage_prune__schedule="eight_stages",
        multistage_prune__target_sparsity=0.9,
        one_shot_prune__targets=[0.9, 0.6],
        filter_prune__methods=["aofp", "l1_filter"],
        filter_prune__target_sparsity=0.9,
        filter_prune__search={
            **{"iterations_per_half": 1, "masks_per_batch": 4, "theta": 0.1, "theta_growth": 2.0},
            **{"warm_up": 2, "learning_rate": 0.001, "share": 0.5},
        },
        sweep__seeds=[0],
        sweep__cells=[
            {"stage": stage, "schedule": "eight_stages", "target_sparsity": 0.9}
            for stage in ("multistage_prune", "one_shot_prune", "filter_prune")
        ],
        on_device_estimate__targets=[0.9],
        on_device_estimate__host_beats=20,
        on_device_estimate__emulated_beats=1,
        on_device_estimate__steady={"most": 8, "epochs": 1, "shown": [-5, 0, 5]},
        results__bootstrap_draws=50,
        sleep_apnea__seeds=[0],
        sleep_apnea__placebo={
            "block_s": 60,
            "random": {"records": 1, "fit": QUICK},
            "strict": {"records": 1, "fit": QUICK},
        },
        universal_perturbation__xi=[0.2],
        universal_perturbation__attacking={
            "draws": 1,
            "deepfool_passes": 1,
            "descent": {
                **{"learning_rate": 0.01, "epochs": 1, "batch_size": 64},
                **{"check_every": 100, "patience": 1},
            },
        },
        universal_perturbation__beats={
            "networks": [
                {"method": "dense", "target_sparsity": 0.0},
                {"method": "multistage", "target_sparsity": 0.6},
                {"method": "defended", "target_sparsity": 0.0},
            ],
            "unseen": {"networks": [], "seeds": [0]},
            "seeds": [0],
            "wide": [0],
            "crafting": {"inputs": 128, "validation": 64, "few": 2},
            "defence": {"several": 1, "xi": 0.2, "step": 0.1, "share": 1.0},
        },
        denoise__seeds=[0],
        denoise__losses=["l1", "l1_spectrum_1"],
        denoise__network={"widths": [2, 3], "taps": 3},
        denoise__fitting=QUICK | {"windows": 64, "rising": 0.2},
        denoise__shrinking={
            "stages": [{"sparsity": 0.8, "epochs": 1}],
            "filter_stages": [{"sparsity": 0.3, "epochs": 1}],
            "narrow": [0.3],
        },
        denoise__judging={
            **{"minutes": 0.5, "passing": [0.06, 0.12], "snr_db": [24.0, 0.0]},
            **{"few_snr_db": [24.0, 0.0], "taps": 9, "classifier_seeds": [0]},
        },
        offload__seeds=[0],
        offload__methods={"heft": [100], "pso_ga": [200], "pso_ga_improved": [200]},
        offload__factors=[1.5],
        offload__limit_s=2.0,
        offload__parks=[SMALL_PARK],
        offload__ablation={
            **{"parks": [SMALL_PARK], "prices": [0], "spread": 0.5, "factor": 1.5, "budget": 200}
        },
        offload__wearable={
            **{
                "bpm": 75.0,
                "fs_hz": 360.0,
                "stream_bits": [8, 12],
                "finding_cycles": [60.0, 256.0],
            },
            **{"beats_an_event": [1, 8], "interval_s": 0.03, "uj_per_byte": [0.02, 2.0]},
            **{"deadline_ms": [10.0, 1000.0], "steps": 4},
        },
        stream__seeds=[0],
        stream__targets=[0.9],
        stream__snr_db=[24.0],
        stream__rates_hz=[360],
        stream__costed_s=20,
    )
    if ecg_nights.APNEAS_CSV.is_file():  # for the placebo of sleep apnea
        beside = root.parent / ecg_nights.APNEAS_CSV.relative_to(paths.ROOT.parent)
        beside.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ecg_nights.APNEAS_CSV, beside)
    for folder in ("networks", "rounded", "steady"):
        (root / "reports" / "sweep" / folder).mkdir(parents=True)
    (root / "reports" / "frontier").mkdir()  # no run of a further system is kept here
    project.kill_when("reports/results/multistage_prune", "*-0.6-*.json")
    project.left_by_kill = project.results()
    project.swept = project.run("python", "-m", "ecglib.sweep")
    project.ran_first = project.repro()
    return project


def test_a_run_killed_in_mid_training_is_not_taken_for_a_finished_one(project):
    """The kill came between two results of one stage: that stage must run again, whole."""
    names = set(project.left_by_kill)
    assert any("multistage" in name and "-0.6-" in name for name in names)
    assert not any("multistage" in name and "-0.9-" in name for name in names)
    assert "multistage_prune" in project.ran_first
    assert any("multistage" in name and "-0.9-" in name for name in project.results())


def test_one_command_runs_every_stage_and_leaves_results_figures_and_pages(project):
    assert project.repro() == [] and set(project.ran_first) <= set(STAGES)
    found, prefix = project.results(), "intra-acharya2017"
    filters = [f"{prefix}-{method}-eight_stages-macs-0.9-s0" for method in ("aofp", "l1_filter")]
    left = [(run := found.pop(name))["macs_effective"] / run["macs"] for name in filters]
    assert all(0.05 < share <= 0.1 for share in left)
    sparsities = {name: run["sparsity"] for name, run in found.items()}
    assert sparsities == {
        f"{prefix}-dense-s0": 0.0,
        **{
            f"{prefix}-{method}-magnitude-eight_stages-global-weights-{target}-s0": pytest.approx(
                target, abs=1e-4
            )
            for method in ("no_finetune", "one_shot", "multistage")
            for target in (0.6, 0.9)
        },
    }
    assert len(list((project.root / "reports" / "figures").glob("*.png"))) == 11
    pages = {page.name for page in (project.root / "reports" / "html").rglob("*.html")}
    assert {"index.html", "01_data.html", "08_sweep_results.html", "seed-0.html"} <= pages
    for file in ("results.csv", "differences.csv", "published.md", "cost.csv"):
        assert (project.root / "reports" / "tables" / file).stat().st_size > 0


def test_the_sweep_gives_what_the_pipeline_gives_and_the_report_shows_it(project):
    """The same cell, run by dask from a dense network of its own: the same scores to the digit."""
    assert project.swept.returncode == 0, project.swept.stderr
    study, prefix = project.results(), "intra-acharya2017"
    files = {path.stem: path for path in (project.root / "reports" / "sweep").glob("*.json")}
    assert len(files) == 4
    networks = [one for file in files.values() for one in json.loads(file.read_text())["networks"]]
    # Dense; multistage at 0.6 and 0.9; one-shot and without fine-tuning; AOFP.
    assert len(networks) == 6
    for network in networks:
        keys = ("method", "target_sparsity", "seed", "sparsity", "epochs", "accuracy", "f1_macro")
        same = [r for r in study.values() if all(r[k] == network[k] for k in keys)]
        assert len(same) == 1, network["method"]
    tables = project.root / "reports" / "tables" / "sweep"
    assert "finished,4" in (tables / "status.csv").read_text()
    assert {"ranking.csv", "answers.md", "goals.md"} <= {path.name for path in tables.iterdir()}
    assert (project.root / "reports" / "figures" / "sweep" / "08_budgets.png").exists()
    filters = project.root / "reports" / "tables" / "filters"
    assert {"comparison.csv", "comparison.md", "widths.csv"} <= {
        path.name for path in filters.iterdir()
    }
    assert (project.root / "reports" / "figures" / "filters" / "08_search.png").exists()
    assert f"{prefix}-multistage-magnitude-global-weights-eight_stages-0.9-s0" in files


def test_one_shot_gets_the_epochs_that_multistage_had_spent(project):
    epochs = {name: run["epochs"] for name, run in project.results().items()}
    for target, spent in ((0.6, 2), (0.9, 10)):
        for method in ("one_shot", "multistage"):
            name = f"intra-acharya2017-{method}-magnitude-eight_stages-global-weights-{target}-s0"
            assert epochs[name] == spent


def test_every_notebook_runs_from_its_own_folder_with_its_defaults(project, monkeypatch):
    """As in JupyterLab, which starts a kernel beside the notebook, and shows bars.

    While all is up to date, so that the device's notebook knows what its networks cost. That of
    sleep apnea without nights, that of perturbations without EEG: what does not need them still
    runs.
    """
    for name in ("PYTHONPATH", "PATH", "ECGLIB_MITDB"):
        monkeypatch.setenv(name, project.environment[name])
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    for name in ("ECGLIB_APNEA_ECG", "ECGLIB_UCDDB", "ECGLIB_EEGMMIDB"):
        monkeypatch.setenv(name, str(project.root / "nowhere"))
    before = project.results()
    for path in sorted((project.root / "notebooks").glob("*.ipynb")):
        if "apnea" in path.name and not ecg_nights.APNEAS_CSV.is_file():
            continue  # there is nothing that it could run on
        if "unseen" in path.name:
            continue  # the three records hold no test patient; see tests/unseen/test_unseen_study
        notebook = nbformat.read(path, as_version=4)
        NotebookClient(notebook, kernel_name="python3", resources=beside(path)).execute()
        last = [cell for cell in notebook.cells if cell.cell_type == "code"][-1]
        assert last.execution_count and last.outputs, path.name
    assert project.results() == before


def beside(path: Path) -> dict:
    return {"metadata": {"path": str(path.parent)}}


def test_a_second_run_does_nothing_and_one_parameter_reruns_only_what_needs_it(project):
    project.set(results__bootstrap_draws=60)  # that nothing ran before is tested above
    assert set(project.would_run()) == {"results", "sweep_results"}  # neither needs the other
    before = project.results()
    project.set(multistage_prune__target_sparsity=0.6, one_shot_prune__targets=[0.6])
    ran = project.repro("results")
    assert "baseline" not in ran and "data" not in ran
    assert {"multistage_prune", "one_shot_prune", "results"} <= set(ran)
    after = project.results()
    of_filters = {name for name in before if "-macs-" in name}
    left = {name for name in before if "-0.9-" not in name} | of_filters
    assert after == {name: before[name] for name in left}


def test_a_stage_that_is_killed_leaves_what_git_tracks(project):
    """DVC deletes a stage's outputs when it starts; these it leaves, and none is half written."""
    before = project.in_git()
    project.set(results__bootstrap_draws=55)
    project.kill_when("build/07_results", "*.ipynb", "results")
    assert {name for name in project.in_git() if "/." not in name} == before.keys()


def test_a_sweep_by_hand_needs_no_pipeline_and_leaves_the_study_alone(project):
    """By the tool that makes the network smaller; the others are run in tests/methods/rivals."""
    before = project.results()
    done = project.run(
        *("papermill", "notebooks/04_multistage_prune.ipynb", "build/x.ipynb", "-k", "python3"),
        *("-p", "method", "torch_pruning", "-p", "target_sparsity", "0.8"),
    )
    assert done.returncode == 0, done.stderr
    executed = nbformat.read(project.root / "build" / "x.ipynb", as_version=4)
    shown = "".join(
        out.get("text", "") for cell in executed.cells for out in cell.get("outputs", ())
    )
    assert "complete, epoch" in shown  # with the bar that moves
    written = [file.stem for file in (project.root / "build" / "results").rglob("*.json")]
    assert any("-torch_pruning-" in name and name.endswith("-0.8-s0") for name in written)
    assert project.results() == before


def test_an_unknown_parameter_by_hand_is_an_error_that_names_it(project):
    done = project.run(
        *("papermill", "notebooks/02_baseline.ipynb", "build/y.ipynb", "-k", "python3"),
        *("-p", "sparsityy", "0.8"),
    )
    assert done.returncode != 0
    assert "sparsityy" in done.stderr


def test_without_a_c_compiler_the_study_completes_and_says_what_is_absent(project, monkeypatch):
    monkeypatch.setitem(project.environment, "ECGLIB_ARM_GCC", "/nowhere/arm-none-eabi-gcc")
    project.set(on_device_estimate__host_beats=21)
    assert "on_device_estimate" in project.repro("on_device_estimate")
    table = (project.root / "reports" / "tables" / "device.csv").read_text()
    assert "f1_macro_int8" in table and "cycles" not in table
    shown = (project.root / "reports" / "executed" / "06_on_device_estimate.ipynb").read_text()
    assert "A C compiler is missing" in shown and "gcc-arm-none-eabi" in shown
