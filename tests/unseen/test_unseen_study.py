"""The stage from end to end on invented patients: every network, table, sentence and figure."""

import numpy as np
import pandas as pd
import pytest
import torch
from made_beats import made_beats

from ecglib import models
from ecglib.methods import filters
from ecglib.plots import unseen as draw
from ecglib.training import classifier
from ecglib.unseen import asked, kept, personal, reasons, scores, shrinking, study, training, words
from ecglib.unseen.features import irregularity
from ecglib.unseen.gate import gated, with_margin
from ecglib.unseen.settings import settings as read_settings

NAMES = ("101", "118", "207", "209", "100", "200", "232")
TRAINED_ON, TESTED = NAMES[:4], NAMES[4:]


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """One seed of an epoch a fit; an untrained network stands for what the study has in git."""
    made, patch = made_beats(names=NAMES, patients_with_s=NAMES[1:]), pytest.MonkeyPatch()
    read = read_settings()
    way = read.first_minutes.ways[read.first_minutes.way].model_copy(update={"steps": 3})
    small = read.model_copy(
        update={
            "seeds": [0],
            "epochs": 1,
            "first_minutes": read.first_minutes.model_copy(
                update={"minutes": 1.0, "ways": {read.first_minutes.way: way}}
            ),
        }
    )
    # A search that finds every damage harmless, in the few batches that there are.
    search = filters.settings().filter_prune.search.model_copy(
        update={"iterations_per_half": 1, "warm_up": 0, "theta": 100.0}
    )
    whole = filters.settings()
    quick = whole.model_copy(
        update={"filter_prune": whole.filter_prune.model_copy(update={"search": search})}
    )
    patch.setattr(filters, "settings", lambda: quick)
    folder = tmp_path_factory.mktemp("models")
    models.save(models.build("rhythm_cnn"), folder / "the-studys.safetensors")
    for module in (study, training, shrinking, personal, kept, asked, words, reasons):
        patch.setattr(module, "settings", lambda: small)
    for module in (study, training, personal, kept):
        patch.setattr(module, "all_beats", lambda: made)
    patch.setattr(study, "as_s", lambda beats, records: beats.label)
    patch.setattr(study, "_of_study", lambda seed: folder / "the-studys.safetensors")
    patch.setattr(kept, "path", lambda target, seed: folder / f"{target}-{seed}.safetensors")
    said = []

    def run_all(of, processes):
        said.extend(one() for one in of)
        return said, []

    patch.setattr(study, "run_all", run_all)
    try:
        found = study.results(1)
        yield (*found[:2], made, small, found[2], said[0])
    finally:
        patch.undo()


def test_every_network_is_there_for_every_target_and_map(ran):
    table, _, _, small, _, _ = ran
    dense = {study.STUDY, study.STUDY_GATED, study.PLAIN_RECIPE, study.PLAIN_GATED}
    dense |= {study.UNGATED, small.recipe}
    uses = {f"first minutes: {use}" for use in ("not used", "without labels", "labelled")}
    found = set(zip(table["network"], table["target"], strict=True))
    pruned = {(m, t) for m in shrinking.METHODS_SHOWN for t in small.shrinking.targets}
    assert found == {(n, 0.0) for n in dense | uses} | pruned
    assert set(table["map"]) == {study.AS_N, study.AS_S}
    assert table["value"].between(0, 1).all() and (table["seeds"] == 1).all()


def test_only_test_patients_are_judged_and_first_minutes_are_left_out(ran):
    _, records, made, small, _, _ = ran
    assert set(records["record"]) == set(TESTED)
    first = records.set_index(["network", "record"])["beats_SVEB"]
    assert (first["first minutes: labelled"] < first[small.recipe]).all()
    assert (first["first minutes: labelled"] == first["first minutes: not used"]).all()


def test_every_use_of_the_chosen_network_has_the_margin_and_the_gate_once(ran):
    made, small, said = ran[2], ran[3], ran[5]
    chosen, later = said[small.recipe, 0.0], said["first minutes: not used", 0.0]
    rest = later != personal.NOT_TESTED
    assert 0 < rest.sum() < len(rest) and np.array_equal(chosen[rest], later[rest])
    rows = np.flatnonzero(np.isin(made.record_names[made.record], TESTED))
    values = torch.from_numpy(training.inputs(made, kept.recipe())[rows]).unsqueeze(1)
    wild = irregularity(made)[rows]
    for target, key in ((0.8, "multistage"), (0.0, small.recipe)):
        told = classifier.predict(kept.load(target, 0), values).numpy()
        assert np.array_equal(gated(told, wild, small.gate.beyond), said[key, target])
    for by in (-small.gate.margin, small.gate.margin):
        other = classifier.predict(with_margin(kept.load(0.0, 0), by), values).numpy()
        assert (other != told).any(), "a margin more or less would be seen"


def test_words_and_figures_stand_for_what_there_is(ran, monkeypatch):
    table, records, _, small, differences, _ = ran
    goals = asked.asked(table)
    assert len(goals) == 9 and goals["found"].str.contains("%|points").all()
    said = words.in_short(table, differences)
    assert "by the chosen one" in said and "by the study's network, with the gate" in said
    (paired,) = [line for line in said.splitlines() if "Paired" in line]
    assert "pooled" in paired and "without" in paired and paired.count(" to ") == 2
    assert words.readings_table(table).count("\n") == 2 + 2 * 2 * 2
    assert "in stages, 60%" in words.scores_table(table, shrinking.METHODS_SHOWN)
    of = records[records["network"] == small.recipe]
    f1 = table[table["score"].eq("f1") & table["map"].eq(study.AS_N)]
    uses = f1[f1["network"].str.startswith("first minutes")]
    pooled = f1[f1["reading"].eq(scores.POOLED) & ~f1["network"].isin(uses["network"])]
    for figure in (draw.records(of, of), draw.first_minutes(uses), draw.pruning(pooled)):
        assert all(axis.has_data() for axis in figure.axes)


def test_the_chosen_network_is_compared_with_every_other_on_the_same_beats(ran):
    table, _, small, differences = ran[0], ran[1], ran[3], ran[4]
    found = set(zip(differences["network"], differences["less"], strict=True))
    rivals = (study.STUDY, study.STUDY_GATED, study.PLAIN_GATED, study.UNGATED)
    assert {(small.recipe, rival) for rival in rivals} < found
    assert {(method, small.recipe) for method in shrinking.METHODS_SHOWN} < found
    one = differences[differences["less"].eq(study.STUDY_GATED)].set_index(["kind", "reading"])
    for kind, reading in one.index:
        of, less = (
            asked.value(table, network, kind, reading, "f1")
            for network in (small.recipe, study.STUDY_GATED)
        )
        assert one.loc[(kind, reading), "value"] == pytest.approx(of - less)
    shown = reasons.differences_table(differences).splitlines()
    assert len(shown) == 2 + len(differences.groupby(["network", "less", "target"]))
    assert "the study's network, with the gate" in shown[3]


def test_false_beats_are_shown_for_the_records_with_most_and_the_rest_in_one_row(ran):
    _, records, _, small, _, _ = ran
    rows = reasons.false_table(records, "SVEB", most=2).splitlines()[2:]
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    assert len(cells) == 2 + 1 and cells[-1][0] == "1 other"
    of = records[(records["network"] == small.recipe) & (records["target"] == 0)]
    shown = sum(int(row[5]) for row in cells)
    assert abs(shown - of["false_SVEB"].sum()) <= 2, "rounded, row by row"
    by_record = of.set_index("record")["false_SVEB"]
    named = [row[0] for row in cells[:2]]
    assert by_record[named].min() >= by_record.drop(named).max()


def test_what_decided_is_the_mean_of_four_scores_each_recipe_at_its_best():
    known = read_settings()
    beyond, margin, chosen = known.gate.beyond, known.gate.margin, known.recipe
    rows = [
        (recipe, gate, lead, kind, reading, value, value - 0.02, value + 0.02)
        for recipe, gate, lead, values in (
            ("as_it_is", beyond, margin, (0.58, 0.49, 0.30, 0.86)),
            ("as_it_is", beyond, 0.0, (0.60, 0.51, 0.40, 0.85)),
            (chosen, beyond, margin, (0.61, 0.43, 0.70, 0.90)),
            (chosen, beyond, 0.0, (0.59, 0.43, 0.70, 0.90)),
            (chosen, 0.08, 0.0, (0.62, 0.45, 0.50, 0.90)),
        )
        for (kind, reading), value in zip(
            (
                ("SVEB", "pooled"),
                ("SVEB", "without 209"),
                ("SVEB", "invented, frequent"),
                ("VEB", "pooled"),
            ),
            values,
            strict=True,
        )
    ]
    rows.append((chosen, beyond, margin, "SVEB", scores.MEDIAN, 0.1, 0.0, 0.2))
    columns = ["recipe", "gate", "margin", "kind", "reading", "value", "worst", "best"]
    table = pd.DataFrame(rows, columns=columns).assign(score="f1", repeats=5)
    table["first"] = table["value"] - 0.01
    few = table[table["recipe"].eq("as_it_is")].assign(recipe="frequent", repeats=1, value=0.99)
    table = pd.concat([table, few])
    assert reasons.merit(table)[chosen, beyond, margin] == pytest.approx(0.66)
    said = reasons.decided(table)
    name = chosen.replace("_", " ")
    assert f"gate and margin: 66.0 % by {name}, 59.0 % by as it is." in said, "of as many repeats"
    assert f"alone: 65.0 % by {name}, 58.0 % by as it is, 58.0 % by frequent." in said
    assert f"without a margin: 65.5 % by {beyond:g}, 61.8 % by 0.08." in said
    assert f"with that gate: 66.0 % by {margin:g}, 65.5 % by 0." in said
    assert f"pooled: 61.0 % (59 to 63) by {name}, 58.0 % (56 to 60) by as it is, 99.0 %" in said


def test_the_tables_of_what_was_tried_are_of_the_recipes_that_there_are():
    """A recipe that is renamed or dropped would leave a table that says what is no longer there."""
    from ecglib.unseen import tried, tried_minutes

    table, known = pd.read_csv(tried.TABLE), read_settings()
    assert set(table["recipe"]) == set(known.recipes)
    assert set(table["gate"].dropna()) == set(known.gate.tried)
    several = table[table["recipe"].isin([study.PLAIN_RECIPE, known.recipe])]
    assert (several["repeats"] == known.cross_validation.repeats).all(), "what decides: 5 x 5"
    assert "invented, frequent" in words.tried_table(table)
    of_minutes = pd.read_csv(tried_minutes.TABLE)
    assert set(known.first_minutes.ways) < set(of_minutes["first_minutes"])
    assert (of_minutes["repeats"] == known.cross_validation.repeats).all()
    shown = table[table["score"].eq("f1") & table["low"].notna()]
    assert all(axis.has_data() for axis in draw.tried(shown).axes)
    assert np.isfinite(of_minutes["value"]).all()
