"""Tables of whole-filter pruning: equal MACs, the same seeds, rank correlations, costs."""

import numpy as np
import pandas as pd
import pytest

from ecglib.report import filters, markdown, variants
from ecglib.training import metrics


def networks_of(methods, seeds, target=0.6):
    """Rows and confusions: each later method classifies one beat less of each record."""
    rows, stack = [], []
    for seed in seeds:
        for number, method in enumerate(["dense", *methods]):
            matrix = np.zeros((4, 5, 5), np.int64)
            matrix[:, range(5), range(5)] = 20 - number
            matrix[:, range(5), [1, 2, 3, 4, 0]] = number
            dense = method == "dense"
            rows.append(
                {
                    **{"split": "intra", "model": "acharya2017", "method": method, "seed": seed},
                    **dict.fromkeys(("criterion", "allocation"), "none"),
                    "schedule": "none" if dense else "eight_stages",
                    "budget": "none" if dense else "macs",
                    "target_sparsity": 0.0 if dense else target,
                    **{"sparsity": 0.0 if dense else 0.5, "epochs": 0 if dense else 8},
                    **{"macs": 100, "macs_effective": 100 if dense else 40},
                    "accuracy": metrics.accuracy(matrix.sum(0)),
                    "f1_macro": metrics.f1_macro(matrix.sum(0)),
                    "f1_macro_validation": 0.9,
                    "filters": None if dense else {"widths": {"a": 3, "b": 4 + number}},
                }
            )
            stack.append(matrix)
    return pd.DataFrame(rows), np.stack(stack)


def test_each_is_compared_over_the_seeds_that_it_shares_with_aofp_if_two_or_more():
    rows, stack = networks_of(["aofp", "l1_filter", "random_filter"], [0, 1, 2])
    keep = ~((rows["method"] == "aofp") & (rows["seed"] == 2))
    keep &= ~((rows["method"] == "random_filter") & (rows["seed"] == 1))
    table = filters.at_equal_macs(rows[keep], stack[keep.to_numpy()], draws=50)
    assert set(table["variant"]) == {"dense", filters.AOFP, "L1, filters, MACs budget"}
    assert set(table["seeds"]) == {2}
    of = table.set_index("variant")
    assert of.loc[filters.AOFP, "to_dense"] == pytest.approx(-0.05)
    assert of.loc["L1, filters, MACs budget", "aofp_less"] == pytest.approx(0.05)
    assert of.loc[filters.AOFP, "aofp_less"] == 0
    assert (of["aofp_less_low"] <= of["aofp_less"]).all()


def test_each_target_has_its_seeds_and_a_curve_those_of_all_targets():
    more, at_60 = networks_of(["aofp", "l1_filter", "random_filter"], [0, 1, 2])
    fewer, at_80 = networks_of(["aofp", "l1_filter", "random_filter"], [0, 1], target=0.8)
    kept = fewer["method"] != "dense"
    kept &= (fewer["method"] != "random_filter") | (fewer["seed"] != 1)
    rows = pd.concat([more, fewer[kept]])
    stack = np.concatenate([at_60, at_80[kept.to_numpy()]])
    table = filters.at_equal_macs(rows, stack, draws=50)
    assert table.groupby("target")["seeds"].unique().map(list).to_dict() == {0.6: [3], 0.8: [2]}
    shown = filters.with_every_seed(variants.prepared(rows, stack))
    assert set(shown["seed"]) == {0, 1}
    random = shown[shown["variant"] == "random filters, MACs budget"]
    assert random["target_sparsity"].tolist() == [0.6, 0.6]


def test_a_variant_of_fewer_seeds_stands_beside_aofp_over_these_alone():
    rows, stack = networks_of(["aofp", "l1_filter"], [0, 1, 2])
    alone = rows["method"].eq("aofp") & rows["seed"].eq(2)
    stack[alone.to_numpy()] = stack[rows["method"].eq("dense").to_numpy()][:1]
    rows.loc[alone, ["accuracy", "f1_macro"]] = 1.0  # as dense, without an error
    keep = ~(rows["method"].eq("l1_filter") & rows["seed"].eq(2))
    table = filters.at_equal_macs(rows[keep], stack[keep.to_numpy()], draws=50)
    of = table.set_index("variant")
    assert of["seeds"].to_dict() == {"dense": 3, filters.AOFP: 3, "L1, filters, MACs budget": 2}
    assert of.loc[filters.AOFP, "to_dense"] == pytest.approx(-0.05 * 2 / 3)
    assert of.loc["L1, filters, MACs budget", "aofp_less"] == pytest.approx(0.05)
    assert of["f1_macro"].is_monotonic_decreasing
    assert filters.at_equal_macs(rows[rows["method"] == "dense"], stack[::3], draws=50).empty


def test_the_table_names_every_network_but_the_dense_one():
    table = filters.at_equal_macs(*networks_of(["aofp", "l1_filter"], [0, 1]), draws=50)
    text = markdown.comparison_to_markdown(table.assign(network="net"))
    assert "| net | 60% | AOFP | 40.0% | 8 |" in text and "| net | 60% | L1, filters |" in text
    assert "dense" not in text.splitlines()[2]


def test_widths_are_listed_by_variant_layer_and_seed():
    rows, _ = networks_of(["aofp"], [0, 1])
    table = filters.widths(rows.assign(variant=["dense", "AOFP, MACs budget"] * 2), 0.6)
    assert table.to_dict("records")[1] == {
        **{"variant": "AOFP", "layer": "b", "seed": 0, "filters": 5},
    }
    assert len(table) == 4


def test_the_rank_correlation_is_that_of_each_layer_and_seed():
    found = [
        filters.scores_of(
            {
                "scores": {"a": [1.0, 2.0, 3.0], "b": [1.0, 2.0]},
                "aofp": {"a": [10.0, 30.0, 20.0], "b": [2.0, 1.0]},
            },
            seed=seed,
        )
        for seed in (0, 1)
    ]
    rho = filters.rank_correlations(pd.concat(found))
    assert rho.loc["a"].tolist() == [pytest.approx(0.5)] * 2
    assert rho.loc["b", 1] == pytest.approx(-1)


def test_costs_are_counted_in_evaluated_beats_stages_before_included():
    exact = {"evaluated_beats": 1000, "aofp_evaluated_beats": 200}
    searches = [(filters.AOFP, "aofp", 0, 0.6, 400), (filters.AOFP, "aofp", 1, 0.6, 600)]
    staged = "AOFP in stages, MACs budget"
    searches += [(staged, "aofp_multistage", 0, 0.6, 70), (staged, "aofp_multistage", 0, 0.5, 30)]
    rows = pd.DataFrame(
        [
            (filters.ORACLE, "oracle_filter", 0, 0.6, exact),
            *((*of, {"evaluated_beats": beats}) for *of, beats in searches),
        ],
        columns=["variant", "method", "seed", "target_sparsity", "filters"],
    )
    table = filters.costs(rows).set_index(["variant", "target"])["share"]
    assert table["oracle, one ranking"].item() == 1
    assert table["AOFP, one ranking"].item() == pytest.approx(0.2)
    assert table["AOFP, search", 0.6] == pytest.approx(0.5)
    assert table["AOFP in stages, search", 0.6] == pytest.approx(0.1)
