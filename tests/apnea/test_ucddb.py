"""A night is found by one door; its ECG by its label; what is wrong is said with its place."""

import hashlib
import threading
from datetime import datetime, time
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pyedflib
import pytest
from event_files import line, text

from ecglib import paths
from ecglib.apnea import ucddb
from ecglib.apnea.events import Event
from ecglib.apnea.ucddb import acquire, read_night
from ecglib.data.errors import DataError

SECONDS = 60
RANDOM = np.random.default_rng(0)
ECG_ADC = RANDOM.integers(-2000, 2000, SECONDS * 128).astype(np.int32)
EVENTS = text(line("23:59:50", "APNEA-O", 15), line("00:00:10", "HYP-C", 9))
SIGNAL = {"dimension": "", "digital_min": -2048, "digital_max": 2047,
          "physical_min": -4.0, "physical_max": 4.0}  # fmt: skip
ECG = SIGNAL | {"label": "ECG", "sample_frequency": 128}
BEFORE = [
    SIGNAL | {"label": label, "sample_frequency": rate}
    for label, rate in [("Lefteye", 64), ("C3A2", 128), ("Right leg", 64), ("SpO2", 8)]
]


@pytest.fixture
def write(tmp_path):
    """Writes a night that starts at 23:59:30: signals at three rates, the ECG the fifth of six."""

    def writer(
        name="ucddb002", folder=tmp_path / "copy", ecg_adc=ECG_ADC, events=EVENTS, **changed
    ):
        folder.mkdir(exist_ok=True)
        headers = [*BEFORE, ECG | changed, SIGNAL | {"label": "Left leg", "sample_frequency": 64}]
        with pyedflib.EdfWriter(
            str(folder / f"{name}.rec"), len(headers), file_type=pyedflib.FILETYPE_EDF
        ) as file:
            file.setStartdatetime(datetime(2002, 9, 1, 23, 59, 30))
            file.setSignalHeaders(headers)
            rates = [header["sample_frequency"] for header in headers]
            signals = [np.full(SECONDS * rate, i, np.int32) for i, rate in enumerate(rates)]
            signals[4] = ecg_adc[: SECONDS * rates[4]]
            file.writeSamples(signals, digital=True)
        (folder / f"{name}_respevt.txt").write_bytes(events.encode())
        return folder

    return writer


# Reading


def test_the_ecg_is_found_by_its_label_at_its_own_rate(write):
    night = read_night(write(), "ucddb002")
    assert (night.name, night.fs_hz, night.start) == ("ucddb002", 128, time(23, 59, 30))
    assert night.ecg_adc.dtype == np.int16  # 6 MB a night, not 25
    assert night.ecg_adc.tolist() == ECG_ADC.tolist()
    assert night.duration_s == SECONDS


def test_events_count_from_the_start_in_the_header(write):
    assert read_night(write(), "ucddb002").events == (
        Event(20, 35, "APNEA-O"),
        Event(40, 49, "HYP-C"),
    )


@pytest.mark.parametrize("unit", ["uV", "mV", "?"])
def test_any_unit_will_do(write, unit):
    night = read_night(write(dimension=unit), "ucddb002")
    assert night.ecg_adc.tolist() == ECG_ADC.tolist()


def test_an_inverted_ecg_is_upright(write):
    night = read_night(write(physical_min=4.0, physical_max=-4.0), "ucddb002")
    assert night.ecg_adc.tolist() == (-ECG_ADC).tolist()


def test_the_25_nights_and_those_that_the_study_left_out():
    assert len(ucddb.NAMES) == 25 and len(set(ucddb.NAMES)) == 25
    assert (ucddb.NAMES[0], ucddb.NAMES[-1]) == ("ucddb002", "ucddb028")
    assert not {"ucddb004", "ucddb016"} & set(ucddb.NAMES)
    assert set(ucddb.LEFT_OUT) < set(ucddb.NAMES)


# Bad input


def test_a_missing_night_is_named_with_the_three_ways(write):
    folder = write()
    with pytest.raises(
        DataError, match="night ucddb003: missing file .*ucddb003.rec. .*three ways"
    ):
        read_night(folder, "ucddb003")
    (folder / "ucddb002_respevt.txt").unlink()
    with pytest.raises(DataError, match="night ucddb002: missing file .*ucddb002_respevt.txt"):
        read_night(folder, "ucddb002")


def test_a_file_without_an_ecg_says_what_it_has(write):
    with pytest.raises(
        DataError, match="ucddb002.rec has no signal 'ECG', but Lefteye, C3A2, .*EKG"
    ):
        read_night(write(label="EKG"), "ucddb002")


def test_another_rate_is_refused(write):
    with pytest.raises(DataError, match="ucddb002.rec: its ECG has 64 Hz, expected 128 Hz"):
        read_night(write(sample_frequency=64), "ucddb002")


def test_a_flat_ecg_is_refused(write):
    with pytest.raises(DataError, match="ucddb002.rec: its ECG is empty, flat or wider"):
        read_night(write(ecg_adc=np.full_like(ECG_ADC, 7)), "ucddb002")


def test_a_file_that_is_no_edf_or_cut_off_is_refused(write):
    folder = write()
    path = folder / "ucddb002.rec"
    for content in (path.read_bytes()[:-100], b"no EDF" * 100, b""):
        path.write_bytes(content)
        with pytest.raises(DataError, match="ucddb002.rec is no EDF file that can be read"):
            read_night(folder, "ucddb002")


def test_events_of_another_night_are_refused(write):
    folder = write(events=text(line("00:00:25", "HYP-C", 9)))
    with pytest.raises(
        DataError, match="_respevt.txt, line 4: .*ends 4 s after the recording of 60"
    ):
        read_night(folder, "ucddb002")


# The door


@pytest.fixture(autouse=True)
def no_local_copy(tmp_path, monkeypatch):
    """No source but a server that never answers, retried without pauses."""
    monkeypatch.delenv("ECGLIB_UCDDB", raising=False)
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setattr(paths, "DATA", tmp_path / "data")
    monkeypatch.setattr(ucddb, "BESIDE", tmp_path / "beside")
    monkeypatch.setattr(ucddb, "URL", "http://127.0.0.1:9/")
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
        monkeypatch.setattr(ucddb, "URL", f"http://127.0.0.1:{servers[-1].server_port}/")
        return asked

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def official(write, tmp_path):
    """A folder as PhysioNet has it: nights, and the list of their SHA-256."""
    for name in ("ucddb002", "ucddb011"):
        folder = write(name, tmp_path / "official")
    sums = [f"{hashlib.sha256(p.read_bytes()).hexdigest()} {p.name}\n" for p in folder.iterdir()]
    (folder / ucddb.SUMS).write_text("".join(sums))
    return folder


def files_in(folder):
    return sorted(path.name for path in folder.rglob("*"))


def test_a_folder_named_by_the_environment_comes_first(write, tmp_path, monkeypatch):
    write(folder=tmp_path / "beside")
    monkeypatch.setenv("ECGLIB_UCDDB", str(write()))
    assert acquire(["ucddb002"]) == tmp_path / "copy"


def test_an_environment_that_names_no_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("ECGLIB_UCDDB", str(tmp_path / "nowhere"))
    with pytest.raises(DataError, match="ECGLIB_UCDDB names no folder: .*nowhere.*three ways"):
        acquire(["ucddb002"])


def test_a_copy_that_lacks_a_night(write, monkeypatch):
    monkeypatch.setenv("ECGLIB_UCDDB", str(write()))
    with pytest.raises(DataError, match="night ucddb003: missing file .*ucddb003.rec.*three ways"):
        acquire(["ucddb002", "ucddb003"])


def test_an_unknown_night():
    with pytest.raises(DataError, match="no such nights of UCDDB: ucddb004, x; see NAMES"):
        acquire(["x", "ucddb002", "ucddb004"])


def test_a_copy_beside_the_checkout_is_used_before_the_network(write, tmp_path):
    write(folder=tmp_path / "beside")
    assert acquire(["ucddb002"]) == tmp_path / "beside"


def test_a_folder_beside_it_without_recordings_is_no_copy(tmp_path):
    ucddb.BESIDE.mkdir()
    (ucddb.BESIDE / "apneas.csv").write_text("record,duration_s,start_s,end_s\n")
    with pytest.raises(DataError, match="could not fetch SHA256SUMS.txt of UCDDB"):
        acquire(["ucddb002"])


def test_without_copy_or_network_one_line_names_the_three_ways(tmp_path):
    with pytest.raises(DataError, match="could not fetch SHA256SUMS.txt") as raised:
        acquire(["ucddb002"])
    for way in ("set ECGLIB_UCDDB", "put a copy in", "connect to the network"):
        assert way in str(raised.value)
    assert "\n" not in str(raised.value)
    assert files_in(tmp_path / "data" / "ucddb") == []


def test_of_a_fetched_night_only_the_ecg_and_the_events_are_kept(official, serve, tmp_path):
    asked = serve(official)
    folder = acquire(["ucddb002", "ucddb011"])
    assert folder == acquire(["ucddb002", "ucddb011"]) == tmp_path / "data" / "ucddb"
    assert sorted(asked) == files_in(official)  # each once
    assert files_in(folder) == [
        "ucddb002.npz", "ucddb002_respevt.txt", "ucddb011.npz", "ucddb011_respevt.txt",
    ]  # fmt: skip
    kept, copied = read_night(folder, "ucddb002"), read_night(official, "ucddb002")
    assert kept.ecg_adc.dtype == np.int16 and (kept.ecg_adc == copied.ecg_adc).all()
    assert (kept.start, kept.events) == (copied.start, copied.events)


def test_only_the_nights_that_are_absent_are_fetched(official, serve, tmp_path):
    asked = serve(official)
    acquire(["ucddb002"])
    asked.clear()
    acquire(["ucddb002", "ucddb011"])
    assert sorted(asked) == ["SHA256SUMS.txt", "ucddb011.rec", "ucddb011_respevt.txt"]


def test_a_recording_that_was_put_there_stays(official, write, serve, tmp_path):
    (tmp_path / "data").mkdir()
    write(folder=tmp_path / "data" / "ucddb")
    asked = serve(official)
    folder = acquire(["ucddb002", "ucddb011"])
    assert "ucddb002.rec" in files_in(folder) and "ucddb002.rec" not in asked
    assert read_night(folder, "ucddb002").ecg_adc.tolist() == ECG_ADC.tolist()


def test_the_progress_is_one_bar_over_all_nights(official, serve, capsys):
    serve(official)
    acquire(["ucddb002", "ucddb011"], progress=True)
    out = capsys.readouterr().out
    assert out.count("\n") == 1 and "2/2 nights" in out.split("\r")[-1]


@pytest.mark.parametrize("file", ["ucddb011.rec", "ucddb011_respevt.txt"])
def test_an_altered_file_is_refused_and_what_was_whole_is_kept(official, serve, tmp_path, file):
    (official / file).write_bytes(b"other")
    serve(official)
    with pytest.raises(DataError, match=f"could not fetch {file} of UCDDB .*SHA256.*three ways"):
        acquire(["ucddb002", "ucddb011"])
    assert files_in(tmp_path / "data" / "ucddb") == ["ucddb002.npz", "ucddb002_respevt.txt"]


def test_a_list_of_checksums_that_is_none_or_lacks_a_file(official, serve):
    serve(official)
    (official / ucddb.SUMS).write_text("<html>log in first</html>\n")
    with pytest.raises(DataError, match="fetch SHA256SUMS.txt of UCDDB .it is no list of SHA-256"):
        acquire(["ucddb002"])
    (official / ucddb.SUMS).write_text("0 other.rec\n")
    with pytest.raises(DataError, match="fetch ucddb002.rec of UCDDB .it is not listed"):
        acquire(["ucddb002"])


def test_a_damaged_night_of_the_cache_is_refused(official, serve):
    serve(official)
    folder = acquire(["ucddb002"])
    path = folder / "ucddb002.npz"
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(DataError, match="night ucddb002: .*ucddb002.npz is damaged.*delete it"):
        read_night(folder, "ucddb002")
    np.savez(path, ecg_adc=np.zeros(128), start=np.zeros(4, int))
    with pytest.raises(DataError, match="night ucddb002: .*ucddb002.npz is damaged"):
        read_night(folder, "ucddb002")
