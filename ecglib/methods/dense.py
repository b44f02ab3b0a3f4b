"""The dense network, which all methods start from."""

import pandas as pd
from torch import Tensor, nn

from ecglib.data.datamodule import HeartbeatData
from ecglib.methods.fitting import fitter, new_network
from ecglib.settings.config import settings
from ecglib.settings.parameters import BaselineRun
from ecglib.settings.registry import METHODS
from ecglib.training.classifier import Snapshot


@METHODS.register("dense", name="dense", family="dense", stage="baseline", takes=())
def train_baseline(
    run: BaselineRun, data: HeartbeatData
) -> tuple[nn.Module, dict[str, Tensor], pd.DataFrame]:
    """The trained dense network, its weights at the rewinding epoch, and its history."""
    baseline, network = settings().baseline, new_network(run)
    snapshot = Snapshot(baseline.rewind_epoch)
    history = fitter(run, data)(network, baseline.epochs, [snapshot])
    return network, snapshot.weights, history
