"""What the denoiser does, step by step: convolutions, and the moves of values between them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

import torch
from torch import Tensor, nn

from ecglib.denoising.networks import UNet


class Move(Enum):
    """What happens to values (channels, steps) between convolutions.

    DOWN: they are kept, and the larger of each two steps goes on. UP: each step comes twice, and
    behind its channels stand those of what was kept last and not yet joined.
    """

    DOWN = "down"
    UP = "up"


@dataclass(frozen=True)
class Convolution:
    """A convolution with ReLU behind it, but for the network's last one.

    That one reads the network's input, too: its channels stand behind the others.
    """

    name: str
    module: nn.Conv1d


def steps_of(network: UNet) -> list[Convolution | Move]:
    """What the network does, in order."""
    found: list[Convolution | Move] = []
    for level, _ in enumerate(network.encoder):
        found += [Move.DOWN] * (level > 0) + _convolutions(network, f"encoder.{level}")
    for level, _ in enumerate(network.decoder):
        found += [Move.UP, *_convolutions(network, f"decoder.{level}")]
    return found + _convolutions(network, "last")


def _convolutions(network: nn.Module, prefix: str) -> list[Convolution | Move]:
    return [
        Convolution(f"{prefix}.{name}" if name else prefix, module)
        for name, module in network.get_submodule(prefix).named_modules()
        if isinstance(module, nn.Conv1d)
    ]


def shared_ranges(steps: Iterable[Convolution | Move]) -> list[int]:
    """For the input, then each convolution's output but the last: the number of its range."""
    shared, kept = [0], []
    for step in steps:
        if step is Move.DOWN:
            kept.append(shared[-1])
        elif step is Move.UP:
            skip = kept.pop()
            shared = [skip if number == shared[-1] else number for number in shared]
        else:
            shared.append(len(shared))
    return shared[:-1]


def walked(steps: Sequence[Convolution | Move], x: Tensor) -> Iterator[Tensor]:
    """The input, then each convolution's output, in double precision."""
    yield x
    channels, kept = x, []
    for step in steps:
        if step is Move.DOWN:
            kept.append(x)
            x = nn.functional.max_pool1d(x, 2)
        elif step is Move.UP:
            x = torch.cat([x.repeat_interleave(2, 2), kept.pop()], 1)
        else:
            one = step.module
            x = torch.cat([x, channels], 1) if step is steps[-1] else x
            bias = None if one.bias is None else one.bias.double()
            x = nn.functional.conv1d(x, one.weight.double(), bias, padding=one.padding)
            x = x if step is steps[-1] else x.relu()
            yield x
