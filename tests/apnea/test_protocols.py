import numpy as np
import pytest

from ecglib.apnea import protocols as of
from ecglib.apnea.nights import WINDOW
from ecglib.apnea.protocols import GUARD, TEST, TRAIN, VALIDATION
from ecglib.data.errors import DataError


def samples_of(night, part, which) -> set[int]:
    starts = np.flatnonzero(part == which) * night.step
    return {sample for start in starts for sample in range(start, start + WINDOW)}


def shared(night, part) -> int:
    return len(samples_of(night, part, TRAIN) & samples_of(night, part, TEST))


def test_a_random_split_shares_samples_and_has_the_published_shares(new_night):
    night = new_night(windows=200)
    part = of.random_windows([night], 0)["n1"]
    assert [int((part == p).sum()) for p in (TRAIN, VALIDATION, TEST)] == [160, 20, 20]
    assert shared(night, part) > 0
    with pytest.raises(DataError, match="n1: window .* shares samples"):
        of.require_apart([night], {"n1": part})


@pytest.mark.parametrize("seed", [0, 1])
def test_guarded_parts_share_none(new_night, seed):
    night = new_night(windows=400)
    for parts in (of.guarded_blocks([night], seed, 20), of.last_part([night])):
        of.require_apart([night], parts)
        part = parts["n1"]
        assert shared(night, part) == 0
        assert {TRAIN, TEST, GUARD} <= set(part.tolist())
        assert not samples_of(night, part, VALIDATION) & samples_of(night, part, TEST)


def test_a_guard_takes_no_window_that_could_be_used(new_night):
    """Of ten windows of 240 samples that train, the last five reach into what tests."""
    part = of.guarded(np.repeat([TRAIN, TEST], 10), 240)
    assert part.tolist() == [TRAIN] * 5 + [GUARD] * 5 + [TEST] * 10
    assert of.reached(240) == 5 and of.reached(128) == 10 and of.reached(WINDOW) == 0


def test_a_guard_that_is_too_short_is_refused(new_night):
    part = np.repeat([TRAIN, GUARD, TEST], [30, 4, 26])
    with pytest.raises(DataError, match="n1: window 29 shares"):
        of.require_apart([new_night()], {"n1": part})
    with pytest.raises(DataError, match="n1: 59 parts of 60 windows"):
        of.require_apart([new_night()], {"n1": part[1:]})


def test_a_persons_nights_stand_on_one_side_and_each_tests_once(new_night):
    nights = [new_night(f"n{i}", 12, subject=f"s{i // 2}") for i in range(10)]
    splits = of.subjects_apart(nights, 0, 5)
    for parts in splits:
        of.require_subjects_apart(nights, parts)
    tested = [name for parts in splits for name, part in parts.items() if part[0] == TEST]
    assert sorted(tested) == sorted(night.name for night in nights)


def test_a_person_on_both_sides_is_refused(new_night):
    nights = [new_night("n1", 12, subject="s"), new_night("n2", 12, subject="s")]
    with pytest.raises(DataError, match="both sides of the split: subject s"):
        of.require_subjects_apart(nights, of.by_night(nights, {"n1"}))


def test_halves_have_a_guard_between_them(new_night):
    night = new_night()
    part = of.halves(night)
    assert (part[:25] == TRAIN).all() and (part[25:30] == GUARD).all() and (part[30:] == TEST).all()
    assert shared(night, part) == 0
