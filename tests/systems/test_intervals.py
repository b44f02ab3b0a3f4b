"""Intervals over groups that are drawn whole."""

import numpy as np
import pytest

from ecglib.systems import intervals


def test_the_first_row_is_all_groups_once_and_each_draw_takes_as_many():
    drawn = intervals.times_drawn(7, 50)
    assert drawn.shape == (51, 7)
    assert drawn[0].tolist() == [1] * 7
    assert set(drawn.sum(1)) == {7}
    assert len(np.unique(drawn, axis=0)) > 40


def test_the_interval_of_a_mean_is_as_wide_as_theory_says():
    values = np.random.default_rng(1).normal(0, 1, 400)
    found, low, high = intervals.with_ends(intervals.times_drawn(400, 2000) @ values / 400)
    assert found == pytest.approx(values.mean())
    assert (high - low) / 2 == pytest.approx(1.96 * values.std() / 20, rel=0.1)
