"""Other people's records: read as they are meant, or refused by what is wrong with them."""

import re
import warnings

import numpy as np
import pytest
import soundfile
import wfdb
from wfdb_files import BEATS, NOISE, atr, change, checksum, packed, signal_line, write

from ecglib.data import beats, records
from ecglib.data.records import DataError, read_record
from ecglib.settings.sections import Window

AT_360_HZ = Window(fs_hz=360, length=260, r_index=99, normalise="beat")
SAMPLES = [sample for sample, _ in BEATS]


@pytest.fixture(autouse=True)
def no_warning():
    """What is read without a warning in these tests is read without a loss."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", ".*inplace keyword")  # wfdb's own use of pandas
        yield


def loses(what: str):
    return pytest.warns(records.RecordWarning, match=what)


# Formats, units and gains


@pytest.mark.parametrize("fmt", ["8", "16", "24", "32", "61", "80", "160", "212", "310", "311"])
def test_every_format_gives_the_voltage_that_was_written(tmp_path, fmt):
    small = np.clip(NOISE, -60, 60)  # its steps fit into eight bits
    leads = {"V1": small[::-1].copy(), "II": small}
    record = read_record(write(tmp_path, signals=leads, fmt=fmt), "x", lead="II")
    np.testing.assert_array_equal(record.signal_mv, leads["II"] / 200)


@pytest.mark.parametrize(
    ("fmt", "subtype"), [("508", "PCM_S8"), ("516", "PCM_16"), ("524", "PCM_24")]
)
def test_compressed_formats_give_the_voltage_that_was_written(tmp_path, fmt, subtype):
    leads = {"V1": NOISE[::-1].copy(), "II": NOISE}
    write(tmp_path, signals=leads)
    change(tmp_path / "x.hea", "x.dat 16", f"x.flac {fmt}")
    shifted = np.stack(list(leads.values()), 1).astype(np.int32) << (32 - int(fmt) % 100)
    soundfile.write(tmp_path / "x.flac", shifted, 96000, subtype, format="FLAC")
    np.testing.assert_array_equal(read_record(tmp_path, "x", lead="II").signal_mv, NOISE / 200)


def test_samples_of_more_than_sixteen_bits_keep_their_digits(tmp_path):
    wide = 8_000_000 + 300 * NOISE  # a large offset, and a swing of 60,000
    record = read_record(write(tmp_path, signals={"II": wide}, fmt="24"), "x", lead="II")
    np.testing.assert_allclose(record.signal_mv, wide / 200)
    cuts = beats.cut([record], AT_360_HZ)
    assert (np.diff(cuts.adc[0].astype(int)) == np.diff(wide[301 : 301 + 260])).all()


def test_a_format_that_wfdb_does_not_know_is_named(tmp_path):
    write(tmp_path)
    change(tmp_path / "x.hea", "x.dat 16", "x.dat 0")
    with pytest.raises(DataError, match="record x: x.dat is in WFDB format 0, .*convert"):
        read_record(tmp_path, "x", lead="II")


@pytest.mark.parametrize(
    ("gain", "mv"),
    [("200(0)/mV", 1), ("0.2(0)/uV", 1), ("0.2(0)/µV", 1), ("0.2(0)/μV", 1), ("2e5(0)/V", 1),
     ("2e5(0)/volts", 1), ("0.0002/nV", 1), ("200(0)/MV", 1), ("0/mV", 1), ("100", 2)],
)  # fmt: skip
def test_any_unit_of_voltage_becomes_millivolt(tmp_path, gain, mv):
    record = read_record(write(tmp_path, gain=gain), "x", lead="II")
    np.testing.assert_allclose(record.signal_mv, mv * NOISE / 200)


def test_a_unit_in_latin_1_is_no_volt(tmp_path):
    write(tmp_path, gain="0.2(0)/uV")
    header = tmp_path / "x.hea"
    header.write_bytes(header.read_bytes().replace(b"/uV", b"/\xb5V"))
    np.testing.assert_allclose(read_record(tmp_path, "x", lead="II").signal_mv, NOISE / 200)


def test_a_lead_that_is_no_voltage_is_refused_with_its_unit(tmp_path):
    with pytest.raises(DataError, match="record x: lead II is in 'mmHg', which is no voltage"):
        read_record(write(tmp_path, gain="200(0)/mmHg"), "x", lead="II")


def test_positive_is_positive_millivolt_whatever_the_gains_sign(tmp_path):
    upright = read_record(write(tmp_path / "a", gain="200(40)/mV"), "x", lead="II")
    samples = {"II": 80 - NOISE}  # the same voltage
    inverted = read_record(
        write(tmp_path / "b", signals=samples, gain="-200(40)/mV"), "x", lead="II"
    )
    np.testing.assert_allclose(inverted.signal_mv, upright.signal_mv)
    up, down = (beats.cut([one], AT_360_HZ).adc.astype(int) for one in (upright, inverted))
    assert (up - 40 == down + 40).all()


def test_a_gain_that_is_no_number_to_divide_by_is_refused(tmp_path):
    with pytest.raises(DataError, match="record x: lead II has a gain of inf"):
        read_record(write(tmp_path, gain="1e999/mV"), "x", lead="II")


def test_resampling_near_full_scale_does_not_wrap(tmp_path):
    square = np.where(np.arange(4000) // 125 % 2, 32767, -32767)
    record = read_record(write(tmp_path, signals={"II": square}, fs="500"), "x", lead="II")
    cuts = beats.cut([record], AT_360_HZ)
    at = (np.rint(cuts.sample * 0.72)[:, None] - 99 + np.arange(260)) / 0.72
    clear = np.abs(at % 125 - 62.5) < 45  # away from the steps
    assert clear.sum() > 300
    expected = np.where(at // 125 % 2, 32767, -32767)
    assert np.abs(cuts.adc.astype(int) - expected)[clear].max() < 4000


# Names, leads and rates


@pytest.mark.parametrize("name", ["records500/00000/x", "x.1.b", "a/b.c", "x-y_z"])
def test_subfolders_and_dots_in_names(tmp_path, name):
    record = read_record(write(tmp_path, name), name, lead="II")
    assert record.name == name
    np.testing.assert_array_equal(record.signal_adc, NOISE)
    assert record.sample.tolist() == SAMPLES


@pytest.mark.parametrize(
    ("asked", "written"), [("ii", "II"), ("MLII", "MLII "), ("aVR", " AVR"), ("V 1", "v1")]
)
def test_case_and_blanks_of_a_lead_do_not_matter(tmp_path, asked, written):
    leads = {"other": NOISE[::-1].copy(), written: NOISE}
    record = read_record(write(tmp_path, signals=leads), "x", lead=asked)
    assert (record.signal_adc == NOISE).all()


def test_the_exact_name_comes_first(tmp_path):
    leads = {"v": NOISE[::-1].copy(), "V": NOISE}
    assert (read_record(write(tmp_path, signals=leads), "x", lead="V").signal_adc == NOISE).all()


def test_a_missing_lead_is_refused_and_the_others_are_listed(tmp_path):
    write(tmp_path, signals={"I": NOISE, "V2": NOISE[::-1].copy()})
    with pytest.raises(
        DataError, match="record x has no lead 'II', but 'I', 'V2': .*or_first=True"
    ):
        read_record(tmp_path, "x", lead="II")
    with loses("record x: 1 lead taken in place of 'II', which it lacks: 'I'"):
        assert read_record(tmp_path, "x", lead="II", or_first=True).lead == "I"


@pytest.mark.parametrize(
    ("fs", "hz"), [("128.0", 128), ("250.5", 250.5), ("360/360", 360), ("250/10.5(2)", 250)]
)
def test_any_sampling_rate_is_read(tmp_path, fs, hz):
    record = read_record(write(tmp_path, fs=fs), "x", lead="II")
    assert record.fs_hz == hz and isinstance(record.fs_hz, type(hz))


@pytest.mark.parametrize("fs_hz", [250.5, 250.4, None])
def test_the_expected_rate_is_checked_within_a_thousandth(tmp_path, fs_hz):
    write(tmp_path, fs="250.5")
    assert read_record(tmp_path, "x", lead="II", fs_hz=fs_hz).fs_hz == 250.5
    with pytest.raises(DataError, match="record x is sampled at 250.5 Hz, expected 250 Hz"):
        read_record(tmp_path, "x", lead="II", fs_hz=250)


@pytest.mark.parametrize("fs", ["250.5", "128", "1000", "333.333", "99.7"])
def test_at_any_rate_the_r_peak_lands_at_its_index(tmp_path, fs):
    peaks = [3000, 40_000, 79_000]
    signal = np.zeros(80_000, int)
    for peak in peaks:
        signal[peak - 2 : peak + 3] = [100, 300, 500, 300, 100]
    write(tmp_path, signals={"II": signal}, fs=fs, beats=[(peak, "N") for peak in peaks])
    cuts = beats.cut([read_record(tmp_path, "x", lead="II")], AT_360_HZ)
    assert np.abs(cuts.adc.argmax(1) - 99).max() <= 1 and len(cuts) == 3
    np.testing.assert_allclose(cuts.rr_next_s[0], 37_000 / float(fs), rtol=1e-5)


@pytest.mark.parametrize("fs", ["0.1", "9.9", "1e9", "1e999", "-360", "0", "inf"])
def test_a_rate_of_no_ecg_is_refused(tmp_path, fs):
    with pytest.raises(DataError, match="record x.*(no sampling rate|header)"):
        read_record(write(tmp_path, fs=fs), "x", lead="II")


# Checksums, skew, frames


@pytest.mark.parametrize("fmt", ["16", "212", "24", "80", "8"])
@pytest.mark.parametrize("lead", ["V1", "II"])
def test_a_changed_sample_is_told_by_the_checksum_of_its_signal(tmp_path, fmt, lead):
    leads = {"V1": np.clip(NOISE, -60, 60), "II": np.clip(NOISE[::-1], -60, 60)}
    write(tmp_path, signals=leads, fmt=fmt)
    leads[lead] = leads[lead].copy()
    leads[lead][1000] += 1
    (tmp_path / "x.dat").write_bytes(packed(np.stack(list(leads.values()), 1), fmt))
    with pytest.raises(DataError, match=f"record x: the samples of {lead} in x.dat .*checksum"):
        read_record(tmp_path, "x", lead="II")


@pytest.mark.parametrize("fields", ["", " 16 0 0 0 0 II"], ids=["none", "zero"])
def test_a_header_without_checksum_is_read(tmp_path, fields):
    write(tmp_path)
    (tmp_path / "x.hea").write_text(f"x 1 360 2000\nx.dat 16 200(0)/mV{fields}\n")
    record = read_record(tmp_path, "x", lead="II" if fields else "signal 0")
    assert (record.signal_adc == NOISE).all()


def test_a_skewed_signal_is_put_in_its_place_and_has_its_checksum(tmp_path):
    write(tmp_path, signals={"V1": NOISE[::-1].copy(), "II": NOISE})
    text = (tmp_path / "x.hea").read_text().splitlines()
    text[2] = text[2].replace("x.dat 16 ", "x.dat 16:5 ")
    (tmp_path / "x.hea").write_text("\n".join(text))
    with loses("record x: 5 samples of II have no value"):
        record = read_record(tmp_path, "x", lead="II")
    assert (record.signal_adc[:-5] == NOISE[5:]).all()
    assert record.invalid.nonzero()[0].tolist() == list(range(1995, 2000))


def test_a_lead_of_several_samples_a_frame_keeps_its_own_rate(tmp_path):
    ecg, slow = NOISE, NOISE[:500]
    frames = np.concatenate([slow[:, None], ecg.reshape(500, 4)], axis=1)
    lines = [signal_line("x.dat", slow, "Resp"), signal_line("x.dat", ecg, "II", "16x4")]
    (tmp_path / "x.hea").write_text("\n".join(["x 2 125 500", *lines]))
    (tmp_path / "x.dat").write_bytes(packed(frames, "16"))
    (tmp_path / "x.atr").write_bytes(atr([(100, "N"), (200, "V"), (300, "N")]))  # in frames
    record = read_record(tmp_path, "x", lead="II")
    assert record.fs_hz == 500 and (record.signal_adc == ecg).all()
    assert record.sample.tolist() == [400, 800, 1200]


@pytest.mark.parametrize(("fs", "per_frame"), [("1", 500), ("0.5", 1000), ("8", 250)])
def test_frames_may_be_slower_than_any_ecg(tmp_path, fs, per_frame):
    """As where an EDF of an ECG beside something slow became a WFDB record."""
    line = signal_line("x.dat", NOISE, "II", f"16x{per_frame}")
    write(tmp_path, resolution=float(fs) * per_frame)
    (tmp_path / "x.hea").write_text(f"x 1 {fs} {len(NOISE) // per_frame}\n{line}\n")
    record = read_record(tmp_path, "x", lead="II")
    assert record.fs_hz == float(fs) * per_frame and (record.signal_adc == NOISE).all()
    assert record.sample.tolist() == SAMPLES


def test_a_header_without_length_takes_the_files(tmp_path):
    write(tmp_path)
    change(tmp_path / "x.hea", "360 2000", "360")
    assert (read_record(tmp_path, "x", lead="II").signal_adc == NOISE).all()


def test_samples_behind_other_bytes(tmp_path):
    write(tmp_path)
    change(tmp_path / "x.hea", "x.dat 16 ", "x.dat 16+24 ")
    (tmp_path / "x.dat").write_bytes(b"h" * 24 + (tmp_path / "x.dat").read_bytes())
    assert (read_record(tmp_path, "x", lead="II").signal_adc == NOISE).all()


def test_a_checksum_may_count_invalid_samples_as_the_c_library_holds_them(tmp_path):
    signal = NOISE.copy()
    signal[700:703] = -2048
    write(tmp_path, signals={"II": signal}, fmt="212")
    as_held = np.where(signal == -2048, -32768, signal)
    change(tmp_path / "x.hea", f" {checksum(signal)} 0 II", f" {checksum(as_held)} 0 II")
    with loses("3 samples"):
        assert read_record(tmp_path, "x", lead="II").invalid.sum() == 3


def test_a_compressed_file_that_is_cut_is_refused(tmp_path):
    write(tmp_path)
    change(tmp_path / "x.hea", "x.dat 16", "x.flac 516")
    soundfile.write(tmp_path / "x.flac", NOISE.astype(np.int16), 96000, "PCM_16", format="FLAC")
    whole = (tmp_path / "x.flac").read_bytes()
    assert (read_record(tmp_path, "x", lead="II").signal_adc == NOISE).all()
    (tmp_path / "x.flac").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match="record x: the samples (in x.flac|of II in x.flac)"):
        read_record(tmp_path, "x", lead="II")


def test_signals_may_lie_in_files_of_different_formats(tmp_path):
    write(tmp_path, "a", signals={"V1": NOISE[::-1].copy()}, fmt="212")
    write(tmp_path, "b", signals={"II": NOISE}, fmt="80")
    lines = [(tmp_path / f"{file}.hea").read_text().splitlines()[1] for file in "ab"]
    (tmp_path / "x.hea").write_text("\n".join(["x 2 360 2000", *lines]))
    (tmp_path / "x.atr").write_bytes(atr(BEATS))
    for lead, signal in (("V1", NOISE[::-1]), ("II", NOISE)):
        assert (read_record(tmp_path, "x", lead=lead).signal_adc == signal).all()
    (tmp_path / "a.dat").unlink()
    with pytest.raises(DataError, match="record x: missing .*a.dat"):
        read_record(tmp_path, "x", lead="II")


def test_one_file_is_of_one_format(tmp_path):
    write(tmp_path, signals={"V1": NOISE, "II": NOISE})
    text = (tmp_path / "x.hea").read_text().splitlines()
    text[2] = text[2].replace("x.dat 16", "x.dat 80")
    (tmp_path / "x.hea").write_text("\n".join(text))
    with pytest.raises(DataError, match="record x: x.dat is in WFDB format 16 and 80, which is"):
        read_record(tmp_path, "x", lead="II")


# Samples without a value


@pytest.mark.parametrize(("fmt", "reserved"), [("16", -32768), ("212", -2048), ("24", -(2**23))])
def test_beats_whose_window_touches_invalid_samples_are_left_out(tmp_path, fmt, reserved):
    signal = NOISE.copy()
    signal[700:703] = reserved
    write(tmp_path, signals={"II": signal}, fmt=fmt)
    with loses("record x: 3 samples of II have no value"):
        record = read_record(tmp_path, "x", lead="II")
    assert np.isnan(record.signal_mv[700:703]).all() and np.isfinite(record.signal_mv[703:]).all()
    assert np.abs(record.signal_adc).max() <= 100
    with loses("record x: 1 beats left out, their windows have samples without a value"):
        cuts = beats.cut([record], AT_360_HZ)
    assert cuts.sample.tolist() == [400, 1200]
    np.testing.assert_allclose(cuts.rr_next_s, 400 / 360)


@pytest.mark.parametrize(("at", "kept"), [(700, True), (701, False), (960, False), (961, True)])
def test_only_samples_inside_a_window_matter(tmp_path, at, kept):
    signal = NOISE.copy()
    signal[at] = -32768
    write(tmp_path, signals={"II": signal})
    with pytest.warns(records.RecordWarning):
        cuts = beats.cut([read_record(tmp_path, "x", lead="II")], AT_360_HZ)
    assert (800 in cuts.sample) == kept


def test_a_gap_is_in_its_place_at_another_rate_too(tmp_path):
    signal = NOISE.copy()
    signal[2 * 700 // 3 : 2 * 720 // 3] = -32768
    write(tmp_path, signals={"II": signal}, fs="240", beats=[(300, "N"), (520, "V"), (1200, "N")])
    with pytest.warns(records.RecordWarning):
        cuts = beats.cut([read_record(tmp_path, "x", lead="II")], AT_360_HZ)
    assert cuts.sample.tolist() == [300, 1200]


def test_a_record_without_any_whole_window_is_refused(tmp_path):
    signal = NOISE.copy()
    signal[::100] = -32768
    with loses("20 samples"):
        record = read_record(write(tmp_path, signals={"II": signal}), "x", lead="II")
    with pytest.raises(DataError, match="record x: samples without a value in all 3 windows"):
        beats.cut([record], AT_360_HZ)


def test_a_lead_without_any_value_is_refused(tmp_path):
    write(tmp_path, signals={"II": np.full(2000, -32768)})
    with pytest.raises(DataError, match="record x has no usable lead: II has no valid sample"):
        read_record(tmp_path, "x", lead="II")


# Several segments


def segmented(folder, lines, head):
    (folder / "whole.hea").write_text("\n".join([head, *lines]))
    (folder / "whole.atr").write_bytes(atr([(400, "N"), (1700, "V"), (2400, "N"), (3500, "N")]))
    return folder


def test_a_record_of_fixed_segments_is_one_signal(tmp_path):
    leads = {"V1": NOISE[::-1].copy(), "II": NOISE}
    write(tmp_path, "s.1", signals=leads)
    write(tmp_path, "s2", signals={"V1": NOISE, "II": 2 * NOISE}, gain="400(0)/mV")
    segmented(tmp_path, ["s.1 2000", "s2 2000"], "whole/2 2 360 4000")
    record = read_record(tmp_path, "whole", lead="II")
    np.testing.assert_array_equal(record.signal_mv, np.tile(NOISE, 2) / 200)
    assert beats.cut([record], AT_360_HZ).sample.tolist() == [400, 1700, 2400, 3500]


def test_a_record_of_variable_segments_has_gaps_where_its_lead_is_missing(tmp_path):
    write(tmp_path, "a", signals={"II": NOISE, "V1": NOISE})
    write(tmp_path, "b", signals={"V1": NOISE[:1000]})
    (tmp_path / "layout.hea").write_text(
        "layout 2 360 0\n~ 0 200/mV 16 0 0 0 0 V1\n~ 0 200/mV 16 0 0 0 0 II\n"
    )
    segmented(tmp_path, ["layout 0", "a 2000", "~ 500", "b 1000", "a 2000"], "whole/5 2 360 5500")
    with loses("record whole: 1500 samples of II have no value"):
        record = read_record(tmp_path, "whole", lead="ii")
    assert len(record.signal_adc) == 5500 and record.lead == "II"
    assert (record.signal_mv[:2000] == NOISE / 200).all()
    assert (record.signal_mv[3500:] == NOISE / 200).all()
    assert np.isnan(record.signal_mv[2000:3500]).all()
    with loses("record whole: 2 beats left out"):  # one in the gap, one at its end
        assert beats.cut([record], AT_360_HZ).sample.tolist() == [400, 1700]


def test_damage_in_one_segment_is_told(tmp_path):
    write(tmp_path, "a")
    segmented(tmp_path, ["a 2000", "a 1999"], "whole/2 1 360 3999")
    with pytest.raises(
        DataError, match="record whole: .* segment a is missing or not 1999 samples"
    ):
        read_record(tmp_path, "whole", lead="II")
    segmented(tmp_path, ["a 2000", "c 2000"], "whole/2 1 360 4000")
    with pytest.raises(DataError, match="record whole: missing .*c.hea"):
        read_record(tmp_path, "whole", lead="II")
    segmented(tmp_path, ["a 2000", "a 2000"], "whole/2 1 250 4000")
    with pytest.raises(DataError, match="segment a has segments itself, or another sampling rate"):
        read_record(tmp_path, "whole", lead="II")
    segmented(tmp_path, ["a 2000", "a 2000"], "whole/2 1 360 4001")
    with pytest.raises(DataError, match="record whole: its segments have 4000 samples"):
        read_record(tmp_path, "whole", lead="II")


# Errors that say what is wrong


@pytest.mark.parametrize(
    ("line", "says"),
    [("x 2 360 2000", "announces 2 signals and lists 1"), ("x", "record line of .*header"),
     ("x 1 360 9000", "cut short, it holds 2000 of 9000"), ("", "record line"),
     ("x 1 360 99999999999", "longer than")],
)  # fmt: skip
def test_a_header_is_refused_by_what_is_wrong_in_it(tmp_path, line, says):
    write(tmp_path)
    change(tmp_path / "x.hea", "x 1 360 2000", line)
    with pytest.raises(DataError, match=f"record x.*{says}") as raised:
        read_record(tmp_path, "x", lead="II")
    assert "damaged" not in str(raised.value)


def test_a_missing_record_names_the_files_that_would_do(tmp_path):
    with pytest.raises(DataError, match=r"record y: missing .*y.hea, or y.edf"):
        read_record(tmp_path, "y", lead="II")


def test_missing_annotations_say_how_to_write_them(tmp_path):
    write(tmp_path)
    (tmp_path / "x.atr").unlink()
    with pytest.raises(DataError, match="record x: missing .*x.atr.*wfdb.wrann"):
        read_record(tmp_path, "x", lead="II")


def test_the_files_of_these_tests_are_read_alike_by_wfdb(tmp_path):
    write(tmp_path, signals={"V1": NOISE[::-1].copy(), "II": NOISE}, fmt="212", resolution=720)
    assert checksum(NOISE) == wfdb.rdheader(str(tmp_path / "x")).checksum[1]
    assert (wfdb.rdrecord(str(tmp_path / "x"), physical=False).d_signal[:, 1] == NOISE).all()
    notes = wfdb.rdann(str(tmp_path / "x"), "atr")
    assert (notes.fs, notes.sample.tolist(), notes.symbol) == (720, SAMPLES, ["N", "V", "N"])


# A whole database


def test_a_loop_reads_every_record_of_a_foreign_database(tmp_path):
    two = {"I": NOISE[::-1].copy(), "II": NOISE}
    for name in ("s1", "s.2", "extra/s3"):
        write(tmp_path, name, signals=two, fs="128", beats=BEATS)
    write(tmp_path, "s4", signals=two, fs="128", beats=[*BEATS, (2000, "N")])
    ecg = []
    with loses("record s4: 1 annotations outside its 2000 samples left out"):
        for header in sorted(tmp_path.rglob("*.hea")):
            name = str(header.relative_to(tmp_path).with_suffix(""))
            ecg.append(read_record(tmp_path, name, lead="II"))
    cuts = beats.cut(ecg, AT_360_HZ)
    assert cuts.record_names.tolist() == ["extra/s3", "s.2", "s1", "s4"]
    assert np.bincount(cuts.record).tolist() == [3] * 4
    assert re.fullmatch("(NVN){4}", "".join(beats.CLASSES[c] for c in cuts.label))
