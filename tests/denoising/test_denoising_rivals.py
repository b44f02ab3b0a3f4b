"""What an engineer would do first: scale, polarity, dead and wrong channels, and what it gains."""

import numpy as np
import pytest
from invented import FS_HZ, POLARITY, heart, seat

from ecglib.data.errors import DataError
from ecglib.denoising import windows
from ecglib.denoising.channels import scaled
from ecglib.denoising.leads import WINDOW
from ecglib.denoising.rivals import RIVALS, oracle_scale

every_rival = pytest.mark.parametrize("name", RIVALS)
WHOLE_BAND = sorted(set(RIVALS) - {"band_pass"})


@pytest.fixture(scope="module")
def reference():
    return heart()[0]


def run(name, channels, polarity=POLARITY):
    return RIVALS[name](channels, FS_HZ, polarity=polarity)


def error(found, reference):
    """The least squared error that any scale gives."""
    return np.mean((oracle_scale(found, reference) * found - reference) ** 2)


def lag(found, reference):
    """Samples by which `found` comes later."""
    middle = slice(WINDOW, -WINDOW)
    shifts = range(-10, 11)
    return max(shifts, key=lambda k: found[middle] @ np.roll(reference, k)[middle])


@every_rival
def test_gives_one_signal_upright_and_in_time(name, reference):
    found = run(name, seat(reference, noise=0.1))
    assert found.shape == reference.shape and found.dtype == np.float32
    assert lag(found, reference) == 0
    assert oracle_scale(found, reference) > 0


@pytest.mark.parametrize("name", WHOLE_BAND)
def test_without_noise_nearly_nothing_is_wrong(name, reference):
    assert error(run(name, seat(reference)), reference) < 0.05


@every_rival
def test_gain_and_wiring_of_a_channel_do_not_matter(name, reference):
    noise = np.random.default_rng(3).normal(0, 0.3, (3, len(reference))).astype(np.float32)
    hearts = reference + noise
    plain = run(name, hearts, (1, 1, 1))
    other = run(name, np.float32([[70], [-0.01], [-1]]) * hearts, (1, -1, -1))
    np.testing.assert_allclose(plain, other, atol=2e-3)


@every_rival
def test_wrong_polarity_is_told_by_the_sign(name, reference):
    found = run(name, seat(reference, noise=0.1), tuple(-sign for sign in POLARITY))
    assert oracle_scale(found, reference) < 0


@every_rival
def test_a_dead_channel_changes_nothing(name, reference):
    channels = seat(reference, noise=0.5)
    channels[1] = 0
    without = run(name, channels[[0, 2]], (1, 1))
    np.testing.assert_allclose(run(name, channels), without, atol=1e-5)


@every_rival
def test_of_dead_channels_comes_silence(name, reference):
    assert not run(name, np.zeros((3, len(reference)), np.float32)).any()


@every_rival
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_value_that_is_no_number_is_refused_with_its_place(name, value, reference):
    channels = seat(reference)
    channels[1, [77, 90]] = value
    with pytest.raises(DataError, match="channel 1 has 2 samples .* first at 77: fill them"):
        run(name, channels)


@every_rival
def test_less_than_a_window_is_refused(name, reference):
    with pytest.raises(DataError, match="1023 samples: give a window of 1024"):
        run(name, seat(reference)[:, : WINDOW - 1])
    assert len(run(name, seat(reference)[:, :WINDOW])) == WINDOW


def test_one_channel_of_one_dimension_is_refused(reference):
    with pytest.raises(DataError, match=r"give \(channels, samples\)"):
        run("mean", reference)


def test_the_mean_divides_the_power_of_white_noise_by_three(reference):
    channels = seat(reference, noise=0.5)
    one = error(scaled(channels)[0], reference)
    assert error(run("mean", channels), reference) == pytest.approx(one / 3, rel=0.2)


def test_the_best_channel_is_found_in_every_stretch_without_the_reference(reference):
    half = len(reference) // 2 // 900 * 900  # a stretch ends there
    channels = seat(reference, noise=(0.05, 3, 3))
    channels[:, half:] = seat(reference, noise=(3, 3, 0.05))[:, half:]
    found = run("best_channel", channels)
    away = 2 * WINDOW  # from the change, where a window sees both
    for part, channel in ((slice(0, half - away), 0), (slice(half + away, None), 2)):
        np.testing.assert_allclose(found[part], scaled(channels)[channel, part], atol=1e-4)


@pytest.mark.filterwarnings("error")
def test_a_channel_that_dies_on_the_way_is_not_chosen_from_there_on(reference):
    channels = seat(reference, noise=(0.05, 1, 1))
    channels[0, 4500:] = 0
    found = run("best_channel", channels)
    np.testing.assert_allclose(found[:3000], scaled(channels)[0, :3000], atol=1e-4)
    parts = np.split(found[4600:8100], 4)  # where the first channel says nothing
    assert all(np.std(part) > 0.3 for part in parts)


@every_rival
@pytest.mark.filterwarnings("error")
def test_silence_for_most_of_a_record_gives_finite_numbers(name, reference):
    channels = seat(reference, noise=0.5)
    channels[:, 3000:] = 0
    found = run(name, channels)
    assert np.isfinite(found).all() and np.std(found[:3000]) > 0.1


def test_a_choice_of_channel_makes_no_step():
    slow = np.sin(np.arange(9000) / 300)
    draw = np.random.default_rng(0).normal(0, 1e-3, (2, 9000))
    found = run("best_channel", np.stack([slow, -slow]) + draw, (1, 1))
    assert (
        np.ptp(np.sign(found[np.abs(slow) > 0.9] * slow[np.abs(slow) > 0.9])) == 2
    )  # it does switch
    assert np.abs(np.diff(found)).max() < 0.15


def test_the_band_pass_keeps_the_complex_and_takes_slow_and_fast_away(reference):
    time_s = np.arange(len(reference)) / FS_HZ
    kept = {}
    for hz in (1, 10, 35):
        tone = np.sin(2 * np.pi * hz * time_s)
        kept[hz] = np.std(run("band_pass", np.stack([tone, -tone, tone]))) / np.std(tone)
    assert kept[10] == pytest.approx(np.sqrt(2), rel=0.05)  # a tone has a deviation of 1 / sqrt(2)
    assert kept[1] < 0.01 and kept[35] < 0.15


def test_wavelets_take_white_noise_away(reference):
    channels = seat(reference, noise=1)
    assert error(run("wavelet", channels), reference) < 0.8 * error(
        run("mean", channels), reference
    )


def test_the_principal_component_leaves_out_a_channel_of_noise_alone(reference):
    channels = seat(reference, noise=(0.1, 0.1, 30))
    assert error(run("principal", channels), reference) < 0.1
    assert error(run("mean", channels), reference) > 0.2


def test_neurokit_is_its_own_cleaning_of_the_mean(reference):
    from neurokit2 import ecg_clean

    channels = seat(reference, noise=0.3)
    expected = ecg_clean(run("mean", channels), sampling_rate=FS_HZ)
    np.testing.assert_allclose(run("neurokit", channels), expected, atol=1e-5)


def test_no_other_scale_suits_better_than_the_oracles(reference):
    found = run("mean", seat(reference, noise=1))
    scale = oracle_scale(found, reference)
    errors = [np.mean((by * scale * found - reference) ** 2) for by in (0.98, 1, 1.02)]
    assert np.argmin(errors) == 1
    assert oracle_scale(np.zeros(5), np.ones(5)) == 0


def test_a_channel_is_scaled_by_its_window_as_the_network_scales_it(reference):
    channels = seat(reference, noise=0.2) * np.linspace(1, 9, len(reference), dtype=np.float32)
    start, middle = 2000, WINDOW // 2
    window = windows.scaled(channels[:, start : start + WINDOW])
    found = scaled(channels)[:, start + middle]
    np.testing.assert_allclose(found, window[:, middle], rtol=1e-2)


def test_silence_within_a_channel_is_not_enlarged(reference):
    channels = seat(reference)
    channels[0, 2000:6000] = np.random.default_rng(0).normal(0, 1e-6, 4000)  # of a converter
    assert 0 < np.std(scaled(channels)[0, 3000:5000]) < 1e-3


@pytest.mark.parametrize("value", [5.0, -0.1])
def test_a_channel_stuck_at_one_value_is_left_out(reference, value):
    channels = seat(reference)
    dead, stuck = channels.copy(), channels.copy()
    dead[1], stuck[1] = 0, value
    for name in RIVALS:
        np.testing.assert_array_equal(run(name, stuck), run(name, dead))
