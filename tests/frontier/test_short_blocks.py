"""Whole blocks of filters leave by what they are worth for what they cost."""

import pytest
import torch
from torch import nn

from ecglib.device import compiler
from ecglib.device.compiler import CompilerMissing
from ecglib.device.measure import TYPICAL
from ecglib.frontier import blocks, prices
from ecglib.frontier.short import SAMPLES, WIDE, Short
from ecglib.pruning.filters.groups import filter_groups, widths
from ecglib.pruning.filters.scores import taylor
from ecglib.pruning.filters.shrink import silence


@pytest.fixture
def network():
    torch.manual_seed(0)
    return Short().eval()


@pytest.fixture
def batches():
    draw = torch.Generator().manual_seed(1)
    windows = torch.randn(64, 1, SAMPLES, generator=draw)
    return [(windows, torch.randint(5, (64,), generator=draw))]


@pytest.mark.parametrize("price", [prices.cycles, prices.macs])
def test_the_budget_is_kept_and_every_width_is_whole_blocks(network, batches, price):
    limit = 0.4 * price(network)
    smaller, told = blocks.cut_to(network, limit, price, batches, 4)
    assert price(smaller) <= limit
    assert all(width % 4 == 0 for width in widths(smaller).values())
    assert told[-1]["price"] == price(smaller)
    removed = sum(WIDE) - sum(widths(smaller).values())
    assert removed == 4 * len(told)
    for name in {row["layer"] for row in told}:  # no block more than needed
        more = [width + 4 * (of == name) for of, width in widths(smaller).items()]
        assert price(Short(more)) > limit


def test_what_was_cut_computes_what_the_wide_network_does_without_it(network, batches):
    smaller, told = blocks.cut_to(network, 0.6 * prices.cycles(network), prices.cycles, batches, 4)
    groups, alive = filter_groups(network), {}
    for name, scores in taylor(network, groups, batches, 0).items():
        gone = 4 * sum(row["layer"] == name for row in told)
        alive[name] = torch.ones(groups[name].count, dtype=torch.bool)
        alive[name][scores.argsort(stable=True)[:gone]] = False
    assert sum(int((~keep).any()) for keep in alive.values()) > 1  # of several layers
    silence(network, alive, groups)
    x = torch.randn(8, 1, SAMPLES)
    assert torch.allclose(network(x), smaller(x), atol=1e-6)


def test_of_blocks_worth_the_same_the_dearer_one_goes(network, batches, monkeypatch):
    names = list(filter_groups(network))
    even = {name: torch.ones(group.count) for name, group in filter_groups(network).items()}
    monkeypatch.setattr(blocks, "taylor", lambda *_: even)

    def price(of: nn.Module) -> int:
        """The third layer's filters cost ten times the others'."""
        return sum((10 if name == names[2] else 1) * width for name, width in widths(of).items())

    _, told = blocks.cut_to(network, price(network) - 1, price, batches, 4)
    assert [row["layer"] for row in told] == [names[2]]


def test_a_budget_that_nothing_meets_is_an_error(network, batches):
    with pytest.raises(ValueError, match="one block in every layer costs"):
        blocks.cut_to(network, 100, prices.cycles, batches, 4)


def test_budgets_fall_by_the_same_factor_to_the_end():
    assert blocks.limits(1600.0, 100.0, 4) == pytest.approx([800.0, 400.0, 200.0, 100.0])


@pytest.mark.parametrize("of", [(4, 8, 16, 16), (8, 12, 8, 20)])
def test_cycles_are_predicted_by_the_table(of):
    try:
        compiler.device_compiler()
    except CompilerMissing as missing:
        pytest.skip(str(missing))
    torch.manual_seed(3)
    network = Short(of)
    measured = prices.measure_random(network).cycles[TYPICAL]
    assert prices.cycles(network) == pytest.approx(measured, rel=0.005)


def test_a_size_outside_the_table_says_what_to_do():
    with pytest.raises(ValueError, match="python -m ecglib.frontier.prices"):
        prices.cycles(Short((5, 8, 8, 16)))


def test_the_table_tells_more_than_macs():
    """In whole blocks the two nearly agree: 8 % is the most by which they turn an order round."""
    one, other = Short((8, 4, 12, 24)), Short((4, 8, 12, 8))
    assert prices.macs(one) < prices.macs(other)
    assert prices.cycles(one) > 1.07 * prices.cycles(other)
