"""Networks fine-tuned under rounding, kept in git: training ends differently on other processors.

There is one file for each network for which it was tried, whether it helped or not, so that this is
found out once.
"""

import hashlib
import json
from collections.abc import Collection
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from ecglib import models, paths
from ecglib.models.slim import with_weights
from ecglib.results.runs import Key
from ecglib.settings.config import settings
from ecglib.settings.sections import OnDeviceEstimate

FOLDER = paths.REPORTS / "sweep" / "rounded"
MADE_FROM = "made_from"  # of the metadata the only entry: the order of several is not defined
TRIED = {"calibration_beats", "aware_beyond", "aware_epochs"}


class RoundedError(ValueError):
    """A file here is damaged."""


def path_of(key: Key) -> Path:
    """Where the network's tuned copy is kept."""
    return FOLDER / f"{key.name}.safetensors"


def origin(key: Key, network: Path, chosen: OnDeviceEstimate, tried: Collection = TRIED) -> str:
    """What a tuned copy of the network in this file is made from, as JSON: file and settings.

    tried: the settings among `chosen` that decide how it is tuned, as pydantic's `include`.
    """
    whole = settings()
    training = whole.training[key.split].for_model(key.model)
    found = {
        "network": hashlib.sha256(network.read_bytes()).hexdigest(),
        "tried": chosen.model_dump(include=tried),
        "training": training.model_dump(exclude={"learning_rate_of"}),
        "window": whole.data.windows[key.model].model_dump(),
    }
    return json.dumps(found, sort_keys=True)


def load(key: Key, made_from: str) -> nn.Module | None:
    """The tuned copy, in eval mode; None where there is none that is made from this (`origin`).

    Raises:
        RoundedError: the file is damaged.
    """
    return read(path_of(key), key.model, made_from)


def read(path: Path, model: str, made_from: str) -> nn.Module | None:
    """The same of any file that `write` wrote."""
    if not path.exists():
        return None
    try:
        with safe_open(path, "pt") as file:
            said = json.loads((file.metadata() or {})[MADE_FROM])
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        if said["weights"] != _digest(weights):
            raise RoundedError("its weights are not those that were written")
        if said["origin"] != made_from:
            return None
        return with_weights(models.build(model), weights).eval()
    except (SafetensorError, KeyError, TypeError, ValueError, OSError) as error:
        raise RoundedError(
            f"{path} is damaged: take it from git, or delete it to tune its network again ({error})"
        ) from None


def save(key: Key, network: nn.Module, made_from: str) -> None:
    """Keep the tuned copy, whole or not at all; one that is made from something else goes."""
    write(path_of(key), network, made_from)


def write(path: Path, network: nn.Module, made_from: str) -> None:
    """The same to any file."""
    weights = network.state_dict()
    said = json.dumps({"origin": made_from, "weights": _digest(weights)})
    with paths.atomic(path) as temporary:
        save_file(weights, temporary, {MADE_FROM: said})


def _digest(weights: dict[str, Tensor]) -> str:
    whole = hashlib.sha256()
    for name, weight in sorted(weights.items()):
        whole.update(f"{name} {weight.dtype} {tuple(weight.shape)} ".encode())
        whole.update(weight.contiguous().numpy().tobytes())
    return whole.hexdigest()
