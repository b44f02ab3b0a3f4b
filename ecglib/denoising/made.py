"""The networks of the study, by kind and seed: from git, or made as their kind says."""

import copy
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import torch

from ecglib.denoising import kept, networks, parts
from ecglib.denoising.losses import LOSSES, WITH_ANSWERS
from ecglib.denoising.networks import UNet
from ecglib.denoising.settings import settings
from ecglib.denoising.training import Sitting, fitter
from ecglib.methods.rivals.torch_pruning_channels import torch_pruning
from ecglib.pruning import scores  # noqa: F401  (criteria register)
from ecglib.pruning.multistage import Fit, multistage
from ecglib.pruning.prune import pruner
from ecglib.settings.registry import Registry
from ecglib.settings.schedules import Stage, one_shot, up_to

CHANNELS = {3: (0, 1, 2), 1: (1,)}  # which of the seat's; alone the one that lies nearest MLII
METHODS = Registry("way to make a denoiser")


class Kind(NamedTuple):
    """method: of METHODS; loss: of LOSSES; target: what is gone, of weights or (see there) MACs."""

    method: str
    loss: str
    channels: int = 3
    target: float = 0.0

    @property
    def name(self) -> str:
        """What its files are called, before the seed."""
        return f"{self.method}-{self.loss}-{self.channels}ch-{self.target:g}"


def dense() -> Kind:
    """The network that all others are compared with."""
    return Kind("dense", settings().losses[0])


def network(kind: Kind, seed: int) -> UNet:
    """A network of this kind and seed, in eval mode. Raises as `kept.network`."""
    shell = networks.like(settings().network, kind.channels)
    make = partial(METHODS[kind.method], kind, seed)
    return kept.network(f"{kind.name}-s{seed}", _origin(kind, seed), make, shell)


def _origin(kind: Kind, seed: int) -> dict:
    chosen = settings()
    own = dict.fromkeys(("multistage", "one_shot", "lamp", "longer", "narrow"), "stages")
    own |= {"filters": "filter_stages"}
    shrinking = chosen.shrinking.model_dump()
    used = {name: shrinking[name] for name in [own.get(kind.method)] if name}
    read = {"network", "fitting", "seat", "sittings"}
    read |= {"answers"} if kind.loss == WITH_ANSWERS else set()
    trained = chosen.model_dump(include=read)
    records = parts.RECORDS["both"]
    return trained | used | {"kind": list(kind), "seed": seed, "records": list(records)}


def _fit(kind: Kind, seed: int, epoch: int = 0, part: str = "both") -> Fit:
    channels = CHANNELS[kind.channels]
    data = Sitting(*parts.read(part), settings(), channels, seed, epoch)
    return fitter(data, LOSSES[kind.loss].function)


def stages() -> list[Stage]:
    """Of weights."""
    return [Stage(one.sparsity, one.epochs) for one in settings().shrinking.stages]


def spent(target: float, along: Sequence[Stage]) -> int:
    """Epochs of the stages up to this target."""
    return sum(stage.epochs for stage in up_to(along, target))


@METHODS.register("dense", name="dense")
def dense_network(kind: Kind, seed: int, part: str = "both") -> UNet:
    """From initial weights of the seed, on the patients of this part (see `parts`)."""
    torch.manual_seed(seed)
    found = networks.like(settings().network, kind.channels)
    _fit(kind, seed, part=part)(found, settings().fitting.epochs)
    return found


@METHODS.register("narrower", name="narrow")
def narrow_network(kind: Kind, seed: int) -> UNet:
    """From initial weights, with as many epochs as dense network and stages have together."""
    torch.manual_seed(seed)
    found = networks.narrower(settings().network, kind.channels, kind.target)
    epochs = settings().fitting.epochs + spent(stages()[-1].sparsity, stages())
    _fit(kind, seed)(found, epochs)
    return found


@METHODS.register("dense, trained longer", name="longer")
def longer_network(kind: Kind, seed: int) -> UNet:
    """The dense network trained on, as long as the stages to the last sparsity take."""
    found = _dense_of(kind, seed)
    _fit(kind, seed, settings().fitting.epochs)(found, spent(stages()[-1].sparsity, stages()))
    return found


@METHODS.register("in stages", name="multistage")
def staged_network(kind: Kind, seed: int) -> UNet:
    """One more stage from the network of the stage before; by magnitude over all layers."""
    *before, stage = up_to(stages(), kind.target)
    found = _dense_of(kind, seed)
    if before:
        found = copy.deepcopy(network(kind._replace(target=before[-1].sparsity), seed))
    return _pruned(found, [stage], kind, seed, sum(one.epochs for one in before))


@METHODS.register("one-shot", name="one_shot")
def one_shot_network(kind: Kind, seed: int) -> UNet:
    """Straight from the dense network, with as many epochs as the stages had spent."""
    return _pruned(_dense_of(kind, seed), one_shot(stages(), kind.target), kind, seed, 0)


@METHODS.register("in stages, by LAMP", name="lamp")
def lamp_network(kind: Kind, seed: int) -> UNet:
    """Through all stages at once; what stays is shared out so that no layer is emptied."""
    return _pruned(_dense_of(kind, seed), up_to(stages(), kind.target), kind, seed, 0, "lamp")


@METHODS.register("whole filters, in stages", name="filters")
def filter_network(kind: Kind, seed: int) -> UNet:
    """Whole channels in stages of MACs, by Torch-Pruning: it knows what a skip joins."""
    along = [Stage(one.sparsity, one.epochs) for one in settings().shrinking.filter_stages]
    fit = _fit(kind, seed, settings().fitting.epochs)
    *_, last = torch_pruning(_dense_of(kind, seed), up_to(along, kind.target), fit, size=_macs)
    return last.network


def _macs(of: UNet) -> int:
    return networks.costs(of)["macs"]


def _dense_of(kind: Kind, seed: int) -> UNet:
    """A copy to train on of the dense network that a kind comes from."""
    return copy.deepcopy(network(kind._replace(method="dense", target=0.0), seed)).train()


def _pruned(
    found: UNet,
    along: Sequence[Stage],
    kind: Kind,
    seed: int,
    before: int,
    allocation: str = "global",
) -> UNet:
    fit = _fit(kind, seed, settings().fitting.epochs + before)
    *_, last = multistage(found, along, fit, pruner("magnitude", allocation, seed=seed))
    return last.network
