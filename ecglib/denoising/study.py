"""The whole study of denoising: all runs, several at once, each of one way to denoise."""

from collections.abc import Callable
from functools import cache, partial
from typing import NamedTuple

from ecglib.data.errors import DataError
from ecglib.denoising import judged, made, networks, parts, unovis, unovis_runs, ways
from ecglib.denoising.device_runs import of_device
from ecglib.denoising.losses import WITH_ANSWERS
from ecglib.denoising.made import Kind
from ecglib.denoising.rivals import RIVALS
from ecglib.denoising.settings import settings
from ecglib.systems import pool

DATA = "simulated"
STAGES = ("multistage", "one_shot")  # what the stages of weights are for
NOISY = "mean"  # the rival whose beats classifiers read, as the noisy signal
Run = Callable[[], "Found"]


class Found(NamedTuple):
    """Rows: of signals (a record each), of the two detectors, of classifiers, of the device."""

    signals: list[dict]
    rhythm: list[dict]
    answers: list[dict]
    device: list[dict]


def kinds() -> list[Kind]:
    """All networks: the main one, other losses, one channel, and what is smaller."""
    chosen, main, small = settings(), made.dense(), settings().shrinking
    found = [Kind("dense", loss) for loss in chosen.losses]
    found += [main._replace(channels=1), main._replace(method="longer")]
    for stage in small.stages:
        found += [main._replace(method=name, target=stage.sparsity) for name in STAGES]
    found.append(main._replace(method="lamp", target=small.stages[-1].sparsity))
    found += [main._replace(method="filters", target=one.sparsity) for one in small.filter_stages]
    return found + [main._replace(method="narrow", target=saved) for saved in small.narrow]


def all_runs() -> tuple[list[Run], list[str]]:
    """The runs of all data that are here, and what is absent in a line."""
    runs, absent = [], []
    for of, left_out in ((_simulated, "The simulated seat is"), (_real, "Real drives are")):
        try:
            runs += of()
        except DataError as error:
            absent.append(f"{left_out} left out: {error}")
    return runs, [*absent, *filter(None, [_unread()])]


def _simulated() -> list[Run]:
    parts.read("test")
    seeds = settings().seeds
    runs: list[Run] = [partial(of_network, kind, seed) for seed in seeds for kind in kinds()]
    runs += [partial(of_always, seed) for seed in seeds]
    runs += [partial(of_rival, name) for name in RIVALS]
    runs += [partial(of_filter, name) for name in (ways.PLAIN, ways.UPRIGHT)]
    return [*runs, of_silence, of_clean]


def _real() -> list[Run]:
    """One of each person."""
    return [partial(of_person, person) for person in unovis.folds(unovis_runs.found().person)]


@cache
def _unread() -> str:
    """Why no classifier reads the beats; nothing where all do."""
    try:
        judged.readers()
    except DataError as error:
        return f"Classifiers are left out: {error}"
    return ""


def run_all(of: list[Run], processes: int) -> tuple[Found, list[str]]:
    """The rows of these runs. Raises as `systems.pool.run_all` does."""
    found, faults = pool.run_all(of, processes)
    return Found(*(sum(column, []) for column in zip(*found, strict=True))), faults


def train(processes: int) -> None:
    """Make all networks that are not in git, dense ones first: others come from them."""
    try:
        parts.read("both")
    except DataError:  # the simulated seat is left out
        return
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
    few, alone = settings().judging.few_snr_db, kind.loss != made.dense().loss
    denoise = ways.denoiser(kind, seed, passing=not alone)  # else losses would all look alike
    named = _named(kind.method, kind.loss, kind.channels, kind.target, seed)
    costs = networks.costs(made.network(kind, seed))
    main = kind == made.dense()
    wide = main or kind.channels == 1
    signals = judged.rows(denoise, settings().judging.snr_db if wide else few)
    rhythm = judged.detected(denoise, few) if main else []
    read = main or kind == Kind("dense", WITH_ANSWERS)
    answers = _classified(denoise) if read else []
    return _found(
        named | costs,
        signals,
        rhythm,
        answers,
        of_device(kind, seed) if seed == settings().seeds[0] and _small(kind) else [],
    )


def of_always(seed: int) -> Found:
    """The main network where nothing passes by it."""
    denoise, few = ways.denoiser(made.dense(), seed, passing=False), settings().judging.few_snr_db
    named = _named(ways.ALWAYS, made.dense().loss, seed=seed)
    return _found(named, judged.rows(denoise, few), answers=_classified(denoise))


def _small(kind: Kind) -> bool:
    """Whether the device is asked: the main network and what was made smaller."""
    return kind == made.dense() or kind.target > 0


def of_rival(name: str) -> Found:
    """A rival, at the scale that suits it best."""
    denoise, chosen = ways.rival(name), settings().judging
    answers = _classified(denoise) if name == NOISY else []
    rhythm = judged.detected(denoise, chosen.few_snr_db)
    return _found(_named(name), judged.rows(denoise, chosen.snr_db), rhythm, answers)


def of_filter(name: str) -> Found:
    """The trained linear filter."""
    denoise, chosen = ways.filtered(name), settings().judging
    upright = name == ways.UPRIGHT
    answers = _classified(denoise) if upright else []
    rhythm = judged.detected(denoise, chosen.few_snr_db) if upright else []
    return _found(_named(name), judged.rows(denoise, chosen.snr_db), rhythm, answers)


def of_person(person: str) -> Found:
    """All ways that are judged on real drives, on those of a person who trained none of them."""
    return Found(unovis_runs.of_person(person), [], [], [])


def of_silence() -> Found:
    """Zeros."""
    return _found(_named(ways.SILENCE), judged.rows(ways.silence, settings().judging.snr_db))


def of_clean() -> Found:
    """The clean lead, for the detectors and the classifiers: their own ceiling."""
    rhythm = judged.detected(lambda drive: drive.reference, [judged.CLEAN_DB])
    answers = [] if _unread() else judged.clean_answers()
    return _found(_named("clean lead"), [], rhythm, answers)


def _classified(denoise: judged.Denoise) -> list[dict]:
    return [] if _unread() else judged.classified(denoise, settings().judging.few_snr_db)


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
        [_only(named) | row for row in rhythm],
        [_only(named) | {"classifier_seed": row.pop("seed")} | row for row in answers],
        [_only(named) | row for row in device],
    )


def _only(named: dict) -> dict:
    """Without the costs, which stand with the signals."""
    return {name: named[name] for name in _named("")}
