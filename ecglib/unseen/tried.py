"""What the recipe was chosen by: repeated patient-wise cross-validation within DS1, DS2 unseen.

`python -m ecglib.unseen.tried RECIPE ... --repeats 5` trains what is not yet in build/unseen, then
writes the table of all that is there, reports/tables/unseen/tried.csv.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from ecglib import paths
from ecglib.data import arrays
from ecglib.results import tables
from ecglib.training import metrics
from ecglib.unseen import scores
from ecglib.unseen.folds import dealt
from ecglib.unseen.settings import settings
from ecglib.unseen.training import all_beats, fit, inputs, invented, of_patients

FOLDER = paths.BUILD / "unseen"


def judged(name: str, repeat: int) -> Path:
    """Train every fold of a repeat, and keep the logits of the patients left out.

    The file has `rows` (n,) of all beats, `logits` (n, 5), and `stress_label`, `stress_record`,
    `stress_logits` of sequences invented from the patients left out: frequent S alone.
    """
    path = FOLDER / f"{name}-{repeat}.npz"
    if path.exists():
        return path
    beats, recipe, chosen = all_beats(), settings().recipes[name], settings()
    stress = recipe.model_copy(update={"frequent": 2, "irregular": 0})
    found: dict[str, list] = {key: [] for key in ("rows", "logits", "label", "record", "invented")}
    for fold, left_out in enumerate(dealt(beats, chosen.cross_validation.folds, repeat)):
        trained = [n for n in ds1() if n not in left_out]
        network = fit(trained, recipe, seed=100 * repeat + fold)
        rows = of_patients(beats, left_out)
        found["rows"].append(rows)
        found["logits"].append(_logits(network, inputs(beats, recipe)[rows]))
        for one in invented(beats, left_out, stress, seed=repeat):
            found["label"].append(one.label)
            found["record"].append(np.repeat(one.record_names, len(one)))
            found["invented"].append(_logits(network, inputs(one, recipe)))
        print(name, repeat, fold, flush=True)
    arrays.save(path, **{key: np.concatenate(parts) for key, parts in found.items()})
    return path


def ds1() -> list[str]:
    """The patients of DS1 that there are."""
    return sorted({n for fold in dealt(all_beats(), 2, 0) for n in fold})


@torch.no_grad()
def _logits(network: torch.nn.Module, values: np.ndarray) -> np.ndarray:
    return network(torch.from_numpy(values).unsqueeze(1)).numpy()


def matrices(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """(records, 5, 5) and names (records,) of the patients left out in a repeat."""
    found, beats = arrays.load(path, ["rows", "logits"]), all_beats()
    rows = found["rows"]
    names = beats.record_names[beats.record[rows]]
    predicted = found["logits"].argmax(1)
    return metrics.confusion_by_record(predicted, beats.label[rows], names), np.unique(names)


def stress(path: Path) -> float:
    """F1 of S in the sequences invented from patients left out."""
    found = arrays.load(path, ["label", "record", "invented"])
    predicted = found["invented"].argmax(1)
    matrix = metrics.confusion_by_record(predicted, found["label"], found["record"]).sum(0)
    return float(scores.counts(matrix, "SVEB", ec57=False).f1())


def summary(name: str) -> pd.DataFrame:
    """A recipe's rows of tried.csv: scores with intervals, repeats summed, and its repeats' range."""
    paths_of = sorted(FOLDER.glob(f"{name}-[0-9].npz"))
    each = [matrices(path) for path in paths_of]
    summed = sum(matrix for matrix, _ in each)
    table = scores.table(summed, each[0][1], ec57=False)
    single = [scores.table(m, r, ec57=False)["value"].to_numpy() for m, r in each]
    invented_f1 = [stress(path) for path in paths_of]
    extra = pd.DataFrame(
        {
            "kind": ["all", "SVEB"],
            "reading": ["pooled", "invented frequent S"],
            "score": ["accuracy", "f1"],
            "value": [scores.accuracy(summed), np.mean(invented_f1)],
        }
    )
    table = table.assign(worst=np.min(single, axis=0), best=np.max(single, axis=0))
    return pd.concat([table, extra]).assign(recipe=name, repeats=len(each))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recipes", nargs="*")
    parser.add_argument("--repeats", type=int, default=settings().cross_validation.repeats)
    asked = parser.parse_args()
    for repeat in range(asked.repeats):
        for name in asked.recipes:
            judged(name, repeat)
    done = [name for name in settings().recipes if list(FOLDER.glob(f"{name}-[0-9].npz"))]
    tables.write(pd.concat([summary(name) for name in done]), "unseen/tried")
