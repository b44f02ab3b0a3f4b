"""What a patient's first minutes add, patient by patient, on the rest of the record alone."""

from collections.abc import Iterable, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from ecglib.unseen import first_minutes
from ecglib.unseen.features import irregularity
from ecglib.unseen.gate import gated
from ecglib.unseen.invented import S
from ecglib.unseen.settings import Recipe, Way, settings
from ecglib.unseen.training import UnseenData, all_beats, inputs, of_patients

NONE, UNLABELLED = "none", "unlabelled"
NOT_TESTED = -1


class Personal:
    """A network, and what it needs of the beats that it was trained on.

    predicted(patients, ...) -> name -> classes (n,) int8 of all their beats in order, NOT_TESTED in
    the first minutes. Names: `none`, `unlabelled STRENGTH`, and the ways.
    """

    def __init__(self, network: nn.Module, data: UnseenData, recipe: Recipe, seed: int) -> None:
        self.network, self.seed = network, seed
        inputs_of, labels = data.train
        known = [first_minutes.joined(network, part) for part in inputs_of.split(4096)]
        self.others, self.class_weights = (torch.cat(known), labels), data.class_weights
        with torch.no_grad():
            taken = torch.softmax(network.classifier(self.others[0]), 1)
        self.prior = taken.double().mean(0).numpy()
        self.irregularity = irregularity(all_beats())
        self.inputs = torch.from_numpy(inputs(all_beats(), recipe)).unsqueeze(1)

    def predicted(
        self, patients: Iterable[str], ways: Sequence[str], strengths: Sequence[float]
    ) -> dict[str, np.ndarray]:
        """Every patient's beats, by each way and each strength."""
        each = [self._of_patient(patient, ways, strengths) for patient in patients]
        return {name: np.concatenate([found[name] for found in each]) for name in each[0]}

    def _of_patient(
        self, patient: str, ways: Sequence[str], strengths: Sequence[float]
    ) -> dict[str, np.ndarray]:
        chosen, beats = settings().first_minutes, all_beats()
        rows = of_patients(beats, [patient])
        early, rest = first_minutes.parts(beats, rows, chosen.minutes)
        seen, tested = (first_minutes.joined(self.network, self.inputs[r]) for r in (early, rest))
        logits, heard = (_logits(self.network.classifier, part) for part in (tested, seen))
        found = {NONE: logits}
        for strength in strengths:
            moved = first_minutes.unlabelled(logits, heard, self.prior, strength)
            found[f"{UNLABELLED} {strength:g}"] = moved
        label = torch.from_numpy(beats.label[early].astype(np.int64))
        for way in ways:
            found[way] = _logits(self._head((seen, label), chosen.ways[way]), tested)
        out = {name: np.full(len(rows), NOT_TESTED, np.int8) for name in found}
        for name, of in found.items():
            of[:, S] -= settings().gate.margin
            classes = of.argmax(1)
            out[name][len(early) :] = gated(
                classes, self.irregularity[rest], settings().gate.beyond
            )
        return out

    def _head(self, early: tuple[Tensor, Tensor], way: Way) -> nn.Module:
        weights = self.class_weights
        return first_minutes.labelled(self.network, early, self.others, weights, way, self.seed)


@torch.no_grad()
def _logits(head: nn.Module, values: Tensor) -> np.ndarray:
    return head(values).numpy()
