"""The C on this computer gives the reference's events, to the last bit, whatever it is given."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecglib.stream import design as d
from ecglib.stream.errors import StreamError
from ecglib.stream.reference import SIGNAL, events
from ecglib.stream.stretches import Converter

RATES = st.sampled_from([120, 125, 128, 250, 257, 360, 361, 500, 1000])
RANGES = st.sampled_from([(0, 2047), (-(2**15), 2**15 - 1), (0, 2**16 - 1), (-100, 155)])
SPOILT = st.tuples(
    st.floats(0, 1), st.floats(0, 12), st.sampled_from(["gap", "low", "high", "held"])
)


def spoil(samples, rate_hz, low, high, what):
    for place, lasts_s, how in what:
        at = int(place * len(samples))
        value = {
            "gap": high + 1,
            "low": low,
            "high": high,
            "held": samples[min(at, len(samples) - 1)],
        }[how]
        samples[at : at + 1 + int(lasts_s * rate_hz)] = value


@settings(max_examples=30, deadline=None)
@given(
    RATES,
    RANGES,
    st.integers(0, 2**32),
    st.sampled_from([0.2, 1.0, 20.0]),
    st.sampled_from([0.0, 2.0, 60.0]),
    st.sampled_from([0.0, 0.05, 0.35]),
    st.sampled_from([0.0, 0.1, -0.3]),
    st.lists(SPOILT, max_size=4),
)
def test_beats_with_gaps_and_saturation_equal_the_reference(
    network, library, heart, rate_hz, bounds, seed, height, noise, uneven, p_wave, spoilt
):
    low, high = bounds
    rng = np.random.default_rng(seed)
    places = np.cumsum((0.8 * np.exp(uneven * rng.standard_normal(30))).clip(0.3, 2.0))
    shape = {"height": 200 * height, "noise": noise, "p_wave": p_wave, "seed": seed}
    samples = heart(places, rate_hz, **shape) - 1024
    samples = (samples + (low + high) // 2).clip(low, high)
    spoil(samples, rate_hz, low, high, spoilt)
    converter = Converter(rate_hz, low, high)
    found = library.stream(converter).push(samples)
    assert found == events(network, samples, converter)


@settings(max_examples=20, deadline=None)
@given(RATES, RANGES, st.integers(0, 2**32), st.integers(0, 6000))
def test_streams_of_any_integers_equal_the_reference(
    network, library, rate_hz, bounds, seed, length
):
    low, high = bounds
    samples = np.random.default_rng(seed).integers(low - 3, high + 4, length)
    converter = Converter(rate_hz, low, high)
    assert library.stream(converter).push(samples) == events(network, samples, converter)


def a_gap(samples):
    samples[20 * 360 : 22 * 360] = 2048


def beyond_the_range(samples):
    samples[20 * 360 : 20 * 360 + 40] = 2**31 - 1


def saturation(samples):
    samples[20 * 360 : 21 * 360 : 4] = 2047


def a_flat_line(samples):
    samples[20 * 360 : 24 * 360] = 1024


def no_beat_for_ten_seconds(samples):
    wandering = 40 * np.sin(np.arange(14 * 360) / 360)  # not flat
    samples[20 * 360 : 34 * 360] = 1024 + np.rint(wandering).astype(int)


def a_start_inside_a_beat(samples):
    samples[:-180] = samples[180:].copy()


@pytest.mark.parametrize(
    ("spoilt", "bit"),
    [
        *((a_gap, d.GAP), (beyond_the_range, d.GAP), (saturation, d.SATURATED)),
        *((a_flat_line, d.FLAT), (no_beat_for_ten_seconds, d.SILENT)),
        (a_start_inside_a_beat, d.GAP),
    ],
)
def test_bad_signal_is_told_by_both_languages_alike(network, library, heart, spoilt, bit):
    samples = heart(np.arange(0.5, 39, 0.8), duration_s=40)
    spoilt(samples)
    converter = Converter(360, 0, 2047)
    found = library.stream(converter).push(samples)
    assert found == events(network, samples, converter)
    if spoilt is a_start_inside_a_beat:
        assert found[0].quality & bit
    else:
        assert any(one.quality & bit for one in found if one.kind == SIGNAL)
    assert found[-1].quality == 0  # and all is well at the end


def test_so_much_is_told_that_equality_says_something(network, library, heart):
    samples = heart(np.arange(0.5, 100, 0.8), noise=5.0)
    found = library.stream(Converter(360, 0, 2047)).push(samples)
    assert len(found) > 100
    assert len({one.logits for one in found}) > 90


def test_the_p_wave_moves_the_logits(library, heart):
    places = np.arange(0.5, 30, 0.8)
    found = [
        library.stream(Converter(360, 0, 2047)).push(heart(places, p_wave=height))
        for height in (0.0, 0.2)
    ]
    pairs = list(zip(*found, strict=True))
    assert len(pairs) > 30
    assert all(a.sample == b.sample and a.logits != b.logits for a, b in pairs[2:])


def test_streams_in_one_program_do_not_disturb_each_other(library, heart):
    converters = Converter(360, 0, 2047), Converter(250, -1024, 1023)
    samples = [heart(np.arange(0.5, 30, 0.8), 360), heart(np.arange(0.6, 30, 0.7), 250) - 1024]
    alone = [library.stream(c).push(of) for c, of in zip(converters, samples, strict=True)]
    streams, found = [library.stream(c) for c in converters], [[], []]
    for start in range(0, 12000, 3):  # a few samples of each in turn
        for i, stream in enumerate(streams):
            found[i] += stream.push(samples[i][start : start + 3])
    assert found == alone
    assert all(len(of) > 20 for of in found)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        *(((119, 0, 9), 1), ((1001, 0, 9), 1), ((0, 5, 5), 1)),
        *(((360, 5, 5), 2), ((360, 9, 3), 2), ((360, 0, 2**16), 2)),
        ((360, -(2**31), -(2**31) + 9), 2),  # its lowest would stand for a missing sample
    ],
)
def test_what_no_stream_takes_is_refused_in_both_languages_and_then_tells_of_a_gap(
    library, wrong, said
):
    with pytest.raises(StreamError):
        Converter(*wrong)
    state, refused = library.init(*wrong)
    assert refused == said
    samples = np.random.default_rng(0).integers(-(2**31), 2**31, 5000)
    assert [(one.kind, one.quality) for one in library.push(state, samples)] == [
        (SIGNAL, d.GAP | d.FLAT)
    ]


def test_a_range_that_begins_just_above_what_stands_for_none_is_taken(library):
    lowest = -(2**31) + 1
    assert library.init(360, lowest, lowest + 2**16 - 1)[1] == 0
    assert Converter(360, lowest, lowest + 2**16 - 1).middle == lowest + 2**15


@given(st.integers(0, 5000), st.integers(0, 20_000))
def test_another_rate_than_the_stated_one_is_found_by_a_clock(library, samples, milliseconds):
    converter = Converter(250, 0, 2047)
    stream = library.stream(converter)
    stream.push(np.full(samples, 1024))
    said = library.check_rate(stream.state, milliseconds)
    off = abs(samples / 250 - milliseconds / 1000)
    assert said == (3 if off > 0.02 * milliseconds / 1000 + 1e-9 else 0)
    if said:
        with pytest.raises(StreamError, match="none of a rate of 250 Hz"):
            converter.check_rate(samples, milliseconds)
    else:
        converter.check_rate(samples, milliseconds)


def test_a_rate_that_is_two_in_a_hundred_off_is_still_the_stated_one(library, heart):
    state, said = library.init(360, 0, 2047)
    library.push(state, heart([1.0, 2.0], 360, duration_s=60))
    assert (said, library.check_rate(state, 60_000)) == (0, 0)
    assert library.check_rate(state, 60_000 * 250 // 360) == 3
    assert library.check_rate(state, 61_500) == 3
    assert library.check_rate(state, 60_900) == 0
