"""Beats are cut at the right place, labelled right, and stored without loss."""

from dataclasses import fields, replace

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from ecglib.data import beats as beats_module
from ecglib.data.beats import CLASSES, Beats, annotated_beats, cut
from ecglib.data.normalisation import NORMALISATIONS, normalised
from ecglib.data.records import DataError, Record, RecordWarning, read_record
from ecglib.data.rhythm import rhythm_features
from ecglib.settings.sections import Window
from ecglib.sweep.digests import of_arrays

AT_360_HZ = Window(fs_hz=360, length=260, r_index=99, normalise="beat")
AT_125_HZ = Window(fs_hz=125, length=187, r_index=71, normalise="beat")
NAMES = [field.name for field in fields(Beats)]


def record(sample, symbol="N", *, signal_adc=None, samples=4000, name="100"):
    """A record with these annotations; `symbol` is repeated. By default the signal is a ramp."""
    signal_adc = np.arange(samples, dtype=np.int16) if signal_adc is None else signal_adc
    symbols = [symbol[i % len(symbol)] for i in range(len(sample))]
    return Record(name, "MLII", 360, signal_adc, 200.0, 1024, np.array(sample), np.array(symbols))


def record_of_impulses(sample, samples):
    signal_adc = np.full(samples, 1024, np.int16)
    signal_adc[list(sample)] += 500
    return record(sample, signal_adc=signal_adc)


# Where beats are cut


@pytest.mark.parametrize("window", [AT_360_HZ, AT_125_HZ], ids=str)
def test_r_peak_lands_at_its_index_even_late_in_a_half_hour_record(window):
    cuts = cut([record_of_impulses([1000, 300_006, 649_001], samples=650_000)], window)
    assert cuts.adc.shape == (3, window.length)
    assert cuts.adc.argmax(axis=1).tolist() == [window.r_index] * 3


@settings(max_examples=20, deadline=None)
@given(sample=st.integers(300, 3600), window=st.sampled_from([AT_360_HZ, AT_125_HZ]))
def test_r_peak_lands_at_its_index_wherever_it_is(sample, window):
    # The beat at 2 is one too early for a window, so one is cut; at 125 Hz the peak may lie half
    # way between two samples, and both are the largest.
    cuts = cut([record_of_impulses([2, sample], samples=4000)], window)
    assert cuts.adc[:, window.r_index].tolist() == [cuts.adc.max()]


def test_window_is_the_raw_signal_around_the_beat():
    cuts = cut([record([500, 1500])], AT_360_HZ)
    assert cuts.adc.dtype == np.int16
    assert cuts.adc[0].tolist() == list(range(500 - 99, 500 - 99 + 260))


def test_resampling_keeps_level_and_slow_waves():
    seconds = np.arange(3600) / 360
    wave = 1000 + 200 * np.sin(2 * np.pi * 2 * seconds)
    signal_adc = np.rint(wave).astype(np.int16)
    cuts = cut([record([360, 1800], signal_adc=signal_adc)], AT_125_HZ)
    at = 1800 / 360 + (np.arange(187) - 71) / 125
    expected = 1000 + 200 * np.sin(2 * np.pi * 2 * at)
    assert np.abs(cuts.adc[1] - expected).max() < 5


def test_beats_whose_window_leaves_the_record_are_dropped_from_every_array():
    first, last = 99, 4000 - 161  # the outermost positions whose windows still fit
    sample = [50, first - 1, first, 2000, last, last + 1, 3990]
    cuts = cut([record(sample, "NVSFQNN")], AT_360_HZ)
    assert cuts.sample.tolist() == [first, 2000, last]
    assert [CLASSES[i] for i in cuts.label] == ["S", "F", "Q"]
    assert cuts.adc[:, 99].tolist() == cuts.sample.tolist()  # the signal is a ramp
    assert {len(getattr(cuts, name)) for name in NAMES if name != "record_names"} == {3}
    # The neighbours' distances are those of the record, dropped beats included.
    expected = np.array([1, 2000 - first, last - 2000]) / 360
    np.testing.assert_allclose(cuts.rr_previous_s, expected, rtol=1e-6)


def test_each_beat_knows_its_record():
    parts = [
        record([500, 1500, 2500], name="100"),
        record([10, 3995], name="101"),  # no window of it fits
        record([700, 1700], name="233"),
    ]
    cuts = cut(parts, AT_360_HZ)
    assert cuts.record_names[cuts.record].tolist() == ["100"] * 3 + ["233"] * 2
    assert cuts.record_names.tolist() == ["100", "101", "233"]


@pytest.mark.parametrize(("records", "kind"), [(2, np.uint8), (256, np.uint8), (257, np.uint16)])
def test_any_number_of_records_keeps_its_beats_apart(tmp_path, records, kind):
    cuts = cut([record([500, 1500], name=f"r{i}") for i in range(records)], AT_360_HZ)
    assert cuts.record.dtype == kind
    assert cuts.record_names[cuts.record].tolist() == [f"r{i // 2}" for i in range(2 * records)]
    cuts.save(tmp_path / "beats.npz")
    loaded = Beats.load(tmp_path / "beats.npz")
    assert loaded.record.dtype == kind and (loaded.record == cuts.record).all()


def test_records_without_any_whole_window_are_named():
    parts = [record([10, 3995], name="101"), record([20, 3990], name="102")]
    with pytest.raises(DataError, match="no beat of record 101, 102 has its whole window inside"):
        cut(parts, AT_360_HZ)


@pytest.mark.parametrize(
    ("change", "needs"),
    [
        ({"gain_adc_per_mv": -200.0}, "a positive gain"),
        ({"signal_adc": np.zeros(9)}, "a signal of integers"),
        ({"sample": np.array([5, 4])}, "annotations in order"),
        ({"symbol": np.array(["N"])}, "a symbol for each annotation"),
        ({"fs_hz": float("nan")}, "a positive sampling rate"),
        ({"invalid": np.zeros(3, bool)}, "a mark for each sample"),
    ],
)
def test_a_record_that_is_none_is_refused_by_what_it_needs(change, needs):
    with pytest.raises(DataError, match=f"record 100 needs {needs}"):
        replace(record([500, 1500]), **change)


@pytest.mark.parametrize("wrong", [0, -1, np.nan, np.inf])
@pytest.mark.parametrize("name", ["rr_previous_s", "rr_next_s"])
def test_intervals_that_give_no_finite_features_are_refused(beats, name, wrong):
    rr_s = beats.rr_next_s.copy()
    rr_s[7] = wrong
    with pytest.raises(DataError, match=f"beat 7 has {name}"):
        replace(beats, **{name: rr_s})


def test_windows_that_are_not_finite_are_refused(beats):
    adc = beats.adc.astype(float)
    adc[7, 3] = np.nan
    with pytest.raises(DataError, match="windows of beats must be finite"):
        replace(beats, adc=adc)


def test_written_record_becomes_beats(write_record):
    cuts = cut([read_record(write_record(), "100")], AT_360_HZ)
    assert cuts.sample.tolist() == [100, 400, 700]
    assert [CLASSES[i] for i in cuts.label] == ["N", "V", "N"]


# RR intervals


def test_rr_intervals_by_hand():
    cuts = cut([record([360, 720, 900, 1440])], AT_360_HZ)
    assert cuts.rr_previous_s.tolist() == [1, 1, 0.5, 1.5]
    assert cuts.rr_next_s.tolist() == [1, 0.5, 1.5, 1.5]


def test_rr_intervals_skip_annotations_that_are_no_beats():
    cuts = cut([record([360, 500, 720, 900, 1080], "N+V~N")], AT_360_HZ)
    assert cuts.sample.tolist() == [360, 720, 1080]
    assert cuts.rr_previous_s.tolist() == [1, 1, 1]


def test_rr_intervals_do_not_depend_on_the_window():
    fast, slow = (cut([record([500, 860, 1400])], window) for window in (AT_360_HZ, AT_125_HZ))
    assert (fast.rr_previous_s == slow.rr_previous_s).all()
    assert (fast.rr_next_s == slow.rr_next_s).all()


# Annotations


def test_symbols_are_mapped_to_the_aami_classes():
    symbols = "NLRejBnAaJSVErF/fQ"
    _, label = annotated_beats(record(range(len(symbols)), symbols))
    assert "".join(CLASSES[i] for i in label) == "NNNNNNNSSSSVVVFQQQ"


def test_annotations_that_are_no_beats_are_left_out():
    sample, label = annotated_beats(record(range(8), '+N~|V"[]'))
    assert sample.tolist() == [1, 4]
    assert [CLASSES[i] for i in label] == ["N", "V"]


def test_unknown_symbol_is_an_error_that_names_record_symbol_and_sample():
    with pytest.raises(
        DataError, match="record 208: unknown annotation symbol '[?]' at sample 720"
    ):
        cut([record([360, 720, 1080], "N?N", name="208")], AT_360_HZ)


def test_unknown_symbols_can_be_left_out_and_are_counted():
    of = record([360, 720, 1080, 1440, 1800], "N?NNk", name="208")
    with pytest.warns(
        RecordWarning, match="record 208: 2 annotations of unknown .*left out: [?], k"
    ):
        cuts = cut([of], AT_360_HZ, skip_unknown=True)
    assert cuts.sample.tolist() == [360, 1080, 1440]


def test_of_two_beats_at_one_sample_the_later_is_left_out_with_a_count():
    of = record([360, 720, 720, 720, 1080, 1080], "N+VSNN", name="208")
    with pytest.warns(RecordWarning, match="record 208: 2 beats at the sample of another beat"):
        cuts = cut([of], AT_360_HZ)
    assert cuts.sample.tolist() == [360, 720, 1080]
    assert [CLASSES[i] for i in cuts.label] == ["N", "V", "N"]
    assert np.isfinite(rhythm_features(cuts)).all()
    for way in NORMALISATIONS:
        assert np.isfinite(normalised(cuts, way)).all()


def test_record_with_a_single_beat_is_refused_by_name():
    with pytest.raises(DataError, match="record 208 has 1 annotated beats; two needed"):
        cut([record([500, 600], "N+", name="208")], AT_360_HZ)


# Storage


def test_saved_beats_come_back_equal(beats, tmp_path):
    beats.save(tmp_path / "beats.npz")
    loaded = Beats.load(tmp_path / "beats.npz")
    assert len(loaded) == len(beats)
    for name in NAMES:
        stored, original = getattr(loaded, name), getattr(beats, name)
        assert stored.dtype == original.dtype
        np.testing.assert_array_equal(stored, original)


def test_stored_file_holds_no_pickled_object(tmp_path):
    cut([record([500, 1500])], AT_360_HZ).save(tmp_path / "beats.npz")
    with np.load(tmp_path / "beats.npz", allow_pickle=False) as arrays:
        assert {name: len(arrays[name]) > 0 for name in arrays} == dict.fromkeys(NAMES, True)


def test_missing_file_says_what_to_run(tmp_path):
    with pytest.raises(
        DataError, match=r"01_data.ipynb writes them: .*beats.npz: run `make repro`"
    ):
        Beats.load(tmp_path / "beats.npz")


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 cut"])
def test_a_damaged_file_is_named(tmp_path, content):
    (tmp_path / "beats.npz").write_bytes(content)
    with pytest.raises(DataError, match="beats.npz is damaged"):
        Beats.load(tmp_path / "beats.npz")


def test_no_records_and_records_shorter_than_a_window(write_record):
    with pytest.raises(DataError, match="no records"):
        cut([], Window(fs_hz=360, length=260, r_index=99, normalise="beat"))
    record = read_record(write_record(), "100")
    with pytest.raises(DataError, match="record 100 is shorter than one window"):
        cut([record], Window(fs_hz=360, length=2000, r_index=99, normalise="beat"))


def test_interrupted_save_leaves_no_file(beats, tmp_path, monkeypatch):
    def interrupted(file, **arrays):
        file.write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "savez", interrupted)
    with pytest.raises(KeyboardInterrupt):
        beats.save(tmp_path / "beats.npz")
    assert list(tmp_path.iterdir()) == []


def test_each_window_has_its_own_file():
    files = {beats_module.path_of(window).name for window in (AT_360_HZ, AT_125_HZ)}
    assert files == {"260x360hz.npz", "187x125hz.npz"}


@pytest.mark.slow
def test_all_real_beats_are_stored_in_under_64_megabytes(mitdb_beats, tmp_path):
    assert mitdb_beats.adc.dtype == np.int16
    # Of 109,494 annotated beats only those at a record's ends are dropped: two a record at most.
    assert 109_494 - 2 * 48 <= len(mitdb_beats) <= 109_494
    mitdb_beats.save(tmp_path / "beats.npz")
    # The study's results rest on exactly these arrays.
    assert of_arrays(tmp_path / "beats.npz").startswith("b45eb34b1a3d1c12")
    assert (tmp_path / "beats.npz").stat().st_size < 64e6
