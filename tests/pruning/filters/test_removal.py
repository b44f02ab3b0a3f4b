"""Scores and the order of removal, each worked out by hand on small layers."""

import pandas as pd
import pytest
import torch

from ecglib import models
from ecglib.device.cost import total_costs
from ecglib.pruning.filters import scores as filter_scores
from ecglib.pruning.filters.groups import everything, targets, widths
from ecglib.pruning.filters.removal import by_score, in_stages, ranked, remove_in_order
from ecglib.pruning.filters.shrink import shrink
from ecglib.settings.schedules import Stage


def macs(network):
    return total_costs(network, network.input_shape)["macs"]


@pytest.fixture
def network():
    torch.manual_seed(0)
    return models.build("acharya2017")


@pytest.fixture
def batches():
    torch.manual_seed(1)
    return [(torch.randn(32, 1, 260), torch.randint(5, (32,))) for _ in range(3)]


def scores_of(name, network, batches=()):
    score = getattr(filter_scores, name)
    return score(network, targets(network), batches, 0)


def test_ranks_go_by_score_or_by_place_within_the_layer():
    scores = {"a": torch.tensor([0.3, 0.1]), "b": torch.tensor([9.0, 8.0, 7.0, 6.0])}
    across = [("a", 1), ("a", 0), ("b", 3), ("b", 2), ("b", 1), ("b", 0)]
    assert ranked(scores, across_layers=True) == across
    within = [("b", 3), ("a", 1), ("b", 2), ("b", 1), ("a", 0), ("b", 0)]
    assert ranked(scores, across_layers=False) == within


def test_filters_go_until_the_size_is_reached_and_no_further(network):
    alive = everything(targets(network))
    order = [("features.6", n) for n in range(20)]
    left = remove_in_order(network, alive, order, limit=80_000, size=macs)
    gone = 20 - int(left["features.6"].sum())
    small = macs(shrink(network, left))
    one_filter = 60 * 40 + 30 * 30  # its own multiplications, and the dense layer's with it
    assert small <= 80_000 < small + one_filter
    assert small == 95_770 - gone * one_filter
    assert alive["features.6"].all()


def test_a_small_filter_comes_back_if_a_larger_one_made_room(network):
    """Channels of the second layer cost more than those of the third."""
    everyone = everything(targets(network))
    order = [("features.6", 0), ("features.3", 0)]
    without = everyone | {"features.3": everyone["features.3"].clone()}
    without["features.3"][0] = False
    limit = macs(shrink(network, without))
    left = remove_in_order(network, everyone, order, limit, macs)
    assert left["features.6"].all()
    assert not left["features.3"][0]


def test_the_last_filter_of_a_layer_stays(network):
    order = [(name, n) for name, g in targets(network).items() for n in range(g.count)]
    alive = remove_in_order(network, everything(targets(network)), order, limit=0, size=macs)
    assert [keep.tolist().index(True) for keep in alive.values()] == [4, 9, 19]


def test_l1_is_the_sum_of_the_filters_weights(network):
    with torch.no_grad():
        network.features[0].weight[2] = torch.tensor([[1.0, -2.0, 3.0]])
    assert scores_of("l1", network)["features.0"][2] == 6.0


def test_l1_of_tied_channels_sums_over_all_that_write_them():
    network = models.build("kachuee2018")
    layers = [network.stem, *(block.conv2 for block in network.blocks)]
    found = scores_of("l1", network)["stem"]
    expected = sum(float(layer.weight[9].detach().abs().sum()) for layer in layers)
    assert found[9].item() == pytest.approx(expected, rel=1e-5)


def test_the_filter_in_the_middle_is_the_most_replaceable(network):
    with torch.no_grad():
        for index, value in enumerate([-3.0, -1.0, 0.0, 1.0, 4.0]):
            network.features[0].weight[index] = value
    found = scores_of("geometric_median", network)["features.0"]
    assert found.argmin() == 2
    assert found[2].item() == pytest.approx((3 + 1 + 0 + 1 + 4) * 3**0.5)


def test_the_middle_of_tied_channels_is_over_all_that_write_them():
    network = models.build("kachuee2018")
    layers = [network.stem, *(block.conv2 for block in network.blocks)]
    flat = torch.cat([layer.weight.detach().flatten(1) for layer in layers], 1)
    expected = sum(float((flat[9] - other).norm()) for other in flat)
    assert scores_of("geometric_median", network)["stem"][9].item() == pytest.approx(
        expected, rel=1e-3
    )


def test_the_taylor_score_is_the_squared_derivative_of_a_gate(network, batches):
    found = scores_of("taylor", network, batches[:1])["features.3"]
    gate = torch.ones(10, requires_grad=True)
    hook = network.features[3].register_forward_hook(lambda m, i, out: out * gate[:, None])
    loss = torch.nn.functional.cross_entropy(network(batches[0][0]), batches[0][1])
    (slope,) = torch.autograd.grad(loss, gate)
    hook.remove()
    torch.testing.assert_close(found, slope**2, rtol=1e-3, atol=1e-9)


def test_the_oracle_is_the_loss_without_the_filter_less_that_with_it(network, batches):
    before = {name: value.clone() for name, value in network.state_dict().items()}
    found = scores_of("oracle", network, batches)["features.6"]
    inputs, labels = (torch.cat(part) for part in zip(*batches, strict=True))
    keep = torch.ones(20, dtype=torch.bool)
    keep[7] = False
    small = shrink(network, {"features.6": keep}).eval()
    losses = [torch.nn.functional.cross_entropy(n(inputs), labels) for n in (small, network)]
    assert found[7].item() == pytest.approx((losses[0] - losses[1]).item(), abs=1e-5)
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


def test_tied_channels_go_together_in_the_taylor_score_and_the_oracle():
    torch.manual_seed(0)
    network = models.build("kachuee2018").eval()
    inputs, labels = torch.randn(16, 1, 187), torch.randint(5, (16,))
    found = {n: scores_of(n, network, [(inputs, labels)])["stem"] for n in ("taylor", "oracle")}
    gate = torch.ones(32, requires_grad=True)
    for layer in (network.stem, *(block.conv2 for block in network.blocks)):
        layer.register_forward_hook(lambda m, i, out: out * gate[:, None])
    loss = torch.nn.functional.cross_entropy(network(inputs), labels)
    (slope,) = torch.autograd.grad(loss, gate)
    torch.testing.assert_close(found["taylor"], slope**2, rtol=1e-3, atol=1e-12)
    gate.data[7] = 0
    without = torch.nn.functional.cross_entropy(network(inputs), labels)
    assert found["oracle"][7].item() == pytest.approx(float((without - loss).detach()), abs=1e-6)


def test_each_stage_goes_on_from_the_smaller_network(network):
    score, across = filter_scores.l1, False
    select = by_score(score, (), 0, macs, across_layers=across)
    total, seen = macs(network), []

    def fit(net, epochs, callbacks=()):
        seen.append((macs(net), epochs))
        return pd.DataFrame({"epoch": range(1, epochs + 1)})

    stages = [Stage(0.3, 2), Stage(0.6, 3)]
    first, second = in_stages(network, stages, fit, macs, select)
    assert [epochs for _, epochs in seen] == [2, 3]
    for (left, _), stage in zip(seen, stages, strict=True):
        assert (1 - stage.sparsity) * total * 0.9 < left <= (1 - stage.sparsity) * total
    assert (first.epochs_spent, second.epochs_spent) == (2, 5)
    assert second.filters["widths"] == widths(second.network)
    assert macs(network) == total, "the dense start was changed"


def test_a_target_beyond_the_filters_says_what_was_reached(network):
    score, across = filter_scores.random, False
    select = by_score(score, (), 0, macs, across_layers=across)
    with pytest.raises(ValueError, match=r"0\.999 could not be reached: \d+ of 95770 is left"):
        list(in_stages(network, [Stage(0.999, 1)], lambda *_: None, macs, select))
