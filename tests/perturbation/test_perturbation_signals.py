"""A perturbation that was kept stands beside signals that it is added to."""

import numpy as np
import pytest
import torch
from torch import nn

from ecglib.data import arrays
from ecglib.perturbation import beat_networks, beat_runs, eeg_runs, plan, signals
from ecglib.perturbation.beat_networks import DENSE
from ecglib.perturbation.eeg_victims import MAIN
from ecglib.perturbation.plan import Case
from ecglib.perturbation.victims import Inputs

PLACES = [0, 10, 20, 30, 40]  # of the five classes: the largest sample says which


class Peaks(nn.Module):
    def forward(self, x):
        return x[:, 0, PLACES]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(plan, "FOLDER", tmp_path)


def test_the_first_beats_that_are_known_are_shown_with_their_answers(monkeypatch):
    label = torch.tensor([0, 0, 2])
    x = torch.zeros(3, 1, 260)
    x[0, 0, 20] = x[1, 0, 0] = x[2, 0, 20] = 1.0  # the first normal one is taken for ventricular
    of = dict.fromkeys(("train", "test"), Inputs(x, label, np.zeros(3, int)))
    monkeypatch.setattr(beat_runs, "inputs_of", lambda seed: of)
    monkeypatch.setattr(beat_networks, "network", lambda kind, seed: Peaks())
    v = np.zeros((1, 1, 260), np.float32)
    v[0, 0, 10] = 2.0
    kept = {Case("tlm").name: v, Case("tlm", craft="any time").name: 0 * v}
    arrays.save(beat_runs.place_of(DENSE, 0).path, **kept)
    found = signals.of_beats(0)
    assert found.answers == {
        ("A normal beat", "in time"): "N → S",
        ("A normal beat", "any time"): "N → N",
        ("A ventricular beat", "in time"): "V → S",
        ("A ventricular beat", "any time"): "V → V",
    }
    assert found.beats["A normal beat"][0] == 1 and found.perturbations["in time"][10] == 2
    assert (found.fs_hz, found.r_index) == (360, 99)


def test_a_trial_is_shown_in_the_band_that_the_network_reads(monkeypatch):
    x = torch.full((1, 8, 512), 50.0)  # an offset, which no band has
    of = {"test": Inputs(x, torch.zeros(1, dtype=torch.int64), np.zeros(1, int))}
    monkeypatch.setattr(eeg_runs, "parts", lambda fold: of)
    sides = {Case("tlm", target=side).name: np.full((1, 8, 512), at, np.float32)
             for side, at in (("left", 1), ("right", 2))}  # fmt: skip
    arrays.save(eeg_runs.place_of(MAIN, 0).path, **sides)
    found = signals.of_a_trial(0)
    assert np.abs(found.trial).max() < 1
    assert [v[0, 0] for v in found.perturbations.values()] == [1, 2]
    assert list(found.perturbations) == ["to the left", "to the right"]
    assert len(found.channels) == 8 and found.band_hz == (0.5, 38.0)
