"""Whole records: of the real database through reference and C, and what is counted of them."""

import numpy as np
import pytest

from ecglib.data.records import Record, read_record
from ecglib.stream import networks, noisy, tables, whole
from ecglib.stream.reference import events
from ecglib.stream.scoring import confusion, figures


def test_a_real_record_in_c_equals_the_reference_and_its_beats_are_found(mitdb, network, library):
    record = read_record(mitdb, "101")  # of DS1
    found = whole.events_of(library, record)
    end = np.full(720, -1)
    samples = np.concatenate([record.signal_adc.astype(np.int64), end])
    assert found == events(network, samples, whole.MITDB)
    told = figures(confusion(record, found))
    assert told["QRS_sensitivity"] > 0.999
    assert told["QRS_predictivity"] > 0.997


@pytest.fixture
def record(heart):
    beats = np.arange(1200) * 0.6 + 0.5
    signal = np.tile(heart([0.3], duration_s=0.6), 1201).astype(np.int16)
    place = (beats * 360 - 0.2 * 360).astype(int)
    return Record("x", "MLII", 360, signal, 200.0, 1024, place, np.array(["N"] * len(beats)))


def test_noise_costs_what_the_tables_tell(record, network, library, monkeypatch):
    monkeypatch.setattr(whole, "Library", lambda _: library)
    rng = np.random.default_rng(0)
    monkeypatch.setattr(noisy, "read_noise", lambda fs_hz: rng.standard_normal((6, 20_000)))
    table = tables.under_noise(network, [record], (24, -6)).set_index("snr_db")
    assert table.loc[24, "QRS_sensitivity"] > 0.99
    assert table.loc[-6, "QRS_predictivity"] < table.loc[24, "QRS_predictivity"]
    assert table.loc[24, "beats"] == 1200
    assert table.loc[24, "QRS_sensitivity_average"] == table.loc[24, "QRS_sensitivity"]


def test_scores_count_beats_that_are_missed_or_invented():
    matrix = np.zeros((6, 6), int)
    matrix[0, 0], matrix[2, 2], matrix[2, 5], matrix[5, 2] = 90, 6, 4, 2
    found = tables.scores([matrix, np.zeros((6, 6), int)])
    assert found["accuracy"] == pytest.approx(0.96)
    assert found["f1_VEB"] == pytest.approx(12 / (12 + 2 + 4))
    assert found["f1_SVEB"] == 0.0


def test_a_row_has_the_stream_beside_annotated_peaks_in_integers_and_in_floats(
    record, network, library, monkeypatch
):
    monkeypatch.setattr(whole, "Library", lambda _: library)
    said = {"integers": 1, "floats": 0}  # of ten beats annotated N: the class S or N for all

    def annotated(network):
        matrix = np.zeros((6, 6), int)
        matrix[0, said[network]] = 10
        return {"x": matrix}

    monkeypatch.setattr(tables, "annotated", annotated)
    carried = networks.Carried("integers", "floats")
    row, records = tables.compared(carried, [record])
    assert (row["accuracy_annotated"], row["accuracy_floats"]) == (0.0, 1.0)
    assert row["QRS_sensitivity"] > 0.99
    assert row["beats"] == 1200
    assert 0 <= row["accuracy_stream"] <= row["QRS_sensitivity"]
    assert list(records.index) == ["x", "gross", "average", *tables.AFTER.values()]
