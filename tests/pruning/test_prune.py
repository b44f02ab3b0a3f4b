"""Pruning removes exactly what was asked, and only ever more."""

import math

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import given, settings

from ecglib.pruning import masks as mask_values
from ecglib.pruning.prune import ALLOCATIONS, prune
from ecglib.pruning.scores import magnitude

quick = settings(max_examples=40, deadline=None, derandomize=True, database=None)
both = pytest.mark.parametrize("allocation", ALLOCATIONS)
shapes = st.lists(
    st.lists(st.integers(1, 6), min_size=2, max_size=3).map(tuple), min_size=1, max_size=4
)
allocations = st.sampled_from(sorted(ALLOCATIONS))


def all_ones(shapes):
    return {str(i): torch.ones(shape, dtype=torch.bool) for i, shape in enumerate(shapes)}


def noise(masks, seed=0, levels=5):
    """Scores with many ties."""
    draw = torch.Generator().manual_seed(seed)
    return {
        name: torch.randint(levels, mask.shape, generator=draw).float()
        for name, mask in masks.items()
    }


def removed(masks):
    return sum(int((~mask).sum()) for mask in masks.values())


def kept(masks):
    return {name: int(mask.sum()) for name, mask in masks.items()}


def by_magnitude(network):
    return magnitude(network, (), torch.Generator())


@quick
@given(shapes, st.floats(0, 1, exclude_max=True), allocations, st.integers(0, 99))
def test_count_is_exact(shapes, sparsity, allocation, seed):
    before = all_ones(shapes)
    after = prune(noise(before, seed), before, sparsity, allocation)
    assert removed(after) == round(sparsity * sum(mask.numel() for mask in before.values()))
    assert {name: mask.shape for name, mask in after.items()} == {
        name: mask.shape for name, mask in before.items()
    }
    assert removed(before) == 0, "the mask given was changed"


@quick
@given(shapes, st.lists(st.integers(0, 99), min_size=2, max_size=6), allocations)
def test_rising_targets_give_nested_masks_with_exact_counts(shapes, percents, allocation):
    masks = all_ones(shapes)
    total = sum(mask.numel() for mask in masks.values())
    for step, percent in enumerate(sorted(percents)):
        narrower = prune(noise(masks, seed=step), masks, percent / 100, allocation)
        assert mask_values.nested(narrower, masks)
        assert removed(narrower) == round(percent / 100 * total)
        masks = narrower


@both
def test_targets_are_absolute_and_do_not_compound(network, allocation):
    masks = mask_values.ones(network)
    for _ in range(3):
        masks = prune(by_magnitude(network), masks, 0.5, allocation)
        assert removed(masks) == 10


@both
def test_same_target_again_keeps_the_mask_whatever_the_scores(allocation):
    masks = all_ones([(4, 5), (7, 3)])
    first = prune(noise(masks, seed=1), masks, 0.6, allocation)
    again = prune(noise(masks, seed=2), first, 0.6, allocation)
    assert all(torch.equal(first[name], again[name]) for name in first)


@both
def test_removed_weights_stay_removed_even_with_the_highest_scores(allocation):
    masks = all_ones([(4, 5)])
    masks["0"][0] = False
    scores = {"0": torch.arange(20.0).flip(0).view(4, 5)}  # highest where removed
    after = prune(scores, masks, 0.5, allocation)
    assert mask_values.nested(after, masks)
    assert after["0"].int().tolist() == [[0] * 5, [1] * 5, [1] * 5, [0] * 5]


@both
def test_weights_trained_to_zero_are_preferred_to_removed_ones(allocation):
    masks = {"0": torch.tensor([[False, True, True, True]])}
    after = prune({"0": torch.zeros(1, 4)}, masks, 0.5, allocation)
    assert after["0"].tolist() == [[False, True, True, False]]


@both
def test_of_equal_scores_the_first_stay(allocation):
    masks = all_ones([(40, 5)])
    after = prune({"0": torch.ones(40, 5)}, masks, 0.5, allocation)
    assert after["0"].flatten().tolist() == [True] * 100 + [False] * 100


def test_global_ties_go_to_the_first_layer():
    masks = all_ones([(2, 5), (2, 5)])
    after = prune({name: torch.ones(2, 5) for name in masks}, masks, 0.5, "global")
    assert kept(after) == {"0": 10, "1": 0}


def test_global_by_hand(by_hand):
    """Of the magnitudes 1 to 20 the twelve smallest go; all stand in the dense layer."""
    masks = prune(by_magnitude(by_hand), mask_values.ones(by_hand), 0.6, "global")
    assert kept(masks) == {"conv.weight": 5, "head.weight": 3}
    mask_values.apply(masks, by_hand)
    feature = 16 - 17 + 18 - 19 + 20 + 1
    logits = [[0, 1, 2, 3, feature * (13 + 14 + 15) + 4]]
    assert by_hand(torch.ones(1, 1, 7)).tolist() == logits


def test_uniform_by_hand(by_hand):
    """3 of 5 and 9 of 15 go, the smallest of each layer."""
    masks = prune(by_magnitude(by_hand), mask_values.ones(by_hand), 0.6, "uniform")
    assert kept(masks) == {"conv.weight": 2, "head.weight": 6}
    mask_values.apply(masks, by_hand)
    feature = -19 + 20 + 1
    logits = [[0, 1, 2, feature * (10 + 11 + 12) + 3, feature * (13 + 14 + 15) + 4]]
    assert by_hand(torch.ones(1, 1, 7)).tolist() == logits


def test_uniform_rounds_to_the_nearest_weights():
    masks = all_ones([(1, 10), (1, 7), (1, 3)])
    after = prune(noise(masks), masks, 0.35, "uniform")
    assert kept(after) == {"0": 6, "1": 5, "2": 2}  # shares of 13: 6.5, 4.55, 1.95


def test_erk_keeps_small_layers_denser_by_hand():
    """Densities go with (4 + 4) / 16 and (40 + 10) / 400: 4 to 1. 0.5 of 416 weights stay."""
    masks = all_ones([(4, 4), (40, 10)])
    after = prune(noise(masks), masks, 0.5, "erk")
    assert kept(after) == {"0": 16, "1": 192}  # the small layer is whole, the rest is the other's
    after = prune(noise(masks), masks, 0.9, "erk")
    assert kept(after) == {"0": 6, "1": 36}  # 42 = d (4 x 16 + 400), d = 0.0905: 5.8 and 36.2


def test_lamp_by_hand():
    """Squared magnitudes over the sum of those not below: 4/13, 9/9 and 1/101, 100/100."""
    scores = {"a": torch.tensor([[2.0, 3.0]]), "b": torch.tensor([[1.0, 10.0]])}
    masks = {name: torch.ones(1, 2, dtype=torch.bool) for name in scores}
    first = prune(scores, masks, 0.25, "lamp")
    assert kept(first) == {"a": 2, "b": 1}
    assert kept(prune(scores, first, 0.5, "lamp")) == {"a": 1, "b": 1}


def test_lamp_counts_only_what_is_left():
    scores = {"a": torch.tensor([[1.0, 3.0, 9.0]]), "b": torch.tensor([[1.0, 2.0]])}
    masks = {
        "a": torch.tensor([[True, True, False]]),  # 1/10, 9/9
        "b": torch.tensor([[True, True]]),  # 1/5, 4/4
    }
    assert prune(scores, masks, 0.4, "lamp")["a"].tolist() == [[False, True, False]]


def test_budget_in_macs_keeps_what_the_prices_pay_for(by_hand):
    """Conv weights cost 3 each, dense ones 1: half of 30 buys the 5 largest, all convolution."""
    prices = {"conv.weight": 3, "head.weight": 1}
    masks = prune(by_magnitude(by_hand), mask_values.ones(by_hand), 0.5, "global", prices)
    assert kept(masks) == {"conv.weight": 5, "head.weight": 0}
    narrower = prune(by_magnitude(by_hand), masks, 0.75, "global", prices)
    assert narrower["conv.weight"].flatten().tolist() == [False, False, False, True, True]


@quick
@given(shapes, st.lists(st.integers(0, 99), min_size=2, max_size=4), allocations)
def test_budget_in_macs_is_never_overspent_and_all_but_spent(shapes, percents, allocation):
    masks = all_ones(shapes)
    prices = {name: 1 + 7 * int(name) for name in masks}

    def spent(masks):
        return sum(prices[name] * int(mask.sum()) for name, mask in masks.items())

    total = spent(masks)
    for step, percent in enumerate(sorted(percents)):
        budget = total - round(percent / 100 * total)
        if budget > spent(masks):
            continue  # what the budget could not pay for is gone
        narrower = prune(noise(masks, seed=step), masks, percent / 100, allocation, prices)
        assert mask_values.nested(narrower, masks)
        assert budget - max(prices.values()) < spent(narrower) <= budget
        masks = narrower


@quick
@given(shapes, st.integers(0, 99))
def test_uniform_prunes_every_layer_alike(shapes, percent):
    masks = all_ones(shapes)
    after = prune(noise(masks), masks, percent / 100, "uniform")
    total = sum(mask.numel() for mask in masks.values())
    share = 1 - round(percent / 100 * total) / total
    for mask in after.values():
        assert abs(int(mask.sum()) - share * mask.numel()) < 1


@pytest.mark.parametrize("step", [0.01, 0.07, 0.1])
def test_uniform_prunes_every_layer_alike_in_small_steps(step):
    masks = all_ones([(5, 1, 3), (10, 5, 4), (20, 10, 4), (30, 40), (20, 30), (5, 20)])
    for number in range(1, math.ceil(0.95 / step)):
        masks = prune(noise(masks, seed=number), masks, number * step, "uniform")
        for mask in masks.values():
            assert abs(int((~mask).sum()) - number * step * mask.numel()) < 1.5


@both
def test_nothing_to_remove_keeps_everything(network, allocation):
    masks = prune(by_magnitude(network), mask_values.ones(network), 0.0, allocation)
    assert removed(masks) == 0


@both
def test_scores_given_are_not_changed(network, allocation):
    scores = by_magnitude(network)
    before = {name: score.clone() for name, score in scores.items()}
    masks = prune(scores, mask_values.ones(network), 0.5, allocation)
    prune(scores, masks, 0.7, allocation)
    assert all(torch.equal(scores[name], before[name]) for name in before)


@pytest.mark.parametrize("sparsity", [-0.1, 1.0, 1.5, math.nan])
def test_sparsity_out_of_range_is_an_error_that_says_it(network, sparsity):
    with pytest.raises(ValueError, match=rf"sparsity {sparsity} is outside \[0, 1\)"):
        prune(by_magnitude(network), mask_values.ones(network), sparsity, "global")


@both
def test_sparsity_below_the_one_reached_is_an_error_that_says_both(network, half, allocation):
    with pytest.raises(ValueError, match="0.4 is below the 0.5 already reached"):
        prune(by_magnitude(network), half, 0.4, allocation)


def test_unknown_allocation_is_an_error_that_lists_the_known_ones(network):
    with pytest.raises(ValueError, match="'layerwise'.*global.*uniform"):
        prune(by_magnitude(network), mask_values.ones(network), 0.5, "layerwise")


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_scores_that_are_not_finite_are_an_error_naming_the_layer(network, value):
    scores = by_magnitude(network)
    scores["head.weight"][2, 1] = value
    with pytest.raises(ValueError, match=r"head\.weight .*not all finite"):
        prune(scores, mask_values.ones(network), 0.5, "global")


def test_pairs_by_hand():
    """Root mean squares: 1 and 9 make 6.4, 5 and 5 make 5, the last input stands alone with 6."""
    masks = all_ones([(1, 5)])
    scores = {"0": torch.tensor([[1.0, 9.0, 5.0, 5.0, 6.0]])}
    assert prune(scores, masks, 0.4, "pairs")["0"].tolist() == [[True, True, False, False, True]]
    assert prune(scores, masks, 0.6, "pairs")["0"].tolist() == [[True, True, False, False, False]]


@quick
@given(shapes, st.lists(st.integers(1, 99), min_size=1, max_size=4), st.integers(0, 99))
def test_pairs_leave_together(shapes, percents, seed):
    """At most the one pair that a budget's end falls on is halved, at any tap of any layer."""
    masks = all_ones(shapes)
    for step, percent in enumerate(sorted(percents)):
        masks = prune(noise(masks, seed + step), masks, percent / 100, "pairs")
        halved = 0
        for mask in masks.values():
            whole = mask.shape[1] // 2 * 2
            first, second = mask[:, 0:whole:2], mask[:, 1:whole:2]
            halved += int((first != second).sum())
        assert halved <= step + 1


def test_pairs_are_ranked_over_all_layers():
    masks = all_ones([(1, 4), (1, 1, 3)])
    scores = {"0": torch.tensor([[3.0, 5.0, 1.0, 1.0]]), "1": torch.tensor([[[2.0, 6.0, 0.5]]])}
    after = prune(scores, masks, 4 / 7, "pairs")
    assert after["0"].tolist() == [[True, True, False, False]]
    assert after["1"].tolist() == [[[False, True, False]]]
