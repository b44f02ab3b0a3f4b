import numpy as np
import pytest

from ecglib.stream import design as d
from ecglib.stream.detector import Detector
from ecglib.stream.resampling import due, resample


def detected(samples, rate_hz=360):
    ticks = np.arange(len(due(rate_hz, len(samples))))
    return Detector(resample(samples - 1024, rate_hz, ticks))


def places_s(detector):
    return np.array([one.place for one in detector.found]) / d.SUBTICKS / d.TICKS_HZ


@pytest.mark.parametrize("rate_hz", [128, 250, 257, 360])
def test_r_peaks_are_found_to_a_few_milliseconds_at_any_rate(rate_hz, heart):
    beats = np.arange(0.5, 29, 0.83)
    found = places_s(detected(heart(beats, rate_hz, duration_s=30), rate_hz))
    np.testing.assert_allclose(found, beats, atol=0.004)


def test_an_early_beat_a_late_one_and_one_half_as_high_are_found(heart):
    beats = [0.5 + 0.8 * n for n in range(12)] + [9.8, 10.9, 11.7, 12.5, 14.4, 15.2]
    samples = heart(beats, duration_s=17)
    low = heart([13.3], duration_s=17, height=60.0) - 1024
    found = places_s(detected(samples + low))
    np.testing.assert_allclose(found, sorted([*beats, 13.3]), atol=0.01)


def test_a_t_wave_as_high_as_the_beat_is_none(heart):
    beats = np.arange(0.5, 19, 0.9)
    times = np.arange(20 * 360) / 360
    waves = sum(200 * np.exp(-(((times - at - 0.3) / 0.06) ** 2)) for at in beats)
    found = places_s(detected(heart(beats, duration_s=20) + np.rint(waves).astype(int)))
    np.testing.assert_allclose(found, beats, atol=0.01)


def test_a_beat_half_over_when_the_stream_starts_does_no_harm(heart):
    beats = np.arange(0.5, 19, 0.8)
    found = places_s(detected(heart(beats, duration_s=20)[180:]))  # from the R peak on
    np.testing.assert_allclose(found[-20:], beats[-20:] - 0.5, atol=0.01)
    assert len(beats) - 1 <= len(found) <= len(beats)


def test_after_a_loud_start_the_beats_are_found_again(heart):
    beats = np.arange(0.5, 29, 0.8)
    samples = heart(beats, duration_s=30)
    samples[:360] += np.where(np.arange(360) % 100 < 50, 900, -900)
    found = places_s(detected(samples))
    np.testing.assert_allclose(found[-20:], beats[-20:], atol=0.01)


def test_ten_seconds_without_a_beat_are_told_once_and_break_the_rhythm(heart):
    beats = [*np.arange(0.5, 10, 0.8), *np.arange(35.0, 44, 0.8)]
    detector = detected(heart(beats, duration_s=45))
    (silence,) = detector.silences
    assert 19.3 < silence / d.TICKS_HZ < 20  # ten seconds after the last was found
    first = [one.first for one in detector.found]
    assert [at for at, one in zip(places_s(detector), first, strict=True) if one] == pytest.approx(
        [0.5, 35.0], abs=0.01
    )


def test_a_line_that_trembles_by_one_unit_has_no_beats():
    samples = 1024 + np.random.default_rng(0).integers(0, 2, 30 * 360)
    assert not detected(samples).found


def test_noise_near_the_level_of_beats_is_called_so(heart):
    beats = np.arange(0.5, 59, 0.8)
    calm = detected(heart(beats, duration_s=60, noise=3.0))
    loud = detected(heart(beats, duration_s=60, noise=60.0))
    assert not any(one.noisy for one in calm.found)
    assert np.mean([one.noisy for one in loud.found]) > 0.5
