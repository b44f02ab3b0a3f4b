"""Attacks on a victim become rows, answers and kept perturbations, the same way for all data."""

import numpy as np
import pytest
import torch
from toy_victims import ToyVictim, parts, victim

from ecglib.data import arrays
from ecglib.perturbation import crafts, plan, scores, trying
from ecglib.perturbation.plan import Case, Judge, Place
from ecglib.perturbation.settings import Attacking, Crafting, Descent, settings

HOW = Attacking(
    draws=2,
    deepfool_passes=1,
    descent=Descent(learning_rate=0.02, epochs=10, batch_size=64, check_every=20, patience=2),
)


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setattr(plan, "FOLDER", tmp_path)
    changed = settings().model_copy(update={"attacking": HOW})
    monkeypatch.setattr(trying, "settings", lambda: changed)
    crafting = Crafting(inputs=200, validation=100, few=20)
    return Place("toy", "linear", "dense", 0.0, 3, ("left", "right"), 16.0, crafting)


def tried(place, *of, judges=None):
    return trying.tried(of, judges or [Judge(victim())], parts(), place)


def test_a_row_has_its_names_and_scores(place):
    found = tried(place, Case("none"), Case("tlm", 0.5, target="right"))
    none, tlm = found.rows
    assert (none["data"], none["method"], none["seed"], none["bits"]) == ("toy", "dense", 3, 32)
    assert none["fooling_rate"] == none["fooled_left"] == 0
    assert np.isnan(none["target_rate"])
    assert tlm["target_rate"] > 0.8
    assert tlm["arrival"] == "in time"


def test_rows_are_of_the_answers_that_are_handed_on(place):
    found = tried(place, Case("tlm"))
    (row,) = found.rows
    label, before, after = torch.from_numpy(found.said[plan.answer_key(row)]).long()
    again = scores.of_answers(before, after, label, 2)
    assert {name: row[name] for name in again if again[name] == again[name]} == pytest.approx(
        {name: value for name, value in again.items() if value == value}
    )


def test_noise_is_scored_as_the_mean_of_its_draws(place):
    (row,) = tried(place, Case("random_sign", 0.5)).rows
    v = arrays.load(place.path)["random_sign|0.5|natural mix|"]
    assert v.shape == (2, 2, 16)
    test, of = parts()["test"], victim()
    before = trying.answers(of, test)
    rates = [
        scores.fooling_rate(
            before,
            scores.answered(of, test, torch.from_numpy(one)[None], 0.5, scores.steady(256)),
        )
        for one in v
    ]
    assert rates[0] != rates[1]
    assert row["fooling_rate"] == pytest.approx(np.mean(rates))


def test_a_second_judge_answers_only_what_it_is_asked(place):
    asked = (Case("none"),)
    judges = [Judge(victim()), Judge(victim(), 8, asked)]
    found = tried(place, Case("none"), Case("uniform"), judges=judges)
    assert [(row["attack"], row["bits"]) for row in found.rows] == [
        ("none", 32), ("none", 8), ("uniform", 32),
    ]  # fmt: skip


def test_an_attack_is_answered_at_each_arrival(place):
    found = tried(place, Case("tlm", 0.5, arrivals=("in time", "125 ms late", "any time")))
    assert [row["arrival"] for row in found.rows] == ["in time", "125 ms late", "any time"]
    rates = [row["fooling_rate"] for row in found.rows]
    assert rates[0] > rates[1]


def test_xi_is_in_standard_deviations_of_the_victims_inputs(place):
    network = victim().network
    tried(place, Case("random_sign", 0.5), judges=[Judge(ToyVictim(network, 40.0))])
    assert np.abs(arrays.load(place.path)["random_sign|0.5|natural mix|"]).max() == 20.0


def test_inputs_to_craft_on_are_few_where_that_is_asked(place):
    few = trying.problem(Case("tlm", craft="few"), victim(), parts(), place)
    mixed = trying.problem(Case("tlm"), victim(), parts(), place)
    assert (len(few.training), len(mixed.training), len(mixed.validation)) == (20, 200, 100)


def test_balanced_means_as_many_of_each_class():
    of = parts()["train"]
    of.label[:] = 0
    of.label[:10] = 1
    drawn = crafts.drawn(of, 100, 0, balanced=True)
    assert torch.bincount(drawn.label).tolist() == [10, 10]


def test_scores_on_paper():
    label, before = torch.tensor([0, 0, 0, 1]), torch.tensor([0, 0, 1, 1])
    after = torch.tensor([0, 1, 1, 1])
    found = scores.of_answers(before, after, label, 2, target=1)
    assert found["fooling_rate"] == 0.25
    assert found["target_rate"] == 0.75
    assert found["accuracy"] == 0.5
    assert found["balanced_accuracy"] == pytest.approx((1 / 3 + 1) / 2)
