"""A real cluster of processes: kills, stops, two sweeps at once, workers of another kind."""

import json
import os
import signal
import subprocess
import sys

import pytest
from distributed import LocalCluster
from sweep_project import HANG_S, alive, wait_until

from ecglib.sweep import cluster
from ecglib.sweep.errors import SweepError

NAMES = {
    "intra-acharya2017-dense-s0",
    "intra-acharya2017-dense-s1",
    *(
        f"intra-acharya2017-multistage-magnitude-global-weights-eight_stages-{t}-s{s}"
        for t in (0.6, 0.9)
        for s in (0, 1)
    ),
}


def test_a_stopped_sweep_goes_on_and_a_killed_worker_loses_nothing(project):
    """Stopped when the dense cells are finished; then a worker dies in the middle of a cell."""
    (project.root / "wait").touch()
    sweep = project.start("--workers", "2")
    pruning = wait_until(lambda: [run for run in project.log() if "prune" in run[0]][1:], sweep)
    second = project.sweep("--workers", "1")
    assert second.returncode == 1
    assert f"another sweep runs in {project.root} (process {sweep.pid})" in second.stderr
    sweep.send_signal(signal.SIGTERM)
    _, err = sweep.communicate(timeout=HANG_S)
    assert sweep.returncode == 1 and "sweep: stopped" in err
    wait_until(lambda: not any(alive(pid) for _, *pids in pruning for pid in pids))
    assert len(project.stored()) == 2  # the dense cells

    (project.root / "runs.log").unlink()
    sweep = project.start("--workers", "2")
    wait_until(lambda: len(project.log()) > 1, sweep)
    first, second = project.log()
    assert first[1] != second[1] and "dense" not in first[0] + second[0]
    os.kill(first[1], signal.SIGKILL)
    wait_until(lambda: not alive(first[2]))  # its kernel ended by itself
    (project.root / "go").touch()
    out, err = sweep.communicate(timeout=HANG_S)
    assert sweep.returncode == 0, err
    assert "4 cells finished, 0 failed" in out
    killed, again = (run for run in project.log() if run[0] == first[0])
    assert killed == first and again[1] != first[1]
    assert sorted(name for name, *_ in project.log("end")) == [
        f"prune-{t}-s{s}" for t in (0.6, 0.9) for s in (0, 1)
    ]
    assert project.stored().keys() == NAMES
    print(f"killed worker {first[1]} in {first[0]}; run again by worker {again[1]}\n{out}")
    assert not list((project.root / "build" / "sweep").glob("*/run-*/results"))
    assert project.sweep("--status").returncode == 0


# Says where all of a local cluster's processes listen, and then dies without tidying up.
LISTENS = """
import os, signal, psutil
from ecglib.sweep import cluster
if __name__ == "__main__":
    with cluster.connect(None, 1) as client:
        client.submit(len, "abc").result()
        everyone = [psutil.Process(), *psutil.Process().children(recursive=True)]
        listening = [c for one in everyone for c in one.net_connections() if c.status == "LISTEN"]
        print(*[one.pid for one in everyone])
        print(len(listening), *sorted({c.laddr.ip for c in listening}), flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_local_cluster_listens_for_this_computer_alone_and_leaves_nothing(project, tmp_path):
    (program := tmp_path / "listens.py").write_text(LISTENS)
    scratch = project.root / "build" / "sweep" / "dask"
    for _ in range(2):
        out, err = project.python(str(program)).communicate(timeout=HANG_S)
        pids, (count, *addresses) = (line.split() for line in out.splitlines())
        wait_until(lambda pids=pids: not any(alive(int(pid)) for pid in pids))
        assert int(count) > 2 and addresses == ["127.0.0.1"], err
        left = list(scratch.rglob("worker-*.dirlock"))
        assert len(left) == 1, left  # of this one: what the one before left is gone


def test_a_sweep_tidies_what_a_killed_one_left_and_nothing_of_others(project):
    project.forget()
    project.grid({"stage": "baseline"}, seeds=(20,))
    kept, scratch = project.root / "reports" / "sweep", project.root / "build" / "sweep"
    own = [kept / ".half-written-1-x.json", kept / "networks" / ".half-written-2-y.safetensors"]
    own += [scratch / "x" / ".half-written-3-02_baseline.ipynb"]
    own += [scratch / "x" / "run-0123abcd" / "results" / "half.json"]
    theirs = [kept / ".nfs-123", kept / ".DS_Store", kept / ".Trash-1000" / "x.json"]
    theirs += [kept / ".ipynb_checkpoints" / "x-checkpoint.json", kept / ".123-notes.json"]
    theirs += [scratch / "x" / "run-of-mine" / "notes.md", scratch / "x" / "02_baseline.ipynb"]
    for path in own + theirs:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("there")
    done = project.sweep("--workers", "1")
    assert done.returncode == 0, done.stderr
    assert [path for path in own if path.exists()] == []
    assert {path.read_text() for path in theirs} == {"there"}
    assert "no cell asks for reports/sweep/." not in project.sweep("--status").stdout
    assert not list(scratch.glob("*/run-????????"))


@pytest.fixture
def scheduler(project, tmp_path):
    """The address of a scheduler process, and a function that starts a worker for it."""
    processes = []

    def start(*command: str, **environment: str) -> None:
        command = [sys.executable, "-m", "distributed.cli." + command[0], *command[1:]]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        env = project.environment | environment
        processes.append(subprocess.Popen(command, cwd=tmp_path, env=env, **quiet))

    file = tmp_path / "scheduler.json"
    options = ("--port", "0", "--no-dashboard", "--host", "127.0.0.1")
    start("dask_scheduler", *options, "--scheduler-file", str(file))
    wait_until(lambda: file.exists() and file.read_text().strip().endswith("}"))
    address = json.loads(file.read_text())["address"]

    def worker(**environment: str) -> None:
        one = ("--nthreads", "1", "--no-dashboard", "--memory-limit", "0")
        start("dask_worker", address, *one, **environment)

    yield address, worker
    for process in processes:
        process.kill()
    for process in processes:
        process.wait()


def test_workers_of_a_scheduler_run_cells_but_not_with_other_packages(project, scheduler, tmp_path):
    project.forget()
    address, worker = scheduler
    worker()
    project.grid({"stage": "baseline"}, seeds=(7,))
    done = project.sweep("--scheduler", address)
    assert done.returncode == 0, done.stderr
    assert project.log("end")[0][0] == "intra-acharya2017-dense-s7"

    other = tmp_path / "other" / "papermill-0.0.1.dist-info"
    other.mkdir(parents=True)
    (other / "METADATA").write_text("Metadata-Version: 2.1\nName: papermill\nVersion: 0.0.1\n")
    worker(PYTHONPATH=f"{project.root}{os.pathsep}{other.parent}")
    project.grid({"stage": "baseline"}, seeds=tuple(range(8, 14)))
    done = wait_until(lambda: refused(project.sweep("--scheduler", address)))
    assert "tcp://127.0.0.1:" in done.stderr
    assert "papermill 0.0.1 there, 2.7.0 here" in done.stderr


def refused(done: subprocess.CompletedProcess) -> subprocess.CompletedProcess | None:
    """The sweep if it was refused; the other worker may have come too late for it."""
    return done if done.returncode else None


def test_an_unreachable_scheduler_is_named_before_a_client_is_made(monkeypatch):
    """A client that failed to connect would stop another's start when Python collects it."""
    monkeypatch.setattr(cluster, "Client", None)
    with pytest.raises(SweepError, match="no dask scheduler answers at tcp://127.0.0.1:9"):
        with cluster.connect("tcp://127.0.0.1:9", 1, timeout_s=0.5):
            pass
    with pytest.raises(SweepError, match="no dask scheduler answers at nonsense://"):
        with cluster.connect("nonsense://x", 1, timeout_s=0.5):
            pass


def test_a_scheduler_without_workers_is_said_to_have_none(capsys):
    with LocalCluster(n_workers=0, dashboard_address=None) as empty:
        with cluster.connect(empty.scheduler_address, workers=1):
            pass
    assert f"{empty.scheduler_address} has no workers yet" in capsys.readouterr().out
