"""No patient and no stretch of noise is on two sides."""

import numpy as np

from ecglib.data.splits import DS1, DS2
from ecglib.denoising import parts
from ecglib.denoising.leads import FS_HZ

SUBJECT = {"201": "201 and 202", "202": "201 and 202"}  # MIT-BIH's only subject of two records


def test_no_patient_is_on_two_sides():
    of = {
        part: {SUBJECT.get(name, name) for name in names} for part, names in parts.RECORDS.items()
    }
    assert of.pop("both") == of["train"] | of["validation"]
    assert sum(map(len, of.values())) == len(set.union(*of.values())) == len(DS1) + len(DS2) - 1
    assert of["train"] | of["validation"] < {SUBJECT.get(name, name) for name in DS1} | {"202"}
    assert set(parts.RECORDS["test"]) == set(DS2)
    assert all(names for names in of.values())


def test_no_stretch_of_noise_is_on_two_sides():
    places = np.arange(100_000) * np.ones((3, 2, 1))
    found = {part: parts.noise_of(part, places) for part in parts.NOISE}
    both = found.pop("both")
    assert both.min() == found["train"].min() and both.max() == found["validation"].max()
    for one in found.values():
        assert one.shape[:2] == (3, 2) and one.shape[2] > 0.1 * 100_000
        assert (one == one[0, 0]).all()  # all kinds and channels are cut alike
        assert (np.diff(one) == 1).all()
    ends = [(one.min(), one.max()) for one in found.values()]
    apart = [after[0] - before[1] for before, after in zip(ends, ends[1:], strict=False)]
    assert list(found) == ["train", "validation", "test"]
    assert min(apart) > 10 * FS_HZ  # whatever a filter remembers


def test_a_part_has_its_records_and_its_noise(monkeypatch):
    places = np.arange(40_000) * np.ones((3, 2, 1))
    monkeypatch.setattr(parts.leads, "read", lambda names: list(names))
    monkeypatch.setattr(parts.leads, "read_noise", lambda: places)
    parts.read.cache_clear()
    for part, names in parts.RECORDS.items():
        records, noise = parts.read(part)
        assert records == list(names)
        np.testing.assert_array_equal(noise, parts.noise_of(part, places))
    parts.read.cache_clear()
