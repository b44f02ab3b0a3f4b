"""The layers of a network as offloading sees them: MACs, size of the output, who reads whom.

What moves between servers is what convolutions, dense layers, poolings, additions and
concatenations put out. Whatever keeps the number of elements (activations, batch normalisation,
dropout, flatten, a pooling to the size that is there already) runs where its input does. MACs are
those of `ecglib.device.cost`, which knows heartbeat networks only; on those the two agree.
"""

import copy
import operator

import pandas as pd
import torch
from torch import Tensor, fx, nn

CONVOLUTIONS = (nn.Conv1d, nn.Conv2d)
POOLINGS = (nn.MaxPool1d, nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveAvgPool2d)
STAND = (*CONVOLUTIONS, nn.Linear, *POOLINGS)
PASS_ON = (nn.ReLU, nn.LeakyReLU, nn.BatchNorm2d, nn.Dropout, nn.Flatten, nn.Identity)
SLICE = "Slice"  # a part of what stands already, which is sent whole
CALLS = {
    **dict.fromkeys((operator.add, operator.iadd, torch.add), "Add"),
    torch.cat: "Concatenate",
    operator.getitem: SLICE,
    **dict.fromkeys((torch.flatten, nn.functional.relu, torch.relu), ""),
}
INPUT = "input"


def layers(network: nn.Module, input_shape: tuple[int, ...]) -> pd.DataFrame:
    """One row a layer, in execution order, the input first; `input_shape` is without batch.

    Columns: layer, kind, macs, output_elements, weight_elements (biases among them), reads (names
    of layers, separated by spaces). The network may be on the meta device and is not changed.

    Raises:
        TypeError: a layer or call of an unknown kind, by its name.
    """
    network = copy.deepcopy(network).eval()
    graph = _Tracer().trace(network)
    like = next(network.parameters(), torch.empty(0))
    with torch.no_grad():
        _Shapes(network, graph=graph).run(like.new_zeros(1, *input_shape))
    rows, stands = [], {}  # stands: node -> the row that holds its output
    for node in graph.nodes:
        if node.op == "output":
            continue
        name = node.target if node.op == "call_module" else node.name
        kind = INPUT if node.op == "placeholder" else _kind(node, network, name)
        sources = list(dict.fromkeys(stands[source] for source in node.all_input_nodes))
        kept = kind in ("", "AdaptiveAvgPool2d") and node.meta["elements"] == _elements(node)
        if kept or kind == SLICE:
            stands[node] = sources[0]
            continue
        stands[node] = INPUT if kind == INPUT else name
        rows.append(
            {
                "layer": stands[node],
                "kind": kind,
                **_costs(node, network),
                "output_elements": node.meta["elements"],
                "reads": " ".join(sources),
            }
        )
    return pd.DataFrame(rows)


def _elements(node: fx.Node) -> int:
    return node.all_input_nodes[0].meta["elements"]


def _kind(node: fx.Node, network: nn.Module, name: str) -> str:
    """The kind of a layer that stands for itself, "" if it passes its input's elements on."""
    if node.op == "call_module":
        module = network.get_submodule(node.target)
        for base in (*STAND, *PASS_ON):
            if isinstance(module, base):
                return base.__name__ if base in STAND else ""
    elif node.op == "call_function" and node.target in CALLS:
        return CALLS[node.target]
    raise TypeError(f"unknown layer {name!r} ({node.op} {node.target})")


def _costs(node: fx.Node, network: nn.Module) -> dict[str, int]:
    module = network.get_submodule(node.target) if node.op == "call_module" else None
    if not isinstance(module, (*CONVOLUTIONS, nn.Linear)):
        return {"macs": 0, "weight_elements": 0}
    positions = node.meta["elements"] // module.weight.shape[0]
    elements = sum(parameter.numel() for parameter in module.parameters())
    return {"macs": module.weight.numel() * positions, "weight_elements": elements}


class _Tracer(fx.Tracer):
    """Stops at subclasses of known layers too, whose own forwards need not be traceable."""

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        known = isinstance(m, (*STAND, *PASS_ON))
        return known or super().is_leaf_module(m, module_qualified_name)


class _Shapes(fx.Interpreter):
    """Runs the graph and keeps how many elements each node puts out."""

    def run_node(self, n: fx.Node) -> object:
        value = super().run_node(n)
        n.meta["elements"] = value.numel() if isinstance(value, Tensor) else 0
        return value
