"""Latency of one beat in onnxruntime, one thread: smaller networks against their dense starts."""

import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import onnxruntime

from ecglib import models
from ecglib.device.cost import total_costs
from ecglib.device.exchange import INPUT, write_onnx
from ecglib.filter_runs import is_filter_method
from ecglib.runs import Key, dense_key
from ecglib.sweep import kept

RUNS, REPEATS = 300, 15


def of_filter_networks(seed: int = 0) -> dict[Key, tuple[float, float, float]]:
    """Key -> latency in us, that of the dense start, and the share of the MACs that is left.

    Of the networks of one seed that the sweep keeps; dense and smaller one are timed in turn.
    """
    networks, _ = kept.networks()
    found = {}
    for key, path in networks.items():
        if is_filter_method(key.method) and key.seed == seed:
            dense = networks[dense_key(key.split, key.model, key.seed)]
            small, whole = (_Timed(key.model, of) for of in (path, dense))
            times = [(small.us(), whole.us()) for _ in range(1 + REPEATS)][1:]
            ours, theirs = (statistics.median(of) for of in zip(*times, strict=True))
            found[key] = (ours, theirs, small.macs / whole.macs)
    return found


class _Timed:
    """A network as a session of onnxruntime."""

    def __init__(self, model: str, path: Path) -> None:
        network = models.load(model, path).eval()
        self.macs = total_costs(network, network.input_shape)["macs"]
        self.beat = {INPUT: np.zeros((1, *network.input_shape), np.float32)}
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        with tempfile.TemporaryDirectory() as folder:
            write_onnx(network, Path(folder) / "network.onnx")
            self.session = onnxruntime.InferenceSession(
                Path(folder) / "network.onnx", options, providers=["CPUExecutionProvider"]
            )

    def us(self) -> float:
        start = time.perf_counter()
        for _ in range(RUNS):
            self.session.run(None, self.beat)
        return (time.perf_counter() - start) / RUNS * 1e6
