"""The stage from end to end on invented patients: every network, table, sentence and figure."""

import numpy as np
import pandas as pd
import pytest
from made_beats import made_beats

from ecglib.plots import unseen as draw
from ecglib.unseen import asked, personal, scores, shrinking, study, training, words
from ecglib.unseen.settings import settings as read_settings

NAMES = ("101", "118", "207", "209", "100", "200", "232")
TRAINED_ON, TESTED = NAMES[:4], NAMES[4:]


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """One seed of an epoch a fit, without what the study has in git."""
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
    folder = tmp_path_factory.mktemp("models")
    for module in (study, training, shrinking, personal, asked, words):
        patch.setattr(module, "settings", lambda: small)
    for module in (study, training, personal):
        patch.setattr(module, "all_beats", lambda: made)
    patch.setattr(study, "as_s", lambda beats, records: beats.label)
    patch.setattr(study, "_of_study", lambda seed: folder / "none")
    patch.setattr(study, "weights_path", lambda seed: folder / f"{seed}.safetensors")
    patch.setattr(study, "run_all", lambda of, processes: ([one() for one in of], []))
    try:
        yield (*study.results(1), made, small)
    finally:
        patch.undo()


def test_every_network_is_there_for_every_target_and_map(ran):
    table, _, _, small = ran
    dense = {study.PLAIN_RECIPE, study.PLAIN_GATED, study.UNGATED, small.recipe}
    uses = {f"first minutes: {use}" for use in ("not used", "without labels", "labelled")}
    found = set(zip(table["network"], table["target"], strict=True))
    pruned = {(m, t) for m in shrinking.METHODS_SHOWN for t in small.shrinking.targets}
    assert found == {(n, 0.0) for n in dense | uses} | pruned
    assert set(table["map"]) == {study.AS_N, study.AS_S}
    assert table["value"].between(0, 1).all() and (table["seeds"] == 1).all()


def test_only_test_patients_are_judged_and_first_minutes_are_left_out(ran):
    _, records, made, small = ran
    assert set(records["record"]) == set(TESTED)
    first = records.set_index(["network", "record"])["beats_SVEB"]
    assert (first["first minutes: labelled"] < first[small.recipe]).all()
    assert (first["first minutes: labelled"] == first["first minutes: not used"]).all()


def test_words_and_figures_stand_for_what_there_is(ran, monkeypatch):
    table, records, _, small = ran
    goals = asked.asked(table)
    assert len(goals) == 9 and goals["found"].str.contains("%|points").all()
    said = words.in_short(table)
    assert "by the chosen one" in said and "the study's" not in said
    assert words.readings_table(table).count("\n") == 2 + 2 * 2 * 2
    assert "in stages, 60%" in words.scores_table(table, shrinking.METHODS_SHOWN)
    of = records[records["network"] == small.recipe]
    f1 = table[table["score"].eq("f1") & table["map"].eq(study.AS_N)]
    uses = f1[f1["network"].str.startswith("first minutes")]
    pooled = f1[f1["reading"].eq(scores.POOLED) & ~f1["network"].isin(uses["network"])]
    for figure in (draw.records(of, of), draw.first_minutes(uses), draw.pruning(pooled)):
        assert all(axis.has_data() for axis in figure.axes)


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
