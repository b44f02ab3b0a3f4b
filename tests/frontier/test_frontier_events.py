"""When a fit removes weights, and how far each time."""

import pytest

from ecglib.frontier import events
from ecglib.frontier.settings import settings


def densities(found):
    return [1 - event.sparsity for event in found]


def test_spread_events_are_even_in_time_and_each_removes_the_same_share_of_what_is_left():
    found = events.spread(1000, 5, 0.5, 0.8, 0.95)
    assert [event.step for event in found] == [100, 200, 300, 400, 500]
    assert found[-1].sparsity == 0.95
    ratios = [b / a for a, b in zip([0.2, *densities(found)], densities(found), strict=False)]
    assert ratios == pytest.approx([0.25**0.2] * 5)


def test_steady_events_begin_at_the_first_epochs_end_and_reach_the_target_in_time():
    found = events.steady(1000, 100, 50, 0.6, 0.0, 0.8)
    assert [event.step for event in found] == list(range(100, 601, 50))
    assert found[-1].sparsity == 0.8
    assert densities(found) == sorted(densities(found), reverse=True)
    assert [event.step for event in events.steady(10, 8, 50, 0.6, 0.0, 0.8)] == [8]


@pytest.mark.parametrize(("start", "target"), [(0.8, 0.8), (0.9, 0.5), (0.0, 1.0)])
def test_a_target_that_is_no_further_than_the_start_is_told(start, target):
    with pytest.raises(ValueError, match=f"target sparsity {target} is not between {start}"):
        events.spread(1000, 5, 0.5, start, target)


def test_more_events_than_steps_are_told():
    with pytest.raises(ValueError, match="20 events do not fit into 5 steps"):
        events.spread(10, 20, 0.5, 0.8, 0.9)


def test_the_sections_targets_lie_beyond_where_the_surgeon_begins():
    for cells in settings().cells:
        if any(method.startswith("obs") for method in cells.methods):
            assert min(cells.targets) > settings().surgeon.before
