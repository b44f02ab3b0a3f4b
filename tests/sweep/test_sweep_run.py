"""What a user sees of a sweep: what runs again and what does not, and how failures are told."""

import hashlib
import json

import nbformat
import numpy as np
import pytest
from sweep_project import ENTRY, HANG_S, STATUS, wait_until

DENSE = "intra-acharya2017-dense-s0"
PRUNED = "intra-acharya2017-multistage-magnitude-global-weights-eight_stages-{}-s0"


@pytest.fixture(scope="module")
def first(project):
    """A sweep of one seed in which one cell fails; what the command said."""
    project.grid(ENTRY, seeds=(0,))
    (project.root / "fail").write_text("prune-0.9-s0")
    done = project.sweep("--workers", "2", "--retries", "1")
    done.log = project.log()
    project.forget()
    return done


def test_a_cell_that_always_fails_is_told_once_and_the_rest_is_finished(project, first):
    name = PRUNED.format(0.9)
    assert first.returncode == 1
    assert first.stderr.count(f"failed: {name}") == 1 and "ValueError: no such beat" in first.stderr
    assert "2 cells finished, 1 failed" in first.stdout
    assert [run[0] for run in first.log].count("prune-0.9-s0") == 2  # retried once
    assert project.stored().keys() == {DENSE, PRUNED.format(0.6)}
    notebook = project.root / "build" / "sweep" / name / "04_multistage_prune.ipynb"
    assert str(notebook) in first.stderr
    outputs = [c.get("outputs") for c in nbformat.read(notebook, as_version=4).cells]
    assert "as the test wants" in str(outputs)


def test_a_cell_file_says_what_was_run_and_holds_its_networks(project, first):
    stored = project.stored()[PRUNED.format(0.6)]
    assert stored.keys() == {"stage", "parameters", "fingerprint", "start", "networks"}
    assert stored["parameters"]["target_sparsity"] == 0.6
    (network,) = stored["networks"]
    assert network["method"] == "multistage" and network["seed"] == 0
    assert network["confusion"] == {"100": {"NN": 1, "NS": 1}, "101": {"VV": 1}}
    weights = project.root / "reports" / "sweep" / f"{DENSE}.safetensors"
    assert weights.read_bytes() == f"weights of {DENSE}".encode()
    assert stored["start"] == hashlib.sha256(weights.read_bytes()).hexdigest()
    assert f"{DENSE}.rewind.safetensors" in project.stored()[DENSE]["weights"]


def test_a_sweep_goes_on_with_what_is_left(project, first):
    done = project.sweep("--workers", "1")
    assert done.returncode == 0, done.stderr
    assert "2 of 3 cells are finished, 1 to run" in done.stdout
    assert [run[0] for run in project.log()] == ["prune-0.9-s0"]
    project.forget()
    again = project.sweep()
    assert again.returncode == 0 and "3 of 3 cells are finished, 0 to run" in again.stdout
    assert project.log() == []


def test_comments_leave_cells_finished_but_code_makes_them_stale(project, first):
    module = project.root / "ecglib" / "pruning" / "masks.py"
    before = module.read_text()
    module.write_text("# a comment\n" + before.replace('"""', '"""Other words. ', 1))
    assert project.status()["stale"] == set()
    module.write_text(before.replace("masked_fill_(~", "masked_fill_("))
    assert project.status()["stale"] == {PRUNED.format(t) for t in (0.6, 0.9)}
    module.write_text(before)
    assert project.status()["stale"] == set()
    project.beats(np.ones(3))
    assert DENSE in project.status()["stale"]
    project.beats(np.zeros(3))  # the same arrays in another file
    assert project.status()["stale"] == set()


def test_another_dense_network_makes_what_started_from_it_stale(project, first):
    """As where its file was deleted, and it was trained again on another machine."""
    folder = project.root / "reports" / "sweep"
    weights, cell = folder / f"{DENSE}.safetensors", folder / f"{DENSE}.json"
    before = weights.read_bytes(), cell.read_text()
    weights.write_bytes(b"another network")
    digest = json.loads(before[1])["weights"][weights.name]
    cell.write_text(before[1].replace(digest, hashlib.sha256(b"another network").hexdigest()))
    assert project.status()["stale"] == {PRUNED.format(t) for t in (0.6, 0.9)}
    weights.write_bytes(before[0])
    cell.write_text(before[1])
    assert project.status()["stale"] == set()


def test_damage_is_told_and_named(project, first):
    folder = project.root / "reports" / "sweep"
    weights, cell = folder / f"{DENSE}.safetensors", folder / f"{PRUNED.format(0.6)}.json"
    for path in (weights, cell):
        whole = path.read_bytes()
        path.write_bytes(whole[:-3])
        error = project.ask(STATUS)[1]
        assert f"{path} is" in error and "damaged" in error
        if path == cell:
            done = project.sweep("--status")
            assert done.returncode == 1 and f"{path} is" in done.stderr
        path.write_bytes(whole)
    other = folder / f"{PRUNED.format(0.9)}.json"
    whole = other.read_bytes()
    other.write_bytes(cell.read_bytes())
    assert "holds the result of another cell" in project.ask(STATUS)[1]
    other.write_bytes(whole)
    assert json.loads(other.read_text())["stage"] == "multistage_prune"


COLLECT = """
from ecglib.sweep import results
frame, status = results.collect()
names, matrices = results.stack(frame)
print(list(frame["method"]), names, matrices.shape, matrices.sum((0, 2, 3)))
print(len(status.finished), [cell.name for cell in status.missing])
"""


def test_networks_are_collected_with_their_confusions_but_not_beside_strays(project, first):
    out, err = project.ask(COLLECT)
    assert out.splitlines() == [
        "['dense', 'multistage', 'multistage'] ['100', '101'] (3, 2, 5, 5) [6 3]",
        "3 []",
    ], err
    stray = project.root / "reports" / "sweep" / "intra-lenet-dense-s0.json"
    stray.write_text("{}")
    _, err = project.ask(COLLECT)
    assert "no cell asks for, delete them: intra-lenet-dense-s0.json" in err
    assert f"no cell asks for reports/sweep/{stray.name}" in project.sweep("--status").stdout
    stray.unlink()
    project.grid(ENTRY, seeds=(0, 1))
    out, err = project.ask(COLLECT)
    assert "3 ['intra-acharya2017-dense-s1', " in out, err


def test_networks_are_kept_where_the_grid_asks_for_them(project, first):
    """A cell that was run before they were asked for runs again; the others' are not kept."""
    project.forget()
    project.grid(ENTRY | {"keep_weights": [0]}, seeds=(0, 2))
    assert project.status()["stale"] == {PRUNED.format(t) for t in (0.6, 0.9)}
    done = project.sweep("--workers", "1")
    assert done.returncode == 0, done.stderr
    kept = project.root / "reports" / "sweep" / "networks"
    assert {path.name: path.read_text() for path in kept.iterdir()} == {
        f"{DENSE}.safetensors": f"weights of {DENSE}",
        **{f"multistage-{t}-s0.safetensors": f"weights of prune-{t}-s0" for t in (0.6, 0.9)},
    }
    assert (
        "networks/multistage-0.6-s0.safetensors" in project.stored()[PRUNED.format(0.6)]["weights"]
    )
    project.grid(ENTRY, seeds=(0, 2))  # not asked for any more: kept, and no stray
    done = project.sweep("--status")
    assert done.returncode == 0 and "no cell asks for" not in done.stdout
    project.forget()


def test_a_dense_network_is_trained_when_its_turn_comes_not_before(project, first):
    """What comes first in the grid is known first, also where many dense networks are needed."""
    project.forget()
    project.grid(ENTRY, seeds=tuple(range(10, 20)))
    sweep = project.start("--workers", "1")
    wait_until(lambda: "prune-0.6-s10" in [run[0] for run in project.log()], sweep)
    assert not any(run[0].endswith("dense-s19") for run in project.log())
    sweep.terminate()
    sweep.communicate()


FULL_DISK = """
import errno, os, runpy, sys
replace = os.replace
def full(source, target):
    if "reports/sweep/" in str(target) and "0.9" in str(target):
        raise OSError(errno.ENOSPC, "No space left on device")
    replace(source, target)
os.replace = full
sys.argv = ["sweep", "--workers", "1"]
runpy.run_module("ecglib.sweep", run_name="__main__")
"""


def test_a_full_disk_stops_the_sweep_and_what_is_finished_is_kept(project, first):
    project.forget()
    project.grid(ENTRY, seeds=(3,))
    before = project.stored()
    stopped = project.python("-c", FULL_DISK)
    _, err = stopped.communicate()
    assert stopped.returncode == 1 and "sweep: the disk is full; the finished cells are kept" in err
    new = project.stored().keys() - before.keys()
    assert new == {name.replace("-s0", "-s3") for name in (DENSE, PRUNED.format(0.6))}
    assert not list((project.root / "reports" / "sweep").glob(".*"))


def test_code_that_changes_while_the_sweep_runs_stops_it(project, first):
    project.forget()
    project.grid(ENTRY, seeds=(0, 4))
    (project.root / "wait").touch()
    sweep = project.start("--workers", "1")
    wait_until(lambda: any(run[0].startswith("prune") for run in project.log()), sweep)
    module = project.root / "ecglib" / "pruning" / "masks.py"
    before = module.read_text()
    module.write_text(before.replace("masked_fill_(~", "masked_fill_("))
    (project.root / "go").touch()
    _, err = sweep.communicate(timeout=HANG_S)
    module.write_text(before)
    assert sweep.returncode == 1
    assert "differs in ecglib/pruning/masks.py from what the sweep started with" in err
    assert PRUNED.format(0.9).replace("-s0", "-s4") not in project.stored()
