"""Files changed at random are read as they were written, or refused in words; nothing else."""

import shutil
import warnings

import numpy as np
import pytest
from wfdb_files import NOISE, atr, checksum, write

from ecglib.data import beats
from ecglib.data.header import read_header
from ecglib.data.records import DataError, read_record
from ecglib.settings.sections import Window

AT_360_HZ = Window(fs_hz=360, length=260, r_index=99, normalise="beat")
SMALL = np.clip(NOISE[:700], -60, 60)  # steps of eight bits
LEADS = {"V1": SMALL[::-1].copy(), "II": SMALL}
EACH = 15


def flip(raw: bytes, rng: np.random.Generator) -> bytes:
    changed = bytearray(raw)
    for at in rng.integers(0, len(raw), rng.integers(1, 4)):
        changed[at] ^= 1 << int(rng.integers(0, 8))
    return bytes(changed)


def overwrite(raw: bytes, rng: np.random.Generator) -> bytes:
    at, many = int(rng.integers(0, len(raw))), int(rng.integers(1, 5))
    return raw[:at] + rng.bytes(many) + raw[at + many :]


def cut(raw: bytes, rng: np.random.Generator) -> bytes:
    first, many = int(rng.integers(0, len(raw))), int(rng.integers(1, 40))
    return raw[:first] + raw[first + many :] if rng.random() < 0.5 else raw[:first]


def insert(raw: bytes, rng: np.random.Generator) -> bytes:
    at = int(rng.integers(0, len(raw)))
    new = rng.bytes(int(rng.integers(1, 9))) if rng.random() < 0.5 else raw[at : at + 12]
    return raw[:at] + new + raw[at:]


def swap_lines(raw: bytes, rng: np.random.Generator) -> bytes:
    lines = raw.split(b"\n")
    one, other = rng.integers(0, len(lines), 2)
    lines[one], lines[other] = lines[other], lines[one]
    return b"\n".join(lines)


def digits(raw: bytes, rng: np.random.Generator) -> bytes:
    """Another digit in place of one, as long as there is one."""
    at = [i for i, byte in enumerate(raw) if chr(byte) in "0123456789"]
    if not at:
        return overwrite(raw, rng)
    one = int(rng.choice(at))
    return raw[:one] + str(rng.integers(0, 10)).encode() + raw[one + 1 :]


def original(folder, kind):
    """A record of one of three kinds: packed in twelve bits, in differences, of two segments."""
    if kind != "segments":
        return write(folder, signals=LEADS, fmt=kind, beats=[(200, "N"), (400, "V"), (560, "N")])
    write(folder, "a", signals=LEADS)
    (folder / "x.hea").write_text("x/2 2 360 1400\na 700\na 700\n")
    shutil.copy(folder / "a.dat", folder / "x.dat")
    (folder / "x.atr").write_bytes(atr([(200, "N"), (700, "V"), (1160, "N")], resolution=360))
    return folder


def has_its_checksum(folder, record) -> bool:
    """Whether the samples that were read have the sum that the header gives, if it gives one."""
    signals = read_header(folder / ("a" if (folder / "a.hea").is_file() else "x"), "x").signals
    signal = next(signal for signal in signals if signal.lead == record.lead)
    shifted = signal.skew or signal.gain < 0 or record.invalid.any()  # not the file's own samples
    stored = record.signal_adc[:700] + round(signal.baseline - record.baseline_adc)
    return bool(shifted or not signal.checksum or checksum(stored) == signal.checksum)


@pytest.mark.parametrize("change", [flip, overwrite, cut, insert, swap_lines, digits])
@pytest.mark.parametrize("kind", ["212", "8", "segments"])
@pytest.mark.parametrize("suffix", [".hea", ".dat", ".atr"])
def test_a_changed_file_is_read_or_refused_in_words(tmp_path, kind, suffix, change):
    folder = original(tmp_path, kind)
    file = folder / f"{'a' if kind == 'segments' and suffix == '.dat' else 'x'}{suffix}"
    raw, rng = (
        file.read_bytes(),
        np.random.default_rng([len(kind), len(suffix), len(change.__name__)]),
    )
    true = read_record(folder, "x", lead="II")
    refused, unlike = 0, 0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", category=UserWarning)  # a count is an answer
        for _ in range(EACH):
            file.write_bytes(changed := change(raw, rng))
            try:
                record = read_record(folder, "x", lead="II")
                cuts = beats.cut([record], AT_360_HZ, skip_unknown=True)
            except DataError as error:
                assert "record x" in str(error)
                refused += 1
                continue
            assert np.isfinite(cuts.adc).all() and (cuts.rr_next_s > 0).all()
            same = np.array_equal(record.signal_adc, true.signal_adc)
            assert same or (suffix != ".atr" and has_its_checksum(folder, record)), changed
            unlike += not same and suffix == ".dat"
    assert refused or suffix == ".atr" or change is swap_lines
    assert unlike <= (EACH if change is swap_lines else 2)  # other samples of the same sum are rare
