"""The sweep's statistics, from made-up networks whose order is known."""

import numpy as np
import pandas as pd
import pytest
from synthetic_sweep import DENSE, sweep

from ecglib.report import (
    answering,
    conclusions,
    interpatient,
    limits,
    markdown,
    questions,
    ranking,
    summary,
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
        (Variant("new_idea", schedule="odd_path"), "new idea, odd path", "other schedules"),
        (
            Variant("one_shot", schedule="forty_geometric"),
            "one-shot, twice the epochs",
            "one-shot",
        ),
    ],
)
def test_a_label_says_what_is_not_default(variant, label, family):
    assert (variant.label, variant.family) == (label, family)


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


def test_the_headline_changes_with_the_numbers(study):
    def told(published: Published) -> str:
        held = limits.holding(*study, published)
        answers = answering.answers(*study, [0.6, 0.9], 200)
        goals = limits.goals(*study, published, 20)
        return conclusions.headline(goals, held, answers, at=0.9, seeds=3)

    hard, easy = (told(PUBLISHED.model_copy(update={"f1": f1})) for f1 in (0.999, 0.5))
    assert "missed on the mean, 0 of 3 seeds reach it, by multistage " in hard
    assert "reached on" not in hard
    assert "reached on the mean, 3 of 3 seeds reach it, by multistage with" in easy
    assert "Multistage is better than one-shot with equal epochs at 90%: +" in easy
    assert "not settled (0 lies in the interval) at 60%" in easy
    assert "Helps: LAMP +" in easy
    assert "Only 3 seeds" in easy
    assert "5 comparisons in all, " in easy and "Does ERK allocation help multistage?" in easy
    assert "Without class F " in easy


def test_without_a_network_small_enough_for_a_goal_the_headline_still_tells_the_rest():
    few = sweep({(DENSE, 0.0): 0.99, (MULTISTAGE, 0.6): 0.9, (ONE_SHOT, 0.6): 0.8}, range(2))
    goals = limits.goals(*few, PUBLISHED, 20)
    goals = goals[goals["sparsity"] > 0.9]
    answers = answering.answers(*few, [0.6], 50)
    held = limits.holding(*few, PUBLISHED)
    text = conclusions.headline(goals, held, answers, at=0.9, seeds=2)
    assert "Goal" not in text and "Multistage is better than one-shot" in text


def test_the_summary_follows_the_numbers(study):
    lamp_once = Variant("one_shot", allocation="lamp")
    networks, confusions = sweep(RIGHT | {(lamp_once, 0.9): 0.98}, seeds=range(3))
    answers = answering.answers(networks, confusions, [0.6, 0.9], 200)
    goals = limits.goals(networks, confusions, PUBLISHED, 20)
    apart = interpatient.inter_table(*sweep({(DENSE, 0.0): 0.9}, range(2)), [0.6], 20)
    gap = {"target": 0.6, "f1_macro": 0.9, "aofp_less_low": -0.02, "aofp_less_high": 0.01}
    rivals = ("random filters, MACs budget", "AOFP, MACs budget")
    both = pd.DataFrame([gap | {"variant": of, "aofp_less": 0.001} for of in rivals])
    filters = {"net, intra": both, "net, intra, sweep": both.assign(aofp_less_low=0.0005)}
    words = summary.summary(answers, goals, filters, apart.assign(network="net"), PUBLISHED)
    claim, *rest, unseen = (line for line in words.splitlines() if line)
    rows = [line for line in rest if line.startswith("| ")]
    assert "At 60% sparsity pruning in stages makes no settled difference: " in claim
    assert claim.endswith("points; published +9.")
    once = [row for row in rows if row.startswith("| pruning once, ranked alike | ")]
    assert [row.split(" | ")[1] for row in once] == ["60%", "90%"] and once[1].endswith("| ahead |")
    (spared,) = [row for row in rows if "(LAMP)" in row]
    assert "| 90% | 20%, 20% | " in spared
    assert spared.endswith("| +0.0 (+0.0 to +0.0) | not settled |")
    goals_told = [row for row in rows if " | 95% | 12% | multistage | " in row]
    first, *_, last = goals_told
    assert first.startswith("| 92% of the weights gone |") and first.endswith("| missed | 0 of 3 |")
    assert last.startswith("| 95% of the weights gone |")
    assert "| net | 60% fewer MACs | 90.0 | +0.1 (-2.0 to +1.0) |  |  |  |  |  |  |" in rows
    assert (
        "| net, sweep | 60% fewer MACs | 90.0 | **+0.1 (+0.1 to +1.0)** |  |  |  |  |  |  |" in rows
    )
    assert "dense: net 89.9% accuracy, SVEB F1 " in unseen and "Calling every beat" in unseen


def test_tables_in_markdown_have_as_many_cells_in_every_row(study):
    texts = [
        markdown.ranking_to_markdown(ranking.ranking(*study, 0.9, "dense", 20), "dense"),
        markdown.answers_to_markdown(answering.answers(*study, [0.9], 20)),
    ]
    for text in texts:
        rows = [line.count("|") for line in text.splitlines() if line.startswith("|")]
        assert len(set(rows)) == 1 and len(rows) > 3
    assert "Not run: " in texts[1]


def test_the_pooled_matrix_has_the_beats_of_all_seeds(study):
    networks, confusions = study
    matrix = ranking.pooled(networks, confusions, "multistage", 0.9)
    at = (networks["method"] == "multistage") & (networks["target_sparsity"] == 0.9)
    at &= networks["allocation"] == "global"
    pd.testing.assert_frame_equal(
        pd.DataFrame(matrix), pd.DataFrame(confusions[at.to_numpy()].sum((0, 1)))
    )
