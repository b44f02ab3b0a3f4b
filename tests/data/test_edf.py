"""EDF records are read like WFDB's, with annotations from the .atr beside them."""

import numpy as np
import pyedflib
import pytest
from wfdb_files import BEATS, NOISE, atr, write

from ecglib.data import beats
from ecglib.data.records import DataError, read_record
from ecglib.settings.sections import Window

AT_360_HZ = Window(fs_hz=360, length=260, r_index=99, normalise="beat")
ECG = {"label": "ECG II", "dimension": "uV", "sample_frequency": 500, "digital_min": -2000,
       "digital_max": 2000, "physical_min": -5000, "physical_max": 5000}  # fmt: skip
RESP = {**ECG, "label": "Resp", "dimension": "mmHg", "sample_frequency": 25}


@pytest.fixture
def write_edf(tmp_path):
    """A function that writes four seconds of Resp at 25 Hz and an ECG, changed as said."""

    def writer(name="x.edf", **changed):
        path = tmp_path / name
        edf = pyedflib.EdfWriter(str(path), 2, file_type=pyedflib.FILETYPE_EDF)
        edf.setSignalHeaders([RESP, ECG | changed])
        n = (ECG | changed)["sample_frequency"]
        signals = [np.arange(100, dtype=np.int32), NOISE[: 4 * n].astype(np.int32)]
        edf.writeSamples(signals, digital=True)
        edf.close()
        path.with_suffix(".atr").write_bytes(atr(BEATS))
        return tmp_path

    return writer


@pytest.mark.parametrize("name", ["x.edf", "x.EDF", "x.rec", "a.b.edf"])
def test_a_lead_of_an_edf_record_is_in_millivolt_at_its_own_rate(write_edf, name):
    folder = write_edf(name)
    record = read_record(folder, name[:-4], lead="ecgii")
    assert (record.lead, record.fs_hz, record.sample.tolist()) == ("ECG II", 500, [400, 800, 1200])
    assert (record.signal_adc == NOISE).all()
    np.testing.assert_allclose(record.signal_mv, 2.5e-3 * NOISE, atol=1e-9)
    assert beats.cut([record], AT_360_HZ).sample.tolist() == [400, 800, 1200]


def test_an_inverted_edf_lead_is_upright(write_edf):
    folder = write_edf(physical_min=5000, physical_max=-5000)
    record = read_record(folder, "x", lead="ECG II")
    np.testing.assert_allclose(record.signal_mv, -2.5e-3 * NOISE, atol=1e-9)
    assert (record.signal_adc == -NOISE).all()


def test_an_offset_of_the_physical_range_is_kept(write_edf):
    record = read_record(write_edf(physical_min=-3333, physical_max=5000), "x", lead="ECG II")
    np.testing.assert_allclose(
        record.signal_mv, 1e-3 * (-3333 + (NOISE + 2000) * 8333 / 4000), atol=1e-9
    )


def test_what_is_wrong_with_an_edf_record_is_said(write_edf):
    folder = write_edf()
    with pytest.raises(DataError, match="record x has no lead 'MLII', but 'Resp', 'ECG II'"):
        read_record(folder, "x")
    with pytest.raises(DataError, match="record x: lead Resp is in 'mmHg', which is no voltage"):
        read_record(folder, "x", lead="Resp")
    slow = write_edf("slow.edf", sample_frequency=5)
    with pytest.raises(DataError, match="record slow: lead ECG II has 5 Hz, .*no sampling rate"):
        read_record(slow, "slow", lead="ECG II")
    (folder / "x.atr").unlink()
    with pytest.raises(DataError, match="record x: missing .*x.atr.*wfdb.wrann"):
        read_record(folder, "x", lead="ECG II")
    (folder / "x.edf").write_bytes((folder / "x.edf").read_bytes()[:-100])
    with pytest.raises(DataError, match="record x: .*x.edf is no EDF that can be read: .*ize"):
        read_record(folder, "x", lead="ECG II")


def test_a_wfdb_header_comes_before_an_edf_file(write_edf, tmp_path):
    write_edf()
    write(tmp_path)
    assert read_record(tmp_path, "x", lead="II").fs_hz == 360
