"""How fast layers are placed: by the swarm, along a chain, and by the mixed-integer program."""

import time
from collections.abc import Callable

from benchmarks.rows import paired, row
from ecglib.offloading import architectures, study
from ecglib.offloading.asked import CHAIN_S, PROVEN_S, RATE
from ecglib.offloading.exact import exact
from ecglib.offloading.problem import Instance
from ecglib.offloading.solvers import solve

EVALUATIONS = 20_000


def offloading() -> list[dict]:
    """Evaluating and proving where layers run: GoogLeNet, the longest chain, ResNet-101.

    HiGHS begins from nothing here; in the notebook it is given what a search has found.
    """
    swarm = study.due(architectures.instance(["googlenet"]), 1.5)
    chain = study.due(architectures.instance(["vgg19"]), 1.2)
    graph = study.due(architectures.instance(["resnet101"], devices=4, edges=2), 1.2)
    took = paired(
        {
            "swarm": lambda: _seconds(lambda: solve("chance", swarm, EVALUATIONS, 0)),
            "chain": lambda: _seconds(lambda: exact(chain)),
            "graph": lambda: _seconds(lambda: exact(graph)),
        },
        repeats=3,
    )
    rate = EVALUATIONS / took["swarm"]
    return [
        row(f"offloading, {_of(swarm, ' layers')} servers", rate, "evaluations/s", "goal", RATE),
        row(f"offloading, chain of {_of(chain)}, exactly", took["chain"], "s", "goal", CHAIN_S),
        row(f"offloading, {_of(graph, ' layers')}, HiGHS", took["graph"], "s", "goal", PROVEN_S),
    ]


def _seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def _of(instance: Instance, word: str = "") -> str:
    """How many layers, the input apart, on how many servers."""
    layers, servers = instance.shape
    return f"{layers - 1}{word} on {servers}"
