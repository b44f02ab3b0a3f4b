"""Others' code beside this study's, from networks that can be reckoned by hand."""

import pandas as pd
import pytest

from ecglib.report import peers


def saved(**changed):
    """A row of `devices.savings` for the dense acharya2017."""
    row = {"model": "acharya2017", "series": "dense", "target_sparsity": 0.0, "split": "intra"}
    row |= {"cycles_p2": 100_000.0, "flash_total_bytes": 20_000.0, "ram_bytes": 4_000.0}
    row |= {"cycles_p2_small": 120_000.0, "flash_total_bytes_small": 15_000.0}
    row |= {"ram_bytes_small": 2_000.0}
    return row | changed


DENSE = pd.DataFrame([saved(), saved(series="multistage", target_sparsity=0.6)])


def test_each_peer_stands_behind_the_studys_own_row():
    found = peers.beside(DENSE)
    assert found["code"].iloc[0] == peers.OWN and (found["series"] == "dense").all()
    assert found["times_as_fast"].iloc[0] == 1 and len(found) == 7
    small = found.set_index("code").loc[peers.SMALL]
    assert small["times_as_fast"] == 1.2 and small["times_the_ram"] == 2
    of = found.set_index("code").loc["CMSIS-NN 99f736a, its convolution wrapper"]
    assert of["times_as_fast"] == pytest.approx(7.00029)
    assert of["times_the_flash"] == pytest.approx(20_000 / 43_512)
    assert of["times_the_ram"] == pytest.approx(4_000 / 2_908)


def test_networks_that_were_not_measured_here_have_no_rows():
    both = pd.concat([DENSE, pd.DataFrame([saved(model="kachuee2018", cycles_p2=4e6)])])
    found = peers.beside(both)
    assert list(found["model"].unique()) == ["acharya2017", "kachuee2018"]
    assert not (found["target_sparsity"] > 0).any()
    assert peers.beside(DENSE.iloc[1:]).empty


def test_the_table_says_what_is_not_known():
    pruned = saved(series="AOFP, MACs budget", target_sparsity=0.8, cycles_p2=40_000.0)
    text = peers.to_text(peers.beside(pd.concat([DENSE, pd.DataFrame([pruned])])))
    nnom = next(line for line in text.splitlines() if "NNoM" in line)
    assert nnom.endswith("| -O2 | 1,523,052 | 15.23 |  | 4,176 |")
    assert "| acharya2017, AOFP, MACs budget, 80% | onnx2c ea045cc, float32 | not kept |" in text


def test_other_builds_are_told_from_the_fewest_cycles_to_the_most():
    lines = peers.builds_to_text().splitlines()
    assert len(lines) == 2 + len(peers.BUILDS) and "| `-O0` | 26.50 to 32.50 |" in lines[-1]
