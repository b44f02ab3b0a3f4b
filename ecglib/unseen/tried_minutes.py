"""What the use of a patient's first minutes was chosen by: the networks that `tried` has kept.

`python -m ecglib.unseen.tried_minutes` judges each patient of DS1 by networks that never saw them,
and writes ecglib/unseen/tried_minutes.csv. DS2 has no part in it.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from ecglib import paths
from ecglib.data import arrays
from ecglib.results.tables import DIGITS
from ecglib.training import metrics
from ecglib.unseen import scores, tried
from ecglib.unseen.folds import dealt
from ecglib.unseen.personal import NOT_TESTED, Personal
from ecglib.unseen.settings import settings
from ecglib.unseen.training import UnseenData, all_beats, of_patients

TABLE = Path(__file__).with_name("tried_minutes.csv")


def judged(repeat: int) -> Path:
    """Every patient's rest of the record in a repeat; `rows` (n,), and predictions by name."""
    path = path_of(repeat)
    if path.exists():
        return path
    chosen, name = settings().first_minutes, settings().recipe
    recipe, found = settings().recipes[name], {}
    for fold, left_out in enumerate(dealt(all_beats(), settings().cross_validation.folds, repeat)):
        trained = [n for n in tried.ds1() if n not in left_out]
        seed = 100 * repeat + fold
        network = tried.fitted(name, repeat, fold, left_out)
        personal = Personal(network, UnseenData(trained, recipe, seed), recipe, seed)
        of_fold = personal.predicted(left_out, list(chosen.ways), chosen.strengths)
        of_fold["rows"] = np.concatenate([of_patients(all_beats(), [n]) for n in left_out])
        for key, values in of_fold.items():
            found.setdefault(key, []).append(values)
        print(repeat, fold, flush=True)
    arrays.save(path, **{key: np.concatenate(parts) for key, parts in found.items()})
    return path


def path_of(repeat: int) -> Path:
    """Where a repeat is kept, by the settings that it depends on."""
    of = settings().model_dump_json(include={"recipe", "gate", "first_minutes"})
    return tried.folder(settings().recipe) / f"minutes-{tried.digest(of)}-{repeat}.npz"


def matrices(path: Path) -> dict[str, np.ndarray]:
    """Name -> (records, 5, 5) in the order of the records' names."""
    found, beats = arrays.load(path), all_beats()
    rows = found.pop("rows")
    names, label = beats.record_names[beats.record[rows]], beats.label[rows]
    return {
        name: metrics.confusion_by_record(*(of[kept] for of in (predicted, label, names)))
        for name, predicted in found.items()
        if (kept := predicted != NOT_TESTED).any()
    }


def summary(repeats: int) -> pd.DataFrame:
    """The table: scores of every way, the mean of the repeats."""
    each = [matrices(judged(repeat)) for repeat in range(repeats)]
    return pd.concat(
        [
            scores.table(
                np.stack([of[name] for of in each]), np.array(tried.ds1()), ec57=False
            ).assign(first_minutes=name, repeats=repeats)
            for name in each[0]
        ]
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=settings().cross_validation.repeats)
    found = summary(parser.parse_args().repeats).round(DIGITS)
    with paths.atomic(TABLE) as temporary:
        found.to_csv(temporary, index=False, lineterminator="\n")
