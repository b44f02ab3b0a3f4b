import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

from ecglib.plots import offloading, placing


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def gaps(**changes):
    rows = [
        {"instance": name, "deadline_factor": factor, "method": method, "evaluations": budget}
        | {"gap": 0.5, "late": 0, "runs": 5}
        for name in ("a", "b")
        for factor in (1.2, 3.0)
        for method, budgets in (("swarm", (2000, 20000)), ("plain", (1,)))
        for budget in budgets
    ]
    return pd.DataFrame(rows).assign(**changes)


def test_every_instance_has_a_column_and_every_deadline_a_row():
    figure = offloading.gaps(gaps())
    assert len(figure.axes) == 4
    lines = [
        line
        for line in figure.axes[0].get_lines()
        if len(line.get_xdata()) and line.get_label()[0] != "_"
    ]
    assert [line.get_label() for line in lines] == ["swarm", "plain"]


def test_what_is_always_late_is_drawn_at_the_top_and_what_has_no_bound_is_not():
    late = offloading.gaps(gaps(gap=np.nan, late=5)).axes[0].get_lines()[0]
    assert list(late.get_ydata()) == [offloading.ALL_LATE] * 2
    unknown = offloading.gaps(gaps(gap=np.nan)).axes[0].get_lines()[0]
    assert len(unknown.get_ydata()) == 0


def test_more_methods_than_markers_are_drawn():
    table = pd.DataFrame(
        {"instance": "a", "method": [f"m{n}" for n in range(9)], "seconds": np.arange(1.0, 10)}
    )
    (axis,) = offloading.times(table).axes
    assert len(axis.get_lines()) == 9


def test_a_map_has_a_colour_for_every_place():
    grid = [(cost, ms) for cost in (0.1, 1.0) for ms in (10.0, 100.0)]
    table = pd.DataFrame(grid, columns=["uj_per_byte", "deadline_ms"])
    table["placement"] = list(placing.PLACES)[:4]
    figure = placing.maps({"one": table, "two": table}, {"radio": 0.14})
    words = [text.get_text() for text in figure.legends[0].get_texts()]
    assert words == list(placing.PLACES)[:4] and len(figure.axes) == 2


def test_bars_add_up_to_the_whole():
    row = {"network": "a", "placement": "x", "radio": 10.0}
    row |= {"finding_low": 1.0, "finding_high": 4.0, "computing_low": 2.0, "computing_high": 3.0}
    (axis,) = placing.parts(pd.DataFrame([row])).axes
    ends = sorted({round(bar.get_x() + bar.get_width(), 6) for bar in axis.patches})
    assert ends[-1] == 17.0 and 13.0 in ends


def test_a_break_even_has_its_band_and_a_mark_by_the_radios_core():
    table = pd.DataFrame({"network": ["a"], "low": [0.2], "high": [0.3], "radio_core": [0.1]})
    (axis,) = placing.break_even(table, {"radio": 0.14}).axes
    (bar,) = axis.patches
    assert (bar.get_x(), bar.get_width()) == pytest.approx((0.2, 0.1))
    assert [0.1] in [list(line.get_xdata()) for line in axis.get_lines()]
    assert placing.COLOURS is offloading.COLOURS and placing.MARKERS is offloading.MARKERS
