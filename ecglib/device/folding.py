"""A network without batch normalisation and strides, of layers that `structure` and `cost` know.

Batch normalisation scales and shifts each channel by constants once it is trained, so it goes into
the weights and biases of the layer before or behind it (Jacob et al., CVPR 2018, arXiv:1712.05877).
Weights are only scaled: those that are zero stay zero.

A convolution of stride s over c channels is one of stride 1 over s x c channels, to which the
samples are dealt out in turn: channel p x c + i has samples p, p + s, p + 2s... of channel i (the
polyphase form of a filter that keeps every s-th output). `dealt` does that to windows. It costs no
kernel: in RAM a tensor lies step by step, its channels innermost, so the buffer of (2, 704) is that
of (1, 1408), sample by sample. With an odd number of channels from 3 on each step has a gap of one
value (`packing.row_stride`). `ecg_classify` takes the values of such an input as uint8, channel by
channel as in all tensors (`quantize_input` of dealt windows, flattened), and puts them in place; it
does not normalise raw samples for it.
"""

import copy
from collections import OrderedDict

import torch
from torch import Tensor, nn

from ecglib.device.cost import KNOWN_LAYERS, WEIGHTED
from ecglib.device.structure import traced

_Layers = list[tuple[str, nn.Module]]
PROBES, TOLERANCE = 4, 1e-9  # of the largest output, in double precision


class FoldingError(ValueError):
    """What cannot be folded; the message names the layer."""


@torch.no_grad()
def folded(network: nn.Module) -> nn.Sequential:
    """A copy of a trained network in eval mode, without dropout; a layer's name has _ for each dot.

    Its `input_shape` is (s x channels, steps) where the first convolution has a stride of s, else
    the network's. Its outputs for `dealt(windows, its input_shape)` are the network's for windows.

    Raises:
        FoldingError: batch normalisation with no layer to go into, a stride behind the first layer,
            no chain of known layers, or one that does something else than a plain one of its class.
    """
    like = next(network.parameters(), torch.empty(0))
    network = copy.deepcopy(network).cpu().double().eval()
    layers = _into_layer_behind(_into_layer_before(_chain(network)))
    layers, shape = _without_stride(layers, tuple(network.input_shape))
    result = nn.Sequential(OrderedDict(layers))
    result.input_shape = shape
    _require_equal(network, result.eval())
    return result.to(like)


def dealt(windows: Tensor, shape: tuple[int, int]) -> Tensor:
    """Windows (n, channels, length), as the `folded` network of that input shape takes them.

    A few samples that no output reads are left out, or zeros added that weights of zero read.

    Raises:
        ValueError: windows that are not those of the network that was folded.

    >>> dealt(torch.arange(1.0, 6.0).reshape(1, 1, 5), (2, 3))
    tensor([[[1., 3., 5.],
             [2., 4., 0.]]])
    """
    n, channels, length = windows.shape
    stride, rest = divmod(shape[0], channels)
    more = stride * shape[1] - length
    if rest or abs(more) >= stride:
        raise ValueError(f"windows are {tuple(windows.shape)}: they do not deal out to {shape}")
    windows = nn.functional.pad(windows, (0, more))
    return windows.reshape(n, channels, -1, stride).permute(0, 3, 1, 2).flatten(1, 2)


def _chain(network: nn.Module) -> _Layers:
    """Copies of the layers in order, but for those that do nothing."""
    layers, before = [], None
    for node in traced(network).nodes:
        if node.op == "placeholder" and before is None:
            before = node
            continue
        _require(node.all_input_nodes == [before], node.name, "does not read the one before alone")
        if node.op != "output":
            _require(node.op == "call_module", node.name, "is no module")
            layers.append((node.name, _plain(node.name, network.get_submodule(node.target))))
        before = node
    return [
        (name, layer) for name, layer in layers if not isinstance(layer, nn.Dropout | nn.Identity)
    ]


def _plain(name: str, module: nn.Module) -> nn.Module:
    """A copy; of a layer with weights one of the base class, with a bias."""
    known = isinstance(module, (nn.BatchNorm1d, *KNOWN_LAYERS))
    _require(known, name, f"is a {type(module).__name__}, which is not known")
    if not isinstance(module, WEIGHTED):
        return copy.deepcopy(module)
    bias = module.weight.new_zeros(len(module.weight)) if module.bias is None else module.bias
    if isinstance(module, nn.Linear):
        return _with(nn.Linear(module.in_features, module.out_features), module.weight, bias)
    channels, numbers = (module.in_channels, module.out_channels), (module.kernel_size,)
    numbers += (module.stride, module.padding, module.dilation, module.groups)
    return _with(nn.Conv1d(*channels, *numbers), module.weight, bias)


def _with(layer: nn.Module, weight: Tensor, bias: Tensor) -> nn.Module:
    layer.weight, layer.bias = nn.Parameter(weight.clone()), nn.Parameter(bias.clone())
    return layer


def _into_layer_before(layers: _Layers) -> _Layers:
    """Without the batch normalisation that stands straight behind a layer with weights."""
    kept: _Layers = []
    for name, module in layers:
        before = kept[-1][1] if kept else None
        if not isinstance(module, nn.BatchNorm1d) or not isinstance(before, WEIGHTED):
            kept.append((name, module))
            continue
        scale, shift = _affine(name, module)
        weight = before.weight * scale.reshape(-1, *[1] * (before.weight.dim() - 1))
        _with(before, weight, before.bias * scale + shift)
    return kept


def _into_layer_behind(layers: _Layers) -> _Layers:
    """Without the batch normalisation whose values reach a layer with weights as they are."""
    kept: _Layers = []
    for name, module in reversed(layers):
        if isinstance(module, nn.BatchNorm1d):
            _fold_behind(name, module, [layer for _, layer in kept[::-1]])
        else:
            kept.append((name, module))
    return kept[::-1]


def _fold_behind(name: str, module: nn.BatchNorm1d, behind: list[nn.Module]) -> None:
    scale, shift = _affine(name, module)
    flat = bool(behind) and isinstance(behind[0], nn.Flatten)
    layer = behind[flat] if len(behind) > flat else None
    if isinstance(layer, nn.Conv1d) and not flat:
        unpadded = layer.padding in ((0,), "valid") and layer.groups == 1
        _require(unpadded, name, "stands before a convolution with padding or groups")
        sums, scale = layer.weight.sum(2), scale[:, None]
    elif isinstance(layer, nn.Linear) and (flat or layer.in_features == module.num_features):
        repeats = layer.in_features // module.num_features  # of a channel's steps, side by side
        scale, shift = scale.repeat_interleave(repeats), shift.repeat_interleave(repeats)
        sums = layer.weight
    else:
        raise FoldingError(
            f"layer {name}: its batch normalisation has no layer to go into; it stands straight "
            "behind one with weights, or before one with nothing but a flatten between"
        )
    _with(layer, layer.weight * scale, layer.bias + sums @ shift)


def _affine(name: str, module: nn.BatchNorm1d) -> tuple[Tensor, Tensor]:
    """(channels,) each: what batch normalisation multiplies by, and adds then."""
    _require(module.running_var is not None, name, "has no running statistics to fold")
    scale = (module.running_var + module.eps).rsqrt()
    if module.affine:
        scale = scale * module.weight
    shift = -module.running_mean * scale
    return scale, shift + module.bias if module.affine else shift


def _without_stride(layers: _Layers, shape: tuple[int, int]) -> tuple[_Layers, tuple[int, int]]:
    """The layers with no stride in the first, and the input shape of that."""
    strided = [one for one in layers if isinstance(one[1], nn.Conv1d) and one[1].stride != (1,)]
    if not strided:
        return layers, shape
    name, layer = strided[-1]
    (stride,), (outputs, channels, taps) = layer.stride, layer.weight.shape
    _require(layer is layers[0][1], name, f"has a stride of {stride} and is not the first layer")
    plain = layer.padding in ((0,), "valid") and (*layer.dilation, layer.groups) == (1, 1)
    _require(plain, name, "has a stride beside padding, dilation or groups")
    steps = (shape[1] - taps) // stride + 1  # of the output
    channels, taps = stride * channels, -(-taps // stride)
    weight = dealt(layer.weight, (channels, taps))
    first = _with(nn.Conv1d(channels, outputs, taps), weight, layer.bias)
    return [(name, first), *layers[1:]], (channels, steps + taps - 1)


def _require_equal(network: nn.Module, result: nn.Sequential) -> None:
    """FoldingError unless both give the same: a subclass may compute anything."""
    generator = torch.Generator().manual_seed(0)
    shape = (PROBES, *network.input_shape)
    x = torch.randn(shape, generator=generator, dtype=torch.double)
    expected, found = network(x), result(dealt(x, result.input_shape))
    # Written so that values which are not numbers fail, too.
    if not (found - expected).abs().max() <= TOLERANCE * expected.abs().max():
        said = "weights are not finite, or a layer computes something else than its class"
        raise FoldingError(f"the folded network gives other outputs: {said}")


def _require(fits: bool, name: str, otherwise: str) -> None:
    if not fits:
        raise FoldingError(f"layer {name}: {otherwise}")
