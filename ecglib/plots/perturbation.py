"""Figures of universal perturbations as signals: on electrodes, and on a beat."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.signal import welch

CLEAN, COLOURS = "#000000", ("#D55E00", "#0072B2", "#009E73", "#CC79A7")
BAND = "#E69F00"
APART = 1.1  # of the largest range of a channel, from one channel to the next


def on_electrodes(
    trial: np.ndarray,
    perturbations: Mapping[str, np.ndarray],
    channels: Sequence[str],
    rate_hz: float,
    band_hz: tuple[float, float],
) -> Figure:
    """A trial and the first perturbation at one scale; each enlarged; and their spectra.

    trial, and each perturbation by its name: (channels, samples) in microvolt. band_hz: what the
    network reads.
    """
    figure, axes = plt.subplots(1, 2 + len(perturbations), figsize=(14, 5.2))
    first, v = next(iter(perturbations.items()))
    traces = {"a trial": (trial, CLEAN), f"v, {first}": (v, COLOURS[0])}
    _stacked(axes[0], traces, channels, rate_hz)
    axes[0].legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, borderaxespad=0)
    for axis, (name, v), colour in zip(axes[1:], perturbations.items(), COLOURS, strict=False):
        _stacked(axis, {name: (v, colour)}, channels, rate_hz)
        axis.set_title(f"v, {name}, enlarged")
    _spectra(axes[-1], {"the trial": trial, **perturbations}, rate_hz, band_hz)
    return figure


def _stacked(
    axis: Axes,
    traces: Mapping[str, tuple[np.ndarray, str]],
    channels: Sequence[str],
    rate_hz: float,
) -> None:
    """All channels below each other, with a bar of microvolt at the right."""
    signals = np.stack([signal for signal, _ in traces.values()])
    apart = APART * np.ptp(signals, axis=-1).max()
    places = -apart * np.arange(len(channels))
    time_s = np.arange(signals.shape[-1]) / rate_hz
    for name, (signal, colour) in traces.items():
        lines = axis.plot(time_s, signal.T + places, color=colour, lw=0.8)
        lines[0].set_label(name)
    bar = _round(apart / 2)
    end = 1.03 * time_s[-1]
    axis.plot([end, end], [places[-1], places[-1] + bar], color=CLEAN, lw=3, clip_on=False)
    axis.text(1.02 * end, places[-1] + bar / 2, f"{bar:g} µV", va="center", rotation=90)
    axis.set_yticks(places, channels)
    axis.set(xlabel="Time from the cue (s)", xlim=(0, end))
    axis.grid(visible=False)


def _round(value: float) -> float:
    """The largest of 1, 2 and 5 times a power of ten that is not above it."""
    power = 10.0 ** np.floor(np.log10(value))
    return float(max(step * power for step in (1, 2, 5) if step * power <= value))


def _spectra(
    axis: Axes, signals: Mapping[str, np.ndarray], rate_hz: float, band_hz: tuple[float, float]
) -> None:
    """The mean power of the channels at each frequency, the band shaded."""
    for (name, signal), colour in zip(signals.items(), (CLEAN, *COLOURS), strict=False):
        frequency, power = welch(signal, rate_hz, nperseg=signal.shape[-1] // 2)
        axis.semilogy(frequency[1:], np.sqrt(power.mean(0))[1:], color=colour, lw=1.2, label=name)
    axis.set_ylim(bottom=axis.get_ylim()[1] / 1e4)
    axis.axvspan(*band_hz, color=BAND, alpha=0.15, lw=0, label="what the network reads")
    axis.set(xlabel="Frequency (Hz)", ylabel="Amplitude density (µV/√Hz)")
    axis.legend(loc="lower left", fontsize="small")


def on_a_beat(
    beats: Mapping[str, np.ndarray],
    perturbations: Mapping[str, np.ndarray],
    answers: Mapping[tuple[str, str], str],
    fs_hz: float,
    r_index: int,
) -> Figure:
    """A row a perturbation: each beat with and without it, and it alone, in millivolt.

    beats and perturbations by their names, (samples,) each; answers: beat and perturbation, by
    name, -> what the network answers without and with it, in words. r_index: place of the R peak.
    """
    shape = (len(perturbations), len(beats) + 1)
    figure, axes = plt.subplots(
        *shape, figsize=(4.2 * shape[1], 2.9 * shape[0]), sharex=True, sharey="col", squeeze=False
    )
    for row, (name, v), colour in zip(axes, perturbations.items(), COLOURS, strict=False):
        time_ms = 1000 * (np.arange(len(v)) - r_index) / fs_hz
        for axis, (kind, beat) in zip(row, beats.items(), strict=False):
            axis.plot(time_ms, beat + v, color=colour, lw=1.4, label=f"with v, {name}")
            axis.plot(time_ms, beat, color=CLEAN, lw=1, label="as recorded")
            axis.set_title(f"{kind}: {answers[kind, name]}")
        row[0].legend(loc="upper right", fontsize="small")
        row[-1].plot(time_ms, v, color=colour, lw=1.2)
        row[-1].set_title(f"v alone, {name}")
        row[0].set_ylabel("mV")
    for axis in axes[-1]:
        axis.set_xlabel("Time from the R peak (ms)")
    return figure
