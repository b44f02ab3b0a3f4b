"""The whole study on four small nights: from runs to tables, sentences, figures and costs."""

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

from ecglib.apnea import answers, networks, on_device, runs, scores, study, words
from ecglib.apnea import settings as apnea_settings
from ecglib.apnea.runs import PUBLISHED
from ecglib.device import compiler
from ecglib.plots import apnea as draw
from ecglib.settings import config
from ecglib.settings.words import ConfigError
from ecglib.systems import intervals

FIT = {"epochs": 1, "learning_rate": 0.003, "weight_decay": 0.01, "batch_size": 2}
SECTION = {
    "seeds": [0],
    "folds": 2,
    "fits": {PUBLISHED: FIT, "small": FIT},
    "placebo": {
        "block_s": 60,
        "random": {"records": 1, "fit": FIT},
        "strict": {"records": 1, "fit": FIT},
    },
    "ucddb": FIT,
    "shrinking": {"stages": [{"sparsity": 0.8, "epochs": 1}], "binarised_epochs": 1},
    "personal": {"least": 5, "share": 0.75, "fit": FIT},
}


@pytest.fixture
def rows(nights, small, monkeypatch, tmp_path):
    """All that two folds give of four nights of four people."""
    chosen = apnea_settings.SleepApnea.model_validate(SECTION)
    for module in (runs, study):
        monkeypatch.setattr(module, "settings", lambda: chosen)
    monkeypatch.setattr(runs, "real_nights", lambda *_: {night.name: night for night in nights})
    monkeypatch.setattr(runs, "FOLDER", tmp_path)
    return pd.DataFrame([row for run in study._of_people()[:4] for row in run()])


def test_every_night_tests_once_in_each_kind_of_run(rows):
    apart = rows[rows["protocol"] == answers.APART]
    kinds = apart.groupby(["network", "method", "target_sparsity"])["night"].agg(list)
    assert {
        *((PUBLISHED, "dense", 0.0), (PUBLISHED, "multistage", 0.8), (PUBLISHED, "one_shot", 0.8)),
        *((PUBLISHED, "binarised, sign", 0.0), (PUBLISHED, "binarised, scaled", 0.0)),
        ("small", "dense", 0.0),
    } == set(kinds.index)
    assert all(sorted(names) == ["n0", "n1", "n2", "n3"] for names in kinds)
    assert (apart[scores.COUNTS].sum(axis=1) == 60).all()


def test_the_results_have_the_columns_and_the_sums(rows):
    table = answers.results(rows)
    assert (
        list(table.columns)
        == (
            "data protocol network method target_sparsity seed accuracy sensitivity specificity "
            "balanced_accuracy f1 macs_effective weight_bytes"
        ).split()
    )
    dense = table[table["method"].eq("dense") & table["network"].eq(PUBLISHED)].iloc[0]
    assert dense["macs_effective"] == 6_527_400
    counts = rows[rows["method"].eq("dense") & rows["network"].eq(PUBLISHED)][scores.COUNTS].sum()
    assert dense["accuracy"] == pytest.approx((counts["tn"] + counts["tp"]) / counts.sum())
    sparse = table[table["method"] == "multistage"].iloc[0]
    assert sparse["macs_effective"] < dense["macs_effective"] / 2
    # A bit for each weight of the convolutions; the dense layer takes in batch normalisation.
    one_bit = (300 + 1500 + 45_000 + 3 * 8) // 8 + 3900 + 4 * (3 + 50 + 30 + 2)
    binarised = table[table["method"] == "binarised, scaled"]["weight_bytes"].iloc[0]
    assert binarised == pytest.approx(one_bit, abs=4)


def test_a_stream_computes_only_what_the_new_samples_add():
    """15 steps of the last convolution for a minute, of 30 x 50 x 30 weights, and so on upwards."""
    chain = networks.build(PUBLISHED, 0)
    convolutions = 120 * 300 + 60 * 1500 + 30 * 45_000
    assert networks.streamed_macs(chain, 240) == convolutions + 2 * 1950


def test_the_answers_as_tables_words_and_figures(rows):
    claims, networks = answers.claims(rows), answers.networks(rows, 50)
    small, own = answers.shrunk(rows, 50), answers.own_nights(rows)
    dense = small[small["method"] == "dense"].iloc[0]
    assert (dense["difference"], dense["low"], dense["high"]) == (0, 0, 0)
    assert small["to_one_shot"].notna().sum() == 1
    assert networks.set_index("network").loc[PUBLISHED, "f1_difference"] == 0
    assert set(own["protocol"]) == {"own first half", "own random half"} and len(own) == 8
    assert np.allclose(own["gain"], own["after"] - own["before"])
    assert words.in_short(claims, *[pd.DataFrame()] * 3).count("\n") == 0
    gain = answers.own_gain(own, 50).set_index("protocol").loc["own first half"]
    of = own[own["protocol"] == "own first half"]
    assert gain["gain"] == pytest.approx(of["gain"].mean()) and gain["nights"] == 4
    assert gain["low"] <= gain["gain"] <= gain["high"]
    text = words.in_short(claims, networks, small, answers.own_gain(own, 50))
    assert text.count("\n- ") == 4 and "Copying" not in text  # no copier among these rows
    for of in (words.claims(claims), words.networks(networks), words.shrunk(small)):
        assert of.startswith("| ") and "nan" not in of
    assert words.losers(own)
    apart = rows[rows["protocol"].eq(answers.APART) & rows["method"].eq("dense")]
    limits = answers.agreement(rows)
    for figure in (
        draw.what_a_split_measures(claims),
        draw.shrinking(small),
        draw.agreement(apart, limits),
        draw.own_nights(own),
    ):
        figure.canvas.draw()
        plt.close(figure)


def test_limits_of_agreement_are_bland_and_altmans():
    nights = {"found_per_hour": [10.0, 20, 33], "apnea_per_hour": [11.0, 18, 30]}
    rows = pd.DataFrame(nights).assign(protocol=answers.APART, method="dense", network="a")
    found = answers.agreement(rows).iloc[0]
    assert found["bias"] == pytest.approx(4 / 3)
    assert found["high"] - found["low"] == pytest.approx(2 * 1.96 * np.std([-1, 2, 3], ddof=1))


def test_an_interval_over_subjects_holds_its_value_and_is_not_empty():
    drawn = np.random.default_rng(0)
    a, b = (drawn.integers(5, 50, (20, 4)) for _ in range(2))
    value, low, high = answers._difference(a, b, intervals.times_drawn(20, 500))
    assert low < value < high
    assert answers._difference(a, a, intervals.times_drawn(20, 500)) == (0, 0, 0)


def test_what_was_kept_of_the_first_fold_goes_to_the_device(rows, monkeypatch):
    try:
        compiler.device_compiler()
    except compiler.CompilerMissing as error:
        pytest.skip(str(error))
    monkeypatch.setattr(on_device, "WINDOWS", 16)
    monkeypatch.setattr(study, "SMALL", study.SMALL[:1])
    table = study.on_the_device()
    assert len(table) == 2 * 3 and (table["int8_agreement"] > 0.9).all()
    of = table[table["network"].eq(PUBLISHED)].set_index(["method", "aim"])
    assert of.loc[("multistage", "cycles"), "cycles_p2"] < of.loc[("dense", "cycles"), "cycles_p2"]
    assert of.loc[("dense", "memory"), "ram_bytes"] < of.loc[("dense", "cycles"), "ram_bytes"]
    assert "published" not in words.device(table) and "mJ" in words.device(table)


def test_the_section_of_the_study_is_whole():
    chosen = config.section("sleep_apnea", apnea_settings.SleepApnea)
    assert PUBLISHED in chosen.fits and chosen.folds >= 5 and len(chosen.seeds) >= 3


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"folds": 1}, "folds: .*greater than or equal to 2"),
        ({"fits": {"nobody2021": FIT}}, "unknown apnea network 'nobody2021'; one of .*john2021"),
        ({"seeds": [0, 0]}, "listed twice"),
        ({"night": 1}, "night: "),
        ({"fits": {"small": FIT}}, "john2021, which is compared with, is missing"),
        (
            {"shrinking": {"stages": [{"sparsity": 0.8, "epochs": 1}] * 2, "binarised_epochs": 1}},
            "does not exceed",
        ),
        (
            {"shrinking": {"stages": [{"sparsity": 0.6, "epochs": 1}], "binarised_epochs": 1}},
            "no stage has the published sparsity 0.8",
        ),
    ],
)
def test_a_wrong_setting_is_named(tmp_path, small, changed, message):
    import yaml

    path = tmp_path / "params.yaml"
    path.write_text(yaml.safe_dump({"sleep_apnea": SECTION | changed}))
    with pytest.raises(ConfigError, match=f"(?s)params.yaml, sleep_apnea.*{message}"):
        config.section("sleep_apnea", apnea_settings.SleepApnea, path)
