"""A patient's first minutes: no beat of them is tested, and what is told helps."""

import numpy as np
import torch
from made_beats import made_beats

from ecglib.unseen import first_minutes
from ecglib.unseen.network import UnseenCNN
from ecglib.unseen.settings import settings

WAY = settings().first_minutes.ways["quick"]


def test_the_first_minutes_and_the_rest_are_apart_and_whole():
    beats = made_beats()
    rows = np.flatnonzero(beats.record == 1)
    early, rest = first_minutes.parts(beats, rows, 2.0)
    assert len(early) and np.array_equal(np.concatenate([early, rest]), rows)
    assert beats.sample[early].max() < 2 * 60 * 360 <= beats.sample[rest].min()


def drawn(shift, label, seed):
    values = torch.randn(200, 72, generator=torch.Generator().manual_seed(seed))
    values[:, 0] += shift
    return values, torch.full((200,), label)


def test_labelled_beats_teach_the_dense_layers_and_the_network_stays_as_it_was():
    torch.manual_seed(0)
    network = UnseenCNN().eval()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    early, others = drawn(4.0, 1, 0), drawn(-4.0, 0, 1)
    head = first_minutes.labelled(network, early, others, torch.ones(5), WAY, seed=0)
    again = first_minutes.labelled(network, early, others, torch.ones(5), WAY, seed=0)
    fresh = drawn(4.0, 1, 2)[0]
    assert (head(fresh).argmax(1) == 1).float().mean() > 0.9
    assert (head(others[0]).argmax(1) == 0).float().mean() > 0.9, "nothing is forgotten"
    assert torch.equal(head(fresh), again(fresh))
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())


def test_what_is_frequent_without_labels_is_found_and_moves_the_outputs():
    prior = np.array([0.9, 0.04, 0.04, 0.01, 0.01])
    sure = np.log(np.full((400, 5), 0.01))
    sure[:300, 1] = sure[300:, 0] = np.log(0.96)
    found = first_minutes.frequencies(sure, prior, strength=50.0)
    assert 0.55 < found[1] < 0.8 and np.isclose(found.sum(), 1)
    held = first_minutes.frequencies(sure, prior, strength=1e6)
    assert np.allclose(held, prior, atol=0.01)
    unsure = np.log(np.array([[0.5, 0.45, 0.03, 0.01, 0.01]]))
    assert first_minutes.unlabelled(unsure, sure, prior, 50.0).argmax() == 1
