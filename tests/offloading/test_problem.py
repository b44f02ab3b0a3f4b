from dataclasses import replace

import numpy as np
import pytest
from made_instances import everywhere, made

from ecglib.offloading import errors
from ecglib.offloading.evaluate import evaluate


def changed(part, **values):
    instance = made(0)
    return replace(instance, **{part: replace(getattr(instance, part), **values)})


def with_one(values, at, value):
    found = np.array(values, np.result_type(values, type(value)))
    found[at] = value
    return found


@pytest.mark.parametrize(
    ("error", "words", "part", "field", "at", "value"),
    [
        ("NoSize", "layer 1 puts out nan bytes", "layers", "output_bytes", 1, np.nan),
        ("NoSize", "layer 0 puts out 0.0 bytes", "layers", "output_bytes", 0, 0),
        ("Unreachable", "a cannot reach c", "links", "s_per_byte", (0, 2), np.inf),
        ("NegativeSpeed", "s_per_byte", "links", "s_per_byte", (0, 1), -1),
        ("NegativeSpeed", "delay_s", "links", "delay_s", (2, 1), np.nan),
        ("NegativePrice", "price_per_s of b", "servers", "price_per_s", 1, -1),
        ("NegativePrice", "of b to c", "links", "price_per_byte", (1, 2), -1),
        ("NegativeSpeed", "s_per_byte of a to b is -1.0", "links", "s_per_byte", (0, 1), -1),
        ("NegativePrice", "of b to c is nan", "links", "price_per_message", (1, 2), np.nan),
        ("NegativePrice", "price_per_s of a is inf", "servers", "price_per_s", 0, np.inf),
        ("PinnedMoved", "layer 2 is pinned to server 7", "layers", "pinned", 2, 7),
    ],
)
def test_what_is_wrong_is_named(error, words, part, field, at, value):
    wrong = with_one(getattr(getattr(made(0), part), field), at, value)
    with pytest.raises(getattr(errors, error), match=words):
        changed(part, **{field: wrong})


def test_a_cycle_is_named():
    with pytest.raises(errors.Cycle, match="wait for one another"):
        changed("layers", edges=np.array([(0, 1), (1, 2), (2, 1)]))


def test_arrays_of_other_sizes_are_named():
    with pytest.raises(errors.WrongShape, match=r"execution_s is \(2, 2\), not \(5, 3\)"):
        replace(made(0), execution_s=np.ones((2, 2)))
    with pytest.raises(errors.WrongShape, match="2 deadlines"):
        replace(made(0), deadline_s=np.ones(2))
    with pytest.raises(errors.WrongShape, match="leads to no layer"):
        changed("layers", edges=np.array([(0, 9)]))


def test_nonsense_on_diagonals_counts_nowhere():
    links = made(0).links
    wrong = {
        name: np.where(np.eye(3, dtype=bool), -1, value) for name, value in vars(links).items()
    }
    placement = everywhere(made(0))
    costs = evaluate(changed("links", **wrong), placement).cost
    assert (costs == evaluate(made(0), placement).cost).all()


def test_an_endless_layer_is_named_with_its_server():
    with pytest.raises(errors.NoSize, match="layer 2 takes inf s on b"):
        replace(made(0), execution_s=with_one(made(0).execution_s, (2, 1), np.inf))


def test_what_is_no_number_is_named():
    with pytest.raises(errors.NotNumbers, match=r"output_bytes is \[None, 1, 1, 1, 1\]"):
        changed("layers", output_bytes=np.array([None, 1, 1, 1, 1]))
    with pytest.raises(errors.NotNumbers, match=r"edges is .*; whole numbers are wanted"):
        changed("layers", edges=np.array([(0.0, 1.0)]))


def test_the_same_edge_twice_is_refused_as_it_would_be_paid_twice():
    with pytest.raises(errors.WrongShape, match="layer 1 reads from layer 0 by two edges"):
        changed("layers", edges=np.array([(0, 1), (0, 1)]))


def test_deadlines_of_other_applications_are_refused():
    with pytest.raises(errors.WrongShape, match=r"deadlines are \(3,\), not \(1,\)"):
        made(0).due(np.ones(3))


def test_an_edge_between_two_applications_is_refused():
    instance = made(0, n=4, applications=2)
    edges = np.array([(0, 1), (1, 2), (2, 3)])
    with pytest.raises(errors.AcrossApplications, match="layer 2 reads from layer 1"):
        replace(instance, layers=replace(instance.layers, edges=edges))


def test_an_unknown_way_to_pay_is_named():
    with pytest.raises(errors.OffloadingError, match="one of busy, span"):
        replace(made(0), paid="monthly")


@pytest.mark.parametrize("seed", range(5))
def test_a_deadline_that_nobody_meets_says_the_least_possible_time(seed):
    chain = made(seed, chain=True)
    least = evaluate(chain, everywhere(chain)).completion_s.min()
    assert chain.least_s == pytest.approx([least])
    with pytest.raises(errors.TooTight, match=f"least possible time is {least:g} s"):
        chain.due(0.99 * least)
    assert not evaluate(chain.due(least), everywhere(chain)).late.all()


@pytest.mark.parametrize("seed", range(5))
def test_no_placement_of_a_graph_ends_before_the_bound(seed):
    graph = made(seed, n=6)
    assert (evaluate(graph, everywhere(graph)).completion_s >= graph.least_s - 1e-9).all()
