"""Networks kept in git: training ends differently on other processors, and takes half an hour."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn

from ecglib import models, paths
from ecglib.models.slim import with_weights

FOLDER = paths.REPORTS / "denoising" / "networks"


def network(
    name: str, made_from: dict, make: Callable[[], nn.Module], like: nn.Module
) -> nn.Module:
    """The network of this name that is made from this, in eval mode: from its file, or made anew.

    like: a network with at least as many channels in each layer. Weights are rounded to 16 bits
    before anyone reads the network. One that was made from something else goes.

    Raises:
        ValueError: a damaged file; it names it.
    """
    path = FOLDER / f"{name}-{_digest(made_from)}.safetensors"
    if not path.is_file():
        _write(path, name, make())
    try:
        return with_weights(like, models.read_weights(path, name)).eval()
    except ValueError as error:
        raise ValueError(f"{path} is damaged: delete it, and it is made anew ({error})") from None


def _digest(made_from: dict) -> str:
    text = json.dumps(made_from, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _write(path: Path, name: str, found: nn.Module) -> None:
    weights = {key: value.to(torch.float16) for key, value in found.state_dict().items()}
    models.write_weights(weights, path)
    for old in FOLDER.glob(f"{name}-{'?' * 12}.safetensors"):
        if old != path:
            old.unlink(missing_ok=True)  # another process may be as far
