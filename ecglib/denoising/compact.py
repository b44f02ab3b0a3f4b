"""A pruned denoiser as a narrower one of the same outputs: filters that do nothing are gone."""

import copy
from collections.abc import Iterator

import torch
from torch import Tensor, nn

from ecglib.denoising.networks import UNet
from ecglib.denoising.steps import Move, steps_of

Channel = tuple[int, int]  # number of the convolution that gives it (-1: the input), and which


@torch.no_grad()
def compact(network: UNet) -> UNet:
    """A copy, in eval mode, without filters that give zeros only or that nobody reads.

    A filter of no weights whose bias is above zero gives a constant and stays: beside the padding
    it is none. Each convolution keeps one filter in any case.
    """
    network = copy.deepcopy(network).eval()
    convolutions, read = _convolutions(network)
    last, before = len(convolutions) - 1, None
    while before != (left := sum(int(one.weight.count_nonzero()) for one in convolutions)):
        before = left  # what idles because others do counts, too
        for number in range(last):
            _silence(convolutions, read, number, ~_busy(convolutions, read, number))
    alive = [_busy(convolutions, read, number) for number in range(last)]
    for keep in alive:
        keep[0] |= not keep.any()
    alive.append(torch.ones(len(convolutions[last].weight), dtype=torch.bool))
    for one, keep, sources in zip(convolutions, alive, read, strict=True):
        columns = [i for i, (of, at) in enumerate(sources) if of < 0 or alive[of][at]]
        one.weight = nn.Parameter(one.weight[keep][:, columns])
        one.bias = nn.Parameter(one.bias[keep])
        one.out_channels, one.in_channels = one.weight.shape[:2]
    return network


def _convolutions(network: UNet) -> tuple[list[nn.Conv1d], list[list[Channel]]]:
    """All convolutions in order, and the channels that each reads."""
    channels: list[Channel] = [(-1, channel) for channel in range(network.input_shape[0])]
    current, steps = channels, steps_of(network)
    convolutions, read, kept = [], [], []
    for step in steps:
        if step is Move.DOWN:
            kept.append(current)
        elif step is Move.UP:
            current = current + kept.pop()
        else:
            read.append(current + channels if step is steps[-1] else current)
            current = [(len(convolutions), n) for n in range(len(step.module.weight))]
            convolutions.append(step.module)
    return convolutions, read


def _busy(convolutions: list[nn.Conv1d], read: list[list[Channel]], number: int) -> Tensor:
    """(outputs,): whether a convolution's filter gives more than zeros and is read."""
    one = convolutions[number]
    wanted = torch.zeros(len(one.weight), dtype=torch.bool)
    for reader, columns, channels in _readers(convolutions, read, number):
        wanted[channels] |= reader.weight[:, columns].transpose(0, 1).flatten(1).any(1)
    return wanted & (one.weight.flatten(1).any(1) | (one.bias > 0))


def _silence(
    convolutions: list[nn.Conv1d], read: list[list[Channel]], number: int, idle: Tensor
) -> None:
    """Take the weights of idle filters, and those that read them, in place."""
    convolutions[number].weight[idle] = 0.0
    convolutions[number].bias[idle] = 0.0
    for reader, columns, channels in _readers(convolutions, read, number):
        reader.weight[:, [i for i, n in zip(columns, channels, strict=True) if idle[n]]] = 0.0


def _readers(
    convolutions: list[nn.Conv1d], read: list[list[Channel]], number: int
) -> Iterator[tuple[nn.Conv1d, list[int], list[int]]]:
    """Each convolution that reads this one: at which inputs, and which of its channels."""
    for reader, sources in zip(convolutions, read, strict=True):
        found = [(i, channel) for i, (of, channel) in enumerate(sources) if of == number]
        if found:
            columns, channels = zip(*found, strict=True)
            yield reader, list(columns), list(channels)
