"""Runs of a system share processes; one whose data are wrong ends alone."""

import pytest

from ecglib.data.errors import DataError
from ecglib.systems import pool


def wrong_data():
    raise DataError("night x: line 3 is wrong")


def right_data():
    return [1]


def test_a_run_whose_data_are_wrong_ends_its_own_run_and_no_other():
    found, faults = pool.run_all([right_data, wrong_data, right_data], 1)
    assert found == [[1], [1]]
    assert faults == ["night x: line 3 is wrong"]


def test_no_run_that_gives_anything_says_what_was_wrong():
    with pytest.raises(DataError, match="no data for any part of the study\nnight x"):
        pool.run_all([wrong_data], 1)
