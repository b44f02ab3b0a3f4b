"""What the figures show, each as a table or matrices of the rows of the runs (see `plan`).

Where a part of the study is absent, so are its rows.
"""

import pandas as pd

from ecglib.perturbation import beat_runs, eeg_runs
from ecglib.perturbation.answers import picked
from ecglib.perturbation.beat_networks import MODEL
from ecglib.perturbation.crafts import ANY_TIME, FEW, IN_TIME, MIX
from ecglib.perturbation.eeg_victims import ALIGNED, MAIN

EEG, BEATS = "EEG", "heartbeats"
FAMILIES = {  # method -> what a label calls it, and its family in figures
    "dense": ("dense", "dense"),
    "dense_longer": ("dense, trained longer", "dense"),
    "multistage": ("in stages", "in stages"),
    "aofp": ("AOFP", "AOFP"),
    "small_dense": ("small dense", "small dense"),
    "defended": ("defended", "defended"),
    "defended, multistage": ("defended, in stages", "defended"),
    "defended, multistage without": ("defended, then plain stages", "defended"),
}
OF_MACS = ("aofp", "small_dense")  # their targets are parts of the MACs
ATTACKS = {
    "none": "none",
    "uniform": "uniform noise",
    "random_sign": "random signs",
    "deepfool_uap": "DeepFool",
    "tlm_l1": "TLM, L1 penalty",
    "tlm_l2": "TLM, L2 penalty",
    "tlm": "TLM",
}
DRAWN = ["uniform", "random_sign", "deepfool_uap", "tlm"]  # against the bound
NETWORKS = {"data": beat_runs.DATA, "victim": MODEL}
DENSE = NETWORKS | {"method": "dense"}
TARGETS = list(eeg_runs.CLASSES)
TO_LEFT = TARGETS[0]  # the one target of what is tried beside the main attacks


def label(method: str, target: float) -> str:
    """A kind of heartbeat network in words, such as `in stages, 90 %`."""
    removes = target and method != "dense_longer"
    words = [FAMILIES[method][0], *([f"{100 * target:.0f} %"] if removes else [])]
    return ", ".join(words) + (" fewer MACs" if method in OF_MACS else "")


def labelled(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of heartbeat networks with `label` and `family`."""
    kinds = zip(rows["method"], rows["target_sparsity"], strict=True)
    families = [FAMILIES[method][1] for method in rows["method"]]
    return rows.assign(label=[label(*kind) for kind in kinds], family=families)


def by_bound(rows: pd.DataFrame) -> pd.DataFrame:
    """data, what, xi, seed, rate: of EEGNet and of the dense heartbeat network.

    rate: of the target where there is one, else of fooling. Only seeds tried at all bounds.
    """
    eeg = picked(rows, victim=MAIN, attack="tlm", craft=MIX, target=TO_LEFT, xi=None)
    eeg = eeg.assign(what="TLM, all to " + eeg["target"], rate=eeg["target_rate"])
    noise = picked(rows, victim=MAIN, attack="random_sign", xi=None)
    noise = noise.assign(what="random signs, fooled", rate=noise["fooling_rate"])
    beats = picked(rows, **DENSE, attack=DRAWN, craft=[MIX, FEW], xi=None)
    few = beats["craft"].eq(FEW).map({True: " on few beats", False: ""})
    beats = beats.assign(what=beats["attack"].map(ATTACKS) + few, rate=beats["fooling_rate"])
    found = _of_both(pd.concat([eeg, noise]), beats)[["data", "what", "xi", "seed", "rate"]]
    bounds = found.groupby(["data", "what", "seed"])["xi"].transform("size")
    return found[bounds == bounds.groupby([found["data"], found["what"]]).transform("max")]


def by_lateness(rows: pd.DataFrame) -> pd.DataFrame:
    """data, what, late_ms (NaN: at any time), seed, rate: what becomes of v that comes late.

    Of EEG the rate of the first target, of the dense heartbeat network the fooling rate.
    """
    wanted = {"attack": "tlm", "craft": [MIX, ANY_TIME], "arrival": None}
    eeg = picked(rows, victim=[MAIN, ALIGNED], target=TO_LEFT, **wanted)
    beats = picked(rows, **DENSE, **wanted)
    found = _of_both(
        eeg.assign(what=eeg["victim"] + ": ", rate=eeg["target_rate"]),
        beats.assign(what="", rate=beats["fooling_rate"]),
    )
    found["what"] += "crafted " + found["craft"].map({MIX: IN_TIME, ANY_TIME: "for any time"})
    late = found["arrival"].str.extract(r"^(\d+) ms late$")[0].astype(float)
    found["late_ms"] = late.mask(found["arrival"].eq(IN_TIME), 0.0)
    return found[["data", "what", "late_ms", "seed", "rate"]]


def _of_both(eeg: pd.DataFrame, beats: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([eeg.assign(data=EEG), beats.assign(data=BEATS)], ignore_index=True)


def by_seed(rows: pd.DataFrame) -> pd.DataFrame:
    """label, family, craft, bits, seed, fooling_rate of each heartbeat network's own attacks."""
    of = picked(rows, **NETWORKS, attack="tlm", craft=[MIX, ANY_TIME], bits=[32, 8])
    return labelled(of)[["label", "family", "craft", "bits", "seed", "fooling_rate"]]


def transfers(rows: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Title -> matrix of mean rates: whose perturbation (rows), who answers (columns)."""
    wanted = {"attack": "tlm", "crafted_on": None}
    eeg = picked(rows, victim=list(eeg_runs.COMPARED), craft=MIX, target=TO_LEFT, **wanted)
    found = {"EEG: answered as the target": _matrix(eeg, eeg["victim"], "target_rate")}
    for craft, title in ((MIX, IN_TIME), (ANY_TIME, ANY_TIME)):
        beats = labelled(picked(rows, **NETWORKS, craft=craft, **wanted))
        found[f"Heartbeats, {title}: fooled"] = _matrix(beats, beats["label"], "fooling_rate")
    return {title: matrix for title, matrix in found.items() if matrix.size}


def _matrix(rows: pd.DataFrame, name: pd.Series, score: str) -> pd.DataFrame:
    """name: of who answers. `crafted_on` is a `Place.title`, or nothing for one's own.

    Only of the seeds in which all answered to the others'.
    """
    tried = rows["seed"].isin(rows.loc[rows["crafted_on"].ne(""), "seed"])
    rows, name = rows[tried], name[tried]
    target = rows["target_sparsity"].map("{:g}".format)
    title = rows["victim"].where(rows["method"].eq("dense"), rows["method"] + " " + target)
    whose = rows["crafted_on"].map(dict(zip(title, name, strict=True))).fillna(name)
    names = list(dict.fromkeys(name))
    return rows[score].groupby([whose, name]).mean().unstack().reindex(index=names, columns=names)
