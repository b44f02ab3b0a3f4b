"""The published 1-D CNNs the study prunes, by name, and their weights on disk."""

from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from ecglib import paths
from ecglib.models.acharya2017 import Acharya2017
from ecglib.models.kachuee2018 import Kachuee2018

MODELS: dict[str, type[nn.Module]] = {"acharya2017": Acharya2017, "kachuee2018": Kachuee2018}


def build(name: str) -> nn.Module:
    """A freshly initialised network; its class attribute `input_shape` is (channels, samples).

    Raises:
        ValueError: an unknown name; the message lists the known ones.
    """
    if name not in MODELS:
        raise ValueError(f"unknown model {name!r}; one of {', '.join(MODELS)}")
    return MODELS[name]()


def save(network: nn.Module, path: Path) -> None:
    """Write the weights as safetensors, whole or not at all."""
    with paths.atomic(path) as temporary:
        save_file(network.state_dict(), temporary)


def load(name: str, path: Path) -> nn.Module:
    """The named model with the weights at `path`.

    Raises:
        ValueError: the file is absent, damaged, or holds another network's weights.
    """
    network = build(name)
    if not path.is_file():
        raise ValueError(f"no {name} weights at {path}: run the stage that trains them first")
    try:
        network.load_state_dict(load_file(path))
    except (SafetensorError, RuntimeError) as error:
        raise ValueError(f"{path} holds no {name} weights ({error}); run its stage again") from None
    return network
