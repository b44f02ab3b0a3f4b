"""Heartbeat victims answer raw samples as the study's pipeline and the device do."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from ecglib import models
from ecglib.data import normalisation, patient, rhythm
from ecglib.data.beats import Beats
from ecglib.device import firmware, integer
from ecglib.device.quantize import quantize
from ecglib.perturbation import beat_victims, other_victims
from ecglib.perturbation.beat_victims import BeatVictim, IntegerBeatVictim, Integers, sampled
from ecglib.perturbation.other_victims import BareVictim, RhythmVictim
from ecglib.perturbation.victims import Inputs, answers, logits, spread


@pytest.fixture
def use_beats(monkeypatch):
    def use(of: Beats) -> None:
        for module in (beat_victims, other_victims):
            monkeypatch.setattr(module, "stored", lambda model: of)

    return use


@pytest.fixture
def acharya():
    torch.manual_seed(0)
    return models.build("acharya2017").eval()


def test_the_parts_are_the_studys_and_in_millivolts(beats, use_beats):
    use_beats(beats)
    of = beat_victims.inputs("acharya2017", "intra", 0)
    assert sum(map(len, of.values())) == len(beats)
    adc = sampled(of["test"].x)[:, 0].numpy()
    assert adc.dtype == np.int16
    assert set(map(bytes, adc)) <= set(map(bytes, beats.adc))
    assert 0.1 < spread(of["train"]) < 2


def test_it_answers_as_the_network_behind_the_studys_normalisation(beats, use_beats, acharya):
    use_beats(beats)
    of = beat_victims.inputs("acharya2017", "intra", 0)["test"]
    normal = normalisation.by_beat(replace_adc(beats, sampled(of.x)[:, 0].numpy()))
    expected = acharya(torch.from_numpy(normal)[:, None])
    torch.testing.assert_close(
        logits(BeatVictim(acharya, 0.3), of.x, None), expected, atol=1e-4, rtol=0
    )


def replace_adc(beats, adc):
    rows = slice(0, len(adc))
    columns = {
        name: getattr(beats, name)[rows]
        for name in ("label", "record", "sample", "rr_previous_s", "rr_next_s")
    }
    return Beats(adc=adc, record_names=beats.record_names, **columns)


def test_a_flat_beat_has_an_answer(acharya):
    flat = torch.full((1, 1, 260), 0.3)
    assert logits(BeatVictim(acharya, 0.3), flat, None).isfinite().all()


def test_in_8_bits_it_answers_as_the_c_does(beats, use_beats, acharya):
    use_beats(beats)
    of = beat_victims.inputs("acharya2017", "intra", 0)["test"]
    windows = torch.from_numpy(normalisation.by_beat(beats))[:, None]
    integers = quantize(acharya, windows)
    samples = sampled(of.x)[:, 0].numpy()
    expected = integer.logits(integers, firmware.input_tensors(integers, samples)).argmax(1)
    said = answers(IntegerBeatVictim(Integers(integers), 0.3), of)
    assert said.tolist() == expected.tolist()


def rhythm_inputs(beats, use_beats):
    """The inter split's test beats in windows of the rhythm network."""
    short = Beats(
        beats.adc[:, 40:152],
        *(getattr(beats, name) for name in ("label", "record", "sample")),
        *(getattr(beats, name) for name in ("rr_previous_s", "rr_next_s", "record_names")),
    )
    use_beats(short)
    return short, other_victims.rhythm_inputs("inter", 0)["test"]


@pytest.fixture
def rhythm_network():
    torch.manual_seed(0)
    return models.build("rhythm_cnn").eval()


def test_the_rhythm_network_answers_as_behind_the_studys_template(beats, use_beats, rhythm_network):
    short, of = rhythm_inputs(beats, use_beats)
    rows = np.flatnonzero(np.isin(short.record_names[short.record], ["100", "103", "105", "111"]))
    whole = np.concatenate([patient.deviations(short), rhythm.rhythm_features(short)], 1)[rows]
    expected = rhythm_network(torch.from_numpy(whole)[:, None]).argmax(1)
    assert answers(RhythmVictim(rhythm_network, 0.3), of).tolist() == expected.tolist()


def test_the_template_takes_in_what_every_beat_has(beats, use_beats, rhythm_network):
    """In time with every beat, v is a part of the patient's usual beat; at any time it is not."""
    _, of = rhythm_inputs(beats, use_beats)
    victim = RhythmVictim(rhythm_network, 0.3)
    v = 0.1 * torch.randn(1, 1, 112, generator=torch.Generator().manual_seed(0))
    deviation = victim.context(of)[:, :112]
    in_time = victim.context(of.plus(v))[:, :112] - deviation
    late = torch.stack([v[0].roll(i % 112, 1) for i in range(0, 7 * len(of), 7)])
    at_any_time = victim.context(of.plus(late))[:, :112] - deviation
    assert in_time.abs().mean() < 0.2 * at_any_time.abs().mean()


def test_behind_the_normalisation_v_is_added_to_what_the_network_takes(beats, use_beats, acharya):
    use_beats(beats)
    of = other_victims.bare_inputs("acharya2017", "intra", 0)["test"]
    assert of.x.std(2, correction=0).numpy() == pytest.approx(1, abs=1e-3)
    torch.testing.assert_close(logits(BareVictim(acharya, 1.0), of.x, None), acharya(of.x))


def test_a_network_that_gives_no_numbers_is_refused(acharya):
    acharya.classifier[-1].bias.data[0] = float("nan")
    of = Inputs(torch.randn(3, 1, 260), torch.zeros(3, dtype=int), np.zeros(3))
    with pytest.raises(ValueError, match="not finite"):
        answers(BeatVictim(acharya, 0.3), of)


def test_rows_of_inputs_stay_together(beats, use_beats):
    _, of = rhythm_inputs(beats, use_beats)
    few = of.of([4, 7])
    assert torch.equal(few.x, of.x[[4, 7]])
    assert torch.equal(few.known, of.known[[4, 7]])
    assert few.group.tolist() == of.group[[4, 7]].tolist()
    assert torch.equal(replace(of, known=None).of([4]).label, of.label[[4]])
