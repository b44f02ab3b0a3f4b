"""The heartbeat networks that are attacked: the sweep's, and more seeds and defended ones.

The sweep keeps the networks of three seeds in git. What is trained beside them lies in git too,
and is taken from there if it was made from the same files and settings; else it is trained anew.
"""

import hashlib
import json
from collections.abc import Callable
from functools import lru_cache, partial
from operator import attrgetter

import torch
from pydantic import BaseModel
from torch import nn

from ecglib import models, paths
from ecglib.data.datamodule import HeartbeatData
from ecglib.deployment import rounded
from ecglib.methods import catalogue, fitting  # noqa: F401  (methods register)
from ecglib.methods.trial import Trial
from ecglib.perturbation.defence import defended
from ecglib.perturbation.settings import DEFENDED, settings
from ecglib.pruning.multistage import Fit, multistage
from ecglib.results.runs import dense_key
from ecglib.settings.config import settings as whole
from ecglib.settings.parameters import BaselineRun, FilterRun, MultistageRun, OneShotRun
from ecglib.settings.registry import METHODS
from ecglib.study.experiment import prune_key

SPLIT, MODEL, SCHEDULE = "intra", "acharya2017", "eight_stages"
SWEPT = paths.REPORTS / "sweep"
FOLDER = paths.REPORTS / "perturbation" / "networks"
# Method of the study or of DEFENDED, and what is removed: of weights or, by AOFP and for the small
# dense ones, of MACs.
Kind = tuple[str, float]
DENSE: Kind = ("dense", 0.0)


def network(kind: Kind, seed: int) -> nn.Module:
    """A network of this kind and seed, in eval mode.

    Raises:
        ValueError: an unknown method, or a file in git that is damaged.
    """
    if kind[0] in DEFENDED:
        return _defended(kind, seed)
    if kind == DENSE:
        return models.load(MODEL, _dense(seed)).eval()
    key = prune_key(_run(kind, seed), kind[0], kind[1])
    kept = SWEPT / "networks" / f"{key.name}.safetensors"
    if kept.is_file():
        return models.load(MODEL, kept).eval()
    return _made(key.name, _origin(seed, kind), partial(_pruned, kind, seed))


def _dense(seed: int):
    return SWEPT / f"{dense_key(SPLIT, MODEL, seed).name}.safetensors"


def _base(seed: int) -> dict:
    return {"model": MODEL, "split": SPLIT, "seed": seed, "into": "build", "progress": False}


def _run(kind: Kind, seed: int) -> OneShotRun | MultistageRun | FilterRun:
    method, target = kind
    of = _base(seed) | {"method": method, "schedule": SCHEDULE, "target_sparsity": target}
    if METHODS[method].stage == "filter_prune":
        return FilterRun(**of)
    of |= {"criterion": "magnitude", "allocation": "global"}
    of |= {"budget": "macs" if method == "small_dense" else "weights"}
    return {"multistage_prune": MultistageRun, "one_shot_prune": OneShotRun}[METHODS[method].stage](
        **of
    )


def _made(name: str, made_from: dict, make: Callable[[], nn.Module]) -> nn.Module:
    path, text = FOLDER / f"{name}.safetensors", json.dumps(made_from, sort_keys=True)
    found = rounded.read(path, MODEL, text)
    if found is None:
        found = make().eval()
        rounded.write(path, found, text)
    return found


def _origin(seed: int, kind: Kind, **more: object) -> dict:
    """What a network is made from: the dense one's file, settings, and `more`."""
    chosen = whole()
    own = METHODS[kind[0]].settings if kind[0] in METHODS else ()  # such as `filter_prune.search`
    return {
        "kind": list(kind),
        "own": {name: _setting(name) for name in own},
        "dense": hashlib.sha256(_dense(seed).read_bytes()).hexdigest(),
        "training": chosen.training[SPLIT].for_model(MODEL).model_dump(),
        "stages": [list(stage) for stage in chosen.stages(SCHEDULE)],
        "window": chosen.data.windows[MODEL].model_dump(),
        **more,
    }


def _setting(name: str) -> dict | float:
    found = attrgetter(name)(whole())
    return found.model_dump() if isinstance(found, BaseModel) else found


def _pruned(kind: Kind, seed: int) -> nn.Module:
    """What the study's method reaches from the dense network of this seed."""
    *_, last = METHODS[kind[0]](_trial(kind, seed, models.load(MODEL, _dense(seed))))
    return last.network


def _trial(kind: Kind, seed: int, dense: nn.Module) -> Trial:
    torch.manual_seed(seed)
    early = models.read_weights(_dense(seed).with_suffix(".rewind.safetensors"))
    return Trial(_run(kind, seed), data_of(seed), dense, early)


@lru_cache(maxsize=1)
def _data(seed: int) -> HeartbeatData:
    return fitting.load_data(BaselineRun(**_base(seed)))


def data_of(seed: int) -> HeartbeatData:
    """The beats of this seed, their orders from the beginning."""
    data = _data(seed)
    data.shuffle.manual_seed(seed)
    return data


def _defended(kind: Kind, seed: int) -> nn.Module:
    how = settings().beats.defence
    epochs = whole().baseline.epochs
    origin = partial(_origin, seed, kind, defence=how.model_dump(), epochs=epochs)
    name = f"{SPLIT}-{MODEL}-{kind[0].replace(', ', '-').replace(' ', '_')}-{kind[1]:g}-s{seed}"
    if kind[0] == DEFENDED[0]:
        return _made(name, origin(), partial(_defended_dense, seed, epochs))
    return _made(name, origin(), partial(_defended_pruned, kind, seed))


def _fit(seed: int) -> Fit:
    return fitting.fitter(BaselineRun(**_base(seed)), data_of(seed))


def _against(seed: int) -> Fit:
    length = whole().data.windows[MODEL].length
    return defended(_fit(seed), settings().beats.defence, length, seed)


def _defended_dense(seed: int, epochs: int) -> nn.Module:
    """From the initial weights of this seed, with as many epochs as the dense network had."""
    torch.manual_seed(seed)
    fresh = models.build(MODEL)
    _against(seed)(fresh, epochs)
    return fresh


def _defended_pruned(kind: Kind, seed: int) -> nn.Module:
    """From the defended dense network in stages, its fine-tuning under perturbations or not."""
    dense = network((DEFENDED[0], 0.0), seed)
    trial = _trial(("multistage", kind[1]), seed, dense.train())
    fit = _fit(seed) if kind[0].endswith("without") else _against(seed)
    *_, last = multistage(trial.network(), trial.stages, fit, trial.prune_to)
    return last.network
