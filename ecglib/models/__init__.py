"""The 1-D CNNs the study prunes, by name, and their weights on disk."""

from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from ecglib import paths
from ecglib.models import acharya2017, kachuee2018, rhythm_cnn  # noqa: F401  (they register)
from ecglib.models.slim import with_weights
from ecglib.settings.registry import MODELS


def build(name: str, **sizes: float) -> nn.Module:
    """A freshly initialised network; its class attribute `input_shape` is (channels, samples).

    `n_features` of the samples, the last ones, are features of the rhythm and no signal.
    sizes: the model's own, `width` for all so far.

    Raises:
        ValueError: an unknown name; the message lists the known ones.
    """
    return MODELS[name](**sizes)


def save(network: nn.Module, path: Path) -> None:
    """Write the weights as safetensors, whole or not at all."""
    write_weights(network.state_dict(), path)


def write_weights(weights: dict[str, Tensor], path: Path) -> None:
    """Write named weights as safetensors, whole or not at all."""
    with paths.atomic(path) as temporary:
        save_file(weights, temporary)


def read_weights(path: Path, of: str = "network") -> dict[str, Tensor]:
    """Read named weights; ValueError where the file is absent or damaged says whose they are."""
    if not path.exists():
        raise ValueError(f"no {of} weights at {path}: run the stage that trains them first")
    try:
        weights = load_file(path)
        if broken := [name for name, weight in weights.items() if not weight.isfinite().all()]:
            raise ValueError(f"{broken[0]} is not finite")
        return weights
    except (SafetensorError, OSError, KeyError, RuntimeError, ValueError) as error:
        raise ValueError(f"{path} holds no {of} weights ({error}); run its stage again") from None


def load(name: str, path: Path) -> nn.Module:
    """The named model with the weights at `path`; also one whose layers have lost channels.

    Raises:
        ValueError: the file is absent, damaged, or holds another network's weights.
    """
    weights, network = read_weights(path, of=name), build(name)
    kinds = {layer: weight.dtype for layer, weight in network.state_dict().items()}
    try:
        for layer, weight in weights.items():
            if kinds.get(layer, weight.dtype) != weight.dtype:
                raise ValueError(f"{layer} is {weight.dtype}, not {kinds[layer]}")
        return with_weights(network, weights)
    except ValueError as error:
        raise ValueError(f"{path} holds no {name} weights ({error}); run its stage again") from None
