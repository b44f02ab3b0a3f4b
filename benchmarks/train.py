"""Train on the real beats for a while, in a process of its own: prints beats/s and peak memory.

python -m benchmarks.train EPOCHS
"""

import json
import resource
import sys
import time

import torch
from torch import nn

from ecglib import models
from ecglib.data.datamodule import EVALUATION_BATCH, HeartbeatData
from ecglib.methods import fitting
from ecglib.settings.config import settings
from ecglib.settings.parameters import BaselineRun

RUN = BaselineRun(model="acharya2017", split="intra", seed=0, into="build", progress=False)


def lightning_loop(
    network: nn.Module, data: HeartbeatData, epochs: int, *, progress: bool = False
) -> None:
    """The study's own fit: Lightning, validation after every epoch."""
    fitting.fitter(RUN, data)(network, epochs, progress=progress)


def bare_loop(network: nn.Module, data: HeartbeatData, epochs: int) -> None:
    """The same work in plain PyTorch: batches, optimizer, learning rate, validation."""
    training = settings().training[RUN.split]
    windows, labels = data.tensors("train")
    steps = len(labels) // training.batch_size
    optimizer = torch.optim.AdamW(
        network.parameters(),
        lr=training.learning_rate,
        weight_decay=training.weight_decay,
        fused=True,
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, training.learning_rate, total_steps=steps * epochs
    )
    for _ in range(epochs):
        network.train()
        order = torch.randperm(len(labels))[: steps * training.batch_size]
        for rows in order.split(training.batch_size):
            logits = network(windows[rows])
            loss = nn.functional.cross_entropy(
                logits, labels[rows], label_smoothing=training.label_smoothing
            )
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        network.eval()
        with torch.no_grad():
            for part in data.tensors("validation")[0].split(EVALUATION_BATCH):
                network(part)


def beats_per_s(loop, network: nn.Module, data: HeartbeatData, epochs: int) -> float:
    """Training beats per second of one call of a loop."""
    start = time.perf_counter()
    loop(network, data, epochs)
    return epochs * len(data.tensors("train")[1]) / (time.perf_counter() - start)


def matrix_flops() -> float:
    """FLOP/s of a large float32 matrix product on one thread."""
    a, b = torch.rand(1024, 1024), torch.rand(1024, 1024)
    start = time.perf_counter()
    for _ in range(20):
        a @ b
    return 20 * 2 * 1024**3 / (time.perf_counter() - start)


def main() -> None:
    """One warm-up epoch, then the measured ones."""
    torch.set_num_threads(1)
    data = fitting.load_data(RUN)
    network = models.build(RUN.model)
    lightning_loop(network, data, 1)
    rate = beats_per_s(lightning_loop, network, data, int(sys.argv[1]))
    peak_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"beats_per_s": rate, "peak_bytes": peak_bytes}))


if __name__ == "__main__":
    main()
