"""Splits are disjoint, sized as stated, repeatable; patients never cross the inter split."""

from dataclasses import fields, replace
from itertools import combinations

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from ecglib.data.beats import CLASSES, Beats
from ecglib.data.records import MITDB_RECORDS, DataError
from ecglib.data.splits import DS1, DS1_VALIDATION, DS2, PACED, PARTS, split_indices


def labelled(counts) -> Beats:
    """Beats of one record, counts[i] of class i, without signal."""
    label = np.repeat(np.arange(5, dtype=np.uint8), counts)
    n = len(label)
    rr_s = np.ones(n, np.float32)
    adc, record, names = np.zeros((n, 1), np.int16), np.zeros(n, np.uint8), np.array(["100"])
    return Beats(adc, label, record, np.arange(n), rr_s, rr_s, names)


def only(beats, keep) -> Beats:
    """The beats where `keep` is true."""
    per_beat = [field.name for field in fields(beats) if field.name != "record_names"]
    return replace(beats, **{name: getattr(beats, name)[keep] for name in per_beat})


def records_of(beats, rows):
    return set(beats.record_names[beats.record[rows]])


# intra


@settings(max_examples=25, deadline=None)
@given(
    counts=st.lists(st.integers(10, 300), min_size=5, max_size=5), seed=st.integers(0, 2**32 - 1)
)
def test_intra_puts_every_beat_into_one_part_70_10_20_in_each_class(counts, seed):
    label = (drawn := labelled(counts)).label
    parts = split_indices(drawn, "intra", seed)
    assert tuple(parts) == PARTS
    assert sorted(np.concatenate(list(parts.values()))) == list(range(len(label)))
    for part, share in zip(PARTS, (0.7, 0.1, 0.2), strict=True):
        in_part = np.bincount(label[parts[part]], minlength=5)
        # Rounding: of the part as a whole, then of the class in it; train and validation twice.
        assert np.abs(in_part - share * np.array(counts)).max() <= 2


def test_intra_repeats_for_the_same_seed_whatever_else_is_random(beats):
    np.random.seed(1)
    first = split_indices(beats, "intra", 3)
    np.random.seed(2)
    again = split_indices(beats, "intra", 3)
    assert all((first[part] == again[part]).all() for part in PARTS)


def test_intra_differs_by_seed(beats):
    first, second = (split_indices(beats, "intra", seed) for seed in (0, 1))
    assert all((first[part] != second[part]).any() for part in PARTS)


def test_intra_mixes_the_beats_of_every_record(beats):
    everyone = set(beats.record_names)
    for rows in split_indices(beats, "intra", 0).values():
        assert records_of(beats, rows) == everyone


def test_intra_needs_every_class(beats):
    without = only(beats, beats.label != CLASSES.index("F"))
    with pytest.raises(DataError, match=r"too few beats .* in the beats to split: F \(0\)"):
        split_indices(without, "intra", 0)


# inter


def test_inter_parts_share_no_record(beats):
    parts = [records_of(beats, rows) for rows in split_indices(beats, "inter", 0).values()]
    assert all(a.isdisjoint(b) for a, b in combinations(parts, 2))


def test_inter_tests_on_ds2_and_leaves_the_paced_records_out(beats):
    parts = split_indices(beats, "inter", 0)
    assert records_of(beats, parts["train"]) == {"106", "108", "109", "112"}
    assert records_of(beats, parts["validation"]) == {"101", "114"}
    assert records_of(beats, parts["test"]) == {"100", "103", "105", "111"}
    unpaced = beats.record_names[beats.record] != "102"
    assert sorted(np.concatenate(list(parts.values()))) == np.flatnonzero(unpaced).tolist()


def test_inter_does_not_depend_on_the_seed(beats):
    first, second = (split_indices(beats, "inter", seed) for seed in (0, 1))
    assert all((first[part] == second[part]).all() for part in PARTS)


def test_inter_needs_every_class_in_every_part(beats):
    in_test = np.isin(beats.record_names[beats.record], DS2)
    without = only(beats, ~(in_test & (beats.label == CLASSES.index("Q"))))
    with pytest.raises(DataError, match=r"in the test part of split 'inter': Q \(0\)"):
        split_indices(without, "inter", 0)


def test_inter_without_validation_patients_says_which_part_is_empty(beats):
    without = only(beats, ~np.isin(beats.record_names[beats.record], DS1_VALIDATION))
    with pytest.raises(DataError, match=r"validation part of split 'inter': N \(0\), S \(0\)"):
        split_indices(without, "inter", 0)


def test_unknown_split(beats):
    with pytest.raises(ValueError, match="unknown split 'random'; one of intra, inter"):
        split_indices(beats, "random", 0)


# The published tables


def test_the_tables_are_disjoint_and_hold_all_48_records():
    assert [len(table) for table in (DS1, DS2, PACED)] == [22, 22, 4]
    assert sorted(DS1 + DS2 + PACED) == list(MITDB_RECORDS)


def test_validation_patients_are_a_part_of_ds1():
    assert set(DS1_VALIDATION) < set(DS1)


@pytest.mark.parametrize("split", ["intra", "inter"])
def test_every_class_occurs_in_every_part_of_the_real_data(mitdb_beats, split):
    for rows in split_indices(mitdb_beats, split, 0).values():
        assert (np.bincount(mitdb_beats.label[rows], minlength=5) > 0).all()
