import numpy as np
import pytest

from ecglib.offloading import architectures, study
from ecglib.offloading.errors import BelowOptimum
from ecglib.offloading.exact import Optimum


@pytest.fixture(scope="module")
def rows():
    """AlexNet on three servers, at a deadline that random placements miss."""
    instance = architectures.instance(["alexnet"], devices=1, edges=1)
    methods = dict.fromkeys(("heft", "chance", "pso_ga", "pso_ga_improved"), (200, 400))
    return study.results(instance, 1.0, methods, (0, 1), limit_s=5)


def test_every_solver_has_a_row_for_every_budget_and_seed(rows):
    assert rows.columns.tolist() == [
        *("instance", "layers", "servers", "deadline_factor", "method", "evaluations", "seed"),
        *("cost", "optimum", "gap", "late", "seconds"),
    ]
    counts = rows["method"].value_counts().to_dict()
    drawn = dict.fromkeys(("chance", "pso_ga", "pso_ga_improved"), 4)
    assert counts == {"exact": 1, "heft": 1, **drawn}
    assert rows.query("method == 'chance'")["evaluations"].tolist() == [200, 200, 400, 400]
    assert set(zip(rows["layers"], rows["servers"], strict=True)) == {(11, 3)}  # the input apart


def test_no_gap_is_below_zero_and_what_is_late_has_none(rows):
    in_time = rows[~rows["late"]]
    assert rows["optimum"].nunique() == 1 and (in_time["gap"] >= -1e-9).all()
    assert np.allclose(in_time["cost"] / in_time["optimum"] - 1, in_time["gap"])
    assert rows.loc[rows["late"], ["cost", "gap"]].isna().all(axis=None)
    assert rows["late"].any() and not rows.query("method in ('exact', 'heft')")["late"].any()


def test_a_late_search_is_no_search_with_a_large_gap():
    instance = architectures.instance(["vgg19"], devices=2, edges=1)
    found = study.results(instance, 1.0, {"chance": (100,)}, (0,), limit_s=5)
    late = found.query("method == 'chance'").iloc[0]
    assert late["late"] and np.isnan(late["cost"]) and np.isnan(late["gap"])


@pytest.mark.parametrize("proven", [True, False])
def test_a_search_below_what_was_proven_is_an_error_and_no_gap_of_zero(monkeypatch, proven):
    instance = architectures.instance(["alexnet"], devices=1, edges=1)
    wrong = Optimum(cost=1e6, genes=None, bound=1e6, proven=proven)
    monkeypatch.setattr(study, "exact", lambda *_: wrong)
    with pytest.raises(BelowOptimum, match="1000000.0 was proven"):
        study.results(instance, 1.5, {"heft": (100,)}, (0,), limit_s=5)
