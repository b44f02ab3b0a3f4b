"""The whole study of denoising: all runs, several at once, each of one way to denoise."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
import torch

from ecglib.data.errors import DataError
from ecglib.denoising import (
    eight_bits,
    judged,
    made,
    networks,
    on_device,
    parts,
    ways,
    whole,
    windows,
)
from ecglib.denoising.compact import compact
from ecglib.denoising.leads import WINDOW
from ecglib.denoising.made import CHANNELS, Kind
from ecglib.denoising.rivals import RIVALS
from ecglib.denoising.settings import settings
from ecglib.systems import pool

DATA = "simulated"
AIMS = ("cycles", "memory")  # of the device: the fastest layout, and the one of least memory
NOISY = "mean"  # the rival whose beats classifiers read, as the noisy signal
EVERY = 16  # of which window of a drive one is taken, for 8 bits
Run = Callable[[], "Found"]


class Found(NamedTuple):
    """Rows: of signals (a record each), of the two detectors, of classifiers, of the device."""

    signals: list[dict]
    rhythm: list[dict]
    answers: list[dict]
    device: list[dict]


def kinds() -> list[Kind]:
    """All networks: the main one, other losses, one channel, and what is smaller."""
    chosen, main = settings(), made.dense()
    found = [Kind("dense", loss) for loss in chosen.losses]
    found += [main._replace(channels=1), main._replace(method="longer")]
    for stage in chosen.shrinking.stages:
        found += [main._replace(method=name, target=stage.sparsity) for name in STAGED]
    found += [
        main._replace(method="filters", target=stage.sparsity)
        for stage in chosen.shrinking.filter_stages
    ]
    return found + [
        main._replace(method="narrow", target=saved) for saved in chosen.shrinking.narrow
    ]


STAGED = ("multistage", "one_shot")


def all_runs() -> tuple[list[Run], list[str]]:
    """The runs of all data that are here, and what is absent in a line."""
    try:
        parts.read("test")
    except DataError as error:
        return [], [f"The simulated seat is left out: {error}"]
    seeds = settings().seeds
    runs: list[Run] = [partial(of_network, kind, seed) for seed in seeds for kind in kinds()]
    runs += [partial(of_always, seed) for seed in seeds]
    runs += [partial(of_rival, name) for name in RIVALS]
    runs += [partial(of_filter, name) for name in (ways.PLAIN, ways.UPRIGHT)]
    return [*runs, of_silence, of_clean], []


def run_all(of: list[Run], processes: int) -> tuple[Found, list[str]]:
    """The rows of these runs. Raises as `systems.pool.run_all` does."""
    found, faults = pool.run_all(of, processes)
    return Found(*(sum(column, []) for column in zip(*found, strict=True))), faults


def train(processes: int) -> None:
    """Make all networks that are not in git, dense ones first: others come from them."""
    of, seeds = kinds(), settings().seeds
    first = [kind for kind in of if kind.method == "dense"]
    for some in (first, [kind for kind in of if kind.method != "dense"]):
        runs = [partial(_make, kind, seed) for seed in seeds for kind in some]
        pool.run_all(runs, processes)


def _make(kind: Kind, seed: int) -> str:
    made.network(kind, seed)
    return kind.name


def of_network(kind: Kind, seed: int) -> Found:
    """A network on the test drives; of the main questions at all SNRs, and for who reads it."""
    denoise, few = ways.denoiser(kind, seed), settings().judging.few_snr_db
    named = _named(kind.method, kind.loss, kind.channels, kind.target, seed)
    costs = networks.costs(made.network(kind, seed))
    main = kind == made.dense()
    wide = main or kind.channels == 1
    signals = judged.rows(denoise, settings().judging.snr_db if wide else few)
    rhythm = judged.detected(denoise, few) if main else []
    read = main or kind == Kind("dense", "l1_answers")
    answers = judged.classified(denoise, few) if read else []
    return _found(
        *(named | costs, signals, rhythm, answers),
        device=of_device(kind, seed) if seed == settings().seeds[0] and _small(kind) else [],
    )


def of_always(seed: int) -> Found:
    """The main network where nothing passes by it."""
    denoise, few = ways.denoiser(made.dense(), seed, passing=False), settings().judging.few_snr_db
    named = _named(ways.ALWAYS, made.dense().loss, seed=seed)
    return _found(named, judged.rows(denoise, few), answers=judged.classified(denoise, few))


def _small(kind: Kind) -> bool:
    """Whether the device is asked: the main network and what was made smaller."""
    return kind == made.dense() or kind.target > 0


def of_device(kind: Kind, seed: int) -> list[dict]:
    """What a network costs on the device, and its error in floats and in 8 bits on test windows.

    Scaled on windows of training drives; both at 0 dB, a few of each record.
    """
    network = made.network(kind, seed)
    training, _ = _windows(kind, "train")
    inputs, reference = _windows(kind, "test")
    errors = {
        "mse": whole.answers(network, inputs) - reference,
        "int8_mse": eight_bits.run(
            eight_bits.quantized(compact(network), torch.from_numpy(training)),
            torch.from_numpy(inputs),
        )[:, 0]
        - reference,
    }
    scored = {name: float((error.astype(float) ** 2).mean()) for name, error in errors.items()}
    return [
        scored | on_device.assess(network, torch.from_numpy(training), windows.HOP, aim)
        for aim in AIMS
    ]


def _windows(kind: Kind, part: str) -> tuple[np.ndarray, np.ndarray]:
    """(n, channels, WINDOW) inputs and (n, WINDOW) references of a part at 0 dB."""
    inputs, references = [], []
    for drive in judged.drives(0.0, part=part):
        at = windows.starts(len(drive.reference))[::EVERY]
        inputs.append(windows.cut(drive.channels[list(CHANNELS[kind.channels])], at))
        references.append(np.stack([drive.reference[start : start + WINDOW] for start in at]))
    return np.concatenate(inputs), np.concatenate(references)


def of_rival(name: str) -> Found:
    """A rival, at the scale that suits it best."""
    denoise, chosen = ways.rival(name), settings().judging
    answers = judged.classified(denoise, chosen.few_snr_db) if name == NOISY else []
    rhythm = judged.detected(denoise, chosen.few_snr_db)
    return _found(_named(name), judged.rows(denoise, chosen.snr_db), rhythm, answers)


def of_filter(name: str) -> Found:
    """The trained linear filter."""
    denoise, chosen = ways.filtered(name), settings().judging
    upright = name == ways.UPRIGHT
    answers = judged.classified(denoise, chosen.few_snr_db) if upright else []
    rhythm = judged.detected(denoise, chosen.few_snr_db) if upright else []
    return _found(_named(name), judged.rows(denoise, chosen.snr_db), rhythm, answers)


def of_silence() -> Found:
    """Zeros."""
    return _found(_named(ways.SILENCE), judged.rows(ways.silence, settings().judging.snr_db))


def of_clean() -> Found:
    """The clean lead, for the detectors and the classifiers: their own ceiling."""
    rhythm = judged.detected(lambda drive: drive.reference, [judged.CLEAN_DB])
    return _found(_named("clean lead"), [], rhythm, judged.clean_answers())


def _named(
    method: str, loss: str = "", channels: int = 3, target: float = 0.0, seed: int = 0
) -> dict:
    names = {"data": DATA, "method": method, "loss": loss, "channels": channels}
    return names | {"target_sparsity": target, "seed": seed}


def _found(
    named: dict,
    signals: list[dict],
    rhythm: list[dict] = (),
    answers: list[dict] = (),
    device: list[dict] = (),
) -> Found:
    return Found(
        [named | row for row in signals],
        *([_only(named) | row for row in rhythm],),
        [_only(named) | {"classifier_seed": row.pop("seed")} | row for row in answers],
        [_only(named) | row for row in device],
    )


def _only(named: dict) -> dict:
    """Without the costs, which stand with the signals."""
    return {name: named[name] for name in _named("")}
