"""The result record: one JSON file per evaluated network, all of them as one tidy DataFrame."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict

from ecglib import paths
from ecglib.data import arrays
from ecglib.results import json_file
from ecglib.results.tables import DIGITS
from ecglib.settings.registry import METHODS
from ecglib.settings.words import CLASSES, Fraction, Number, Positive


class RunError(ValueError):
    """A result file is missing, damaged or not one that the settings ask for."""


class Key(NamedTuple):
    """What identifies a run; `none` and 0.0 where a network has no such thing."""

    split: str
    model: str
    method: str
    criterion: str
    schedule: str
    allocation: str
    budget: str
    target_sparsity: float
    seed: int

    @property
    def name(self) -> str:
        """The run's file name, without suffix."""
        if self.method == "dense":
            return f"{self.split}-{self.model}-dense-s{self.seed}"
        words = (
            *(self.split, self.model, self.method, self.criterion, self.schedule),
            *(self.allocation, self.budget, f"{self.target_sparsity:g}", f"s{self.seed}"),
        )
        return "-".join(word for word in words if word != "none")

    @property
    def stage(self) -> str:
        """The pipeline stage that produces the run."""
        return METHODS[self.method].stage


def dense_key(split: str, model: str, seed: int) -> Key:
    """The key of a dense network."""
    return Key(split, model, "dense", "none", "none", "none", "none", 0.0, seed)


class Run(BaseModel):
    """One row of results.csv. Fractions, not percent; `epochs`: spent after the dense model.

    `target_sparsity` is the fraction of weights or of MACs to remove, as `budget` says; `sparsity`
    is the fraction of the dense parent's weights that is gone. `params` and `macs` are those of the
    dense parent, `params_nonzero` and `macs_effective` what is left of them. Scores are on the test
    beats; `f1_macro_validation`, on the validation beats, is what choices are made by, that of a
    `learning_rate` too where the method makes one. A small dense network and a lottery ticket
    start from initial weights: they spend the dense network's epochs as well.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    split: str
    model: str
    method: str
    criterion: str
    schedule: str
    allocation: str
    budget: str
    target_sparsity: Fraction
    sparsity: Fraction
    seed: Number
    epochs: Number
    accuracy: Fraction
    f1_macro: Fraction
    accuracy_ovr: Fraction
    f1_ovr: Fraction
    accuracy_binary: Fraction
    f1_binary: Fraction
    f1_macro_validation: Fraction
    se_N: Fraction
    se_S: Fraction
    se_V: Fraction
    se_F: Fraction
    se_Q: Fraction
    ppv_N: Fraction
    ppv_S: Fraction
    ppv_V: Fraction
    ppv_F: Fraction
    ppv_Q: Fraction
    learning_rate: Positive | None = None
    params: Number
    params_nonzero: Number
    macs: Number
    macs_effective: Number

    @property
    def key(self) -> Key:
        """What identifies this run."""
        return Key(*(getattr(self, field) for field in Key._fields))


def results_folder(stage: str, into: str) -> Path:
    """Where a stage's result files go: `into` is `study`, or a folder for runs beside it."""
    return (paths.RESULTS if into == "study" else paths.ROOT / into / "results") / stage


def models_folder(stage: str, into: str) -> Path:
    """Where a stage's networks, masks and predictions go."""
    return (paths.MODELS if into == "study" else paths.ROOT / into / "models") / stage


def save(run: Run, *, into: str) -> Path:
    """Write one result file, whole or not at all; floats rounded, keys in column order."""
    rounded = {n: round(v, DIGITS) if isinstance(v, float) else v for n, v in run}
    path = results_folder(run.key.stage, into) / f"{run.key.name}.json"
    with paths.atomic(path) as temporary:
        temporary.write_text(json.dumps(rounded, indent=2) + "\n")
    return path


def load(path: Path) -> Run:
    """Read one result file; RunError where it is missing or damaged."""
    try:
        return Run.model_validate(json_file.read(path))
    except ValueError as error:
        raise RunError(f"{path} is no result record: {arrays.AGAIN}\n{error}") from None


def collect(expected: Iterable[Key], *, into: str) -> pd.DataFrame:
    """Exactly the expected runs, one row each, in their order.

    Raises:
        RunError: an expected result is missing, or there is one that nobody expects (left from
            other settings), each named.
    """
    expected = list(expected)
    wanted = {results_folder(k.stage, into) / f"{k.name}.json" for k in expected}
    found = {
        path
        for stage in {method.stage for method in METHODS.values()}
        for path in results_folder(stage, into).glob("[!.]*.json")  # hidden ones are of others
    }
    if missing := sorted(wanted - found):
        raise RunError(f"results are missing, run `make repro`: {_names(missing)}")
    if strays := sorted(found - wanted):
        raise RunError(f"results that params.yaml does not ask for, delete them: {_names(strays)}")
    runs = [load(results_folder(k.stage, into) / f"{k.name}.json") for k in expected]
    for key, run in zip(expected, runs, strict=True):
        if run.key != key:
            raise RunError(f"{key.name}.json holds the result of another run, {run.key.name}")
    return pd.DataFrame([run.model_dump() for run in runs], columns=list(Run.model_fields))


def _names(files: list[Path]) -> str:
    shown = ", ".join(str(path.relative_to(paths.ROOT)) for path in files[:5])
    return shown + (f" and {len(files) - 5} more" if len(files) > 5 else "")


def save_predictions(
    key: Key, predicted: np.ndarray, label: np.ndarray, record: np.ndarray, *, into: str
) -> None:
    """Keep what a network said of each test beat, so that figures need no training.

    predicted, label: (n,) class indices; record: (n,) record names.
    """
    arrays.save(
        models_folder(key.stage, into) / f"{key.name}.npz",
        predicted=predicted.astype(np.uint8),
        label=label.astype(np.uint8),
        record=record,
    )


def load_predictions(key: Key, *, into: str) -> dict[str, np.ndarray]:
    """What `save_predictions` wrote: predicted, label, record, each (n,)."""
    try:
        return read_predictions(models_folder(key.stage, into) / f"{key.name}.npz")
    except ValueError as error:
        raise RunError(f"no predictions of {key.name}: {error}") from None


def read_predictions(path: Path) -> dict[str, np.ndarray]:
    """The same from its file; ValueError where it is missing, damaged or of another kind."""
    found = arrays.load(path, ["predicted", "label", "record"])
    predicted, label, record = found.values()
    fit = predicted.ndim == 1 and predicted.shape == label.shape == record.shape
    fit = fit and [array.dtype.kind for array in found.values()] == ["u", "u", "U"]
    if not fit or max(predicted.max(initial=0), label.max(initial=0)) >= len(CLASSES):
        raise ValueError(f"{path} holds no classes of beats: {arrays.AGAIN}")
    return found
