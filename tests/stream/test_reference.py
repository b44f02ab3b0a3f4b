"""The stream as the reference defines it: what is told of beats, and of signals that are none."""

import numpy as np
import pytest

from ecglib.stream import design as d
from ecglib.stream.errors import StreamError
from ecglib.stream.reference import BEAT, SIGNAL, events
from ecglib.stream.stretches import Converter

CONVERTER = Converter(360, 0, 2047)
GONE = -1
BEATS_S = np.arange(0.5, 59, 0.8)


@pytest.fixture(scope="module")
def told(network, heart):
    """told(change): events of a minute of beats, changed by a function in place."""

    def of(change=lambda samples: None, rate_hz=360):
        samples = heart(BEATS_S, rate_hz, duration_s=60)
        change(samples)
        return events(network, samples, Converter(rate_hz, 0, 2047))

    return of


def beats(found):
    return [one for one in found if one.kind == BEAT]


def signals(found):
    return [(one.sample / 360, one.quality) for one in found if one.kind == SIGNAL]


@pytest.mark.parametrize("rate_hz", [128, 250, 257, 360])
def test_a_beat_is_told_at_its_own_sample_when_the_next_is_known(rate_hz, told):
    found = beats(told(rate_hz=rate_hz))
    assert len(found) == len(BEATS_S) - 1
    sample = np.array([one.sample for one in found])
    assert np.abs(sample - BEATS_S[:-1] * rate_hz).max() <= 0.006 * rate_hz + 1
    late_s = (np.array([one.pushed for one in found]) - sample) / rate_hz
    assert 0.8 < late_s[5:].min() <= late_s[5:].max() < 1.4


def test_the_same_beats_at_any_rate_are_alike_to_the_network(told):
    rows = [np.array([one.logits for one in beats(told(rate_hz=hz))[5:]]) for hz in (250, 360)]
    spread = np.ptp(rows[1], axis=0).max() + 1000
    assert np.abs(np.median(rows[0], 0) - np.median(rows[1], 0)).max() < spread


def test_a_sound_signal_has_no_flag_and_no_event_but_beats(told):
    found = told()
    assert {one.kind for one in found} == {BEAT}
    assert {one.quality for one in beats(found)[1:]} == {0}


def test_a_long_gap_is_told_and_the_rhythm_begins_anew(told):
    def lose(samples):
        samples[20 * 360 : 24 * 360] = GONE

    found = told(lose)
    bits = [bits for _, bits in signals(found)]
    assert bits[-1] == 0
    assert all(one & d.GAP for one in bits[:-1])
    assert bits[:-1]
    places = np.array([one.sample for one in beats(found)]) / 360
    assert not ((places > 20.1) & (places < 24)).any()
    assert (places > 24).sum() == (BEATS_S[:-1] > 24).sum()
    marked = [one.sample / 360 for one in beats(found) if one.quality & d.GAP]
    assert marked
    assert 17 < min(marked) < max(marked) < 27


def test_what_is_beyond_the_converter_is_as_if_it_were_missing(told):
    def lose(samples, value):
        samples[20 * 360 : 20 * 360 + 90] = value

    assert told(lambda of: lose(of, GONE)) == told(lambda of: lose(of, 4000))


def test_flat_saturated_and_silent_signals_are_told(told):
    def spoil(samples):
        samples[15 * 360 : 30 * 360] = 1000
        samples[40 * 360 : 42 * 360 : 8] = 2047

    found = signals(told(spoil))
    bits = {one for _, one in found}
    assert any(one & d.FLAT and one & d.SILENT for one in bits)
    assert any(one & d.SATURATED for one in bits)
    flat = [at for at, one in found if one & d.FLAT]
    assert 15 < flat[0] < 18
    silent = [at for at, one in found if one & d.SILENT]
    assert 24 < silent[0] < 27


def test_noise_is_told(network, heart):
    samples = heart(BEATS_S, duration_s=60, noise=60.0)
    found = events(network, samples, CONVERTER)
    assert np.mean([bool(one.quality & d.NOISE) for one in beats(found)]) > 0.5


def test_a_stream_in_the_middle_of_a_beat_tells_of_no_beat_before_it(network, heart):
    samples = heart(BEATS_S, duration_s=60)[170:]
    found = beats(events(network, samples, CONVERTER))
    assert found[0].sample >= 0
    assert found[0].quality & d.GAP  # its window begins before the stream does


def test_a_stream_of_nothing_tells_of_a_gap_and_no_beat(network):
    found = events(network, np.full(3600, GONE), CONVERTER)
    assert [(one.kind, one.quality) for one in found] == [(SIGNAL, d.GAP | d.FLAT)]


def test_a_stream_too_short_for_a_tick_tells_of_nothing(network, library):
    samples = np.array([1744])
    assert events(network, samples, CONVERTER) == []
    assert library.stream(CONVERTER).push(samples) == []


@pytest.mark.parametrize("wrong", [np.zeros(9), np.zeros((3, 3), int), [0.5, 1.0]])
def test_samples_that_are_no_integers_are_refused(network, wrong):
    with pytest.raises(StreamError, match="give integers"):
        events(network, wrong, CONVERTER)


def test_two_seconds_without_a_sample_end_a_stream_and_the_last_beat_is_told(network, heart):
    samples = np.concatenate([heart(BEATS_S, duration_s=60), np.full(720, GONE)])
    assert len(beats(events(network, samples, CONVERTER))) == len(BEATS_S)
