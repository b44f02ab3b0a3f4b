"""The report's tables, from predictions that can be counted by hand."""

import numpy as np
import pandas as pd
import pytest

from ecglib.report import markdown, study
from ecglib.results import runs
from ecglib.results.runs import Key, RunError, dense_key
from ecglib.settings.sections import Published
from ecglib.training import metrics

PUBLISHED = Published(
    sparsity=0.6, accuracy=0.8, f1=0.5, accuracy_gain=0.1, f1_gain=0.2, complexity_reduction=0.6
)
LABEL = np.tile(np.arange(5), 20)  # every class twenty times
RECORD = np.repeat(["100", "101", "200", "201"], 25)


def key(method: str, target: float, seed: int) -> Key:
    names = (method, "magnitude", "stages", "global", "weights")
    return Key("intra", "acharya2017", *names, target, seed)


def predictions(right: float, seed: int) -> np.ndarray:
    """The labels, but for a share of 1 - right that is one class off."""
    wrong = np.random.default_rng(seed).permutation(len(LABEL)) >= round(right * len(LABEL))
    return (LABEL + wrong) % 5


@pytest.fixture
def results(tmp_path, monkeypatch) -> pd.DataFrame:
    """Dense 95 %, multistage 90 % at 0.6 and 60 % at 0.9, one-shot 85 % and 90 %; two seeds."""
    monkeypatch.setattr("ecglib.paths.MODELS", tmp_path)
    right = {
        ("dense", 0.0): 0.95,
        ("multistage", 0.6): 0.9,
        ("multistage", 0.9): 0.6,
        ("one_shot", 0.6): 0.85,
        ("one_shot", 0.9): 0.9,
    }
    rows = []
    for (method, target), share in right.items():
        for seed in (0, 1):
            run = dense_key("intra", "acharya2017", seed)
            run = run if method == "dense" else key(method, target, seed)
            predicted = predictions(share, seed)
            runs.save_predictions(run, predicted, LABEL, RECORD, into="study")
            matrix = metrics.confusion_by_record(predicted, LABEL, RECORD).sum(0)
            costs = {"epochs": 4, "params_nonzero": 9, "macs": 100, "macs_effective": 50}
            rows.append(run._asdict() | metrics.all_scores(matrix) | costs)
    return pd.DataFrame(rows)


def test_differences_are_multistage_minus_one_shot_with_an_interval_around_them(results):
    gaps = study.differences(results, "one_shot", [0.6, 0.9], draws=200).set_index(
        ["target_sparsity", "score"]
    )
    assert gaps.loc[(0.6, "accuracy"), "difference"] == pytest.approx(0.05)
    assert gaps.loc[(0.9, "accuracy"), "difference"] == pytest.approx(-0.3)
    assert (gaps["low"] <= gaps["difference"]).all() and (gaps["difference"] <= gaps["high"]).all()
    assert gaps.loc[(0.9, "accuracy"), "high"] < 0 < gaps.loc[(0.6, "accuracy"), "high"]


def test_the_cost_of_pruning_is_the_difference_to_the_dense_network(results):
    gaps = study.differences(results, "dense", [0.6, 0.9], draws=20)
    gaps = gaps.set_index(["target_sparsity", "score"])["difference"]
    assert gaps[(0.6, "accuracy")] == pytest.approx(-0.05)
    assert gaps[(0.9, "accuracy")] == pytest.approx(-0.35)


def test_a_sparsity_that_only_one_method_reached_gives_it_no_advantage(results):
    extra = results[results["method"] == "multistage"].assign(target_sparsity=0.5, f1_macro=0.0)
    held = study.highest_holding(pd.concat([results, extra]), PUBLISHED)
    assert held.set_index(["method", "reading"])["sparsity"][("multistage", "top-1, macro")] == 0.6


def test_differences_repeat_exactly(results):
    first, second = (study.differences(results, "one_shot", [0.6], draws=50) for _ in range(2))
    pd.testing.assert_frame_equal(first, second)


def test_a_missing_rival_is_an_error_that_names_it(results):
    with pytest.raises(RunError, match=r"0 one_shot runs at 0.9 with seed 1"):
        lacking = results.query(
            "not (method == 'one_shot' and target_sparsity == 0.9 and seed == 1)"
        )
        study.differences(lacking, "one_shot", [0.9], draws=10)


def test_runs_on_different_test_records_are_not_compared(results):
    other = key("one_shot", 0.6, 0)
    runs.save_predictions(other, LABEL, LABEL, np.full(len(LABEL), "999"), into="study")
    with pytest.raises(RunError, match="other records"):
        study.differences(results, "one_shot", [0.6], draws=10)


def test_the_highest_sparsity_counts_only_while_all_below_it_hold_too(results):
    held = study.highest_holding(results, PUBLISHED).set_index(["method", "reading"])["sparsity"]
    assert held[("multistage", "top-1, macro")] == 0.6
    assert held[("one_shot", "top-1, macro")] == 0.9
    strict = PUBLISHED.model_copy(update={"accuracy": 0.99})
    assert (study.highest_holding(results, strict)["sparsity"][[0, 3]] == 0).all()


def test_the_comparison_has_every_reading_beside_the_published_numbers(results):
    gaps = study.differences(results, "one_shot", [0.6, 0.9], draws=20)
    table = study.against_published(results, gaps, PUBLISHED).set_index(["reading", "measure"])
    assert len(table) == 6
    row = table.loc[("top-1, macro", "accuracy")]
    assert (row["published"], row["published_difference"]) == (0.8, 0.1)
    assert row["dense"] == pytest.approx(0.95)
    assert row["multistage"] == pytest.approx(0.9) and row["one_shot"] == pytest.approx(0.85)
    text = markdown.published_to_markdown(table.reset_index(), PUBLISHED, seeds=2, saved=0.5)
    assert "Effective MACs less than dense: 50.0% in multistage, published 60.0%" in text
    assert "| accuracy, top-1, macro | 80.00 | 95.00 | 85.00 | 90.00 | +5.00" in text


def test_the_summary_is_nested_by_method_and_sparsity(results):
    held = study.highest_holding(results, PUBLISHED)
    summary = study.summary(results, held)
    assert summary["dense"]["0"]["accuracy"] == pytest.approx(0.95)
    assert summary["multistage"]["0.9"]["macs_effective"] == 50
    assert summary["highest_sparsity_holding_published"] == {"multistage": 0.6, "one_shot": 0.9}
