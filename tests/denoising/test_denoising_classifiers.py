"""The networks read a signal at 180 Hz as they read a record; only their test beats count."""

import numpy as np
import pytest
import torch
from torch import nn

from ecglib.data.beats import Beats, cut
from ecglib.data.errors import DataError
from ecglib.data.records import Record
from ecglib.denoising import classifiers, leads
from ecglib.denoising.classifiers import KINDS, Classifier, Signal
from ecglib.settings.config import settings
from ecglib.settings.words import CLASSES

MODELS = [model for model, _ in KINDS]
AT_360 = 72 * np.array([5, 9, 14, 17, 22, 26, 30, 33, 38, 43, 47, 51])  # whole at all rates
LABEL = np.array([0, 0, 0, 1, 0, 0, 2, 0, 3, 0, 4, 0], np.uint8)
NAME = "100"


def ecg(fs_hz, seconds=11.5):
    """Smooth beats at AT_360, wide where they are ventricular, on a slow wave."""
    time_s = np.arange(int(seconds * fs_hz)) / fs_hz
    signal = 0.2 * np.sin(2 * np.pi * 0.7 * time_s)
    for at, label in zip(AT_360, LABEL, strict=True):
        width_s = 0.05 if label == 2 else 0.025
        signal += (4 + label) * np.exp(-(((time_s - at / 360) / width_s) ** 2))
    return signal


@pytest.fixture
def signal():
    return Signal(NAME, ecg(180), AT_360 // 2, LABEL)


@pytest.fixture
def use_tested(monkeypatch, signal):
    """use_tested(rows): which of the signal's beats test every classifier."""

    def use(rows, name=NAME):
        known = frozenset((name, int(at)) for at in signal.sample[rows])
        monkeypatch.setattr(classifiers, "_test_positions", lambda of: known)

    return use


@pytest.fixture
def use_network(monkeypatch):
    def use(network):
        monkeypatch.setattr(classifiers, "network", lambda of: network)

    return use


class Says(nn.Module):
    """Gives the classes of a list, one beat after another."""

    def __init__(self, said):
        super().__init__()
        self.said = nn.functional.one_hot(torch.tensor(said), 5).float()

    def forward(self, x):
        return self.said[: len(x)]


# What a network sees


@pytest.mark.parametrize("model", MODELS)
def test_the_peak_lies_where_the_network_expects_it(model, signal):
    beats = classifiers.beats_of(model, [signal])
    window = settings().data.windows[model]
    assert len(beats) == len(AT_360)
    around = beats.adc[:, window.r_index - 20 : window.r_index + 21]  # the next beat is elsewhere
    assert (around.argmax(1) == 20).all()
    assert beats.adc.shape[1] == window.length


@pytest.mark.parametrize("model", MODELS)
def test_a_network_sees_what_it_sees_of_a_record_at_360_hz(model, signal):
    adc = np.rint(1000 * ecg(360)).astype(np.int32)
    symbol = np.array([classifiers.SYMBOLS[CLASSES[label]] for label in LABEL])
    of_record = cut(
        [Record(NAME, "MLII", 360, adc, 1000, 0, AT_360, symbol)], settings().data.windows[model]
    )
    of_signal = classifiers.beats_of(model, [signal])
    assert of_signal.label.tolist() == of_record.label.tolist() == LABEL.tolist()
    np.testing.assert_allclose(
        classifiers.inputs_of(model, of_signal),
        classifiers.inputs_of(model, of_record),
        atol=0.03,  # the two low-pass filters
    )


@pytest.mark.parametrize("model", MODELS)
def test_a_gain_changes_nothing(model, signal):
    of = [signal, signal._replace(signal=1e-6 * signal.signal)]
    one, other = (classifiers.inputs_of(model, classifiers.beats_of(model, [s])) for s in of)
    np.testing.assert_allclose(one, other, atol=0.01)


@pytest.mark.parametrize(("model", "split"), KINDS)
def test_the_networks_lie_in_git_and_take_these_inputs(model, split, signal):
    network = classifiers.network(Classifier(model, split, 0))
    inputs = classifiers.inputs_of(model, classifiers.beats_of(model, [signal]))
    assert not network.training
    assert inputs.shape == (len(AT_360), network.input_shape[1]) and inputs.dtype == np.float32


# What is counted


def test_only_test_beats_count_each_by_its_record(signal, use_tested, use_network):
    use_tested([0, 3, 6, 8])
    use_network(Says([0, 2, 2, 0]))
    of = Classifier("acharya2017", "intra", 0)
    other = signal._replace(name="101")
    found = classifiers.confusions(of, [other, signal])
    assert found.shape == (1, 5, 5) and found.sum() == 4
    assert found[0, 0, 0] == found[0, 1, 2] == found[0, 2, 2] == found[0, 3, 0] == 1


def test_a_row_has_each_class_in_fractions(signal, use_tested, use_network):
    use_tested([0, 1, 3, 6])
    use_network(Says([0, 0, 0, 2]))
    row = classifiers.row(Classifier("acharya2017", "intra", 7), [signal])
    assert (row["classifier"], row["split"], row["seed"]) == ("acharya2017", "intra", 7)
    assert row["beats"] == 4 and row["accuracy"] == 0.75
    assert row["se_N"] == 1 and row["ppv_N"] == pytest.approx(2 / 3) and row["f1_N"] == 0.8
    assert row["se_S"] == row["ppv_S"] == row["f1_S"] == 0
    assert row["f1_V"] == 1 and row["f1_macro"] == pytest.approx(1.8 / 5)


def test_the_test_beats_are_the_splits(beats, monkeypatch):
    monkeypatch.setattr(Beats, "load", lambda path: beats)
    classifiers._test_positions.cache_clear()
    try:
        apart = classifiers._test_positions(Classifier("acharya2017", "inter", 0))
        assert {name for name, _ in apart} == {"100", "103", "105", "111"}
        assert {at for _, at in apart} == set((beats.sample // 2).tolist())
        randomly = classifiers._test_positions(Classifier("acharya2017", "intra", 0))
        assert len(randomly) == pytest.approx(len(beats) / 5, abs=1)
        assert randomly != classifiers._test_positions(Classifier("acharya2017", "intra", 1))
    finally:
        classifiers._test_positions.cache_clear()


@pytest.mark.parametrize(("model", "split"), KINDS)
def test_a_dead_output_has_an_answer(model, split, signal, use_tested):
    use_tested(slice(None))
    dead = signal._replace(signal=np.zeros_like(signal.signal))
    assert classifiers.confusions(Classifier(model, split, 0), [dead]).sum() == len(AT_360)


def test_ventricular_beats_of_a_real_record_are_found_in_the_clean_lead(mitdb, monkeypatch):
    of = leads.read(["233"])[0]
    known = frozenset((of.name, int(at)) for at in of.sample)
    monkeypatch.setattr(classifiers, "_test_positions", lambda of: known)
    signal = Signal(of.name, of.leads[0], of.sample, of.label)
    row = classifiers.row(Classifier("acharya2017", "intra", 0), [signal])
    assert row["beats"] > 3000 and row["f1_V"] > 0.97


# Bad input


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"signal": np.where(np.arange(2070) == 7, np.nan, ecg(180))}, "record 100: 1 of 2070 sam"),
        ({"signal": ecg(180)[None]}, r"record 100: a signal of shape \(1, 2070\)"),
        ({"signal": ecg(180)[:100]}, "record 100 is shorter than one window of 260x360hz"),
        ({"sample": AT_360[:1] // 2, "label": LABEL[:1]}, "record 100 has 1 annotated beats"),
    ],
)
def test_signals_that_cannot_be_read(signal, use_tested, changed, message):
    use_tested(slice(None))
    with pytest.raises(DataError, match=message):
        classifiers.confusions(Classifier("acharya2017", "intra", 0), [signal._replace(**changed)])


def test_records_without_a_test_beat(signal, use_tested):
    use_tested(slice(None), name="105")
    with pytest.raises(DataError, match="records 100 have no test beat of rhythm_cnn, inter, 2"):
        classifiers.confusions(Classifier("rhythm_cnn", "inter", 2), [signal])
