"""A foreign database: the chosen networks as they are, on records that nothing was chosen by.

Named by $ECGLIB_EXTERNAL: a folder of WFDB records with beat annotations in `.atr`, or `svdb` or
`incartdb` (PhysioNet: doi:10.13026/C2V30W, Greenwald 1990, 128 Hz; doi:10.13026/C2V88N, St
Petersburg INCART, 257 Hz), which is then fetched.
"""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import torch
import wfdb

from ecglib import paths
from ecglib.data.beats import Beats, cut
from ecglib.data.errors import DataError
from ecglib.data.records import Record, read_record
from ecglib.settings import config
from ecglib.training import classifier, metrics
from ecglib.unseen import kept, scores
from ecglib.unseen.features import irregularity
from ecglib.unseen.gate import gated
from ecglib.unseen.settings import settings
from ecglib.unseen.training import MODEL, inputs

VARIABLE = "ECGLIB_EXTERNAL"
FROM_PHYSIONET = ("svdb", "incartdb")
LEADS = ("MLII", "II")  # the first of them that a record has; else its first lead
HOW = (
    f"set {VARIABLE} to a folder of WFDB records with beat annotations, or to one of "
    f"{', '.join(FROM_PHYSIONET)}, which is then fetched from PhysioNet"
)


def told(named: str) -> tuple[pd.DataFrame, str]:
    """The table of `results`, and a line on what it is of; without records an empty one, and why.

    named: a folder or a database; empty: what $ECGLIB_EXTERNAL names.
    """
    try:
        beats, refused = beats_in(folder(named))
    except DataError as error:
        return pd.DataFrame(), str(error)
    records = len(beats.record_names)
    line = f"{len(beats)} beats of {records} {'record' if records == 1 else 'records'}"
    return results(beats), "; ".join([line, *refused.values()])


def folder(named: str = "") -> Path:
    """Where the foreign records are.

    Raises:
        DataError: none are named, the folder is not there, or a database cannot be fetched.
    """
    named = named or os.environ.get(VARIABLE, "")
    if not named:
        raise DataError(f"no foreign records: {HOW}")
    if named in FROM_PHYSIONET:
        return _fetched(named)
    if not Path(named).is_dir():
        raise DataError(f"no folder {named}: {HOW}")
    return Path(named)


def _fetched(name: str) -> Path:
    into = paths.DATA / "external" / name
    try:
        records = wfdb.get_record_list(name)
        wanted = [f"{record}{end}" for record in records for end in (".hea", ".dat", ".atr")]
        wfdb.dl_files(name, str(into), wanted)
    except Exception as error:  # requests' and wfdb's own, of many kinds
        raise DataError(f"could not fetch {name} from PhysioNet ({error}); {HOW}") from None
    return into


def beats_in(place: Path) -> tuple[Beats, dict[str, str]]:
    """All beats of the records in a folder, and why others are left out: name -> reason.

    Raises:
        DataError: no record can be used; the message has the first reason.
    """
    usable, refused = [], {}
    window = config.settings().data.windows[MODEL]
    for header in sorted(place.rglob("*.hea")):
        name = str(header.relative_to(place).with_suffix(""))
        try:
            record = _read(place, name)
            cut([record], window, skip_unknown=True)
            usable.append(record)
        except DataError as error:
            refused[name] = str(error)
    if not usable:
        raise DataError(next(iter(refused.values()), f"no WFDB header (.hea) in {place}; {HOW}"))
    return cut(usable, window, skip_unknown=True), refused


def _read(place: Path, name: str) -> Record:
    for lead in LEADS:
        try:
            return read_record(place, name, lead=lead)
        except DataError:
            continue
    return read_record(place, name, lead=LEADS[0], or_first=True)


def results(beats: Beats) -> pd.DataFrame:
    """The table of `study.results` for one set of beats: the chosen networks of all seeds."""
    values = torch.from_numpy(inputs(beats, kept.recipe())).unsqueeze(1)
    names = beats.record_names[beats.record]
    beyond, irregular = settings().gate.beyond, irregularity(beats)
    each = []
    for seed in settings().seeds:
        classes = classifier.predict(kept.load(0.0, seed), values).numpy()
        classes = gated(classes, irregular, beyond)
        each.append(metrics.confusion_by_record(classes, beats.label, names))
    each = np.stack(each)
    table = scores.table(each, np.unique(names), ec57=False)
    row = {"kind": "all", "reading": scores.POOLED, "score": "accuracy"}
    extra = pd.DataFrame([row | {"value": scores.accuracy(each)}])
    return pd.concat([table, extra]).assign(records=len(np.unique(names)), beats=len(beats))
