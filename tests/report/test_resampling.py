"""Intervals of a bootstrap over seeds and whole records."""

import numpy as np
import pytest

from ecglib.report import resampling
from ecglib.training import metrics


def right_and_wrong(right, wrong):
    """A matrix of one class: so many beats taken rightly, so many wrongly."""
    matrix = np.zeros((5, 5), int)
    matrix[0, 0], matrix[0, 1] = right, wrong
    return matrix


def some_matrices(*leading, seed=0):
    """(*leading, 5, 5) counts, better than chance."""
    rng = np.random.default_rng(seed)
    return rng.integers(1, 9, (*leading, 5, 5)) + 20 * np.eye(5, dtype=int)


def drawn_of(matrices, reading, draws, seed=0):
    """(draws,) of one variant: its matrices are (seeds, records, 5, 5)."""
    return resampling.replicates(matrices[None], {"it": reading}, draws, seed)["it"][:, 0]


def test_the_replicates_are_those_of_the_plain_bootstrap():
    variants = some_matrices(4, 3, 6)
    rng, plain = np.random.default_rng(0), []
    for _ in range(70):
        seeds, records = rng.integers(3, size=3), rng.integers(6, size=6)
        pooled = variants[:, seeds][:, :, records].sum(2)
        plain.append(metrics.f1_macro(pooled).mean(-1))
    fast = resampling.replicates(variants, {"f1": metrics.f1_macro}, 70)["f1"]
    np.testing.assert_allclose(fast, plain)


def test_bootstrap_is_repeatable_by_seed():
    one = some_matrices(3, 6)
    draws = [drawn_of(one, metrics.f1_macro, 50, seed) for seed in (1, 1, 2)]
    assert np.array_equal(draws[0], draws[1])
    assert not np.array_equal(draws[0], draws[2])


def test_methods_share_every_draw():
    one, other = some_matrices(3, 6, seed=1), some_matrices(3, 6, seed=2)
    stack = np.array([one, other, one])
    together = resampling.replicates(stack, {"it": metrics.accuracy}, 50)["it"]
    assert together.shape == (50, 3)
    assert (together[:, 0] - together[:, 2] == 0).all()  # identical methods never differ
    assert np.array_equal(together[:, 1], drawn_of(other, metrics.accuracy, 50))


def test_whole_records_are_drawn():
    """Of two records, one all right and one all wrong, a draw has both or one of them twice."""
    two = np.array([[right_and_wrong(10, 0), right_and_wrong(0, 10)]])
    drawn = drawn_of(two, metrics.accuracy, 200)
    values, counts = np.unique(drawn, return_counts=True)
    assert values.tolist() == [0, 0.5, 1]
    assert counts / 200 == pytest.approx([0.25, 0.5, 0.25], abs=0.1)


def test_one_record_and_one_seed_have_no_spread():
    one = right_and_wrong(79, 21)[None, None]
    drawn = drawn_of(one, metrics.accuracy, 20)
    assert drawn == pytest.approx([0.79] * 20)


def test_seeds_are_drawn_too():
    seeds = np.array([[right_and_wrong(10, 0)], [right_and_wrong(0, 10)]])
    drawn = drawn_of(seeds, metrics.accuracy, 200)
    assert np.unique(drawn).tolist() == [0, 0.5, 1]


def test_records_are_pooled_within_a_seed_before_reading():
    """A record with many beats weighs more; a mean of the records' accuracies would say 0.5."""
    uneven = np.array([[right_and_wrong(30, 0), right_and_wrong(0, 10)]])
    drawn = drawn_of(uneven, metrics.accuracy, 50)
    assert np.unique(drawn).tolist() == [0, 0.75, 1]


def test_intervals_cover_the_truth_about_as_often_as_they_say():
    """Records of one hundred beats whose accuracies scatter around 0.8."""
    rng = np.random.default_rng(0)
    hits, widths = 0, []
    for trial in range(60):
        right = rng.binomial(100, rng.beta(8, 2, size=30))
        records = np.array([[right_and_wrong(r, 100 - r) for r in right]])
        drawn = drawn_of(records, metrics.accuracy, 200, trial)
        low, high = resampling.bounds(drawn)
        hits += low <= 0.8 <= high
        widths.append(high - low)
    assert hits >= 50  # 57 expected
    assert np.mean(widths) < 0.1, "covers only because it is wide"


def test_interval_is_between_percentiles():
    replicates = np.arange(1001)
    assert resampling.bounds(replicates) == pytest.approx((25, 975))
    assert resampling.bounds(replicates, level=0.5) == pytest.approx((250, 750))
