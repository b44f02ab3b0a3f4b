"""The stream, defined: raw samples of one lead -> its events, to the last bit as the C gives them.

The network's integers are those of `ecglib.device.integer`. What the C does sample by sample is
done here stretch by stretch and beat by beat, each with the tick at which it happens.
"""

from typing import NamedTuple

import numpy as np

from ecglib.device import integer
from ecglib.device.integer import IntegerNetwork
from ecglib.stream import design as d
from ecglib.stream.chain import Beat, chained
from ecglib.stream.detector import Detector, Found
from ecglib.stream.errors import StreamError
from ecglib.stream.inputs import feature_values, scales_of, window_values
from ecglib.stream.p_wave import p_wave
from ecglib.stream.parts import ticks_of_network
from ecglib.stream.quality import Quality
from ecglib.stream.rhythm import Rhythm
from ecglib.stream.stretches import Converter, Ticks, ticks_of
from ecglib.stream.usual import Usual
from ecglib.unseen.gate import gated

BEAT, SIGNAL = 1, 2


class Event(NamedTuple):
    """What a push returns: at which sample it was pushed, BEAT or SIGNAL, and what is known.

    sample: of the R peak, or the one that was pushed. label: class of a beat, by the logits but for
    the gate. quality: bits of `design`. logits: one for each class, as the network gives them.
    """

    pushed: int
    kind: int
    sample: int
    label: int
    quality: int
    logits: tuple[int, ...]


def events(network: IntegerNetwork, samples: np.ndarray, converter: Converter) -> list[Event]:
    """All events of a stream that starts with the first of these samples (n,) and has them only.

    Raises:
        IntegerError: the network reads something else than the stream gives.
        StreamError: samples are no integers (n,).
    """
    samples = np.asarray(samples)
    if samples.ndim != 1 or samples.dtype.kind not in "iu":
        raise StreamError(f"samples are {samples.dtype} {samples.shape}: give integers (n,)")
    scales, classes = scales_of(network), len(network.layers[-1].weight)
    ticks = ticks_of(samples.astype(np.int64), converter)
    found, breaks, noisy, silent = _detected(ticks)
    quality = Quality(ticks, converter, noisy, silent)
    beats = chained(found, breaks, ticks_of_network(network), len(ticks.due))
    rhythm, usual, inputs, bits, irregular = Rhythm(), Usual(), [], [], []
    for beat in beats:
        bits.append(_quality(beat, quality))
        sound = not bits[-1] & (d.FLAT | d.SATURATED | d.GAP)
        regular = rhythm.is_regular(beat.previous)
        window = _window(ticks.signal, beat)
        template, deviation = usual.compared(window, regular=regular, sound=sound)
        irregular.append(rhythm.is_irregular())
        features = rhythm.features(beat.previous, beat.following) + p_wave(template, deviation)
        values = window_values(deviation, scales), feature_values(features, scales)
        inputs.append(np.concatenate(values))
    told = []
    logits = _logits(network, inputs, classes)
    labels = gated(logits.argmax(1), np.array(irregular), 0).tolist()
    for beat, of, row, label in zip(beats, bits, logits, labels, strict=True):
        pushed = int(ticks.due[beat.told])
        sample = (beat.place * converter.rate_hz + d.TICKS_HZ * d.SUBTICKS // 2) // (
            d.TICKS_HZ * d.SUBTICKS
        )
        told.append(Event(pushed, BEAT, sample, label, of, tuple(row.tolist())))
    return _merged(told, quality, ticks, classes)


def _detected(ticks: Ticks) -> tuple[list[Found], list[int], list, list]:
    """Beats, breaks (see `chained`), and from which tick on the signal is noisy, or silent."""
    found, breaks, noisy, silent = [], [], [], []
    for stretch in ticks.stretches:
        first = stretch.first
        noisy.append((first, False))
        silent.append((first, False))
        if stretch.last > first:
            detector = Detector(ticks.signal[first : stretch.last])
            of = [one.moved(first) for one in detector.found]
            silences = [first + tick for tick in detector.silences]
            found += of
            breaks += silences
            noisy += [(first + tick, is_so) for tick, is_so in detector.noisy]
            told = [(one.tick, False) for one in of] + [(tick, True) for tick in silences]
            silent += sorted(told)
        if stretch.ended is not None:
            breaks.append(stretch.last)
    return found, breaks, noisy, silent


def _quality(beat: Beat, quality: Quality) -> int:
    begins_before = beat.start < 0
    return quality.of_beat(beat.cut) | d.NOISE * beat.noisy | d.GAP * begins_before


def _window(signal: np.ndarray, beat: Beat) -> np.ndarray:
    """(112,) int64; zeros before the stream's first tick."""
    before = max(-beat.start, 0)
    cut = signal[max(beat.start, 0) : beat.start + d.WINDOW]
    return np.concatenate([np.zeros(before, np.int64), cut])


def _logits(network: IntegerNetwork, inputs: list[np.ndarray], classes: int) -> np.ndarray:
    if not inputs:
        return np.zeros((0, classes), np.int32)
    values = np.stack(inputs)
    parts = values[:, : d.WINDOW], values[:, d.WINDOW :]
    shapes = [(len(values), tensor.channels, tensor.steps) for tensor in network.inputs]
    shaped = [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]
    return integer.logits(network, shaped)


def _merged(beats: list[Event], quality: Quality, ticks: Ticks, classes: int) -> list[Event]:
    """All events by the sample that they come with; a tick gives one, a beat first."""
    taken = {beat.pushed for beat in beats}
    told = list(beats)
    for tick, bits in quality.changes():
        sample = int(ticks.due[tick])
        if sample in taken:
            tick += 1
        if tick < len(ticks.due):
            pushed = int(ticks.due[tick])
            told.append(Event(pushed, SIGNAL, sample, 0, bits, (0,) * classes))
    return sorted(told)
