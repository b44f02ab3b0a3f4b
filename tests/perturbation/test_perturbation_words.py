"""What a reader sees of the study: tables, sentences and figures, also where a part is absent."""

import made_rows
import numpy as np
import pytest
from matplotlib import pyplot as plt

from ecglib.perturbation import answers, compared, shown, words
from ecglib.perturbation.in_short import in_short
from ecglib.perturbation.settings import settings
from ecglib.plots import fooling
from ecglib.plots import perturbation as signals

PARTS = {
    "all": {},
    "no EEG": {"eeg": False},
    "no heartbeats": {"beats": False},
    "narrow": {"seeds": (4,)},
}


@pytest.fixture(scope="module", params=PARTS.values(), ids=PARTS)
def study(request):
    rows, said, groups = made_rows.study(**request.param)
    found = [
        make(rows, said, groups, 50)
        for make in (answers.people, answers.kinds, answers.at_equal_macs, answers.defence)
    ]
    return rows, *found


@pytest.fixture(scope="module")
def whole():
    rows, said, groups = made_rows.study()
    return rows, said, groups


def tables(rows, people, kinds, equal, defended) -> list[str]:
    return [
        words.victims(compared.victims(rows, people)),
        words.people(compared.by_people(rows)),
        words.attacks(compared.attacks(rows)),
        words.crafts(compared.by_craft(rows)),
        words.targets(compared.by_target(rows)),
        words.others(compared.others(rows)),
        words.kinds(kinds),
        words.at_equal_macs(equal),
        words.defence(defended),
    ]


def test_a_table_is_markdown_of_equal_rows_or_says_that_it_is_empty(study):
    for text in tables(*study):
        if text == words.NO_ROWS:
            continue
        lines = [line for line in text.splitlines() if line.startswith("|")]
        assert len(lines) > 2 and len({line.count("|") for line in lines}) == 1
        assert "nan" not in text


def test_only_tables_of_what_is_absent_are_empty(study):
    rows = study[0]
    empty = [text == words.NO_ROWS for text in tables(*study)]
    eeg, beats = (rows["data"].str.startswith(name).any() for name in ("eegmmidb", "mitdb"))
    wide = set(rows["seed"]) != {4}
    assert empty == [not eeg, not (eeg and wide), False, not beats, not (beats and wide)] + 4 * [
        not beats
    ]


def test_in_short_is_a_line_an_answer(study):
    text = in_short(*study)
    assert all(line.startswith("- ") and line.endswith(".") for line in text.splitlines())
    assert "nan" not in text
    assert ("EEGNet" in text) == study[0]["data"].eq("eegmmidb").any()


def test_in_short_has_the_numbers_of_the_tables(whole):
    rows, said, groups = whole
    kinds = answers.kinds(*whole, 50)
    people, equal = answers.people(*whole, 50), answers.at_equal_macs(*whole, 50)
    text = in_short(rows, people, kinds, equal, answers.defence(*whole, 50))
    assert 8 <= text.count("\n") <= 15
    assert "fools the dense network on 30.0 %" in text
    assert "has 80.0 % of its trials answered as left" in text
    assert "TLM fools 30.0 % and DeepFool 10.0 %, TLM more in 2 of 2 folds" in text
    assert "in stages, 90 %, +10.0" in text


@pytest.mark.parametrize(("ends", "said"), [((0.01, 0.2), "settled"), ((-0.1, 0.2), "not settled")])
def test_what_is_settled_is_said_by_the_interval(whole, ends, said):
    kinds = answers.kinds(*whole, 20)
    kinds["fooled_more"] = 0.1
    kinds["fooled_more_low"], kinds["fooled_more_high"] = ends
    text = in_short(whole[0], answers.people(*whole, 20), kinds, kinds[:0], kinds[:0])
    assert f"AOFP, 80 % fewer MACs, +10.0 ({100 * ends[0]:+.1f} to +20.0), {said}" in text


def test_a_defence_halves_or_not_at_a_price(whole):
    table = answers.defence(*whole, 20)
    assert "in time on 10.0 %, without the defence on 30.0 % (halved)" in sentence(whole, table)
    assert "+0.0 to +0.0) points off, not settled, within half a point" in sentence(whole, table)
    table.loc[table["method"].eq("defended"), ["fooling_rate", "f1_more"]] = 0.16, -0.006
    assert "in time on 16.0 %, without the defence on 30.0 % (not" in sentence(whole, table)
    assert "beyond half a point" in sentence(whole, table)


def sentence(whole, defended) -> str:
    kinds = answers.kinds(*whole, 20)
    text = in_short(whole[0], answers.people(*whole, 20), kinds, kinds[:0], defended)
    return next(line for line in text.splitlines() if "under perturbations (defended)" in line)


def test_figures_are_drawn_of_whatever_is_there(study):
    rows = study[0]
    for figure in (
        fooling.against_bound(shown.by_bound(rows)),
        fooling.against_lateness(shown.by_lateness(rows)),
        fooling.transfers(shown.transfers(rows)),
        fooling.kinds(shown.by_seed(rows)),
    ):
        figure.canvas.draw()
        plt.close(figure)


def test_a_figure_has_a_panel_a_kind_of_data_and_says_its_axes(study):
    rows = study[0]
    for figure in (
        fooling.against_bound(shown.by_bound(rows)),
        fooling.against_lateness(shown.by_lateness(rows)),
    ):
        whose = {name.split(",")[0] for name in rows["data"]}
        assert len(figure.axes) == len(whose)
        assert all(axis.get_xlabel() and axis.get_ylabel() for axis in figure.axes)
        plt.close(figure)


def test_each_network_has_a_row_of_dots_and_its_name(whole):
    figure = fooling.kinds(shown.by_seed(whole[0]))
    names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert len(names) == len(settings().beats.networks)
    assert {"dense", "dense, trained longer", "in stages, 90 %"} <= set(names)
    plt.close(figure)


def test_a_perturbation_is_drawn_on_electrodes_and_on_beats():
    draw = np.random.default_rng(0)
    trial, v = draw.normal(0, 30, (3, 128)), draw.uniform(-5, 5, (3, 128))
    sides = {"to the left": v, "to the right": -v}
    figure = signals.on_electrodes(trial, sides, ("C3", "CZ", "C4"), 128, (4, 38))
    figure.canvas.draw()
    assert len(figure.axes) == 4 and "µV" in figure.axes[-1].get_ylabel()
    plt.close(figure)
    beats = {"A normal beat": draw.normal(0, 1, 50), "A ventricular beat": draw.normal(0, 1, 50)}
    said = {(beat, when): "N → V" for beat in beats for when in ("in time", "any time")}
    vs = {"in time": draw.normal(0, 0.1, 50), "any time": draw.normal(0, 0.1, 50)}
    figure = signals.on_a_beat(beats, vs, said, 360, 20)
    figure.canvas.draw()
    titles = {figure.axes[0].get_title(at) for at in ("left", "center")}  # as the style has it
    assert "A normal beat: N → V" in titles
    plt.close(figure)
