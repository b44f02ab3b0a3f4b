"""What is fitted never knows the person on whose records it is scored."""

import numpy as np

from ecglib.denoising.seat import Drive
from ecglib.denoising.unovis import Found
from ecglib.denoising.unovis_runs import apart

PERSON = {"a": "1", "b": "2", "c": "1", "d": "3"}


def test_a_record_is_scored_once_by_what_other_people_gave():
    nothing = np.zeros(0)
    drives = [Drive(name, np.nan, nothing, nothing, nothing, nothing) for name in PERSON]
    fits = []

    def fit(train):
        fits.append([drive.name for drive in train])
        return fits[-1]

    rows = apart(Found(drives, PERSON, {}), fit, lambda fitted, drive: {"fitted": "".join(fitted)})
    assert fits == [["b", "d"], ["a", "c", "d"], ["a", "b", "c"]]
    assert {row["record"]: row["fitted"] for row in rows} == {
        "a": "bd",
        "b": "acd",
        "c": "bd",
        "d": "abc",
    }
    assert all(row["person"] == PERSON[row["record"]] for row in rows)
    assert {row["data"] for row in rows} == {"unovis auto2012"}
