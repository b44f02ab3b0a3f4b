"""The sweep's figures draw from its tables and show every variant that they are given."""

import pandas as pd
import pytest
from matplotlib import pyplot as plt
from synthetic_sweep import DENSE, sweep

from ecglib.plots import budgets, rankings, schedules, style
from ecglib.report import answering, interpatient, ranking, variants
from ecglib.report.variants import Variant

MULTISTAGE, ONE_SHOT = Variant("multistage"), Variant("one_shot")
TOOL, TWO_STAGES = Variant("torch_prune"), Variant("multistage", schedule="two_stages")
NETWORKS, CONFUSIONS = sweep(
    {
        (DENSE, 0.0): 0.99,
        (MULTISTAGE, 0.6): 0.99,
        (MULTISTAGE, 0.9): 0.98,
        (ONE_SHOT, 0.6): 0.99,
        (ONE_SHOT, 0.9): 0.9,
        (TWO_STAGES, 0.9): 0.95,
        (TOOL, 0.9): 0.6,
    },
    seeds=(0, 1),
)
LACKING = ~((NETWORKS["method"] == "torch_prune") & (NETWORKS["seed"] == 1))


def ranked(reference: str, target: float) -> pd.DataFrame:
    return ranking.ranking(NETWORKS, CONFUSIONS, target, reference, 30)


def draw_ranking():
    found = ranking.ranking(NETWORKS[LACKING], CONFUSIONS[LACKING], 0.9, "dense", 30)
    return rankings.ranking(found, "dense")


def draw_curves():
    shown = ["multistage", "one-shot", "torch.nn.utils.prune"]
    table = variants.prepared(NETWORKS, CONFUSIONS)
    return budgets.curves(table, shown, 0.9359, sparsity_goal=0.92, macs_goal=0.25)


def draw_schedules():
    table = pd.concat([ranked("one-shot", t).assign(target=t) for t in (0.6, 0.9)])
    panels = {"Stages": {"multistage, 2 stages": "2", "multistage": "8"}}
    return schedules.schedule_ablation(table, panels)


def draw_gaps():
    answers = answering.answers(NETWORKS, CONFUSIONS, [0.6, 0.9], 30)
    return rankings.gaps_to_rivals(answers, ["one-shot", "torch.nn.utils.prune"])


def draw_inter():
    return budgets.inter_readings(interpatient.inter_table(NETWORKS, CONFUSIONS, [0.6, 0.9], 30))


FIGURES = {
    "ranking": draw_ranking,
    "curves": draw_curves,
    "schedule_ablation": draw_schedules,
    "gaps_to_rivals": draw_gaps,
    "inter_readings": draw_inter,
}


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_draws_and_says_its_units(name, tmp_path, monkeypatch):
    monkeypatch.setattr("ecglib.paths.FIGURES", tmp_path)
    figure = FIGURES[name]()
    words = [axes.get_xlabel() + axes.get_ylabel() for axes in figure.axes]
    words += [figure.get_supxlabel()]
    assert any("point" in text or "Macro-F1" in text for text in words)
    assert style.save(figure, name).stat().st_size > 5000


def test_the_ranking_names_every_variant_its_macs_and_who_lacks_seeds():
    figure = draw_ranking()
    axes = figure.axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        "multistage",
        "multistage, 2 stages",
        "one-shot",
    ]
    assert "20%" in {text.get_text() for text in axes.texts}
    assert figure.get_supxlabel() == "Seeds are missing: torch.nn.utils.prune"


def test_the_ranking_says_which_sparsity_was_reached_instead():
    missed = NETWORKS["sparsity"].mask(NETWORKS["method"] == "torch_prune", 0.82)
    found = ranking.ranking(NETWORKS.assign(sparsity=missed), CONFUSIONS, 0.9, "dense", 10)
    labels = rankings.ranking(found, "dense").axes[0].get_yticklabels()
    assert "torch.nn.utils.prune [82% removed]" in {label.get_text() for label in labels}


def test_the_legend_of_the_curves_is_in_the_order_in_which_lines_end():
    (legend,) = draw_curves().legends
    words = [text.get_text() for text in legend.get_texts()]
    assert words == ["multistage", "one-shot", "torch.nn.utils.prune"]


def test_every_family_has_its_own_colour():
    families = {Variant(method).family for method in variants.METHODS}
    families |= {variants.OTHER_MASKS, variants.OTHER_SCHEDULE}
    assert families == rankings.FAMILY_COLOURS.keys()
    assert len(set(rankings.FAMILY_COLOURS.values())) == len(families)
