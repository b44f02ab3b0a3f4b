"""No S beats in fibrillation, and all of them elsewhere."""

import numpy as np
import torch
from made_beats import one_record

from ecglib.unseen.features import irregularity
from ecglib.unseen.gate import gated, with_margin
from ecglib.unseen.network import UnseenCNN
from ecglib.unseen.settings import settings

BEYOND = settings().gate.beyond
CALLED_S = np.ones(200, np.int8)


def after(intervals_s):
    """What becomes of beats that are all called S, once the rhythm is known."""
    return gated(CALLED_S, irregularity(one_record(intervals_s)), BEYOND)[30:]


def test_bigeminy_trigeminy_and_runs_keep_their_s_beats_and_fibrillation_does_not():
    jitter = np.exp(0.03 * np.random.default_rng(0).standard_normal((4, 200)))
    bigeminy, trigeminy = np.resize([0.5, 1.1], 200), np.resize([0.5, 1.1, 0.8], 200)
    runs = np.resize([0.5] * 9 + [1.4], 200)
    for rhythm, of in zip((bigeminy, trigeminy, runs), jitter, strict=False):
        assert (after(rhythm * of) == 1).all()
    fibrillation = 0.7 * jitter[3] ** 8
    assert (after(fibrillation) == 0).mean() > 0.9


def test_other_classes_and_a_gate_that_is_none_change_nothing():
    wild = np.full(5, 9.0)
    assert gated(np.arange(5), wild, BEYOND).tolist() == [0, 0, 2, 3, 4]
    assert gated(np.arange(5), wild, None).tolist() == [0, 1, 2, 3, 4]


def test_with_a_margin_s_alone_is_lower_and_the_network_itself_stays():
    network, values = UnseenCNN(features=11).eval(), torch.randn(4, 1, 123)
    with torch.no_grad():
        before = network(values)
        after = with_margin(network, 0.5)(values)
        again = network(values)
    assert torch.allclose(before - after, torch.tensor([0, 0.5, 0, 0, 0]), atol=1e-6)
    assert torch.equal(before, again)
