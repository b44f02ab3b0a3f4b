"""What several tests share: synthetic WFDB records, synthetic beats, and the real database."""

import importlib
import os
from pathlib import Path

import numpy as np
import pytest
import torch
import wfdb

from ecglib import paths
from ecglib.data.beats import CLASSES, Beats, cut
from ecglib.data.records import MITDB_RECORDS, SUFFIXES, RecordWarning, read_record
from ecglib.methods import catalogue  # noqa: F401  (tests may name any method)
from ecglib.settings import config

# Files that take a minute and more come first, so that no process is left alone with one.
LONGEST = ["test_repro.py", "test_sweep_run.py", "test_execute.py", "test_sweep_cluster.py"]

GAIN_ADC_PER_MV, BASELINE_ADC = 200, 1024  # those of the MIT-BIH database


def pytest_configure(config: pytest.Config) -> None:
    """Import art once before the workers start.

    At its first import on a machine art writes a file in the home folder. Two workers that import
    it at once then can fail with a NameError (art 1.20, config.py).
    """
    if getattr(config.option, "numprocesses", None):  # not in the workers, nor without them
        importlib.import_module("art.config")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: [*LONGEST, item.path.name].index(item.path.name))


@pytest.fixture(autouse=True)
def same_draws() -> None:
    """What a test draws without a seed of its own is the same in every run, in any order."""
    torch.manual_seed(0)


@pytest.fixture
def use_settings(monkeypatch):
    """use_settings(changed): what `settings()` gives during the test."""

    def use(changed: config.Settings) -> None:
        monkeypatch.setattr(config, "load", lambda: changed)
        config.settings.cache_clear()

    yield use
    config.settings.cache_clear()


@pytest.fixture
def write_record(tmp_path):
    """A function that writes one WFDB record (.hea, .dat, .atr) and returns its folder."""

    def write(
        name="100",
        leads=("MLII", "V5"),
        *,
        signal_adc=None,
        fs_hz=360,
        fmt="212",
        sample=(100, 400, 700),
        symbol=("N", "V", "N"),
        folder=tmp_path,
    ) -> Path:
        """signal_adc: (samples, leads) integers; by default noise, different in every lead."""
        folder.mkdir(parents=True, exist_ok=True)
        if signal_adc is None:
            signal_adc = np.random.default_rng(0).integers(-500, 500, (1000, len(leads)))
        wfdb.wrsamp(
            name,
            fs=fs_hz,
            units=["mV"] * len(leads),
            sig_name=list(leads),
            d_signal=signal_adc,
            fmt=[fmt] * len(leads),
            adc_gain=[GAIN_ADC_PER_MV] * len(leads),
            baseline=[BASELINE_ADC] * len(leads),
            write_dir=str(folder),
        )
        wfdb.wrann(name, "atr", np.array(sample), list(symbol), write_dir=str(folder))
        return folder

    return write


@pytest.fixture(scope="session")
def mitdb() -> Path:
    """The folder of the real MIT-BIH database; without one the test is skipped."""
    folder = Path(os.environ.get("ECGLIB_MITDB", paths.MITDB_BESIDE))
    files = [name + suffix for name in MITDB_RECORDS for suffix in SUFFIXES]
    if missing := [file for file in files if not (folder / file).is_file()]:
        pytest.skip(f"no MIT-BIH database in {folder} ({missing[0]} is missing): set ECGLIB_MITDB")
    return folder


@pytest.fixture(scope="session")
def mitdb_records(mitdb):
    """All 48 real records, read once; two lack MLII and give their first lead, nothing else."""
    with pytest.warns(RecordWarning, match="in place of 'MLII'") as told:
        read = [read_record(mitdb, name, or_first=True) for name in MITDB_RECORDS]
    assert len(told) == 2
    return read


@pytest.fixture(scope="session")
def mitdb_beats(mitdb_records) -> Beats:
    """All real beats in the window of acharya2017."""
    return cut(mitdb_records, config.load().data.windows["acharya2017"])


@pytest.fixture(scope="session")
def beats() -> Beats:
    """Synthetic beats of 260 samples: 49 in each of eleven records, every class in each record.

    Records 101 114 (validation), 106 108 109 112 (train), 100 103 105 111 (test) and 102 (paced).
    The beats of a class share a shape, of different width for each class; noise sets them apart.
    """
    names = "101 114 106 108 109 112 100 103 105 111 102".split()
    one_record = np.repeat(np.arange(len(CLASSES), dtype=np.uint8), (20, 8, 7, 6, 8))
    label = np.tile(one_record, len(names))
    record = np.repeat(np.arange(len(names), dtype=np.uint8), len(one_record))
    sample = np.tile(300 * (1 + np.arange(len(one_record), dtype=np.int32)), len(names))
    width = 3.0 * 2 ** label[:, None].astype(float)
    shape = 300 * np.exp(-(((np.arange(260) - 99) / width) ** 2))
    noise = np.random.default_rng(0).normal(0, 20, shape.shape)
    adc = np.rint(BASELINE_ADC + shape + noise).astype(np.int16)
    rr_s = np.full(len(label), 300 / 360, np.float32)
    return Beats(adc, label, record, sample, rr_s, rr_s, np.array(names))
