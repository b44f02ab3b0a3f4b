"""The stage: networks of every seed, trained on all of DS1 and looked at on DS2."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from ecglib import models, paths
from ecglib.data.splits import DS1, DS2
from ecglib.systems.pool import run_all
from ecglib.training import classifier, metrics
from ecglib.unseen import kept, personal, scores, shrinking
from ecglib.unseen.escapes import as_s
from ecglib.unseen.features import irregularity
from ecglib.unseen.gate import gated, with_margin
from ecglib.unseen.personal import NOT_TESTED, Personal
from ecglib.unseen.settings import settings
from ecglib.unseen.training import MODEL, UnseenData, all_beats, fit, inputs, of_patients, trained

STUDY, PLAIN_RECIPE, UNGATED = "the study's", "as_it_is", "without the gate"
STUDY_GATED, PLAIN_GATED = "the study's, with the gate", "as_it_is, with the gate"
AS_N, AS_S = "de Chazal's map", "escapes as S, as EC57 says"
MINUTES = "first minutes: "
Predictions = dict[tuple[str, float], np.ndarray]


def results(processes: int) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """What every network says of DS2: the tables of scores, of records, and of differences.

    Of scores: network, target (0 for a dense one), first_minutes, map, seeds, kind, reading, score,
    value, low, high. Of records: the same networks, S beats, and F1 of SVEB and VEB, the mean of
    the seeds. Of differences: network, less (what is subtracted), target, and `scores.differences`.
    """
    found, faults = run_all([partial(of_seed, seed) for seed in settings().seeds], processes)
    if faults:
        raise ValueError("\n".join(faults))
    labels = {AS_N: all_beats().label[_rows()], AS_S: as_s(all_beats(), _there())[_rows()]}
    tables, matrices = [], {}
    for map_name, label in labels.items():
        for key in found[0]:
            each = np.stack([_by_record(of[key], label) for of in found])
            tables.append(_scored(key, each).assign(map=map_name))
            matrices[map_name, key] = each
    pairs = [
        scores.differences(
            matrices[AS_N, of], matrices[AS_N, less], np.array(sorted(_there()))
        ).assign(network=of[0], less=less[0], target=of[1])
        for of, less in _compared(list(found[0]))
    ]
    records = pd.concat([_records(key, found) for key in found[0]])
    return pd.concat(tables), records, pd.concat(pairs)


def _compared(keys: list[tuple[str, float]]) -> list[tuple]:
    """Keys of two: chosen less each rival, first minutes less none, pruned less chosen."""
    chosen, unused = (settings().recipe, 0.0), (f"{MINUTES}not used", 0.0)
    rivals = [(name, 0.0) for name in (STUDY, STUDY_GATED, PLAIN_GATED, UNGATED)]
    pairs = [(chosen, rival) for rival in rivals if rival in keys]
    pairs += [(key, unused) for key in keys if key[0].startswith(MINUTES) and key != unused]
    return pairs + [(key, chosen) for key in keys if key[0] in shrinking.METHODS_SHOWN]


def of_seed(seed: int) -> Predictions:
    """(network, target) -> classes (n,) int8 of the beats of DS2, in order, for one seed.

    Networks: the study's own, as it is trained here, and the chosen one, all with and without the
    gate, what the first minutes add to the chosen one, and its pruned ones. Where the first
    minutes are used, NOT_TESTED stands for their beats. The chosen one and its pruned ones are
    kept, see `kept`.
    """
    chosen = settings()
    recipe = chosen.recipes[chosen.recipe]
    plain = chosen.recipes[PLAIN_RECIPE]
    values = {name: _inputs(chosen.recipes[name]) for name in {PLAIN_RECIPE, chosen.recipe}}
    found = {}
    if (path := _of_study(seed)).is_file():  # a smaller study has none
        found[STUDY, 0.0] = _classes(models.load(MODEL, path), values[PLAIN_RECIPE])
        found[STUDY_GATED, 0.0] = _gated(found[STUDY, 0.0])
    found[PLAIN_RECIPE, 0.0] = _classes(fit(DS1, plain, seed), values[PLAIN_RECIPE])
    found[PLAIN_GATED, 0.0] = _gated(found[PLAIN_RECIPE, 0.0])
    data = UnseenData(DS1, recipe, seed)
    dense = trained(data, recipe, seed)
    told = with_margin(dense, chosen.gate.margin)
    models.save(told, kept.path(0.0, seed))
    found[UNGATED, 0.0] = _classes(told, values[chosen.recipe])
    found[chosen.recipe, 0.0] = _gated(found[UNGATED, 0.0])
    of, strength = chosen.first_minutes, chosen.first_minutes.strength
    adapted = Personal(dense, data, recipe, seed).predicted(_there(), [of.way], [strength])
    found |= {(f"{MINUTES}{_word(name)}", 0.0): p for name, p in adapted.items()}
    for method in shrinking.METHODS_SHOWN:
        for target, network in shrinking.pruned(method, dense, data, seed):
            told = with_margin(network, chosen.gate.margin)
            if method == kept.METHOD:
                models.save(told, kept.path(target, seed))
            found[method, target] = _gated(_classes(told, values[chosen.recipe]))
    return found


def _word(name: str) -> str:
    if name.startswith(personal.UNLABELLED):
        return "without labels"
    return "not used" if name == personal.NONE else "labelled"


def _there() -> list[str]:
    return [name for name in DS2 if name in all_beats().record_names]


def _rows() -> np.ndarray:
    return np.concatenate([of_patients(all_beats(), [name]) for name in _there()])


def _inputs(recipe) -> Tensor:
    return torch.from_numpy(inputs(all_beats(), recipe)[_rows()]).unsqueeze(1)


def _classes(network: nn.Module, values: Tensor) -> np.ndarray:
    return classifier.predict(network, values).numpy().astype(np.int8)


def _gated(classes: np.ndarray) -> np.ndarray:
    return gated(classes, irregularity(all_beats())[_rows()], settings().gate.beyond)


def _of_study(seed: int) -> Path:
    """Where the study's dense network of a seed lies in git."""
    return paths.REPORTS / "sweep" / f"inter-{MODEL}-dense-s{seed}.safetensors"


def _by_record(predicted: np.ndarray, label: np.ndarray) -> np.ndarray:
    """(records, 5, 5) of the beats that were tested, in the order of the records' names."""
    names = all_beats().record_names[all_beats().record[_rows()]]
    kept = predicted != NOT_TESTED
    return metrics.confusion_by_record(predicted[kept], label[kept], names[kept])


def _scored(key: tuple[str, float], matrices: np.ndarray) -> pd.DataFrame:
    """Both readings of EC57 side by side, and the accuracy."""
    names = np.array(sorted(_there()))
    strict = scores.table(matrices, names, ec57=False)
    excused = scores.table(matrices, names, ec57=True)[["value", "low", "high"]]
    table = strict.assign(**{f"ec57_{name}": excused[name] for name in excused})
    row = {"kind": "all", "reading": scores.POOLED, "score": "accuracy"}
    extra = pd.DataFrame([row | {"value": scores.accuracy(matrices)}])
    network, target = key
    table = pd.concat([table, extra])
    return table.assign(network=network, target=target, seeds=len(matrices))


def _records(key: tuple[str, float], found: Sequence[Predictions]) -> pd.DataFrame:
    label = all_beats().label[_rows()]
    matrices = np.stack([_by_record(of[key], label) for of in found])
    table = pd.DataFrame({"record": sorted(_there())})
    for kind in scores.KINDS:
        of = scores.counts(matrices, kind, ec57=False)
        table[f"beats_{kind}"] = (of.tp + of.fn)[0]
        table[f"f1_{kind}"] = of.f1().mean(0)
        table[f"false_{kind}"] = of.fp.mean(0)
    return table.assign(network=key[0], target=key[1])
