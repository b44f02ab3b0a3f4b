"""The sweep's statistics, from made-up networks whose order is known."""

import numpy as np
import pytest
from synthetic_sweep import DENSE, sweep

from ecglib.report import (
    answering,
    interpatient,
    limits,
    markdown,
    questions,
    ranking,
    variants,
)
from ecglib.report.variants import Variant
from ecglib.settings.sections import Published
from ecglib.training import ectopic

MULTISTAGE, ONE_SHOT, LAMP = (
    Variant("multistage"),
    Variant("one_shot"),
    Variant("multistage", allocation="lamp"),
)
RIGHT = {
    (DENSE, 0.0): 0.99,
    (MULTISTAGE, 0.6): 0.99,
    (MULTISTAGE, 0.9): 0.98,
    (MULTISTAGE, 0.95): 0.95,
    (ONE_SHOT, 0.6): 0.99,
    (ONE_SHOT, 0.9): 0.94,
    (LAMP, 0.9): 0.985,
}
PUBLISHED = Published(
    sparsity=0.6, accuracy=0.97, f1=0.93, accuracy_gain=0.03, f1_gain=0.09, complexity_reduction=0.6
)


@pytest.fixture(scope="module")
def study():
    return sweep(RIGHT, seeds=range(3))


def without(study, variant: Variant, seed: int):
    """The sweep before this one network was trained."""
    networks, confusions = study
    keep = (networks["method"] != variant.method) | (networks["seed"] != seed)
    return networks[keep], confusions[keep]


@pytest.mark.parametrize(
    ("variant", "label", "family"),
    [
        (MULTISTAGE, "multistage", "multistage"),
        (LAMP, "multistage, LAMP", "other criteria or allocations"),
        (Variant("one_shot_tuned"), "one-shot, best learning rate", "one-shot"),
        (Variant("multistage", schedule="two_stages"), "multistage, 2 stages", "other schedules"),
        (
            Variant("multistage", "random", budget="macs"),
            "multistage, random masks, MACs budget",
            "other criteria or allocations",
        ),
        (Variant("multistage", schedule="odd_path"), "multistage, odd path", "other schedules"),
        (
            Variant("one_shot", schedule="forty_geometric"),
            "one-shot, twice the epochs",
            "one-shot",
        ),
    ],
)
def test_a_label_says_what_is_not_default(variant, label, family):
    assert (variant.label, variant.family) == (label, family)


def test_a_method_that_nobody_registered_has_no_label():
    with pytest.raises(ValueError, match="unknown method 'new_idea'"):
        Variant("new_idea").label  # noqa: B018


def test_the_ranking_orders_by_macro_f1_and_pairs_its_differences(study):
    table = ranking.ranking(*study, 0.9, "dense", 200).set_index("variant")
    assert list(table.index) == ["dense", "multistage, LAMP", "multistage", "one-shot"]
    row = table.loc["multistage"]
    assert row["f1_macro_low"] < row["f1_macro"] < row["f1_macro_high"]
    gap = table.loc["multistage", "f1_macro"] - table.loc["dense", "f1_macro"]
    assert row["f1_macro_difference"] == pytest.approx(gap)
    paired = row["f1_macro_difference_high"] - row["f1_macro_difference_low"]
    assert paired < row["f1_macro_high"] - row["f1_macro_low"]
    assert row[["sparsity", "macs_fraction", "seeds"]].tolist() == pytest.approx(
        [0.9, 0.2, 3], 0.01
    )
    assert (table.loc["dense", ["f1_macro_difference_low", "accuracy_difference_high"]] == 0).all()


def test_a_variant_that_lacks_a_seed_is_named_but_not_scored(study):
    table = ranking.ranking(*without(study, ONE_SHOT, 1), 0.9, "dense", 20).set_index("variant")
    assert table.loc["one-shot", "missing_seeds"] == "1"
    assert table.loc["one-shot", "seeds"] == 2
    assert np.isnan(table.loc["one-shot", "f1_macro"])
    assert "Not ranked, since seeds are missing: one-shot (seeds 1)." in (
        markdown.ranking_to_markdown(table.reset_index(), "dense")
    )


def test_a_reference_without_every_seed_is_an_error_that_names_it(study):
    with pytest.raises(ValueError, match="'one-shot' lacks seeds at 0.9"):
        ranking.ranking(*without(study, ONE_SHOT, 1), 0.9, "one-shot", 20)


def test_budgets_are_ranked_apart():
    on_macs = Variant("multistage", budget="macs")
    study = sweep({(DENSE, 0.0): 0.99, (MULTISTAGE, 0.9): 0.9, (on_macs, 0.9): 0.95}, range(2))
    weights, macs = (
        set(ranking.ranking(*study, 0.9, "dense", 20, budget=budget)["variant"])
        for budget in ("weights", "macs")
    )
    assert weights == {"dense", "multistage"}
    assert macs == {"dense", "multistage, MACs budget"}


def test_rows_of_other_networks_are_refused(study):
    networks, confusions = study
    with pytest.raises(ValueError, match="not those of these networks"):
        variants.prepared(networks, confusions[::-1])
    with pytest.raises(ValueError, match="several splits"):
        variants.prepared(networks.assign(split=["intra", "inter", "intra"] * 7), confusions)
    with pytest.raises(ValueError, match="two networks of multistage at 0.6 with seed 0"):
        again = [*range(len(networks)), 3]
        variants.prepared(networks.iloc[again], confusions[again])


def test_holding_goes_as_far_as_every_denser_network_holds(study):
    table = limits.holding(*study, PUBLISHED).set_index("variant")
    assert table.loc["multistage", "sparsity_published"] == 0.6  # macro-F1 of 92 % at 0.9
    assert table.loc["multistage", "macs_published"] == pytest.approx(0.4**0.7, abs=1e-3)
    assert table.loc["multistage", "measured"] == "60, 90, 95"
    networks, confusions = study
    worse = networks["f1_macro"].where(networks["target_sparsity"] != 0.6, 0.5)
    fallen = limits.holding(networks.assign(f1_macro=worse), confusions, PUBLISHED)
    fallen = fallen.set_index("variant").loc["multistage"]
    assert fallen[["sparsity_within_1_point", "macs_within_1_point"]].tolist() == [0, 1]


def test_holding_names_where_seeds_are_missing(study):
    table = limits.holding(*without(study, ONE_SHOT, 1), PUBLISHED).set_index("variant")
    assert table.loc["one-shot", "incomplete"] == "60, 90"
    assert np.isnan(table.loc["one-shot", "sparsity_published"])
    assert table.loc["multistage", "incomplete"] == ""


def test_goals_are_judged_on_the_network_that_validation_chose(study):
    networks, confusions = study
    hidden = networks["target_sparsity"] == 0.95  # worst on test; let validation prefer it
    score = networks["f1_macro_validation"].mask(hidden, 1.0)
    goals = limits.goals(
        networks.assign(f1_macro_validation=score), confusions, PUBLISHED, 20
    ).set_index(["bounded", "limit", "who"])
    small = goals.loc[("macs_fraction", 0.25, "best")]
    assert (small["variant"], small["target_sparsity"], small["held"]) == (
        "multistage",
        0.95,
        False,
    )
    plain = limits.goals(networks, confusions, PUBLISHED, 20).set_index(["bounded", "limit", "who"])
    assert plain.loc[("macs_fraction", 0.25, "best"), "variant"] == "multistage, LAMP"
    text = markdown.goals_to_markdown(plain.reset_index())
    assert "| 95% of the weights removed | 95% | 12% | multistage | " in text
    assert plain.loc[("sparsity", 0.92, "multistage"), "target_sparsity"] == 0.95


def test_answers_follow_the_numbers_and_name_what_was_not_run(study):
    table = answering.answers(*study, [0.6, 0.9], 200)
    better = table[table["question"] == questions.IS_BETTER].set_index("target_sparsity")
    assert better["verdict"].to_dict() == {0.6: "not settled", 0.9: "yes"}
    assert better.loc[0.9, "low"] > 0 and better.loc[0.9, "epochs_b"] == 36
    dense = table[(table["b"] == "dense") & (table["target_sparsity"] == 0.9)]
    assert dense["verdict"].tolist() == ["no"]
    never = table[table["verdict"] == "not run"]
    assert "Does ERK allocation help multistage?" in set(never["question"])
    assert table["question"].nunique() - never["question"].nunique() == 3


def test_a_question_is_answered_where_its_sides_meet(study):
    table = answering.answers(*study, [0.6], 20).set_index("question")
    assert table.loc["Does LAMP allocation help multistage?", "target_sparsity"] == 0.9


def test_a_schedule_that_nobody_foresaw_gets_its_question():
    late = Variant("multistage", schedule="late_steps")
    study = sweep({(DENSE, 0.0): 0.99, (MULTISTAGE, 0.9): 0.9, (late, 0.9): 0.95}, range(2))
    table = answering.answers(*study, [0.9], 50).set_index("question")
    assert table.loc["Does the late steps schedule help multistage?", "verdict"] == "yes"


def test_the_inter_patient_table_has_both_goals():
    study = sweep({k: v for k, v in RIGHT.items() if k[1] != 0.95}, range(2), split="inter")
    table = interpatient.inter_table(*study, [0.6, 0.9], 100)
    table = table.set_index(["variant", "target_sparsity", "reading"])
    assert len(table) == 15
    row = table.loc[("multistage", 0.6, "f1_VEB")]
    assert row["within"] == "yes" and row["reached"] and row["difference"] == 0
    assert table.loc[("one-shot", 0.9, "f1_SVEB"), "within"] == "no"
    assert table.loc[("dense", 0.0, "accuracy"), "value"] == pytest.approx(0.99, abs=0.005)
    normal = study[1].sum((0, 1, 3))[0] / study[1].sum()
    assert table["normal_share"].tolist() == pytest.approx([normal] * 15)
    text = markdown.inter_to_markdown(table.reset_index().assign(network="net"))
    assert "| net, multistage, 60% | VEB F1 |" in text
    alone = interpatient.inter_table(*sweep({(DENSE, 0.0): 0.99}, range(2)), [0.6], 20)
    assert set(alone["variant"]) == {"dense"} and len(alone) == 3


def test_whole_filters_stand_in_the_inter_patient_table_by_their_macs():
    whole = {(Variant("aofp", budget="macs"), 0.6): 0.98, (MULTISTAGE, 0.6): 0.9}
    study = sweep({(DENSE, 0.0): 0.99} | whole, range(2), split="inter")
    table = interpatient.inter_table(*study, [0.6, 0.9], 20)
    assert table["variant"].unique().tolist() == ["dense", "multistage", "AOFP, MACs budget"]
    assert (table.groupby("variant").size() == 3).all()


def test_sveb_and_veb_are_read_one_against_the_rest():
    matrix = np.zeros((5, 5), int)
    matrix[1, 1], matrix[1, 0], matrix[0, 1] = 6, 2, 2  # S: 6 found, 2 lost, 2 false
    matrix[2, 2] = 5
    assert ectopic.f1_sveb(matrix) == pytest.approx(0.75)
    assert ectopic.f1_veb(matrix) == 1


def test_tables_in_markdown_have_as_many_cells_in_every_row(study):
    texts = [
        markdown.ranking_to_markdown(ranking.ranking(*study, 0.9, "dense", 20), "dense"),
        markdown.answers_to_markdown(answering.answers(*study, [0.9], 20)),
        markdown.goals_to_markdown(limits.goals(*study, PUBLISHED, 20)),
    ]
    for text in texts:
        rows = [line.count("|") for line in text.splitlines() if line.startswith("|")]
        assert len(set(rows)) == 1 and len(rows) > 3
    assert "Not run: " in texts[1]


def test_without_a_network_small_enough_there_is_no_goal_and_no_table():
    few = sweep({(DENSE, 0.0): 0.99, (MULTISTAGE, 0.3): 0.9}, range(2))
    goals = limits.goals(*few, PUBLISHED, 20)
    assert goals.empty and "|" not in markdown.goals_to_markdown(goals)
