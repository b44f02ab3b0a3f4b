"""Tables of the answers: counts are summed, differences are of the same records, NaN is kept."""

import numpy as np
import pandas as pd
import pytest

from ecglib.denoising import answers, paired
from ecglib.denoising.answers import picked, pooled, results
from ecglib.denoising.made import Kind

COLUMNS = (
    "data method loss channels target_sparsity seed snr_db "
    "mse correlation snr_gain_db r_f1 r_error_ms hr_mae_bpm"
).split()
DENSE, LINEAR = Kind("dense", "l1"), Kind("linear", "")
RECORDS = [f"r{number}" for number in range(12)]


def row(record, method="dense", mse=0.2, tp=90, seed=0, snr_db=0.0, **changed):
    named = {"data": "simulated", "method": method, "loss": "l1", "channels": 3}
    named |= {"target_sparsity": 0.0, "seed": seed, "snr_db": snr_db, "record": record}
    scores = {"mse": mse, "correlation": 0.9, "snr_gain_db": 6.0, "tp": tp, "fp": 5, "fn": 100 - tp}
    more = {"r_f1": np.nan, "r_error_ms": 4.0, "hr_mae_bpm": 1.0, "hr_median_bpm": 0.5}
    return named | scores | more | {"0.5-5 Hz": 0.0} | changed


def hard(record):
    """Records differ much in how hard they are."""
    return 0.1 * RECORDS.index(record)


@pytest.fixture
def table():
    rows = [row(one, "dense", 0.2 + hard(one), seed=seed) for one in RECORDS for seed in (0, 1)]
    rows += [row(one, "linear", 0.3 + hard(one), tp=80, loss="") for one in RECORDS]
    return pd.DataFrame(rows)


def test_results_have_exactly_their_columns(table):
    assert list(results(table).columns) == COLUMNS
    with_costs = table.assign(macs=1, person="anna")
    assert list(results(with_costs).columns) == COLUMNS


def test_a_row_a_way_seed_and_snr(table):
    found = results(table)
    assert found[["method", "seed"]].to_numpy().tolist() == [
        ["dense", 0],
        ["dense", 1],
        ["linear", 0],
    ]
    assert found["mse"].tolist() == pytest.approx([0.75, 0.75, 0.85])


def test_peaks_are_counted_over_all_records_and_not_averaged():
    some = pd.DataFrame([row("a", tp=1000, fp=0, fn=0), row("b", tp=0, fp=0, fn=10)])
    (found,) = results(some)["r_f1"]
    assert found == pytest.approx(2000 / 2010)


def test_what_has_no_number_in_one_record_is_a_mean_of_the_others():
    some = pd.DataFrame([row("a", r_error_ms=np.nan), row("b", r_error_ms=6.0)])
    assert results(some)["r_error_ms"].tolist() == [6.0]
    unknown = results(pd.DataFrame([row("a", snr_db=np.nan, snr_gain_db=np.nan)]))
    assert len(unknown) == 1 and unknown[["snr_db", "snr_gain_db"]].isna().all(axis=None)


def less(table, name, draws, of=DENSE, instead=LINEAR):
    return paired.difference(picked(table, of), picked(table, instead), name, draws)


def test_differences_are_paired(table):
    """Records differ by a hundred times what the interval of their difference is wide."""
    assert less(table, "mse", 200) == pytest.approx([-0.1] * 3)
    assert less(table, "mse", 200, LINEAR, DENSE) == pytest.approx([0.1] * 3)
    shuffled = table.sample(frac=1, random_state=0)
    assert less(shuffled, "mse", 200) == pytest.approx([-0.1] * 3)


def test_an_interval_is_as_wide_as_records_disagree(table):
    table.loc[table["method"] == "dense", "mse"] += np.repeat(np.linspace(-0.1, 0.1, 12), 2)
    value, low, high = less(table, "mse", 500)
    assert low < -0.11 and -0.09 < high < 0 and low < value < high


def test_seeds_that_disagree_widen_the_interval_too(table):
    table.loc[table["seed"] == 1, "mse"] += 0.1
    value, low, high = less(table, "mse", 500)
    assert value == pytest.approx(-0.05) and [low, high] == pytest.approx([-0.1, 0.0])


def test_f1_of_a_draw_is_that_of_its_summed_counts(table):
    expected = 2 * 90 / (2 * 90 + 5 + 10) - 2 * 80 / (2 * 80 + 5 + 20)
    assert less(table, "r_f1", 50) == pytest.approx([expected] * 3)


def test_a_score_of_all_is_that_of_the_results(table):
    table["tp"] -= table["record"].map(RECORDS.index)
    whole = results(table).groupby("method")["r_f1"].mean()
    for name, kind in (("dense", DENSE), ("linear", LINEAR)):
        assert paired.score(picked(table, kind), "r_f1", 10)[0] == pytest.approx(whole[name])


def test_networks_of_other_seeds_are_not_compared(table):
    of = picked(table, DENSE)
    with pytest.raises(ValueError, match="no seed in common"):
        paired.difference(of, of.assign(seed=of["seed"] + 2), "mse", 10)


def test_rows_are_picked_by_all_their_values(table):
    assert len(picked(table, DENSE, seed=1)) == 12
    assert picked(table, Kind("gone", "l1")).empty


def test_what_is_pooled_by_record_has_its_own_f1(table):
    found = pooled(table, ["method", "record"])
    assert len(found) == 24 and set(answers.MEANS) & set(table) <= set(found)
    assert found["r_f1"].notna().all()
