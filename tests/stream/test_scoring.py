import numpy as np
import pytest

from ecglib.data.records import Record
from ecglib.stream import scoring
from ecglib.stream.reference import BEAT, SIGNAL, Event


def record(sample, symbol):
    return Record(
        *("x", "MLII", 360, np.zeros(100_000, np.int16), 200.0, 0),
        np.array(sample),
        np.array(symbol),
    )


def beat(sample, label, kind=BEAT):
    return Event(0, kind, sample, label, 0, (0,) * 5)


def test_beats_found_missed_and_invented_are_counted_by_class():
    of = record([1000, 2000, 3000, 4000, 5000], list("NVNAF"))
    told = [
        beat(1054, 0),  # within 150 ms
        beat(2055, 2),  # not within
        beat(3000, 2),
        beat(4000, 1),
        beat(5000, 2),
        beat(8000, 1),
        beat(8100, 0, SIGNAL),  # no beat
    ]
    found = scoring.confusion(of, told)
    expected = np.zeros((6, 6), int)
    for true, said in ((0, 0), (2, 5), (5, 2), (0, 2), (1, 1), (3, 2), (5, 1)):
        expected[true, said] += 1
    np.testing.assert_array_equal(found, expected)
    figures = scoring.figures(found)
    assert figures["QRS_sensitivity"] == pytest.approx(4 / 5)
    assert figures["QRS_predictivity"] == pytest.approx(4 / 6)
    assert figures["VEB_sensitivity"] == 0.0
    assert figures["VEB_predictivity"] == 0.0  # of a normal beat and one that is none
    assert figures["SVEB_sensitivity"] == 1.0
    assert figures["SVEB_predictivity"] == pytest.approx(1 / 2)
    # Fusion beats called ventricular count neither way; the negatives are the two that are called
    # so, the other two beats that are found, and the other invention.
    assert figures["VEB_false_positive_rate"] == pytest.approx(2 / 5)
    assert figures["SVEB_false_positive_rate"] == pytest.approx(1 / 5)


def test_negatives_are_all_beats_of_other_classes_that_are_found_and_inventions():
    """As `bxb` counts: VTN has fusion beats that are not called ventricular, SFP has them if so."""
    matrix = np.zeros((6, 6), int)
    matrix[0, 0], matrix[0, 2], matrix[3, 0], matrix[3, 2], matrix[3, 1] = 80, 2, 10, 5, 3
    matrix[0, 5], matrix[2, 0], matrix[5, 0] = 7, 4, 6
    found = scoring.figures(matrix)
    assert found["VEB_false_positive_rate"] == pytest.approx(2 / (80 + 2 + 10 + 3 + 6))
    assert found["SVEB_false_positive_rate"] == pytest.approx(3 / (80 + 2 + 10 + 5 + 3 + 4 + 6))


def test_the_first_minutes_may_be_left_out():
    of = record([1000, 50_000, 60_000], ["V", "N", "N"])
    told = [beat(1000, 0), beat(2000, 0), beat(49_990, 0), beat(70_000, 1)]
    whole, later = (scoring.confusion(of, told, since_s) for since_s in (0, 50_000 / 360))
    assert whole.sum() == 5
    expected = np.zeros((6, 6), int)
    expected[0, 0] = expected[0, 5] = expected[5, 1] = 1  # a pair counts by the annotated beat
    np.testing.assert_array_equal(later, expected)


def test_flutter_counts_for_nothing():
    of = record([1000, 2000, 3000, 9000], ["N", "[", "]", "N"])
    found = scoring.confusion(of, [beat(1000, 0), beat(2500, 2), beat(2990, 2), beat(9000, 0)])
    assert found.sum() == found[0, 0] == 2


def test_no_beat_at_all_is_all_missed():
    found = scoring.confusion(record([1000], ["V"]), [])
    assert found[2, 5] == found.sum() == 1


def test_gross_is_of_all_beats_and_average_of_the_records_that_have_them():
    one, other = np.zeros((6, 6), int), np.zeros((6, 6), int)
    one[0, 0], one[2, 2], one[2, 5] = 90, 8, 2
    other[0, 0] = 100
    table = scoring.table({"a": one, "b": other})
    assert table.loc["gross", "VEB_sensitivity"] == pytest.approx(0.8)
    assert table.loc["average", "VEB_sensitivity"] == pytest.approx(0.8)
    assert table.loc["gross", "QRS_sensitivity"] == pytest.approx(198 / 200)
    assert table.loc["average", "QRS_sensitivity"] == pytest.approx((0.98 + 1) / 2)
