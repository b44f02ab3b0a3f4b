"""AOFP's search, by hand: drawing halves, adding damages, and every kind of decision."""

import pytest
import torch

from ecglib.pruning.filters import aofp


def search_of(alive, candidates, damage, drawn):
    return aofp.Search(
        torch.tensor(alive), torch.tensor(candidates), torch.tensor(damage), torch.tensor(drawn)
    )


ALL = [True] * 6


def test_a_batch_masks_half_of_the_candidates():
    search = search_of(ALL, [1, 2, 4, 5, 0], [0.0] * 6, [0.0] * 6)
    generator = torch.Generator().manual_seed(0)
    seen = set()
    for _ in range(50):
        masked = aofp.draw(search, generator)
        assert len(set(masked.tolist())) == 2
        seen |= set(masked.tolist())
    assert seen == {0, 1, 2, 4, 5}


def test_every_masked_filter_gets_the_damage():
    search = aofp.start(torch.tensor(ALL))
    aofp.accumulate(search, torch.tensor([0, 3, 4]), 0.5)
    aofp.accumulate(search, torch.tensor([0, 1, 2]), 0.1)
    assert search.masks == 2
    mean = aofp.mean_damage(search).tolist()
    assert mean == pytest.approx([0.3, 0.1, 0.1, 0.5, 0.5, float("inf")])


def test_a_half_under_theta_goes_for_good():
    """Means 1, 2, 3, 4, 5, 6: the third smallest decides."""
    search = search_of(ALL, list(range(6)), [2.0, 4, 6, 8, 10, 12], [2.0] * 6)
    decision, following = aofp.decide(search, theta=3.5)
    assert decision.action == "remove"
    assert decision.filters.tolist() == [0, 1, 2]
    assert decision.damage == 3
    assert following.alive.tolist() == [False] * 3 + [True] * 3
    assert following.candidates.tolist() == [3, 4, 5]
    assert following.masks == following.drawn.sum() == 0


def test_theta_itself_is_not_under_theta():
    search = search_of(ALL, list(range(6)), [1.0, 2, 3, 4, 5, 6], [1.0] * 6)
    decision, following = aofp.decide(search, theta=3.0)
    assert decision.action == "halve"
    assert following.candidates.tolist() == [0, 1, 2]
    assert following.alive.all()


def test_a_filter_is_found_by_halving_alone():
    """The best of three candidates, among filters some of which are gone."""
    alive = [True, False, True, True, True, False]
    search = search_of(alive, [0, 3, 4], [5.0, 0, 0, 1, 4, 0], [1.0] * 6)
    decision, following = aofp.decide(search, theta=2.0)
    assert (decision.action, decision.filters.tolist()) == ("remove", [3])
    assert following.candidates.tolist() == [0, 2, 4]


def test_a_single_filter_that_is_missed_starts_the_search_again():
    search = search_of(ALL, [2, 5], [0.0, 0, 9, 0, 0, 8], [1.0] * 6)
    decision, following = aofp.decide(search, theta=1.0)
    assert (decision.action, decision.filters.tolist()) == ("restart", [5])
    assert following.candidates.tolist() == list(range(6))


def test_the_last_filter_of_a_layer_is_never_searched():
    search = aofp.start(torch.tensor([False, True, False]))
    with pytest.raises(ValueError, match="the last one of a layer stays"):
        aofp.decide(search, theta=1.0)
