"""The stream in which all happens that is rare."""

import numpy as np
import pytest

from ecglib.stream import design as d
from ecglib.stream import hard
from ecglib.stream.detector import _LAG, Detector
from ecglib.stream.reference import events
from ecglib.stream.stretches import Converter, ticks_of


@pytest.mark.parametrize("rate_hz", [128, 250, 257, 360, 1000])
def test_it_learns_twice_searches_back_and_begins_anew(rate_hz):
    converter = Converter(rate_hz, -1024, 1023)
    ticks = ticks_of(hard.samples(converter), converter)
    first, second = (Detector(ticks.signal[one.first : one.last]).found for one in ticks.stretches)
    for of, begin in ((first, 0), (second, 700)):  # in one tick, and while learning anew
        _, at_once = np.unique([one.tick for one in of if one.tick > begin], return_counts=True)
        assert at_once.max() >= 6
    late = [one.tick - one.place / d.SUBTICKS - d.DELAY for one in first if one.tick > d.LEARNING]
    assert max(late) > _LAG + 12 > min(late)  # found later than as a peak: by the search


def test_gaps_and_loud_signal_are_in_it_and_its_beats_are_told(network):
    converter = Converter(360, 0, 2047)
    found = events(network, hard.samples(converter), converter)
    bits = {one.quality for one in found}
    assert any(one & d.GAP for one in bits)
    assert any(one & d.SATURATED for one in bits)
    assert sum(one.kind == 1 for one in found) > 30
