"""What the recipe was chosen by: repeated patient-wise cross-validation within DS1, without DS2.

`python -m ecglib.unseen.tried` trains what is not yet in build/unseen, every recipe of params.yaml
or those that are named, and writes the table of all that is there, ecglib/unseen/tried.csv.
"""

import argparse
import hashlib
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import nn

from ecglib import models, paths
from ecglib.data import arrays
from ecglib.data.beats import Beats
from ecglib.results.tables import DIGITS
from ecglib.training import metrics
from ecglib.unseen import scores
from ecglib.unseen.features import count, irregularity
from ecglib.unseen.folds import dealt
from ecglib.unseen.gate import gated
from ecglib.unseen.invented import S
from ecglib.unseen.network import UnseenCNN
from ecglib.unseen.settings import Recipe, settings
from ecglib.unseen.training import all_beats, fit, inputs, invented, of_patients

TABLE = Path(__file__).with_name("tried.csv")
INVENTED = "invented, frequent"

OF_FITS = {"epochs", "frequent", "irregular", "cross_validation"}


def folder(name: str) -> Path:
    """Where a recipe's fits by these settings are kept, so that none by others is taken for one."""
    of = settings().model_dump_json(include=OF_FITS)
    return paths.BUILD / "unseen" / digest(of + settings().recipes[name].model_dump_json())


def digest(text: str) -> str:
    """A short name of a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def judged(name: str, repeat: int) -> Path:
    """Train every fold of a repeat, and keep the logits of the patients left out.

    The file has `rows` (n,) of all beats, `logits` (n, 5), and `label`, `record` and `invented`,
    the logits, of sequences made from the patients left out: frequent S alone.
    """
    path = folder(name) / f"{name}-{repeat}.npz"
    if path.exists():
        return path
    beats, recipe, chosen = all_beats(), settings().recipes[name], settings()
    found: dict[str, list] = {key: [] for key in ("rows", "logits", "label", "record", "invented")}
    for fold, left_out in enumerate(dealt(beats, chosen.cross_validation.folds, repeat)):
        network = fitted(name, repeat, fold, left_out)
        rows = of_patients(beats, left_out)
        found["rows"].append(rows)
        found["logits"].append(_logits(network, inputs(beats, recipe)[rows]))
        for one in stressed(left_out, repeat):
            found["label"].append(one.label)
            found["record"].append(np.repeat(one.record_names, len(one)))
            found["invented"].append(_logits(network, inputs(one, recipe)))
        print(name, repeat, fold, flush=True)
    arrays.save(path, **{key: np.concatenate(parts) for key, parts in found.items()})
    return path


def stressed(left_out: tuple[str, ...], repeat: int) -> list[Beats]:
    """Two sequences of frequent S from each patient left out who has S beats enough."""
    recipe = Recipe(features=["study"], frequent=2, irregular=0)
    return invented(all_beats(), left_out, recipe, seed=repeat)


def fitted(name: str, repeat: int, fold: int, left_out: tuple[str, ...]) -> nn.Module:
    """The network of a fold, trained on all other patients; kept in build/unseen."""
    path, recipe = folder(name) / f"{name}-{repeat}-{fold}.safetensors", settings().recipes[name]
    if not path.exists():
        trained = [patient for patient in ds1() if patient not in left_out]
        models.save(fit(trained, recipe, seed=100 * repeat + fold), path)
    network = UnseenCNN(features=count(recipe.features))
    network.load_state_dict(models.read_weights(path))
    return network.eval()


def ds1() -> list[str]:
    """The patients of DS1 that there are."""
    return sorted({n for fold in dealt(all_beats(), 2, 0) for n in fold})


@torch.no_grad()
def _logits(network: torch.nn.Module, values: np.ndarray) -> np.ndarray:
    return network(torch.from_numpy(values).unsqueeze(1)).numpy()


def matrices(path: Path, beyond: float | None, margin: float) -> tuple[np.ndarray, np.ndarray]:
    """(records, 5, 5) and names (records,) of the patients left out in a repeat."""
    found, beats = arrays.load(path, ["rows", "logits"]), all_beats()
    rows = found["rows"]
    names = beats.record_names[beats.record[rows]]
    predicted = gated(_led(found["logits"], margin), _irregularity()[rows], beyond)
    return metrics.confusion_by_record(predicted, beats.label[rows], names), np.unique(names)


def _led(logits: np.ndarray, margin: float) -> np.ndarray:
    """Classes (n,) where S must lead by a margin."""
    return (logits - margin * (np.arange(logits.shape[1]) == S)).argmax(1)


@cache
def _irregularity() -> np.ndarray:
    return irregularity(all_beats())


def stress(path: Path, repeat: int, beyond: float | None, margin: float) -> float:
    """F1 of S in the sequences invented from patients left out."""
    found = arrays.load(path, ["label", "record", "invented"])
    predicted = gated(_led(found["invented"], margin), _of_stress(repeat), beyond)
    matrix = metrics.confusion_by_record(predicted, found["label"], found["record"]).sum(0)
    return float(scores.counts(matrix, "SVEB", ec57=False).f1())


@cache
def _of_stress(repeat: int) -> np.ndarray:
    """The irregularity of a repeat's invented sequences, in the order of its file."""
    folds = dealt(all_beats(), settings().cross_validation.folds, repeat)
    each = [one for left_out in folds for one in stressed(left_out, repeat)]
    return np.concatenate([irregularity(one) for one in each])


def summary(name: str, beyond: float | None, margin: float) -> pd.DataFrame:
    """A recipe's rows of the table: the mean of its repeats, their range, and the first alone."""
    paths_of = sorted(folder(name).glob(f"{name}-[0-9].npz"))
    each, (names, *_) = zip(*(matrices(path, beyond, margin) for path in paths_of), strict=True)
    table = scores.table(np.stack(each), names, ec57=False)
    single = [scores.table(one[None], names, ec57=False)["value"].to_numpy() for one in each]
    table = table.assign(worst=np.min(single, axis=0), best=np.max(single, axis=0), first=single[0])
    of_invented = [stress(path, repeat, beyond, margin) for repeat, path in enumerate(paths_of)]
    further = [
        ("all", scores.POOLED, "accuracy", scores.accuracy(np.stack(each)), np.nan),
        ("SVEB", INVENTED, "f1", np.mean(of_invented), of_invented[0]),
    ]
    extra = pd.DataFrame(further, columns=["kind", "reading", "score", "value", "first"])
    table = pd.concat([table, extra])
    return table.assign(recipe=name, gate=beyond, margin=margin, repeats=len(each))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recipes", nargs="*", default=list(settings().recipes))
    parser.add_argument("--repeats", type=int, default=settings().cross_validation.repeats)
    asked = parser.parse_args()
    for repeat in range(asked.repeats):
        for name in asked.recipes:
            judged(name, repeat)
    done = [name for name in settings().recipes if list(folder(name).glob(f"{name}-[0-9].npz"))]
    gate = settings().gate
    ways = [(beyond, 0.0) for beyond in (None, *gate.tried)]
    ways += [(gate.beyond, margin) for margin in gate.margins if margin]
    found = pd.concat([summary(name, *way) for name in done for way in ways]).round(DIGITS)
    with paths.atomic(TABLE) as temporary:
        found.to_csv(temporary, index=False, lineterminator="\n")
