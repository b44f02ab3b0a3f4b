"""The method: prune, fit, record, stage by stage."""

import pandas as pd
import pytest
import torch

from ecglib.pruning import masks as mask_values
from ecglib.pruning.callbacks import HoldMask
from ecglib.pruning.multistage import multistage
from ecglib.pruning.prune import ALLOCATIONS, pruner
from ecglib.settings.schedules import Stage, one_shot, up_to

STAGES = [Stage(0.3, 1), Stage(0.5, 2), Stage(0.8, 1)]


class FakeFit:
    """Remembers how it was called, and trains nothing."""

    def __init__(self):
        self.epochs, self.held, self.sparsities = [], [], []

    def __call__(self, network, epochs, callbacks):
        self.epochs.append(epochs)
        (hold,) = [callback for callback in callbacks if isinstance(callback, HoldMask)]
        self.held.append(hold.masks)
        self.sparsities.append(zeros(network))
        return pd.DataFrame({"epoch": range(1, epochs + 1)})


def run(network, stages, fit, criterion="magnitude", allocation="global", seed=0):
    return multistage(network, stages, fit, pruner(criterion, allocation, seed=seed))


def zeros(network):
    """The fraction of prunable weights that are zero."""
    weights = mask_values.prunable(network).values()
    return sum(int((w == 0).sum()) for w in weights) / sum(w.numel() for w in weights)


def equal(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


@pytest.mark.parametrize("criterion", ["magnitude", "random"])
@pytest.mark.parametrize("allocation", ALLOCATIONS)
def test_each_stage_is_reached_exactly_and_nested(network, fit, criterion, allocation):
    masks, expected = mask_values.ones(network), iter(STAGES)
    for reached in run(network, STAGES, fit, criterion, allocation):
        assert reached.stage == next(expected)
        assert mask_values.sparsity(reached.masks) == pytest.approx(reached.stage.sparsity)
        assert zeros(network) == pytest.approx(reached.stage.sparsity)
        assert mask_values.nested(reached.masks, masks)
        masks = reached.masks
    assert next(expected, None) is None


def test_one_result_per_stage_with_its_history_and_the_epochs_so_far(network, fit):
    results = list(run(network, STAGES, fit))
    assert [r.epochs_spent for r in results] == [1, 3, 4]
    assert [len(r.history) for r in results] == [1, 2, 1]
    assert [r.history["sparsity"].tolist() for r in results] == [
        [pytest.approx(0.3)],
        [pytest.approx(0.5)] * 2,
        [pytest.approx(0.8)],
    ]


def test_results_come_while_the_run_goes_on(network):
    fit = FakeFit()
    for count, reached in enumerate(run(network, STAGES, fit), start=1):
        assert len(fit.epochs) == count
        assert zeros(network) == pytest.approx(reached.stage.sparsity)


def test_fit_gets_the_pruned_network_and_the_mask_of_its_stage(network):
    fit = FakeFit()
    results = list(run(network, STAGES, fit))
    assert fit.epochs == [1, 2, 1]
    assert fit.sparsities == [pytest.approx(stage.sparsity) for stage in STAGES]
    assert all(equal(held, r.masks) for held, r in zip(fit.held, results, strict=True))


def test_each_stage_ranks_the_weights_as_they_were_trained(by_hand):
    """Training that turns the order of the kept weights round decides what goes next."""

    def invert(network, epochs, callbacks):
        with torch.no_grad():
            for weight in mask_values.prunable(network).values():
                weight[weight != 0] = 1 / weight[weight != 0]
        return pd.DataFrame()

    first, second = run(by_hand, [Stage(0.5, 1), Stage(0.75, 1)], invert)
    assert int(first.masks["head.weight"].sum()) == 5  # of 1 to 20 the magnitudes 11 to 20 stay
    assert int(second.masks["head.weight"].sum()) == 5  # then 16 to 20, now the smallest, go
    assert not second.masks["conv.weight"].any()


def test_stage_of_no_epochs_prunes_and_trains_nothing(by_hand, fit):
    (reached,) = run(by_hand, [Stage(0.6, 0)], fit)
    assert len(reached.history) == 0
    assert reached.epochs_spent == 0
    assert by_hand.conv.weight.flatten().tolist() == [16, -17, 18, -19, 20]
    assert by_hand.head.weight.flatten().tolist() == [0] * 12 + [13, 14, 15]
    assert by_hand.conv.bias.tolist() == [1]
    assert by_hand.head.bias.tolist() == [0, 1, 2, 3, 4]


def test_one_shot_is_a_schedule_of_one_stage(by_hand):
    fit = FakeFit()
    (reached,) = run(by_hand, one_shot(STAGES, 0.5), fit)
    assert reached.stage == Stage(0.5, 3)
    assert fit.epochs == [3]
    assert mask_values.sparsity(reached.masks) == pytest.approx(0.5)


@pytest.mark.parametrize("target", [0.3, 0.4, 0.5, 0.8])
def test_one_shot_and_multistage_train_for_equally_many_epochs(new_network, target):
    many, single = FakeFit(), FakeFit()
    *_, last = run(new_network(), up_to(STAGES, target), many)
    (only,) = run(new_network(), one_shot(STAGES, target), single)
    assert sum(many.epochs) == sum(single.epochs)
    assert last.epochs_spent == only.epochs_spent == sum(many.epochs)
    assert mask_values.sparsity(last.masks) == mask_values.sparsity(only.masks)


@pytest.mark.parametrize("criterion", ["magnitude", "random"])
def test_same_seed_gives_the_same_weights_bit_for_bit(new_network, fit, criterion):
    first, again = new_network(), new_network()
    list(run(first, STAGES, fit, criterion, seed=4))
    torch.manual_seed(99)
    list(run(again, STAGES, fit, criterion, seed=4))
    assert equal(first.state_dict(), again.state_dict())


def test_seed_decides_what_the_random_criterion_removes(new_network):
    def masks(criterion, seed):
        (reached,) = run(new_network(), [Stage(0.5, 0)], FakeFit(), criterion, seed=seed)
        return reached.masks

    assert not equal(masks("random", 0), masks("random", 1))
    assert not equal(masks("random", 0), masks("magnitude", 0))
    assert equal(masks("magnitude", 0), masks("magnitude", 1))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"criterion": "taylor"}, "'taylor'; one of magnitude, magnitude_per_mac"),
        ({"allocation": "layerwise"}, "'layerwise'; one of global, uniform, erk, lamp, pairs"),
        ({"stages": [Stage(0.5, 1), Stage(0.3, 1)]}, "0.3 does not exceed 0.5"),
        ({"stages": [Stage(0.5, 1), Stage(1.0, 1)]}, "1.0 is outside"),
        ({"stages": [Stage(0.5, 1), Stage(0.6, -1)]}, "-1 epochs"),
    ],
)
def test_wrong_settings_are_errors_before_anything_changes(network, changed, said):
    before = {key: value.clone() for key, value in network.state_dict().items()}
    fit = FakeFit()
    with pytest.raises(ValueError, match=said):
        list(run(**{"network": network, "stages": STAGES, "fit": fit} | changed))
    assert fit.epochs == []
    assert equal(network.state_dict(), before)
