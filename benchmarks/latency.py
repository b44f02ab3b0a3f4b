"""Latency in onnxruntime, one thread: smaller networks against their dense starts.

One beat at a time, as a wearable's host would; and many, over which a call's fixed cost spreads.
"""

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

RUNS, REPEATS = 320, 15
TOGETHER = (1, 64)  # beats of a call; RUNS is a multiple of each


def of_filter_networks(seed: int = 0) -> dict[tuple[Key, int], tuple[float, float, float]]:
    """Key and beats of a call -> us a beat, that of the dense start, and the share of MACs left.

    Of the networks of one seed that the sweep keeps; dense and smaller one are timed in turn.
    """
    networks, _ = kept.networks()
    found = {}
    for key, path in networks.items():
        if is_filter_method(key.method) and key.seed == seed:
            dense = networks[dense_key(key.split, key.model, key.seed)]
            small, whole = (_Timed(key.model, of) for of in (path, dense))
            for beats in TOGETHER:
                times = [(small.us(beats), whole.us(beats)) for _ in range(1 + REPEATS)][1:]
                ours, theirs = (statistics.median(of) for of in zip(*times, strict=True))
                found[key, beats] = (ours, theirs, small.macs / whole.macs)
    return found


class _Timed:
    """A network as a session of onnxruntime."""

    def __init__(self, model: str, path: Path) -> None:
        network = models.load(model, path).eval()
        self.macs = total_costs(network, network.input_shape)["macs"]
        self.shape = network.input_shape
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        with tempfile.TemporaryDirectory() as folder:
            write_onnx(network, Path(folder) / "network.onnx")
            self.session = onnxruntime.InferenceSession(
                Path(folder) / "network.onnx", options, providers=["CPUExecutionProvider"]
            )

    def us(self, beats: int) -> float:
        values = {INPUT: np.zeros((beats, *self.shape), np.float32)}
        start = time.perf_counter()
        for _ in range(RUNS // beats):
            self.session.run(None, values)
        return (time.perf_counter() - start) / RUNS * 1e6
