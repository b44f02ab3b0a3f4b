"""What a reader sees of the study of denoising: tables, sentences and goals."""

import denoise_rows
import numpy as np
import pandas as pd
import pytest

from ecglib.denoising import (
    answers,
    asked,
    costs,
    made,
    readers,
    readers_words,
    shown,
    study,
    unovis_runs,
    words,
)
from ecglib.denoising.in_short import in_short
from ecglib.denoising.readers import NOISY
from ecglib.denoising.settings import settings

DRAWS = 20


class Tables:
    """All tables of these rows."""

    def __init__(self, signals, detected, classified, device):
        self.signals = signals
        self.rivals = answers.rivals(signals, DRAWS)
        self.losses = answers.losses(signals, DRAWS)
        self.shrunk = answers.shrunk(signals, study.kinds(), DRAWS)
        self.rhythm = readers.rhythm(detected)
        self.classifiers = readers.classifiers(classified)
        self.gained = readers.gained(classified, NOISY)
        self.near = readers.near_clean(classified)
        self.device = costs.device(device)
        self.asked = asked.asked(self.rivals, self.shrunk, self.near)

    def texts(self) -> dict[str, str]:
        """Every table in Markdown."""
        return {
            "rivals": words.rivals(self.rivals),
            "ahead": words.ahead(self.rivals),
            "losses": words.losses(self.losses),
            "shrunk": words.shrunk(self.shrunk),
            "device": words.device(self.device),
            "asked": words.asked(self.asked),
            "rhythm": readers_words.rhythm(self.rhythm, "annotations"),
            "rhythm_clean": readers_words.rhythm(self.rhythm, "clean lead"),
            "classifiers": readers_words.classifiers(self.classifiers),
            "gained": readers_words.gained(self.gained, "noisy mean"),
            "near": readers_words.near_clean(self.near),
        }

    def short(self) -> str:
        """The answers in short."""
        made_of = (self.rivals, self.losses, self.rhythm, self.classifiers, self.shrunk)
        return in_short(*made_of, self.device, self.asked)


@pytest.fixture(scope="module")
def whole():
    made_of = (
        denoise_rows.signals,
        denoise_rows.detected,
        denoise_rows.answers,
        denoise_rows.device,
    )
    return Tables(*(make() for make in made_of))


def test_every_table_is_markdown_of_equal_rows_without_holes(whole):
    for name, text in whole.texts().items():
        lines = [line for line in text.splitlines() if line.startswith("|")]
        assert len(lines) > 2 and len({line.count("|") for line in lines}) == 1, name
        assert "nan" not in text, name


def test_without_data_every_table_says_so_and_nothing_is_said_in_short():
    nothing = Tables(*[pd.DataFrame()] * 4)
    assert set(nothing.texts().values()) == {words.NO_ROWS}
    assert nothing.short() == ""


def test_the_network_is_compared_with_every_rival_at_every_snr_of_the_tables(whole):
    at = whole.rivals.groupby("snr_db").size()
    assert list(at.index) == sorted(answers.snrs_db())
    assert set(at) == {len(answers.compared())}
    others = whole.rivals[whole.rivals["less_mse"].notna()]
    assert len(whole.rivals) - len(others) == len(at)  # itself
    assert (others["less_mse"] < 0).all()
    assert (others["less_mse_low"] <= others["less_mse"] + 1e-9).all()


def test_stages_stand_beside_one_shot_and_dense(whole):
    staged = whole.shrunk[whole.shrunk["method"] == "multistage"]
    stages = len(settings().shrinking.stages)
    snrs = len(answers.noisy_db())
    assert len(staged) == snrs * stages and np.allclose(staged["staged_mse"], -0.1)
    assert whole.shrunk.loc[whole.shrunk["method"] != "multistage", "staged_mse"].isna().all()
    assert set(whole.shrunk["snr_db"]) == set(answers.noisy_db())


def test_limits_of_agreement_hold_what_scatters_within_records_and_between_them(whole):
    of = answers.picked(whole.rhythm, made.dense(), snr_db=0.0, truth="annotations")
    assert np.allclose(of["hr_low_bpm"], -2 - 1.96) and np.allclose(of["hr_bias_bpm"], -2)
    rows = denoise_rows.detected()
    first = rows["record"] == denoise_rows.RECORDS[0]
    for name in ("hr_bias_bpm", "hr_low_bpm", "hr_high_bpm"):
        rows.loc[first, name] += 10
    wider = answers.picked(readers.rhythm(rows), made.dense(), snr_db=0.0, truth="annotations")
    assert (wider["hr_high_bpm"] - wider["hr_low_bpm"] > 4 * 1.96).all()


def test_what_is_erased_and_what_is_kept_of_a_rare_class_is_told_apart(whole):
    near = whole.near[whole.near["against"] == study.NOISY]
    assert np.allclose(answers.picked(near, answers.always())["less_f1_S"], -0.7)
    assert np.allclose(answers.picked(near, made.dense())["less_f1_S"], 0.1)
    assert "noisy 80.0 %, denoised 90.0 %, if nothing passes 10.0 %" in whole.short()
    of_clean = whole.near[whole.near["against"] == readers.CLEAN.method]
    assert np.allclose(answers.picked(of_clean, answers.always())["less_f1_S"], -0.8)


def test_what_fits_beside_the_classifier_is_by_the_sums_of_both(whole):
    assert list(whole.device["fits"]) == [False, False, True, True]
    flash, ram = costs.classifier_bytes()
    assert np.allclose(whole.device["both_flash_bytes"] - whole.device["flash_total_bytes"], flash)
    assert np.allclose(whole.device["both_ram_bytes"] - whole.device["ram_bytes"], ram)


def test_where_the_main_study_has_measured_nothing_the_denoiser_stands_alone(whole, monkeypatch):
    monkeypatch.setattr(costs, "TABLE", costs.TABLE.with_name("absent.csv"))
    alone = costs.device(denoise_rows.device())
    assert "fits" not in words.device(alone).splitlines()[0]
    assert "70,000" in words.device(alone)


def test_without_a_compiler_the_device_says_so(whole):
    bare = costs.device(denoise_rows.device().drop(columns=["flash_total_bytes", "ram_bytes"]))
    assert "compiler" in words.device(bare)


def test_every_goal_has_its_number_and_whether_it_is_reached(whole):
    reached = whole.asked.set_index(["what", "snr_db"])["reached"]
    assert reached["MSE", 0.0] and reached["R-peak F1", -6.0]
    assert not reached["R-peak F1 more than by one channel", 0.0]
    assert not reached["MSE without 80% of the weights, in stages, less dense", 0.0]
    reached = int(whole.asked["reached"].sum())
    assert f"Of {len(whole.asked)} rows of goals {reached} are" in whole.short()


def test_a_goal_is_missed_by_the_number_and_not_by_the_direction(whole):
    worse = whole.rivals.assign(mse=whole.rivals["mse"] + 1, correlation=0.1)
    found = asked.asked(worse, whole.shrunk, whole.near).set_index(["what", "snr_db"])["reached"]
    assert not found["MSE", 0.0] and not found["correlation", 0.0]


def test_in_short_is_a_line_an_answer(whole):
    lines = whole.short().splitlines()
    assert all(line.startswith("- ") and line.endswith(".") for line in lines)
    assert 15 <= len(lines) <= 30 and "nan" not in whole.short()


def test_real_drives_stand_apart_from_simulated_ones(whole):
    real = denoise_rows.real()
    both = pd.concat([whole.signals, real], ignore_index=True)
    assert len(answers.of_data(both, study.DATA)) == len(whole.signals)
    table = answers.real(answers.of_data(both, unovis_runs.DATA))
    assert table[["people", "records"]].to_numpy().tolist() == [[2, 3], [2, 3]]
    text = words.real(table)
    assert "| network | 2 | 3 | 0.500 |" in text and "nan" not in text
    assert words.real(answers.real(pd.DataFrame())) == words.NO_ROWS
    assert len(answers.results(both)) == len(answers.results(whole.signals)) + 2


def test_figures_name_each_way_once_and_pruning_by_the_weights_that_are_gone(whole):
    table = shown.against_snr(answers.against_snr(whole.signals, DRAWS))
    assert table["finder"].iloc[0] == "network" and table["finder"].nunique() == 10
    sizes = shown.by_sparsity(whole.signals, [0.0])
    assert {"dense", "multistage", "one_shot"} < set(sizes["method"])
    assert sizes.groupby(["method", "target_sparsity"]).size().eq(2).all()
    bands = shown.band_errors(whole.signals, [made.dense(), NOISY], 0.0)
    assert set(bands["finder"]) == {"network", "mean of the channels"}
