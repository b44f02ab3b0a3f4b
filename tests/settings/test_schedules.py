"""Schedules rise, and one-shot pruning gets the epochs that multistage pruning spends."""

import doctest

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from ecglib.settings import schedules
from ecglib.settings.schedules import Stage, checked, one_shot, shaped, up_to

STAGES = [Stage(0.3, 2), Stage(0.6, 3), Stage(0.9, 5)]


@st.composite
def schedule_and_target(draw):
    """A rising schedule and a target within its range."""
    percents = draw(st.lists(st.integers(1, 99), min_size=1, max_size=5, unique=True))
    stages = [Stage(percent / 100, draw(st.integers(0, 9))) for percent in sorted(percents)]
    return stages, draw(st.integers(1, max(percents))) / 100


def test_up_to_stops_at_a_stage():
    assert up_to(STAGES, 0.6) == STAGES[:2]
    assert up_to(STAGES, 0.9) == STAGES


def test_target_between_stages_takes_the_epochs_of_the_stage_above():
    assert up_to(STAGES, 0.7) == [Stage(0.3, 2), Stage(0.6, 3), Stage(0.7, 5)]
    assert up_to(STAGES, 0.1) == [Stage(0.1, 2)]


def test_one_shot_by_hand():
    assert one_shot(STAGES, 0.3) == [Stage(0.3, 2)]
    assert one_shot(STAGES, 0.6) == [Stage(0.6, 2 + 3)]
    assert one_shot(STAGES, 0.7) == [Stage(0.7, 2 + 3 + 5)]
    assert one_shot(STAGES, 0.9) == [Stage(0.9, 2 + 3 + 5)]


@settings(max_examples=30, deadline=None, derandomize=True, database=None)
@given(schedule_and_target())
def test_both_ways_reach_the_target_with_equal_budgets(case):
    stages, target = case
    (single,) = one_shot(stages, target)
    many = up_to(stages, target)
    assert single.sparsity == many[-1].sparsity == target
    assert single.epochs == sum(stage.epochs for stage in many)
    assert checked(many) == many


@pytest.mark.parametrize("way", [up_to, one_shot])
@pytest.mark.parametrize("target", [-0.1, 0.0, 0.91, 1.0, 1.5, float("nan")])
def test_target_out_of_range_is_an_error_that_says_the_range(way, target):
    with pytest.raises(ValueError, match=rf"{target} is outside \(0, 0\.9\]"):
        way(STAGES, target)


def test_rising_stages_pass_unchanged():
    assert checked(STAGES) == STAGES
    assert checked([Stage(0.5, 0)]) == [Stage(0.5, 0)]


def test_a_schedule_without_stages_is_an_error():
    for use in (checked, lambda stages: up_to(stages, 0.5), lambda stages: one_shot(stages, 0.5)):
        with pytest.raises(ValueError, match="at least one stage"):
            use([])


@pytest.mark.parametrize(
    ("stages", "said"),
    [
        ([Stage(0.0, 1)], "0.0 does not exceed 0.0"),
        ([Stage(0.5, 1), Stage(0.5, 1)], "0.5 does not exceed 0.5"),
        ([Stage(0.5, 1), Stage(0.8, 1), Stage(0.6, 1)], "0.6 does not exceed 0.8"),
        ([Stage(0.5, 1), Stage(1.0, 1)], r"1.0 is outside \[0, 1\)"),
        ([Stage(-0.2, 1)], r"-0.2 is outside \[0, 1\)"),
        ([Stage(float("nan"), 1)], r"nan is outside \[0, 1\)"),
        ([Stage(0.5, -1)], "-1 epochs"),
    ],
)
def test_first_wrong_stage_is_named(stages, said):
    with pytest.raises(ValueError, match=said):
        checked(stages)


def test_doctests():
    result = doctest.testmod(schedules)
    assert result.attempted >= 2
    assert result.failed == 0


def test_shapes_end_at_the_last_sparsity_by_hand():
    def sparsities(shape):
        return [stage.sparsity for stage in shaped(shape, 4, 0.96, 5)]

    assert sparsities("linear") == [0.24, 0.48, 0.72, 0.96]
    assert sparsities("cubic") == [0.555, 0.84, 0.945, 0.96]
    assert sparsities("geometric") == [0.5528, 0.8, 0.9106, 0.96]  # 0.04 ** (1/4) = 0.4472 stays


def test_unknown_shape_is_an_error_that_lists_the_known_ones():
    with pytest.raises(ValueError, match="'step'; one of linear, cubic, geometric"):
        shaped("step", 4, 0.9, 5)
