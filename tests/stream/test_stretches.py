import numpy as np
import pytest

from ecglib.stream.errors import StreamError
from ecglib.stream.stretches import Converter, ticks_of

CONVERTER = Converter(360, 0, 2047)
GONE = -1


def test_a_short_gap_is_bridged_and_a_long_one_ends_a_stretch():
    samples = np.full(3600, 1024)
    samples[500 : 500 + 107] = GONE
    samples[1500 : 1500 + 108] = GONE
    found = ticks_of(samples, CONVERTER)
    first, second = found.stretches
    assert (first.first, first.ended) == (0, 1607)
    assert found.due[second.first] >= 1608 > found.due[second.first - 1]
    assert second.ended is None
    assert not found.signal.any()


def test_the_signal_begins_anew_behind_a_long_gap_and_stays_within_it():
    samples = np.concatenate([np.full(720, 1100), np.full(720, GONE), np.full(720, 900)])
    found = ticks_of(samples, CONVERTER)
    assert set(found.signal.tolist()) == {1100 - 1024, 900 - 1024}  # no step is smoothed


def test_a_stream_of_nothing_has_no_stretch():
    found = ticks_of(np.full(1000, GONE), CONVERTER)
    assert found.stretches == []
    assert not found.signal.any()
    assert len(ticks_of(np.zeros(0, int), CONVERTER).due) == 0


@pytest.mark.parametrize(
    "wrong",
    [
        *((119, 0, 1), (1001, 0, 1), (0, 0, 1), (250.5, 0, 1)),
        *((360, 5, 5), (360, 9, 3), (360, 0, 2**16), (360, -(2**31), 9 - 2**31)),
    ],
)
def test_rates_and_ranges_that_no_stream_takes_are_refused(wrong):
    with pytest.raises(StreamError, match=r"give (whole Hz from 120 to 1000|a range of at most)"):
        Converter(*wrong)


def test_any_range_of_16_bits_fits():
    for lowest in (-(2**15), 0, -5, 2**30):
        converter = Converter(360, lowest, lowest + 2**16 - 1)
        assert converter.highest - converter.middle == 2**15 - 1
        assert lowest - converter.middle == -(2**15)
