"""No S in a rhythm that does not repeat: the reference's gate, that of the floats, and the C's."""

import numpy as np
import pytest

from ecglib.data.beats import Beats, annotated_beats, rr_intervals_s
from ecglib.data.records import read_record
from ecglib.settings.words import CLASSES
from ecglib.stream import design as d
from ecglib.stream.reference import BEAT, events
from ecglib.stream.rhythm import Rhythm
from ecglib.stream.stretches import Converter
from ecglib.unseen.features import GATE_OVER, LAGS, irregularity
from ecglib.unseen.settings import settings

N, S = CLASSES.index("N"), CLASSES.index("S")
UNIT_HZ = d.TICKS_HZ * d.SUBTICKS
TIES = 0.06  # of beats of an irregular rhythm: exactly half of the intervals differ


def irregular(intervals):
    """Whether the rhythm before each beat is; intervals: in units, between the beats."""
    rhythm, found = Rhythm(), []
    for before, after in zip([None, *intervals], [*intervals, None], strict=True):
        found.append(rhythm.is_irregular())
        rhythm.features(before, after)
    return found


def test_it_is_that_of_the_recipe():
    assert round(np.exp(settings().gate.beyond) * 2**14) == d.GATE_Q14
    assert (GATE_OVER, LAGS) == (d.GATE_OVER, tuple(range(1, d.GATE_LAGS + 1)))


@pytest.mark.parametrize("pattern", [[1500], [900, 2000], [900, 1900, 1500], [900] * 9 + [2600]])
def test_rhythms_that_repeat_are_regular(pattern):
    assert not any(irregular(pattern * (120 // len(pattern)))[30:])


def test_without_intervals_enough_it_opens_only_by_those_that_there_are():
    rhythm = Rhythm()
    assert not rhythm.is_irregular()  # of none
    for interval in (1000, 1500, 2250):
        rhythm.features(interval, interval)
    assert not rhythm.is_irregular()  # none stands behind three others
    rhythm.features(3400, 3400)
    assert rhythm.is_irregular()


def test_of_an_even_number_half_are_enough():
    """The median of the floats is between the two, and may be on either side of the limit."""
    rhythm = Rhythm()
    for interval in [1000] * 8 + [2000, 3000, 500] + [1000] * 13:
        rhythm.features(interval, interval)
    assert not any(rhythm._differ(lag) for lag in (1, 2, 3))  # four and six of some twenty
    tie = Rhythm()
    for interval in [1000] * 11 + [1300, 1700] * 5:
        tie.features(interval, interval)
    assert tie._differ(1)  # ten of twenty
    tie.features(1700, 1700)
    assert not tie._differ(1)  # of one more


def test_what_is_older_than_two_hundred_intervals_no_longer_counts():
    rng = np.random.default_rng(0)
    wild = (1500 * np.exp(0.3 * rng.standard_normal(250))).astype(int).tolist()
    found = irregular([*wild, *[1500] * 250])
    assert all(found[100:280]) and not any(found[340:])


def test_the_interval_before_the_beat_itself_does_not_count():
    same = [*[1000] * 40, 700]
    assert irregular(same)[-1] is irregular([*[1000] * 40, 5000])[-1] is False


def agreement(sample, fs_hz):
    """Shares of beats where both say the same, and where the floats' median is beyond."""
    sample = np.rint(sample * UNIT_HZ / fs_hz).astype(np.int64)
    n, previous = len(sample), np.diff(sample).tolist()
    zeros, rr = np.zeros(n, np.uint8), rr_intervals_s(sample, UNIT_HZ)
    beats = Beats(np.zeros((n, 4), np.int16), zeros, zeros, sample, *rr, np.array(["x"]))
    expected = irregularity(beats) > settings().gate.beyond
    found = np.array(irregular(previous))
    assert not (expected & ~found)[2:].any()  # a tie says irregular, never the other way round
    return np.mean(found == expected), expected.mean()


def test_it_agrees_with_the_floats_but_for_ties(mitdb):
    rng = np.random.default_rng(0)
    same, share = agreement(np.cumsum(1500 * np.exp(0.2 * rng.standard_normal(3000))), UNIT_HZ)
    assert same > 1 - TIES
    assert 0.2 < share < 0.9
    record = read_record(mitdb, "201")  # of DS1: the patient fibrillates
    same, share = agreement(annotated_beats(record)[0], record.fs_hz)
    assert same > 1 - TIES
    assert 0.2 < share < 0.9


@pytest.fixture(scope="module")
def fibrillating(heart):
    rng = np.random.default_rng(1)
    steady, wild = np.full(60, 0.8), 0.75 * np.exp(0.3 * rng.standard_normal(230)).clip(0.45, 1.8)
    return heart(np.cumsum([*steady, *wild, *np.full(150, 0.8)]), noise=20.0)


def test_in_the_stream_an_s_becomes_an_n_there_and_the_logits_stay(network, library, fibrillating):
    converter = Converter(360, 0, 2047)
    told = library.stream(converter).push(fibrillating)
    assert told == events(network, fibrillating, converter)
    beats = [one for one in told if one.kind == BEAT]
    steady = [one for one in beats if one.sample < 40 * 360]
    wild = [one for one in beats if 120 * 360 < one.sample < 200 * 360]
    assert len(beats) > d.GATE_OVER + d.GATE_LAGS + 100  # the oldest leave
    assert all(one.label == np.argmax(one.logits) for one in steady)
    called = [one for one in wild if np.argmax(one.logits) == S]
    assert sum(one.label == N for one in called) > 10
    assert all(one.label == np.argmax(one.logits) for one in wild if one not in called)
    assert sum(one.label == S for one in steady) > 5
