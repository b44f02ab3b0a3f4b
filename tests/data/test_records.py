"""A record is read as it was written, or refused with a message that says what is wrong."""

import hashlib
import socket
import threading
import warnings
from collections import Counter
from http.server import BaseHTTPRequestHandler, HTTPServer

import numpy as np
import pytest

from ecglib import paths
from ecglib.data import records
from ecglib.data.beats import CLASSES, annotated_beats
from ecglib.data.records import DataError, acquire, read_record, verify

NOISE_ADC = np.random.default_rng(1).integers(-500, 500, (1000, 2))


# Reading


def test_millivolts_are_baseline_subtracted_and_divided_by_gain(write_record):
    signal_adc = NOISE_ADC.copy()
    signal_adc[:3, 0] = 1024, 1224, 924
    record = read_record(write_record(signal_adc=signal_adc), "100")
    assert record.signal_mv[:3].tolist() == [0, 1, -0.5]


@pytest.mark.parametrize("fmt", ["212", "16"])
def test_signal_comes_back_as_the_integers_written(write_record, fmt):
    record = read_record(write_record(signal_adc=NOISE_ADC, fmt=fmt), "100")
    assert record.signal_adc.dtype == np.int16
    assert (record.signal_adc == NOISE_ADC[:, 0]).all()


@pytest.mark.parametrize(
    ("leads", "lead", "channel"),
    [(("MLII", "V5"), "MLII", 0), (("V5", "MLII"), "MLII", 1), (("V5", "V2"), "V5", 0)],
    ids=["first", "second", "absent"],
)
def test_lead_is_found_by_name_else_the_first_is_taken_and_recorded(
    write_record, leads, lead, channel
):
    folder = write_record(leads=leads, signal_adc=NOISE_ADC)
    with warnings.catch_warnings(record=True) as told:
        record = read_record(folder, "100", or_first=True)
    assert record.lead == lead
    assert len(told) == (lead != "MLII")
    assert (record.signal_adc == NOISE_ADC[:, channel]).all()


def test_another_lead_can_be_asked_for(write_record):
    record = read_record(write_record(signal_adc=NOISE_ADC), "100", lead="V5")
    assert record.lead == "V5"
    assert (record.signal_adc == NOISE_ADC[:, 1]).all()


def test_annotations_keep_their_absolute_samples_and_symbols(write_record):
    record = read_record(write_record(sample=(7, 300, 999), symbol=("N", "+", "V")), "100")
    assert record.sample.tolist() == [7, 300, 999]
    assert record.symbol.tolist() == ["N", "+", "V"]


# Bad records


@pytest.mark.parametrize("suffix", [".hea", ".dat", ".atr"])
def test_missing_file(write_record, suffix):
    folder = write_record()
    (folder / f"100{suffix}").unlink()
    with pytest.raises(DataError, match=r"record 100\b.*([Mm]issing|No such file)"):
        read_record(folder, "100")


@pytest.mark.parametrize("fmt", ["212", "16"])
def test_truncated_signal(write_record, fmt):
    folder = write_record(fmt=fmt)
    signal = folder / "100.dat"
    signal.write_bytes(signal.read_bytes()[:-300])
    with pytest.raises(
        DataError, match=r"record 100: .*100.dat is cut short, it holds \d+ of 1000"
    ):
        read_record(folder, "100")


def test_damaged_header(write_record):
    folder = write_record()
    (folder / "100.hea").write_bytes(b"no WFDB")
    with pytest.raises(DataError, match="record 100: the record line of .*100.hea .*'no WFDB'"):
        read_record(folder, "100")


@pytest.mark.parametrize("lost_bytes", [1, 2, 4, 6])
def test_annotations_cut_short_are_not_taken_for_fewer_beats(write_record, lost_bytes):
    folder = write_record()
    notes = folder / "100.atr"
    notes.write_bytes(notes.read_bytes()[:-lost_bytes])
    with pytest.raises(DataError, match="100.atr is cut short"):
        read_record(folder, "100")


def test_header_without_signals(write_record):
    folder = write_record()
    (folder / "100.hea").write_text("100 0 360 1000\n")
    with pytest.raises(DataError, match="record 100 has no usable lead"):
        read_record(folder, "100")


def test_invalid_samples_of_an_unused_lead_do_no_harm(write_record):
    signal_adc = NOISE_ADC.copy()
    signal_adc[5:8, 1] = -2048
    assert read_record(write_record(signal_adc=signal_adc), "100").lead == "MLII"


def test_another_sampling_rate_than_expected(write_record):
    with pytest.raises(DataError, match="record 100 is sampled at 250 Hz, expected 360 Hz"):
        read_record(write_record(fs_hz=250), "100", fs_hz=360)


def test_flat_lead(write_record):
    signal_adc = NOISE_ADC.copy()
    signal_adc[:, 0] = 7
    folder = write_record(signal_adc=signal_adc)
    with pytest.raises(DataError, match="record 100 has no usable lead: MLII is flat"):
        read_record(folder, "100")


# Verification


def test_altered_file_is_refused_by_its_checksum(tmp_path):
    file = tmp_path / "100.dat"
    file.write_bytes(b"signal")
    verify(file, hashlib.sha256(b"signal").hexdigest())
    file.write_bytes(b"sign@l")
    with pytest.raises(DataError, match="100.dat does not match the official SHA-256"):
        verify(file, hashlib.sha256(b"signal").hexdigest())


def test_header_with_changed_line_ends_is_recognised(tmp_path):
    official = b"100 2 360 650000\r\n100.dat 212 200 11 1024 995 -22131 0 MLII\r\n"
    header = tmp_path / "100.hea"
    header.write_bytes(official.replace(b"\r\n", b"\n"))
    with pytest.raises(DataError, match=r"100.hea .*line ends look changed \(CRLF to LF"):
        verify(header, hashlib.sha256(official).hexdigest())


# Acquisition


@pytest.fixture
def tiny_database(write_record, monkeypatch):
    """Folder of one synthetic record, 100, whose checksums stand for the official ones."""
    folder = write_record()
    for suffix in records.SUFFIXES:
        digest = hashlib.sha256((folder / f"100{suffix}").read_bytes()).hexdigest()
        monkeypatch.setitem(records.MITDB_SHA256, f"100{suffix}", digest)
    return folder


@pytest.fixture
def no_local_copy(tmp_path, monkeypatch):
    """The folder for downloads, empty; no other source, and retries without their pauses."""
    monkeypatch.delenv("ECGLIB_MITDB", raising=False)
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setattr(paths, "MITDB_BESIDE", tmp_path / "absent")
    monkeypatch.setattr(paths, "MITDB_DOWNLOAD", tmp_path / "download")
    monkeypatch.setattr("pooch.core.time.sleep", lambda seconds: None)
    return paths.MITDB_DOWNLOAD


@pytest.fixture
def serve(monkeypatch):
    """A function that puts a web server on this machine in place of PhysioNet.

    It answers with body(file name) and announces `cut_short` bytes more than it sends.
    """
    servers = []

    def start(body, cut_short=0):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                content = body(self.path.rsplit("/", 1)[-1])
                self.send_response(200)
                self.send_header("Content-Length", str(len(content) + cut_short))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *args):
                pass

        servers.append(HTTPServer(("127.0.0.1", 0), Handler))
        threading.Thread(target=servers[-1].serve_forever, args=(0.01,), daemon=True).start()
        monkeypatch.setattr(records, "MITDB_URL", f"http://127.0.0.1:{servers[-1].server_port}/")

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def files_in(folder):
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def test_unknown_record_name():
    with pytest.raises(DataError, match="no such MIT-BIH records: 110, 999"):
        acquire(["100", "999", "110"])


def test_folder_named_by_the_environment_comes_first(tiny_database, no_local_copy, monkeypatch):
    paths.MITDB_BESIDE.mkdir()
    monkeypatch.setenv("ECGLIB_MITDB", str(tiny_database))
    assert acquire(["100"]) == tiny_database


def test_copy_beside_the_checkout_is_used_before_the_network(
    tiny_database, no_local_copy, monkeypatch
):
    monkeypatch.setattr(paths, "MITDB_BESIDE", tiny_database)
    assert acquire(["100"]) == tiny_database


def test_environment_that_names_no_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("ECGLIB_MITDB", str(tmp_path / "nowhere"))
    with pytest.raises(DataError, match="ECGLIB_MITDB names no folder: .*nowhere.*three ways"):
        acquire(["100"])


@pytest.mark.parametrize("suffix", [".hea", ".dat", ".atr"])
def test_local_copy_that_lacks_a_file(tiny_database, monkeypatch, suffix):
    monkeypatch.setenv("ECGLIB_MITDB", str(tiny_database))
    (tiny_database / f"100{suffix}").unlink()
    with pytest.raises(DataError, match=rf"missing file .*100{suffix}.*three ways"):
        acquire(["100"])


def test_local_copy_with_an_altered_file(tiny_database, monkeypatch):
    monkeypatch.setenv("ECGLIB_MITDB", str(tiny_database))
    (tiny_database / "100.atr").write_bytes(b"other")
    with pytest.raises(DataError, match="100.atr does not match the official SHA-256"):
        acquire(["100"])


def test_without_copy_or_network_the_error_names_the_three_ways(no_local_copy, monkeypatch):
    with socket.socket() as closed:  # bound but not listening: nothing answers here
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setattr(records, "MITDB_URL", f"http://127.0.0.1:{closed.getsockname()[1]}/")
        with pytest.raises(DataError, match="could not fetch 100.hea") as raised:
            acquire(["100"])
    for way in ("ECGLIB_MITDB", "put a copy in", "connect to the network"):
        assert way in str(raised.value)
    assert files_in(no_local_copy) == []


def test_download_is_verified_and_used_again(tiny_database, no_local_copy, serve):
    asked = []
    serve(lambda file: asked.append(file) or (tiny_database / file).read_bytes())
    assert acquire(["100"]) == acquire(["100"]) == no_local_copy
    assert files_in(no_local_copy) == sorted(asked) == ["100.atr", "100.dat", "100.hea"]
    assert read_record(no_local_copy, "100").sample.tolist() == [100, 400, 700]


def test_the_progress_of_a_download_is_one_bar_over_all_files(
    tiny_database, no_local_copy, serve, capsys
):
    serve(lambda file: (tiny_database / file).read_bytes())
    acquire(["100"], progress=True)
    out = capsys.readouterr().out
    assert out.endswith("\n") and out.count("\n") == 1
    assert "3/3 files" in out.split("\r")[-1]


@pytest.mark.parametrize("cut_short", [0, 10], ids=["other content", "interrupted"])
def test_bad_download_leaves_nothing_behind(no_local_copy, serve, cut_short):
    serve(lambda file: b"half a file", cut_short)
    with pytest.raises(DataError, match="could not fetch 100.hea"):
        acquire(["100"])
    assert files_in(no_local_copy) == []


# The real database


def test_real_database_is_whole_and_has_48_records(mitdb, monkeypatch):
    monkeypatch.setenv("ECGLIB_MITDB", str(mitdb))
    assert acquire() == mitdb
    assert len(records.MITDB_RECORDS) == 48


def test_real_records_hold_the_published_number_of_beats_of_each_class(mitdb_records):
    counts = Counter(label for record in mitdb_records for label in annotated_beats(record)[1])
    assert [counts[index] for index in range(len(CLASSES))] == [90631, 2781, 7236, 803, 8043]


def test_only_two_real_records_lack_the_lead_mlii(mitdb_records):
    others = {record.name: record.lead for record in mitdb_records if record.lead != "MLII"}
    assert others == {"102": "V5", "104": "V5"}
