"""People are found by one door, as arrays or EDF+; what is wrong is said with its place."""

import hashlib
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pyedflib
import pytest

from ecglib import paths
from ecglib.data import arrays
from ecglib.data.errors import DataError
from ecglib.perturbation import eegmmidb
from ecglib.perturbation.eegmmidb import acquire, read_people

RANDOM = np.random.default_rng(0)
CUES = [(0.0, 4.2, "T0"), (4.2, 4.1, "T2"), (8.3, 4.2, "T0"), (12.5, 4.1, "T1")]
SECONDS = 17
LABELS = ["Fp1.", "C4..", "Fc3.", "Fcz.", "Fc4.", "C3..", "Cz..", "Cp3.", "Cp4."]
ORDER = [2, 3, 4, 5, 6, 1, 7, 8]  # where the eight channels stand in LABELS
SIGNALS_UV = RANDOM.integers(-300, 300, (len(LABELS), SECONDS * 160)).astype(float)


def write_run(path, signals_uv=SIGNALS_UV, cues=CUES, labels=LABELS, **changed):
    """An EDF+ file as PhysioNet has it: one unit is one microvolt."""
    header = {"dimension": "uV", "sample_frequency": 160, "physical_min": -8092.0,
              "physical_max": 8092.0, "digital_min": -8092, "digital_max": 8092}  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    with pyedflib.EdfWriter(str(path), len(labels), file_type=pyedflib.FILETYPE_EDFPLUS) as file:
        file.setSignalHeaders([header | changed | {"label": label} for label in labels])
        file.writeSamples([np.ascontiguousarray(signal) for signal in signals_uv])
        for cue in cues:
            file.writeAnnotation(*cue)


@pytest.fixture
def write(tmp_path):
    """Writes a person's three runs in the official layout; gives the folder."""

    def writer(name="S001", folder=tmp_path / "copy", flat=False, **changed):
        where = folder if flat else folder / name
        for run in (4, 8, 12):
            write_run(where / f"{name}R{run:02d}.edf", **changed)
        return folder

    return writer


def write_npz(folder, name="S001", **changed):
    whole = {
        "epochs": RANDOM.integers(-999, 999, (3, 8, 640)).astype(np.int16),
        "label": np.array([0, 1, 1], np.uint8),
        "run": np.array([4, 4, 12], np.uint8),
    }
    folder.mkdir(parents=True, exist_ok=True)
    arrays.save(folder / f"{name}.npz", **(whole | changed))
    return whole | changed


# Reading


@pytest.mark.parametrize("flat", [False, True])
def test_trials_are_cut_from_the_cue_with_channels_by_name(write, flat):
    people, _ = read_people(write(flat=flat))
    person = people["S001"]
    assert person.epochs.shape == (6, 8, 640) and person.epochs.dtype == np.int16
    assert person.label.tolist() == [1, 0] * 3 and person.run.tolist() == [4, 4, 8, 8, 12, 12]
    for trial, start in zip(person.epochs[2:4], (672, 2000), strict=True):
        assert (trial == 10 * SIGNALS_UV[ORDER, start : start + 640]).all()


def test_arrays_are_read_as_they_are(tmp_path):
    whole = write_npz(tmp_path)
    person = read_people(tmp_path)[0]["S001"]
    assert all((getattr(person, name) == value).all() for name, value in whole.items())


def test_a_copy_may_be_of_a_part_of_the_people(tmp_path, write):
    write_npz(tmp_path / "copy", "S003")
    people, left_out = read_people(write("S002"), ["S001", "S002", "S003"])
    assert list(people) == ["S002", "S003"]
    assert left_out == {"S001": f"not in {tmp_path / 'copy'}"}


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"sample_frequency": 128}, "S001R04.edf has 128 Hz, not 160"),
        ({"cues": [*CUES[:3], (12.5, 1.9, "T1")]}, "the trial at 12.5 s is shorter than 4 s"),
        ({"cues": [*CUES, (13.5, 4.1, "T1")]}, "the trial at 13.5 s is shorter than 4 s"),
        (
            {"signals_uv": np.where(np.arange(SECONDS * 160) < 2500, SIGNALS_UV, 0)},
            "the trial at 12.5 s is shorter than 4 s",
        ),
        ({"signals_uv": 20 * SIGNALS_UV}, "uV are more than 16 bits hold"),
    ],
)
def test_people_of_another_kind_are_left_out_with_the_reason(write, tmp_path, changed, reason):
    write_npz(tmp_path / "copy", "S002")
    people, left_out = read_people(write(**changed), ["S001", "S002"])
    assert list(people) == ["S002"] and reason in left_out["S001"]


# Bad input


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"labels": [*LABELS[:-1], "Cp5."]}, "S001R04.edf has no channel CP4, but FP1, C4, FC3"),
        ({"dimension": "mV"}, "S001R04.edf: channels are in mV, expected uV"),
        ({"cues": [(0.0, 4.2, "T0")]}, "S001R04.edf has no cue, T1 or T2"),
    ],
)
def test_recordings_that_are_not_of_this_kind(write, changed, message):
    with pytest.raises(DataError, match=message):
        read_people(write(**changed))


def test_a_file_that_is_no_edf_or_cut_off(write):
    folder = write()
    path = folder / "S001" / "S001R08.edf"
    for content in (path.read_bytes()[:-100], b"no EDF" * 100, b""):
        path.write_bytes(content)
        with pytest.raises(DataError, match="S001R08.edf is no EDF file that can be read"):
            read_people(folder)


def test_a_missing_run_is_named_with_the_three_ways(write):
    folder = write()
    (folder / "S001" / "S001R12.edf").unlink()
    with pytest.raises(DataError, match="S001: missing file .*S001R12.edf.*three ways"):
        read_people(folder)


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"epochs": np.zeros((3, 8, 512), np.int16)}, r"epochs .*\(3, 8, 512\) int16"),
        ({"epochs": np.zeros((3, 8, 640), np.float32)}, "epochs .*float32"),
        ({"epochs": np.zeros((2, 8, 640), np.int16)}, "epochs"),
        ({"label": np.array([0, 1, 2], np.uint8)}, "label"),
        ({"label": np.array([0.0, 1.0, 1.0])}, "label .*float64"),
        ({"label": np.zeros((3, 1), np.uint8)}, "epochs"),
        ({"run": np.array([4, 4, 5], np.uint8)}, "run"),
        ({"run": np.array([4, 4], np.uint8)}, "run"),
        (
            {"epochs": np.zeros((0, 8, 640), np.int16), "label": np.zeros(0, np.uint8)},
            "epochs",
        ),
    ],
)
def test_arrays_of_another_kind_are_refused(tmp_path, changed, what):
    write_npz(tmp_path, **changed)
    with pytest.raises(DataError, match=f"person S001: .*S001.npz holds {what}.*: copy it again"):
        read_people(tmp_path)


def test_a_damaged_or_incomplete_file_of_arrays(tmp_path):
    write_npz(tmp_path)
    path = tmp_path / "S001.npz"
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(DataError, match="person S001: .*S001.npz is damaged"):
        read_people(tmp_path)
    arrays.save(path, epochs=np.zeros((1, 8, 640), np.int16))
    with pytest.raises(DataError, match="person S001: .*S001.npz is damaged"):
        read_people(tmp_path)


# The door


@pytest.fixture(autouse=True)
def no_local_copy(tmp_path, monkeypatch):
    """No source but a server that never answers, retried without pauses."""
    monkeypatch.delenv("ECGLIB_EEGMMIDB", raising=False)
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setattr(paths, "DATA", tmp_path / "data")
    monkeypatch.setattr(eegmmidb, "BESIDE", tmp_path / "beside")
    monkeypatch.setattr(eegmmidb, "URL", "http://127.0.0.1:9/")
    monkeypatch.setattr("pooch.core.time.sleep", lambda seconds: None)


@pytest.fixture
def serve(monkeypatch):
    """A function that serves a folder on this machine as PhysioNet would; gives what was asked."""
    servers = []

    def start(folder):
        asked = []

        class Handler(SimpleHTTPRequestHandler):
            def __init__(self, *args):
                super().__init__(*args, directory=str(folder))

            def log_request(self, *args):
                asked.append(self.path.removeprefix("/"))

            def log_message(self, *args):
                pass

        servers.append(ThreadingHTTPServer(("127.0.0.1", 0), Handler))
        threading.Thread(target=servers[-1].serve_forever, args=(0.01,), daemon=True).start()
        monkeypatch.setattr(eegmmidb, "URL", f"http://127.0.0.1:{servers[-1].server_port}/")
        return asked

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def official(write, tmp_path):
    """A folder as PhysioNet has it: S001 and S002, of another rate, and the list of SHA-256."""
    folder = write(folder=tmp_path / "official")
    write("S002", folder, sample_frequency=128)
    sums = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()} {path.relative_to(folder)}\n"
        for path in folder.rglob("*.edf")
    ]
    (folder / eegmmidb.SUMS).write_text("".join(sums))
    return folder


def files_in(folder):
    return sorted(path.name for path in folder.rglob("*"))


def test_a_folder_named_by_the_environment_comes_first(write, tmp_path, monkeypatch):
    write_npz(tmp_path / "beside")
    monkeypatch.setenv("ECGLIB_EEGMMIDB", str(write()))
    assert acquire() == tmp_path / "copy"


def test_an_environment_that_names_no_folder_of_people(tmp_path, monkeypatch):
    for folder in (tmp_path, tmp_path / "nowhere"):
        monkeypatch.setenv("ECGLIB_EEGMMIDB", str(folder))
        with pytest.raises(DataError, match="ECGLIB_EEGMMIDB names no folder of people.*three wa"):
            acquire()


def test_an_unknown_person():
    with pytest.raises(DataError, match="no such people of eegmmidb: S000, x; see NAMES"):
        acquire(["x", "S001", "S000"])


def test_a_copy_beside_the_checkout_is_used_before_the_network(tmp_path):
    write_npz(tmp_path / "beside")
    assert acquire() == tmp_path / "beside"


def test_without_copy_or_network_one_line_names_the_three_ways(tmp_path):
    (tmp_path / "beside").mkdir()
    (tmp_path / "beside" / "README.md").write_text("nobody yet\n")
    with pytest.raises(DataError, match="could not fetch SHA256SUMS.txt") as raised:
        acquire()
    for way in ("set ECGLIB_EEGMMIDB", "put a copy in", "connect to the network"):
        assert way in str(raised.value)
    assert "\n" not in str(raised.value)
    assert files_in(tmp_path / "data" / "eegmmidb") == []


def test_a_folder_without_anybody(tmp_path):
    with pytest.raises(DataError, match="nobody can be read in .*three ways"):
        read_people(tmp_path)


def test_of_who_is_fetched_the_trials_are_kept_or_why_there_are_none(official, serve, tmp_path):
    asked = serve(official)
    names = ["S001", "S002"]
    folder = acquire(names)
    assert folder == acquire(names) == tmp_path / "data" / "eegmmidb"
    assert len(asked) == len(set(asked)) == 7  # each file once, and the list
    assert files_in(folder) == ["S001.npz", "S002.left_out"]
    people, left_out = read_people(folder, names)
    copied = read_people(official, ["S001"])[0]["S001"]
    assert left_out == {"S002": "S002R04.edf has 128 Hz, not 160"}
    for name in ("epochs", "label", "run"):
        kept, cut = getattr(people["S001"], name), getattr(copied, name)
        assert kept.dtype == cut.dtype and (kept == cut).all()


def test_only_those_who_are_absent_are_fetched(official, serve):
    asked = serve(official)
    acquire(["S001"])
    asked.clear()
    acquire(["S001", "S002"])
    assert sorted(asked) == ["S002/S002R04.edf", "S002/S002R08.edf", "S002/S002R12.edf",
                             "SHA256SUMS.txt"]  # fmt: skip


def test_the_progress_is_one_bar_over_all_people(official, serve, capsys):
    serve(official)
    acquire(["S001", "S002"], progress=True)
    out = capsys.readouterr().out
    assert out.count("\n") == 1 and "2/2 people" in out.split("\r")[-1]


def test_an_altered_file_is_refused_and_who_was_whole_is_kept(official, serve, tmp_path):
    (official / "S002" / "S002R12.edf").write_bytes(b"other")
    serve(official)
    with pytest.raises(
        DataError, match="could not fetch S002/S002R12.edf of eegmmidb .*SHA256.*three ways"
    ):
        acquire(["S001", "S002"])
    assert files_in(tmp_path / "data" / "eegmmidb") == ["S001.npz"]


def test_a_list_of_checksums_that_is_none_or_lacks_a_file(official, serve):
    serve(official)
    (official / eegmmidb.SUMS).write_text("<html>log in first</html>\n")
    with pytest.raises(DataError, match="SHA256SUMS.txt of eegmmidb .it is no list of SHA-256"):
        acquire(["S001"])
    (official / eegmmidb.SUMS).write_text("0 other.edf\n")
    with pytest.raises(DataError, match="fetch S001/S001R04.edf of eegmmidb .it is not listed"):
        acquire(["S001"])
