import numpy as np
import pytest
from made_instances import an_order, everywhere, made

from ecglib.offloading.errors import NotNumbers, PinnedMoved, WrongShape
from ecglib.offloading.evaluate import Scores, evaluate
from ecglib.offloading.problem import BUSY, SPAN


def plain(instance, placement, sequence):
    """Cost and ends (applications) of one placement, one step after another, by the words."""
    links, layers = instance.links, instance.layers
    free, first, ends, cost = {}, {}, {}, 0.0
    for layer in sequence:
        server = placement[layer]
        starts = free.get(server, 0.0)
        for source, reader in layers.edges:
            other = placement[source]
            if reader == layer and other == server:
                starts = max(starts, ends[source])
            elif reader == layer:
                size = layers.output_bytes[source]
                took = size * links.s_per_byte[other, server] + links.delay_s[other, server]
                starts = max(starts, ends[source] + took)
                cost += size * links.price_per_byte[other, server]
                cost += links.price_per_message[other, server]
        ends[layer] = free[server] = starts + instance.execution_s[layer, server]
        first.setdefault(server, starts)
        if instance.paid == BUSY:
            cost += instance.execution_s[layer, server] * instance.servers.price_per_s[server]
    if instance.paid == SPAN:
        cost += sum(instance.servers.price_per_s[s] * (free[s] - first[s]) for s in free)
    apps = range(len(instance.deadline_s))
    return cost, [max(ends[i] for i in ends if layers.application[i] == a) for a in apps]


@pytest.mark.parametrize("paid", [BUSY, SPAN])
@pytest.mark.parametrize("seed", range(10))
def test_a_swarm_costs_and_ends_as_a_plain_scheduler_says(seed, paid):
    instance = made(seed, n=8, m=4, paid=paid, applications=1 + seed % 2)
    generator = np.random.default_rng(seed)
    placement = np.where(instance.allowed.all(1)[:, None], generator.integers(0, 4, (8, 50)), 0)
    priority = np.array([an_order(instance, generator) for _ in range(50)]).T
    scores = evaluate(instance, placement, priority)
    fixed = evaluate(instance, placement)
    assert len(np.unique(scores.completion_s)) > 40
    for i in range(50):
        cost, ends = plain(instance, placement[:, i], np.argsort(priority[:, i]))
        assert scores.cost[i] == pytest.approx(cost)
        assert scores.completion_s[:, i] == pytest.approx(ends)
        cost, ends = plain(instance, placement[:, i], instance.order)
        assert fixed.cost[i] == pytest.approx(cost)
        assert fixed.completion_s[:, i] == pytest.approx(ends)


def test_a_wish_against_precedence_is_bent_not_obeyed():
    instance = made(3, n=6, chain=True)
    placement = everywhere(instance)
    backwards = np.broadcast_to(np.arange(6)[::-1, None], placement.shape)
    np.testing.assert_allclose(
        evaluate(instance, placement, backwards).completion_s,
        evaluate(instance, placement).completion_s,
    )


def test_a_server_takes_one_layer_at_a_time():
    instance = made(0, n=6, m=1)
    scores = evaluate(instance, np.zeros((6, 1), int))
    assert scores.completion_s[0, 0] == pytest.approx(instance.execution_s.sum())


def test_waiting_is_paid_only_where_the_span_is():
    busy, span = (made(1, n=7, m=3, paid=paid) for paid in (BUSY, SPAN))
    placement = everywhere(busy)
    more = evaluate(span, placement).cost - evaluate(busy, placement).cost
    assert (more > -1e-9).all() and (more > 0.1).any()


def test_in_time_beats_late_then_cost_counts_or_the_end():
    scores = Scores(
        cost=np.array([9.0, 1.0, 2.0, 8.0]),
        completion_s=np.array([[1.0, 7.0, 6.0, 1.0]]),
        late=np.array([False, True, True, False]),
    )
    assert scores.ranking().tolist() == [3, 0, 2, 1]
    first = scores.pick(np.zeros(4, int))
    assert scores.beats(first).tolist() == [False, False, False, True]


def test_a_pinned_layer_may_not_move():
    instance = made(0)
    with pytest.raises(PinnedMoved, match="layer 0 was moved"):
        evaluate(instance, np.ones((5, 2), int))


@pytest.mark.parametrize(
    "placement", [np.zeros((4, 2), int), np.full((5, 1), 3), np.zeros((5, 0), int)]
)
def test_placements_of_something_else_are_refused(placement):
    with pytest.raises(WrongShape, match="made 0"):
        evaluate(made(0), placement)


@pytest.mark.parametrize("placement", [[[0]] * 5, np.zeros((5, 1))])
def test_placements_are_arrays_of_whole_numbers(placement):
    with pytest.raises(NotNumbers, match="made 0: a placement"):
        evaluate(made(0), placement)


@pytest.mark.parametrize(
    ("priority", "error"),
    [
        (np.zeros((4, 2)), WrongShape),
        (np.zeros((5, 1)), WrongShape),
        (np.full((5, 2), np.nan), NotNumbers),
    ],
)
def test_priorities_of_something_else_are_refused(priority, error):
    with pytest.raises(error, match="made 0"):
        evaluate(made(0), np.zeros((5, 2), int), priority)
