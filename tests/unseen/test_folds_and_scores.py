"""Who is judged when, and by what."""

import numpy as np
import pytest
from made_beats import made_beats

from ecglib.data.splits import DS1, DS2
from ecglib.unseen import scores
from ecglib.unseen.folds import dealt

ALL = made_beats(names=(*DS1, *DS2[:3]), patients_with_s=DS1[:7])


@pytest.mark.parametrize("repeat", range(3))
def test_each_patient_of_ds1_is_left_out_once_a_repeat_and_none_of_ds2(repeat):
    folds = dealt(ALL, 5, repeat)
    assert sorted(name for fold in folds for name in fold) == sorted(DS1)
    assert {len(set(fold) & set(DS1[:7])) for fold in folds} <= {1, 2}, "S beats in each"


def test_a_repeat_deals_anew_and_alike_each_time():
    assert dealt(ALL, 5, 0) == dealt(ALL, 5, 0) != dealt(ALL, 5, 1)


def of(**cells):
    """(5, 5) with N, S, V, F, Q: of(NS=3) has three N that are called S."""
    matrix = np.zeros((5, 5), int)
    for name, n in cells.items():
        matrix["NSVFQ".index(name[0]), "NSVFQ".index(name[1])] = n
    return matrix


def test_ec57_excuses_fusion_as_ventricular_and_unclassifiable_beats():
    matrix = of(SS=6, SN=4, NS=2, QS=5, VV=8, VN=2, SV=1, FV=7, QV=3)
    strict = scores.counts(matrix, "SVEB", ec57=False)
    assert (strict.tp, strict.fn, strict.fp) == (6, 5, 7)
    assert scores.counts(matrix, "SVEB", ec57=True).fp == 2
    assert scores.counts(matrix, "VEB", ec57=False).fp == 11
    assert scores.counts(matrix, "VEB", ec57=True).fp == 1
    assert strict.f1() == pytest.approx(12 / 24)


def test_the_record_of_most_s_is_left_out_and_the_median_is_of_records_with_enough():
    one, two, three = of(SS=90, SN=10), of(SS=10, SN=10), of(SS=0, SN=3, NS=10)
    table = scores.table(np.array([[one, two, three]] * 2), np.array(["a", "b", "c"]), ec57=False)
    f1 = table.query("kind == 'SVEB' and score == 'f1'").set_index("reading")
    assert f1.loc["pooled", "value"] == pytest.approx(200 / (200 + 23 + 10))
    assert f1.loc["without a", "value"] == pytest.approx(20 / (20 + 13 + 10))
    both = [180 / 190, 20 / 30]
    assert f1.loc["median of records", "value"] == pytest.approx(np.mean(both))
    assert (f1["low"] <= f1["value"]).all() and (f1["value"] <= f1["high"]).all()
    assert f1.loc["pooled", "low"] < f1.loc["pooled", "high"]


def test_a_difference_is_paired_over_the_same_records():
    """One is a little better on every record, which apart lie far from each other."""
    names = np.array(["a", "b", "c", "d"])
    found = [90, 60, 30, 20]
    better = np.array([[of(SS=n + 5, SN=95 - n) for n in found]])
    worse = np.array([[of(SS=n, SN=100 - n) for n in found]])
    apart = scores.table(worse, names, ec57=False).query("kind == 'SVEB' and reading == 'pooled'")
    paired = scores.differences(better, worse, names)
    f1 = paired.query("kind == 'SVEB' and reading == 'pooled'").iloc[0]
    assert set(paired["score"]) == {"f1"} and 0 < f1["low"] < f1["value"] < f1["high"] < 0.1
    assert (apart["high"] - apart["low"]).max() > 0.2
    assert (scores.differences(worse, worse, names)[["value", "low", "high"]] == 0).all(axis=None)


def test_one_record_alone_has_no_other_reading_and_no_interval():
    """Nothing is left without it, and one record drawn again and again says nothing of others."""
    table = scores.table(np.array([[of(SS=90, SN=10)]]), np.array(["a"]), ec57=False)
    assert set(table["reading"]) == {"pooled", "median of records"}
    assert table["value"].notna().all() and table["low"].isna().all() and table["high"].isna().all()


def test_scores_are_means_over_runs():
    good, bad = of(SS=90, SN=10), of(SS=30, SN=70)
    table = scores.table(np.array([[good, good], [bad, bad]]), np.array(["a", "b"]), ec57=False)
    (value,) = table.query(
        "reading == 'pooled' and kind == 'SVEB' and score == 'sensitivity'"
    ).value
    assert value == pytest.approx(0.6)
    assert scores.accuracy(np.array([[good], [bad]])) == pytest.approx(0.6)
