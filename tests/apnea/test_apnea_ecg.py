import numpy as np
import pytest
import wfdb

from ecglib.apnea import apnea_ecg, networks
from ecglib.apnea.nights import UNKNOWN, WINDOW
from ecglib.data.errors import DataError

MINUTES = 30


@pytest.fixture
def folder(tmp_path):
    """A learning night a01 and a test night x01 of half an hour, with a beat a second or so."""
    drawn = np.random.default_rng(0)
    for name in ("a01", "x01"):
        beats = np.cumsum(drawn.normal(95, 3, 70 * MINUTES)).astype(int)
        beats = beats[beats < 6000 * MINUTES]
        wfdb.wrann(name, "qrs", beats, ["N"] * len(beats), write_dir=str(tmp_path))
        (tmp_path / f"{name}.hea").write_text(f"{name} 1 100 {6000 * MINUTES}\n")
    write_labels(tmp_path, "A" * 10 + "N" * 20)
    (tmp_path / "event-2-answers").write_text(f"x01\n 0 {'N' * 10 + 'A' * 20}\n\nx02\n 0 NN\n")
    return tmp_path


def write_labels(folder, letters, every=6000):
    at = every * np.arange(len(letters))
    wfdb.wrann("a01", "apn", at, list(letters), write_dir=str(folder))


def test_a_night_has_a_label_a_minute_and_a_window_round_each(folder):
    night = apnea_ecg.read_night(folder, "a01")
    assert night.label.tolist() == [1] * 10 + [0] * 20
    assert night.windows.shape == (MINUTES, WINDOW) and night.subject == "a01"
    # The window of the first minute begins before the night: with the mean, which is 0.
    before = (WINDOW - night.step) // 2
    assert (night.windows[0][:before] == 0).all()
    assert np.array_equal(
        night.windows[1][before - night.step : before], night.signal[before:][:240]
    )


@pytest.mark.parametrize(("network", "step"), [("john2021", 240), ("slow_waves", 128)])
def test_each_network_has_nights_at_its_own_rate(folder, network, step):
    night = apnea_ecg.read_night(folder, "a01", networks.build(network, 0).minute)
    assert night.step == step and night.windows.shape == (MINUTES, WINDOW)


def test_labels_of_the_test_nights_come_from_the_answers(folder):
    assert apnea_ecg.read_night(folder, "x01").label.tolist() == [0] * 10 + [1] * 20


def test_hours_of_answers_follow_each_other(folder):
    hours = "\n".join(f" {hour} {'A' * 60}" for hour in range(2))
    (folder / "event-2-answers").write_text(f"x01\n{hours}\n 2 NN\n")
    assert len(apnea_ecg.read_labels(folder, "x01")) == 122
    for damaged in (hours.replace(" 1 ", " 3 "), hours.replace("A" * 60 + "\n", "A" * 59 + "\n")):
        (folder / "event-2-answers").write_text(f"x01\n{damaged}\n 2 NN\n")
        with pytest.raises(DataError, match="hours of x01 are not whole and in order"):
            apnea_ecg.read_labels(folder, "x01")


def test_a_minute_without_a_beat_is_unknown(folder):
    beats = wfdb.rdann(str(folder / "a01"), "qrs").sample
    beats = beats[(beats < 6000 * 4) | (beats >= 6000 * 5)]
    wfdb.wrann("a01", "qrs", beats, ["N"] * len(beats), write_dir=str(folder))
    label = apnea_ecg.read_night(folder, "a01").label
    assert label[4] == UNKNOWN and (np.delete(label, 4) != UNKNOWN).all()


def test_labels_of_another_length_than_the_night_are_refused(folder):
    write_labels(folder, "A" * 40)
    with pytest.raises(DataError, match="a01 has 40 labels of a minute, but lasts 30 min"):
        apnea_ecg.read_night(folder, "a01")


def test_labels_that_end_long_before_the_night_are_refused_but_where_it_is_known(folder):
    (folder / "a01.hea").write_text(f"a01 1 100 {6000 * 40}\n")
    with pytest.raises(DataError, match="a01 has 30 labels of a minute, but lasts 40 min"):
        apnea_ecg.read_night(folder, "a01")
    assert apnea_ecg.ENDS_EARLY["x30"] == 24


def test_labels_that_skip_a_minute_or_are_no_letters_are_refused(folder):
    write_labels(folder, "ANA", every=12000)
    with pytest.raises(DataError, match="no label for each minute"):
        apnea_ecg.read_labels(folder, "a01")
    write_labels(folder, "ANV")
    with pytest.raises(DataError, match="a01: labels are A or N, not V"):
        apnea_ecg.read_labels(folder, "a01")


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("a01.qrs", None, "a01.qrs cannot be read"),
        ("a01.qrs", b"", "a01.qrs"),
        ("a01.hea", b"a01 1", "does not say how long"),
        ("a01.hea", None, "does not say how long"),
        ("event-2-answers", b"x02\n 0 NN\n", "no labels of x01"),
        ("event-2-answers", None, "missing file .*event-2-answers.*three ways"),
    ],
)
def test_what_is_missing_or_damaged_is_named(folder, file, content, message):
    (folder / file).unlink()
    if content is not None:
        (folder / file).write_bytes(content)
    with pytest.raises(DataError, match=message):
        apnea_ecg.read_night(folder, "x01" if "event" in file else "a01")


def test_an_altered_or_missing_database_is_refused(folder, monkeypatch):
    monkeypatch.setenv("ECGLIB_APNEA_ECG", str(folder))
    with pytest.raises(DataError, match="a01.apn does not match its SHA-256"):
        apnea_ecg.acquire()
    (folder / "a01.apn").unlink()
    with pytest.raises(DataError, match="missing file .*a01.apn.*one of three ways"):
        apnea_ecg.acquire()


def test_who_is_who():
    learning = set(apnea_ecg.NAMES) - set(apnea_ecg.TEST)
    assert len(learning) == len(apnea_ecg.TEST) == 35
    of = apnea_ecg.SUBJECT_OF
    assert of["x07"] == of["a10"] == "a05" and of["a13"] == of["x20"] != of["a20"]
    named = [name for group in apnea_ecg.SUBJECTS.split("|") for name in group.split()]
    assert len(named) == len(set(named)) and set(named) <= set(apnea_ecg.NAMES)
    both = {of[n] for n in learning} & {of[n] for n in apnea_ecg.TEST}
    assert len(both) == 18  # whom the official split shares
