"""Tables of the answers: counts are summed, differences are of the same records, NaN is kept."""

import numpy as np
import pandas as pd
import pytest

from ecglib.denoising import answers
from ecglib.denoising.answers import beside, picked, pooled, results

COLUMNS = (
    "data method loss channels target_sparsity seed snr_db "
    "mse correlation snr_gain_db r_f1 r_error_ms hr_mae_bpm"
).split()
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
    assert len(unknown) == 1 and unknown[["snr_db", "snr_gain_db"]].isna().all(None)


def test_differences_are_paired(table):
    """Records differ by a hundred times what the interval of their difference is wide."""
    found = beside(table, "mse", {"method": "dense"}, {"method": "linear"}, 200)
    assert found == pytest.approx({"difference": -0.1, "low": -0.1, "high": -0.1})
    again = beside(table, "mse", {"method": "linear"}, {"method": "dense"}, 200)
    assert again["difference"] == pytest.approx(0.1)
    shuffled = table.sample(frac=1, random_state=0)
    assert beside(shuffled, "mse", {"method": "dense"}, {"method": "linear"}, 200) == pytest.approx(
        found
    )


def test_an_interval_is_as_wide_as_records_disagree(table):
    better = table["method"] == "dense"
    spread = np.tile(np.repeat(np.linspace(-0.1, 0.1, 12), 2), 1)
    table.loc[better, "mse"] += spread
    found = beside(table, "mse", {"method": "dense"}, {"method": "linear"}, 500)
    assert found["low"] < -0.11 and -0.09 < found["high"] < 0
    assert found["low"] < found["difference"] < found["high"]


def test_f1_of_a_draw_is_that_of_its_summed_counts(table):
    found = beside(table, "r_f1", {"method": "dense"}, {"method": "linear"}, 50)
    expected = 2 * 90 / (2 * 90 + 5 + 10) - 2 * 80 / (2 * 80 + 5 + 20)
    assert found == pytest.approx(dict.fromkeys(("difference", "low", "high"), expected))


def test_rows_are_picked_by_all_their_values(table):
    assert len(picked(table, {"method": "dense", "seed": 1})) == 12
    with pytest.raises(ValueError, match="no rows of {'method': 'gone'}"):
        picked(table, {"method": "gone"})


def test_what_is_pooled_by_record_has_its_own_f1(table):
    found = pooled(table, ["method", "record"])
    assert len(found) == 24 and set(answers.MEANS) <= set(found)
    assert found["r_f1"].notna().all()
