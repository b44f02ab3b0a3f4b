"""Figures of filter pruning: what each one shows, and nothing left out without a word."""

import pandas as pd
import pytest
from matplotlib import pyplot as plt

from ecglib.plots import filters


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def event(group, batch, action, candidates, damage, removed, left):
    return {
        **{"group": group, "batch": batch, "action": action, "theta": 0.01},
        **{"filters": candidates, "damage": damage, "removed": removed, "left": left},
    }


def test_a_search_has_a_panel_a_layer_with_every_candidate_and_crosses_for_the_removed():
    events = [
        event("a", 10, "halve", [0, 1, 2], [0.3, 0.2, 0.1], [], 3),
        event("b", 12, "restart", [0, 1], [0.5, 0.4], [], 2),
        event("a", 20, "remove", [1, 2], [0.2, 0.001], [2], 2),
    ]
    axes = filters.search_course(events).axes
    top, bottom = (next(a for a in axes if a.get_title(loc="left") == name) for name in "ab")
    dots = [line for line in top.lines if line.get_marker() == "."]
    crosses = [line for line in top.lines if line.get_marker() == "x"]
    assert len(dots) == 4 and len(crosses) == 1
    assert crosses[0].get_ydata()[0] == 0.001
    assert sum(line.get_marker() == "." for line in bottom.lines) == 2
    assert top.get_yscale() == "log"


def test_widths_show_every_variant_at_its_mean():
    rows = [(v, "a", s, 3 + s) for v in ("AOFP", "L1", "random") for s in (0, 2)]
    table = pd.DataFrame(rows, columns=["variant", "layer", "seed", "filters"])
    figure = filters.widths(table, {"a": 8})
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["dense", "AOFP", "L1", "random"]
    means = [line.get_ydata()[0] for line in figure.axes[0].lines if line.get_marker() == "o"]
    assert means == [4, 4, 4]


def test_too_many_variants_are_an_error_and_none_is_dropped():
    rows = [(f"v{n}", "a", 0, 3) for n in range(10)]
    table = pd.DataFrame(rows, columns=["variant", "layer", "seed", "filters"])
    with pytest.raises(ValueError, match="10 variants are too many"):
        filters.widths(table, {"a": 8})


def test_agreement_shows_every_seed():
    rows = [("a", seed, 0.1 * n, 0.2 * n) for seed in range(5) for n in range(4)]
    table = pd.DataFrame(rows, columns=["layer", "seed", "oracle", "aofp"])
    (axis,) = filters.agreement(table).axes
    assert [text.get_text() for text in axis.get_legend().get_texts()] == list("01234")
    assert len({line.get_color() for line in axis.lines}) == 5


def test_curves_show_the_mean_of_seeds_and_leave_out_what_is_not_asked_for():
    rows = [("dense", 0.0, 1.0, 0.95, s) for s in (0, 1)]
    rows += [("AOFP, MACs budget", t, 1 - t, 0.9 + 0.02 * s, s) for t in (0.6, 0.8) for s in (0, 1)]
    rows += [("other", 0.6, 0.4, 0.1, 0)]
    names = ["variant", "target_sparsity", "macs_fraction", "f1_macro", "seed"]
    table = pd.DataFrame(rows, columns=names)
    figure = filters.f1_against_macs({"net": table}, ["AOFP, MACs budget"], 0.9359)
    (axis,) = figure.axes
    (curve,) = [line for line in axis.lines if line.get_label() == "AOFP"]
    assert curve.get_ydata().tolist() == pytest.approx([0.91, 0.91])
    assert axis.get_ylim()[0] > 0.5
