"""The figures of denoising draw from arrays and tables, and show all that they are given."""

import numpy as np
import pandas as pd
import pytest
from invented import FS_HZ, heart, seat
from matplotlib import pyplot as plt

from ecglib.plots import denoising, style

LEVELS = (-6, 0)


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def finders(count):
    return ["U-Net", "linear filter", *(f"rival {n}" for n in range(count - 2))]


def draw_strip():
    reference, beats = heart(1440)
    found = {"U-Net": 0.9 * reference, "silence": np.zeros(1440)}
    channels = seat(reference, noise=0.5)
    channels[1] = 0
    peaks = {"U-Net": beats[1:], "silence": np.zeros(0, int)}
    return denoising.strip(channels, found, reference, peaks, beats, FS_HZ)


def draw_against_snr(count=9):
    rows = [
        (finder, snr_db, measure, value, value - 0.1, value + 0.1)
        for finder in finders(count)
        for snr_db in LEVELS
        for measure, value in (("mse", 0.5), ("r_f1", 0.9))
    ]
    columns = ["finder", "snr_db", "measure", "value", "low", "high"]
    lines = {"r_f1": {"on the clean lead": 0.99}}
    return denoising.against_snr(pd.DataFrame(rows, columns=columns), lines)


def draw_spectra():
    frequency = np.linspace(0, 90, 200)
    densities = {name: (frequency, np.exp(-frequency)) for name in ("clean lead", *finders(3))}
    rows = [(finder, band, 0.1) for finder in finders(3) for band in ("low", "high")]
    return denoising.spectra(densities, pd.DataFrame(rows, columns=["finder", "band", "error"]))


def draw_patients():
    rows = [
        {"record": str(100 + n), "snr_db": snr_db, "finder": finder, "mse": mse}
        for n in range(5)
        for snr_db in LEVELS
        for finder, mse in (("linear filter", 0.5), ("U-Net", 0.2 * (1 + n)), ("mean", 9.0))
    ]
    return denoising.patients(pd.DataFrame(rows), "linear filter", "U-Net")


def draw_pruning():
    rows = [
        {"method": method, "target_sparsity": at, "seed": seed, "snr_db": snr_db, "mse": 0.2 + at}
        for method in ("dense", "multistage", "one_shot", "whole filters", "narrower")
        for at in ((0.0,) if method == "dense" else (0.6, 0.8))
        for seed in range(2)
        for snr_db in LEVELS
    ]
    return denoising.pruning(pd.DataFrame(rows), margin=0.01)


FIGURES = {
    "strip": (draw_strip, "Time (s)"),
    "against_snr": (draw_against_snr, "SNR of the channels (dB)"),
    "spectra": (draw_spectra, "Frequency (Hz)"),
    "patients": (draw_patients, "linear filter"),
    "pruning": (draw_pruning, "Sparsity (weights removed)"),
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_draws_and_says_its_units(name, tmp_path, monkeypatch):
    monkeypatch.setattr("ecglib.paths.FIGURES", tmp_path)
    draw, words = FIGURES[name]
    figure = draw()
    assert words in {axes.get_xlabel() for axes in figure.axes}
    assert style.save(figure, f"denoise_{name}").stat().st_size > 5000


def test_the_strip_marks_found_peaks_and_true_beats():
    rows = draw_strip().axes
    names = ["channel 1", "channel 2", "channel 3", "U-Net", "silence", "clean lead"]
    assert [row.get_ylabel() for row in rows] == names
    _, beats = heart(1440)
    for row in rows:
        assert len(row.collections[0].get_segments()) == len(beats)
    *_, triangles = rows[3].get_lines()
    np.testing.assert_allclose(triangles.get_xdata(), beats[1:] / FS_HZ)


def test_every_finder_is_in_the_legend_and_looks_different():
    (legend,) = draw_against_snr(9).legends
    assert [text.get_text() for text in legend.get_texts()] == finders(9)
    looks = {(look["color"], look["ls"]) for look in map(denoising._look, range(18))}
    assert len(looks) == 18


def test_an_interval_and_a_line_across_are_drawn_where_they_belong():
    mse, f1 = draw_against_snr().axes
    low, high = mse.containers[0].lines[2][0].get_segments()[0][:, 1]
    assert (low, high) == pytest.approx((0.4, 0.6))
    assert [text.get_text() for text in f1.texts] == ["on the clean lead"] and not mse.texts


def test_patients_counts_those_in_which_the_second_is_better_and_names_the_worst():
    first = draw_patients().axes[0]
    assert first.get_title(loc="left") == "-6 dB: below the line in 2 of 5"
    assert [text.get_text() for text in first.texts] == ["104", "103", "102"]
    assert len(first.collections[0].get_offsets()) == 5


def test_bands_are_bars_in_points():
    _, bands = draw_spectra().axes
    assert [bar.get_height() for bar in bands.patches] == pytest.approx([10] * 6)


def test_pruning_names_every_method():
    legend = draw_pruning().axes[0].get_legend()
    words = [text.get_text() for text in legend.get_texts()]
    assert words == [
        *("dense, and 0.01 above", "multistage", "one-shot, equal epochs"),
        *("whole filters", "narrower"),
    ]
