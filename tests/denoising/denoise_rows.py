"""Rows of an invented study of denoising, as `study.run_all` gives them, of all kinds."""

import numpy as np
import pandas as pd

from ecglib.denoising import (
    classifiers,
    device_runs,
    made,
    readers,
    rhythm,
    study,
    unovis_runs,
    ways,
)
from ecglib.denoising.answers import KEY, always
from ecglib.denoising.made import Kind
from ecglib.denoising.rivals import RIVALS
from ecglib.denoising.scores import BANDS_HZ
from ecglib.denoising.settings import settings

RECORDS = ("100", "105", "200", "234")
SEEDS = (0, 1)
MSE = {0.0: 0.2, -6.0: 0.3, 24.0: 0.1, 12.0: 0.12, 6.0: 0.15}


def signals() -> pd.DataFrame:
    """The main network has the MSE of MSE, all others 0.1 more for each place in `_kinds`."""
    rows = []
    for place, kind in enumerate(_kinds()):
        seeds = SEEDS if kind.loss else (0,)
        for seed in seeds:
            for snr_db, mse in MSE.items():
                for number, record in enumerate(RECORDS):
                    wrong = mse + 0.1 * place + 0.01 * number + 0.001 * seed
                    fn = 0 if place == 0 else 5
                    rows.append(
                        _named(kind, seed) | _costs(kind) | _scores(snr_db, record, wrong, fn)
                    )
    return pd.DataFrame(rows)


def real() -> pd.DataFrame:
    """Two people's three drives, by the main network and silence; no SNR is known."""
    rows = []
    for kind in (made.dense(), Kind(ways.SILENCE, "")):
        for record, person in (("a", "1"), ("b", "1"), ("c", "2")):
            named = _named(kind, 0) | {"data": unovis_runs.DATA, "person": person}
            rows.append(named | _scores(np.nan, record, 0.5, 5))
    return pd.DataFrame(rows)


def _kinds() -> list[Kind]:
    networks = [*study.kinds(), always()]
    rivals = [Kind(name, "") for name in (ways.UPRIGHT, ways.PLAIN, *RIVALS, ways.SILENCE)]
    return [*networks, *rivals]


def _named(kind: Kind, seed: int) -> dict:
    return {"data": study.DATA} | dict(zip(KEY[1:], kind, strict=True)) | {"seed": seed}


def _costs(kind: Kind) -> dict:
    left = 1 - kind.target
    found = {"macs_effective": 1e7 * left, "weights_nonzero": 4e4 * left}
    return found if kind.loss else {}


def _scores(snr_db: float, record: str, mse: float, fn: int) -> dict:
    named = {"snr_db": snr_db, "record": record}
    found = {
        "mse": mse,
        "mse_sign_told": mse,
        "correlation": 1 - mse / 2,
        "snr_gain_db": -10 * np.log10(mse) - snr_db,
    }
    return named | found | _peaks(fn) | dict.fromkeys(BANDS_HZ, 0.01)


def _peaks(fn: int) -> dict:
    rate = {"hr_bias_bpm": -float(fn), "hr_low_bpm": -fn - 1.96, "hr_high_bpm": -fn + 1.96}
    wrong = {"hr_mae_bpm": float(fn), "hr_mae_mean_rr_bpm": 2.0 * fn, "hr_median_bpm": 0.5}
    counts = {"tp": 100 - fn, "fp": 0, "fn": fn} | rhythm.found_of(100 - fn, 0, fn)
    return counts | {"r_error_ms": 5.0} | wrong | rate


def detected() -> pd.DataFrame:
    """Peaks by both detectors: the clean lead misses none, the network 2, the others 10."""
    missed = {
        readers.CLEAN: 0,
        made.dense(): 2,
        Kind(ways.UPRIGHT, ""): 10,
        Kind(study.NOISY, ""): 10,
    }
    rows = []
    for kind, fn in missed.items():
        for seed in SEEDS if kind.loss else (0,):
            for snr_db in [np.inf] if kind == readers.CLEAN else settings().judging.few_snr_db:
                for record in RECORDS:
                    for detector in rhythm.DETECTORS:
                        for truth in ("annotations", "clean lead"):
                            named = {"snr_db": snr_db, "record": record, "detector": detector}
                            rows.append(_named(kind, seed) | named | {"truth": truth} | _peaks(fn))
    return pd.DataFrame(rows)


def answers() -> pd.DataFrame:
    """F1 of class S: 0.9 clean and denoised, 0.8 noisy, 0.1 if nothing passes; else all are 0.9."""
    rows = []
    for kind in readers.read_ways():
        s = {study.NOISY: 0.8, ways.ALWAYS: 0.1}.get(kind.method, 0.9)
        for seed in SEEDS if kind.loss else (0,):
            for snr_db in [np.inf] if kind == readers.CLEAN else settings().judging.few_snr_db:
                for model, split in classifiers.KINDS:
                    for classifier_seed in settings().judging.classifier_seeds:
                        named = _named(kind, seed) | {"classifier_seed": classifier_seed}
                        named |= {"snr_db": snr_db, "classifier": model, "split": split}
                        rows.append(
                            named | {"f1_S": s} | dict.fromkeys(["f1_N", "f1_V", "f1_F"], 0.9)
                        )
    return pd.DataFrame(rows)


def device() -> pd.DataFrame:
    """Two networks in both layouts; the smaller of them fits."""
    rows = []
    for kind, size in ((made.dense(), 70_000), (Kind("filters", made.dense().loss, 3, 0.8), 4_000)):
        for aim in device_runs.AIMS:
            row = {"mse": 0.2, "int8_mse": 0.21, "aim": aim, "macs_effective_per_s": 2e6}
            row |= {"cycles_p2_per_s": 4e6, "cycles_p2_ws5_per_s": 5e6, "ram_bytes": size}
            row |= {"flash_total_bytes": size, "energy_uj_per_s_low": 1e3}
            rows.append(_named(kind, 0) | row | {"energy_uj_per_s_high": 1.5e3})
    return pd.DataFrame(rows)
