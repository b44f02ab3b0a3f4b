"""The search during a fit: the damage of masked filters, what stays zero, when it ends."""

import copy
from dataclasses import replace

import pytest
import torch

from ecglib import models
from ecglib.data.datamodule import HeartbeatData
from ecglib.device.cost import total_costs
from ecglib.pruning.filters.followers import Followers, scored_without_training
from ecglib.pruning.filters.groups import targets
from ecglib.pruning.filters.removal import in_stages
from ecglib.pruning.filters.searching import Course, SearchFilters, by_search
from ecglib.pruning.filters.shrink import shrink, silence
from ecglib.settings.schedules import Stage
from ecglib.training import classifier

pytestmark = pytest.mark.filterwarnings("ignore:.*LeafSpec")  # Lightning's own use of PyTorch
FAST = Course(iterations_per_half=2, masks_per_batch=2, theta=0.01, theta_growth=3.0, warm_up=1)
ONE_MASK = Course(1, masks_per_batch=1, theta=0.01, theta_growth=10.0, warm_up=0)


def macs(network):
    return total_costs(network, network.input_shape)["macs"]


def network_of(name="acharya2017"):
    torch.manual_seed(0)
    return models.build(name)


@torch.no_grad()
def relative_change(whole, changed):
    return float((whole - changed).square().sum() / whole.square().sum())


def test_the_damage_is_the_change_behind_the_followers_activation():
    network = network_of().eval()
    x = torch.randn(4, 1, 260)
    masked = {"features.0": torch.tensor([1, 3]), "features.6": torch.tensor([0])}
    followers = Followers(network, targets(network))
    found = followers.damages(x, {name: [mask] for name, mask in masked.items()})
    for name, end in (("features.0", network.features[:6]), ("features.6", None)):
        silent = copy.deepcopy(network)
        keep = torch.ones(targets(network)[name].count, dtype=torch.bool)
        keep[masked[name]] = False
        silence(silent, {name: keep}, targets(network))
        if end is None:
            parts = [torch.nn.Sequential(n.features, n.classifier[:3]) for n in (network, silent)]
        else:
            parts = [n.features[:6] for n in (network, silent)]
        whole, changed = (part(x) for part in parts)
        assert found[name] == [pytest.approx(relative_change(whole, changed), rel=1e-4)]


def test_in_a_residual_block_the_skip_counts_as_part_of_the_follower():
    network = network_of("kachuee2018").eval()
    x = torch.randn(4, 1, 187)
    name, block = "blocks.0.conv1", network.blocks[0]
    found = Followers(network, targets(network)).damages(x, {name: [torch.arange(16)]})
    inside = network.stem(x)
    hidden = block.relu1(block.conv1(inside))
    whole = torch.relu(block.conv2(hidden) + inside)
    hidden[:, :16] = 0
    change = relative_change(whole, torch.relu(block.conv2(hidden) + inside))
    assert found[name] == [pytest.approx(change, rel=1e-4)]


def test_tied_channels_do_the_mean_damage_of_all_that_read_them():
    """Each block's first convolution reads what the block before gave, the dense layer the last."""
    network = network_of("kachuee2018").eval()
    x = torch.randn(4, 1, 187)
    found = Followers(network, targets(network)).damages(x, {"stem": [torch.tensor([3, 8])]})
    changes, value = [], network.stem(x)
    for block in network.blocks:
        masked = value.clone()
        masked[:, [3, 8]] = 0
        follower = torch.nn.Sequential(block.conv1, block.relu1)
        changes.append(relative_change(follower(value), follower(masked)))
        value = block(value)
    masked = value.clone()
    masked[:, [3, 8]] = 0
    changes.append(relative_change(network.classifier[:3](value), network.classifier[:3](masked)))
    assert found["stem"] == [pytest.approx(sum(changes) / 6, rel=1e-4)]


def test_each_mask_is_for_its_own_part_of_the_batch():
    network = network_of().eval()
    x, followers = torch.randn(6, 1, 260), Followers(network, targets(network))
    masks = [torch.tensor([0]), torch.tensor([1, 2]), torch.tensor([], dtype=torch.long)]
    together = followers.damages(x, {"features.3": masks})["features.3"]
    apart = [
        followers.damages(part, {"features.3": [mask]})["features.3"][0]
        for part, mask in zip(x.split(2), masks, strict=True)
    ]
    assert together == pytest.approx(apart, rel=1e-4)
    assert together[2] == 0


def test_a_dead_follower_that_wakes_is_changed_by_its_whole():
    """Else its change is divided by nothing, and one mask outweighs all others."""
    network = network_of("kachuee2018").eval()
    dead, last = network.blocks[2].conv1, network.classifier[1]
    with torch.no_grad():
        for layer in (*(block.conv1 for block in network.blocks), last):
            layer.bias.zero_()  # of nothing each follower gives nothing
        dead.weight.fill_(-1.0)
        dead.weight[:, 3] = 0.0
        dead.bias.fill_(1.0)
        network.blocks[1].conv2.bias.add_(10.0)  # what it reads is far above what its bias adds
    x = torch.randn(4, 1, 187)
    assert torch.relu(dead(network.blocks[:2](network.stem(x)))).max() == 0
    followers = Followers(network, targets(network))
    still, awake = (
        followers.damages(x, {"stem": [mask]})["stem"][0]
        for mask in (torch.tensor([3]), torch.arange(32))
    )
    assert 0 < still < 5 / 6  # the sixth has none
    assert awake == pytest.approx(1.0, rel=1e-4)


def test_measuring_changes_neither_weights_nor_mode():
    network = network_of().train()
    before = copy.deepcopy(network.state_dict())
    groups = targets(network)
    masks = {name: [torch.arange(2)] for name in groups}
    followers = Followers(network, groups)
    followers.damages(torch.randn(4, 1, 260), masks)
    with pytest.raises(ValueError, match="5 masks for 4 beats"):
        followers.damages(torch.randn(4, 1, 260), {"features.0": [torch.arange(2)] * 5})
    assert network.training
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


def test_filters_that_nobody_reads_are_among_the_least_missed():
    network = network_of()
    with torch.no_grad():
        network.features[6].weight[:, [2, 7]] = 0.0
    batches = [(torch.randn(16, 1, 260), None) for _ in range(100)]
    damage = scored_without_training(network, batches, seed=0, masks_per_batch=4)["features.3"]
    assert {2, 7} < set(damage.argsort()[:5].tolist())  # of ten; others are masked with them


@pytest.fixture
def fit(beats):
    data = HeartbeatData(beats, "intra", 0, batch_size=8, normalise="beat")

    def fit(network, epochs, callbacks=(), learning_rate=0.01):
        return classifier.fit(
            network,
            data,
            epochs=epochs,
            learning_rate=learning_rate,
            weight_decay=0.1,
            callbacks=callbacks,
        )

    return fit


def test_the_search_uses_its_budget_up(fit):
    """At or under the limit, and not one of the removed filters would still fit."""
    network = network_of()
    limit = round(0.6 * macs(network))
    search = SearchFilters(network, FAST, limit=limit, size=macs, seed=0)
    fit(network, 20, [search])
    assert search.reached
    assert macs(shrink(network, search.alive)) <= limit
    for name, keep in search.alive.items():
        for index in (~keep).nonzero().flatten():
            more = search.alive | {name: keep.clone()}
            more[name][index] = True
            assert macs(shrink(network, more)) > limit


def test_a_filter_that_comes_back_has_the_weights_that_it_had():
    """It goes with the first of two decisions; after the second, larger one it fits again."""
    network = network_of()
    weight = network.features[6].weight[4].clone()
    without = {"features.3": torch.ones(10).bool(), "features.6": torch.ones(20).bool()}
    without["features.3"][0] = False
    limit = macs(shrink(network, without))
    search = SearchFilters(network, FAST, limit=limit, size=macs, seed=0)
    for name, index in (("features.6", 4), ("features.3", 0)):
        search.events.append({"removed": []})
        search._remove(name, search.searches[name], torch.tensor([index]))
    assert search.reached
    assert search.returned == [["features.6", 4]]
    assert torch.equal(network.features[6].weight[4], weight)
    assert not network.features[3].weight[0].any()
    assert macs(shrink(network, search.alive)) == limit


def test_a_tied_filter_comes_back_in_every_layer_that_writes_it():
    network = network_of("kachuee2018")
    before = copy.deepcopy(network.state_dict())

    def size(net):
        return 10 * net.blocks[0].conv1.out_channels + net.stem.out_channels

    search = SearchFilters(network, FAST, limit=size(network) - 10, size=size, seed=0)
    for name, index in (("stem", 5), ("blocks.0.conv1", 4)):
        search.events.append({"removed": []})
        search._remove(name, search.searches[name], torch.tensor([index]))
        gone = [not part[index].any() for part in search.groups[name].parts(network)]
        assert all(gone) and len(gone) == (12 if name == "stem" else 2)
    assert search.returned == [["stem", 5]]
    changed = {n for n, value in network.state_dict().items() if not torch.equal(value, before[n])}
    assert changed == {"blocks.0.conv1.weight", "blocks.0.conv1.bias"}


def test_removed_filters_stay_at_exactly_zero_through_the_fit(fit):
    network = network_of()
    search = SearchFilters(network, FAST, limit=round(0.7 * macs(network)), size=macs, seed=0)
    fit(network, 20, [search])
    gone = {name: ~keep for name, keep in search.alive.items()}
    assert sum(int(mask.sum()) for mask in gone.values())
    for name, mask in gone.items():
        layer = network.get_submodule(name)
        assert not layer.weight[mask].any()
        assert not layer.bias[mask].any()


def test_removed_tied_channels_stay_at_zero_in_every_layer_that_writes_them():
    """One that writes on would bring the channel back behind its block."""
    network = network_of("kachuee2018").train()
    search = SearchFilters(network, FAST, limit=0, size=macs, seed=0)
    search.searches["stem"].alive[[3, 8]] = False
    optimizer = torch.optim.AdamW(network.parameters(), lr=0.01, weight_decay=0.1)
    for step in range(3):
        inputs, labels = torch.randn(8, 1, 187), torch.randint(5, (8,))
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(network(inputs), labels).backward()
        optimizer.step()
        search.on_train_batch_end(None, None, None, (inputs, labels), step)
    for writer in (network.stem, *(block.conv2 for block in network.blocks)):
        assert not writer.weight[[3, 8]].any() and not writer.bias[[3, 8]].any()
        assert writer.weight[[0, 4]].any()


def test_the_search_ends_the_fit_and_leaves_the_epochs_to_the_smaller_network(fit):
    calls = []

    def counted(network, epochs, callbacks=(), **changed):
        history = fit(network, epochs, callbacks, **changed)
        calls.append((epochs, len(history)))
        return history

    select = by_search(counted, FAST, macs, 0, learning_rate=0.001, share=0.9)
    (reached,) = in_stages(network_of(), [Stage(0.3, 20)], counted, macs, select)
    (offered, searched), (trained, _) = calls
    assert offered == 18
    assert searched < 18
    assert searched + trained == reached.epochs_spent == len(reached.history) == 20
    assert reached.filters["evaluated_beats"] > 0


def test_a_search_that_does_not_get_there_says_how_far_it_got(fit):
    slow = replace(ONE_MASK, iterations_per_half=1000)
    select = by_search(fit, slow, macs, 0, learning_rate=0.001, share=0.5)
    with pytest.raises(ValueError, match=r"come to 95770 .* \(1 of 2 epochs\), theta at 0.01"):
        list(in_stages(network_of(), [Stage(0.5, 2)], fit, macs, select))


def test_no_layer_is_emptied_whatever_theta_is(fit):
    network = network_of()
    careless = replace(ONE_MASK, theta=1e9)
    search = SearchFilters(network, careless, limit=0, size=macs, seed=0)
    fit(network, 20, [search])
    assert [int(keep.sum()) for keep in search.alive.values()] == [1, 1, 1]
    assert not search.reached


def test_theta_rises_only_when_every_layer_has_searched_in_vain(fit):
    network = network_of()
    course = replace(ONE_MASK, theta=1e-9)
    search = SearchFilters(network, course, limit=round(0.5 * macs(network)), size=macs, seed=0)
    fit(network, 30, [search])
    thetas = [event["theta"] for event in search.events]
    assert thetas[0] == 1e-9
    first = next(n for n, theta in enumerate(thetas) if theta > 1e-9)
    restarted = {e["group"] for e in search.events[:first] if e["action"] == "restart"}
    assert restarted == set(targets(network))
