"""A fit on some patients of DS1: their beats and what is invented from these, by a recipe."""

import warnings
from collections.abc import Sequence
from functools import cache

import numpy as np
import pytorch_lightning as pl
import torch
from torch import Tensor, nn

from ecglib.data.augmentation import Augmentation, augmented
from ecglib.data.beats import Beats, path_of
from ecglib.data.datamodule import Batches, balancing_weights
from ecglib.data.noise import read_noise
from ecglib.data.normalisation import normalised
from ecglib.methods import fitting
from ecglib.settings import config
from ecglib.settings.parameters import BaselineRun
from ecglib.unseen import frequent, irregular
from ecglib.unseen.features import count, features
from ecglib.unseen.network import UnseenCNN
from ecglib.unseen.settings import Recipe, settings

MODEL, SPLIT = "rhythm_cnn", "inter"
warnings.filterwarnings("ignore", message=".*have no `val_dataloader`.*")  # by choice, see below


@cache
def all_beats() -> Beats:
    """Every beat, cut as the data stage stores it for rhythm_cnn."""
    return Beats.load(path_of(config.settings().data.windows[MODEL]))


def of_patients(beats: Beats, patients: Sequence[str]) -> np.ndarray:
    """The rows (n,) of these patients' beats, in the order of the records."""
    return np.flatnonzero(np.isin(beats.record_names[beats.record], list(patients)))


def inputs(beats: Beats, recipe: Recipe) -> np.ndarray:
    """(n, 112 + features) float32, by the study's own code: whole records, in beat order."""
    by = config.settings().data.windows[MODEL].normalise
    return np.concatenate([normalised(beats, by), features(beats, recipe.features)], axis=1)


def taken(beats: Beats, rows: np.ndarray) -> Beats:
    """These rows alone; records keep their numbers."""
    names = ("adc", "label", "record", "sample", "rr_previous_s", "rr_next_s")
    return Beats(**{n: getattr(beats, n)[rows] for n in names}, record_names=beats.record_names)


def invented(beats: Beats, patients: Sequence[str], recipe: Recipe, seed: int) -> list[Beats]:
    """The recipe's sequences, each from one of these patients alone; the seed draws them."""
    chosen, found = settings(), []
    for record, name in enumerate(beats.record_names):
        if name in patients:
            rng = np.random.default_rng([seed, record])
            of = [
                frequent.sequence(beats, record, chosen.frequent, rng)
                for _ in range(recipe.frequent)
            ]
            of += [
                irregular.sequence(beats, record, chosen.irregular, rng)
                for _ in range(recipe.irregular)
            ]
            found += [sequence for sequence in of if sequence is not None]
    return found


class UnseenData(pl.LightningDataModule):
    """Batches for a fit: the patients' beats and the recipe's sequences, augmented as the study's.

    What `methods.trial.Trial` takes of a `HeartbeatData`, without a validation part: the last epoch
    counts. `tensors("train")` gives (n, 1, 112 + features) float32 and (n,) int64.
    """

    def __init__(self, patients: Sequence[str], recipe: Recipe, seed: int) -> None:
        super().__init__()
        training = config.settings().training[SPLIT]
        window = config.settings().data.windows[MODEL]
        beats = all_beats()
        real = taken(beats, of_patients(beats, patients))
        parts = [real, *invented(beats, patients, recipe, seed)]
        values = torch.from_numpy(np.concatenate([inputs(one, recipe) for one in parts]))
        labels = torch.from_numpy(np.concatenate([one.label for one in parts])).long()
        self.train = values.unsqueeze(1), labels
        self.batch_size, self.length = training.batch_size, window.length
        self.class_weights = balancing_weights(labels, training.class_balance)
        self.shuffle = torch.Generator().manual_seed(seed)
        self.changes = torch.Generator().manual_seed(seed)
        self.augmentation = Augmentation(window.fs_hz, **training.augmentation.model_dump())
        self.noise = _noise(window.fs_hz)

    def tensors(self, part: str) -> tuple[Tensor, Tensor]:
        """All training inputs and labels; there is no other part."""
        return {"train": self.train}[part]

    def train_dataloader(self) -> Batches:
        """The training beats, in a new order each epoch."""
        return Batches(*self.train, self.batch_size, self.shuffle, self._augmented)

    def _augmented(self, values: Tensor) -> Tensor:
        windows = augmented(
            values[:, :, : self.length], self.augmentation, self.noise, self.changes
        )
        return torch.cat([windows, values[:, :, self.length :]], dim=2)

    def transfer_batch_to_device(
        self, batch: tuple[Tensor, Tensor], device: torch.device, dataloader_idx: int
    ) -> tuple[Tensor, Tensor]:
        """Nothing to move: arrays and network are on the CPU."""
        return batch


@cache
def _noise(fs_hz: int) -> Tensor:
    return torch.from_numpy(read_noise(fs_hz))


def fit(patients: Sequence[str], recipe: Recipe, seed: int) -> nn.Module:
    """A network trained on these patients by a recipe, in evaluation mode."""
    return trained(UnseenData(patients, recipe, seed), recipe, seed)


def trained(data: UnseenData, recipe: Recipe, seed: int) -> nn.Module:
    """A network trained on these data as the study trains, in evaluation mode."""
    torch.manual_seed(seed)
    network = UnseenCNN(features=count(recipe.features))
    run = BaselineRun(model=MODEL, split=SPLIT, seed=seed, into="build", progress=False)
    fitting.fitter(run, data)(network, settings().epochs)
    return network.eval()
