"""The answers of the study as tables: names, what is picked, and differences known on paper."""

import made_rows
import numpy as np
import pandas as pd
import pytest

from ecglib.perturbation import answers, compared, shown
from ecglib.perturbation.settings import settings

COLUMNS = (
    "data victim method target_sparsity bits attack xi craft target seed accuracy "
    "balanced_accuracy f1_macro fooling_rate target_rate"
).split()


@pytest.fixture(scope="module")
def study():
    return made_rows.study()


@pytest.fixture(scope="module")
def rows(study):
    return study[0]


def test_the_results_have_the_columns_and_name_each_row_once(rows):
    table = answers.results(rows)
    assert list(table.columns) == COLUMNS and len(table) == len(rows)
    assert not table.duplicated(COLUMNS[:10]).any()
    assert "none" in set(table["target"]) and "" not in set(table["target"])
    crafts = set(table["craft"])
    assert {"natural mix, 8 ms late", "any time", "natural mix, crafted on aofp 0.8"} <= crafts


def test_picked_are_own_perturbations_that_come_as_they_were_crafted_to(rows):
    of = answers.picked(rows, **shown.DENSE, attack="tlm", craft=["natural mix", "any time"])
    assert set(zip(of["craft"], of["arrival"], strict=True)) == {
        ("natural mix", "in time"), ("any time", "any time"),
    }  # fmt: skip
    assert len(of) == 2 * len(made_rows.SEEDS)
    assert set(of["xi"]) == {0.2} and set(of["bits"]) == {32}
    every = answers.picked(rows, **shown.DENSE, attack="tlm", craft="natural mix", arrival=None)
    assert {"in time", "8 ms late", "any time"} <= set(every["arrival"])
    assert set(answers.picked(rows, attack="tlm", xi=None)["xi"]) == {0.05, 0.1, 0.2, 0.5}


def test_a_kind_is_fooled_more_than_the_dense_one_by_what_was_made_up(study):
    kinds = (("dense", 0.0), ("multistage", 0.9))
    table = answers.kinds(*study, 200).set_index(["craft", *answers.KIND])
    dense, pruned = (table.loc["natural mix", name, at, 32] for name, at in kinds)
    assert dense["fooling_rate"] == pytest.approx(0.3) and dense["fooled_more"] == 0
    assert (dense["fooled_more_low"], dense["fooled_more_high"]) == (0, 0)
    assert pruned["fooled_more"] == pytest.approx(0.1)
    assert 0 < pruned["fooled_more_low"] < 0.1 < pruned["fooled_more_high"]
    assert pruned["f1_macro"] == 1 and pruned["f1_more"] == 0  # all are right when not attacked
    assert pruned["seeds"] == len(made_rows.SEEDS)
    assert len(table) == 2 * 2 * len(settings().beats.networks)


def test_a_worse_clean_network_has_so_much_less_f1(study):
    rows, said, groups = study
    worse = said | {
        key: np.stack([of[0], of[0], np.where(np.arange(len(of[0])) < 24, (of[0] + 1) % 5, of[0])])
        for key, of in said.items()
        if key[1:4] == ("acharya2017", "multistage", 0.9) and key[5] == "none"
    }
    changed = rows["method"].eq("multistage") & rows["target_sparsity"].eq(0.9)
    changed &= rows["attack"].eq("none")
    rows = rows.assign(f1_macro=rows["f1_macro"].mask(changed, 0.8))
    table = answers.kinds(rows, worse, groups, 200).set_index(["craft", *answers.KIND])
    pruned = table.loc["natural mix", "multistage", 0.9, 32]
    assert pruned["f1_more"] == pytest.approx(-0.2)
    assert pruned["f1_more_low"] <= -0.2 <= pruned["f1_more_high"] < 0


def test_a_kind_without_all_seeds_is_left_out(study):
    rows, said, groups = study
    lost = rows["method"].eq("aofp") & rows["seed"].eq(1) & rows["target_sparsity"].eq(0.6)
    table = answers.kinds(rows[~lost], said, groups, 20)
    assert not (table["method"].eq("aofp") & table["target_sparsity"].eq(0.6)).any()
    assert (table["method"].eq("aofp") & table["target_sparsity"].eq(0.8)).any()


def test_pruning_stands_against_a_small_dense_network_of_equal_macs(study):
    table = answers.at_equal_macs(*study, 50).set_index(["craft", "target_sparsity"])
    assert set(table["method"]) == {"aofp"} and len(table) == 2
    same = table.loc[("natural mix", 0.8)]
    assert (same["fooled_more"], same["fooled_more_low"], same["fooled_more_high"]) == (0, 0, 0)


def test_people_are_pooled_over_folds_and_their_interval_holds_the_value(study):
    rows, said, groups = study
    clean = {key for key in said if key[0] == "eegmmidb" and key[5] == "none"}
    half = {key: of.copy() for key, of in said.items()}
    for key in clean:  # one person of four is always told wrongly
        of = half[key]
        of[2] = np.where(groups[key[0], key[-1]] == 0, 1 - of[0], of[0])
    table = answers.people(rows, half, groups, 300).set_index("victim")
    eegnet = table.loc["eegnet"]
    assert eegnet["people"] == made_rows.GROUPS * len(made_rows.SEEDS)
    right = np.mean(groups["eegmmidb", 0] != 0)
    assert eegnet["accuracy"] == pytest.approx(right)
    assert 0 < eegnet["accuracy_low"] < right < eegnet["accuracy_high"] <= 1


def test_what_is_absent_gives_no_rows():
    rows, said, groups = made_rows.study(eeg=False)
    assert answers.people(rows, said, groups, 10).empty
    rows, said, groups = made_rows.study(beats=False)
    assert answers.kinds(rows, said, groups, 10).empty
    assert answers.at_equal_macs(rows, said, groups, 10).empty


def test_tlm_stands_beside_deepfool_on_the_same_few_inputs(rows):
    table = compared.ahead(rows).set_index("data")
    assert table.loc["EEG", "tlm"] == pytest.approx(0.3)
    assert table.loc["heartbeats", "deepfool"] == pytest.approx(0.1)
    assert table["ahead"].to_dict() == table["of"].to_dict() == {"EEG": 2, "heartbeats": 2}


def test_transfer_has_the_own_rate_on_its_diagonal_and_others_beside(rows):
    matrices = shown.transfers(rows)
    assert [len(matrix) for matrix in matrices.values()] == [
        3,
        *2 * [len(settings().beats.networks)],
    ]
    beats = matrices["Heartbeats, in time: fooled"]
    assert list(beats.index) == list(beats.columns)
    assert beats.loc["in stages, 90 %", "in stages, 90 %"] == pytest.approx(0.4)
    assert beats.loc["dense", "in stages, 90 %"] == pytest.approx(made_rows.LATE)
    assert not beats.isna().any(axis=None)


def test_a_curve_is_of_the_same_seeds_at_all_bounds(rows):
    table = shown.by_bound(rows)
    seeds = table.groupby(["what", "xi"])["seed"].agg(set).unstack()
    tlm = seeds.loc[["TLM", "TLM, all to left", "uniform noise"]]
    assert (tlm.map(lambda found: found == {0, 1})).all(axis=None)


def test_lateness_counts_milliseconds_and_any_time(rows):
    table = shown.by_lateness(rows)
    of = table[table["data"].eq("heartbeats") & table["what"].eq("crafted in time")]
    rate = of.groupby("late_ms", dropna=False)["rate"].mean()
    assert list(rate.index[:4]) == [0, 8, 25, 100] and np.isnan(rate.index[4])
    assert rate[0.0] == pytest.approx(0.3) and rate[8.0] == pytest.approx(made_rows.LATE)


def test_a_kind_of_network_has_a_label_that_can_be_read():
    assert shown.label("multistage", 0.9) == "in stages, 90 %"
    assert shown.label("aofp", 0.6) == "AOFP, 60 % fewer MACs"
    assert shown.label("dense", 0.0) == "dense"


def test_the_share_of_people_who_are_needed_rises_to_all(rows):
    table = compared.by_people(rows)
    assert list(table["craft"]) == ["1 person", "5 people", "20 people", "all"]
    assert isinstance(table, pd.DataFrame) and (table["least"] <= table["most"]).all()
