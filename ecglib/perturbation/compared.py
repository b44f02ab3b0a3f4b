"""What attacks, crafts and networks do, side by side, as tables of the rows of the runs.

Scores are means over seeds or folds. Where a part of the study is absent, so are its rows.
"""

import pandas as pd

from ecglib.perturbation import beat_runs, eeg_runs
from ecglib.perturbation.answers import means, picked
from ecglib.perturbation.crafts import ANY_TIME, FEW, IN_TIME, MIX, PEOPLE
from ecglib.perturbation.eeg_victims import MAIN
from ecglib.perturbation.shown import ATTACKS, BEATS, DENSE, EEG, TARGETS, labelled
from ecglib.settings.words import CLASSES

CRAFTS = (MIX, "balanced", "smoothed", ANY_TIME, "smoothed, any time")
FOOLED = [f"fooled_{name}" for name in CLASSES]
EVERYBODY = "all"


def victims(rows: pd.DataFrame, people: pd.DataFrame) -> pd.DataFrame:
    """A row an EEG victim or linear classifier; people: `answers.people`.

    xi_uv: the published bound in microvolt. left, right: target rates. attacked: accuracy under
    what is only to fool. signs_cost: of accuracy. in_band: of the power of the targeted ones.
    """
    of = rows[rows["data"] == eeg_runs.DATA]
    if of.empty:
        return people
    tlm = {"attack": "tlm", "craft": MIX}
    columns = {target: _means(of, "target_rate", **tlm, target=target) for target in TARGETS}
    columns["xi_uv"] = _means(of, "xi_unit", **tlm, target=["", *TARGETS])
    columns["attacked"] = _means(of, "accuracy", **tlm)
    clean = _means(of, "accuracy", attack="none")
    columns["signs_cost"] = clean - _means(of, "accuracy", attack="random_sign")
    columns["in_band"] = _means(of, "in_band", **tlm, target=TARGETS)
    return people.join(pd.DataFrame(columns), on="victim")


def _means(rows: pd.DataFrame, score: str, **wanted: object) -> pd.Series:
    return picked(rows, **wanted).groupby("victim")[score].mean()


def attacks(rows: pd.DataFrame) -> pd.DataFrame:
    """Each attack at the published bound, not targeted, on EEGNet and the dense heartbeat network.

    data, attack (in words), few (crafted on the few inputs that DeepFool can take), scores.
    """
    eeg = picked(rows, victim=MAIN, craft=[MIX, FEW]).assign(data=EEG)
    beats = picked(rows, **DENSE, craft=[MIX, FEW]).assign(data=BEATS)
    found = means(pd.concat([eeg, beats]), ["data", "attack", "craft"])
    found["order"] = found["attack"].map(list(ATTACKS).index)
    found = found.sort_values(["data", "order", "craft"], ignore_index=True)
    return found.assign(attack=found["attack"].map(ATTACKS), few=found["craft"].eq(FEW))


def ahead(rows: pd.DataFrame) -> pd.DataFrame:
    """data, tlm, deepfool (mean fooling rates on the same few inputs), ahead (TLM), of (seeds)."""
    found = []
    for data, of in ((EEG, {"victim": MAIN}), (BEATS, DENSE)):
        both = picked(rows, **of, craft=FEW, attack=["tlm", "deepfool_uap"])
        both = both.pivot(index="seed", columns="attack", values="fooling_rate").dropna()
        if both.shape[1] == 2 and len(both):
            tlm, other = both["tlm"], both["deepfool_uap"]
            row = {"data": data, "tlm": tlm.mean(), "deepfool": other.mean()}
            found.append(row | {"ahead": int((tlm > other).sum()), "of": len(both)})
    return pd.DataFrame(found)


def by_craft(rows: pd.DataFrame) -> pd.DataFrame:
    """The dense heartbeat network by how a perturbation was crafted and when it arrives.

    craft, accuracy, f1_macro, fooling_rate, and fooled_N and so on, of the beats of a class.
    """
    own = picked(rows, **DENSE, attack="tlm", craft=list(CRAFTS))
    own = own.assign(craft=pd.Categorical(own["craft"], CRAFTS)).sort_values("craft", kind="stable")
    late = picked(rows, **DENSE, attack="tlm", craft=MIX, arrival=ANY_TIME)
    parts = (
        picked(rows, **DENSE, attack="none").assign(craft="none"),
        own.assign(craft=own["craft"].astype(str)),
        late.assign(craft=f"{MIX}, arriving at {ANY_TIME}"),
    )
    return _with_classes(pd.concat(parts), "craft")


def by_target(rows: pd.DataFrame) -> pd.DataFrame:
    """The dense heartbeat network by the class that all beats are to become."""
    of = picked(rows, **DENSE, attack="tlm", craft=MIX, target=list(CLASSES))
    return _with_classes(of, "target")


def _with_classes(rows: pd.DataFrame, by: str) -> pd.DataFrame:
    scores = ["accuracy", "f1_macro", "fooling_rate", "target_rate"]
    present = [name for name in FOOLED if name in rows]
    grouped = rows.groupby(by, sort=False)
    seeds = grouped["seed"].nunique()
    return grouped[scores + present].mean().assign(seeds=seeds).reset_index()


def by_people(rows: pd.DataFrame) -> pd.DataFrame:
    """craft, target_rate, least, most (of the folds), by how many people EEGNet's v was crafted on.

    All are turned to the right; `all` are those of a fold that train. Of folds with all of these.
    """
    crafts = [*PEOPLE, MIX]
    of = picked(rows, victim=MAIN, attack="tlm", craft=crafts, target=TARGETS[1])
    of = of[of["seed"].isin(of.loc[of["craft"].ne(MIX), "seed"])]
    found = of.groupby("craft")["target_rate"].agg(["mean", "min", "max"])
    found = found.reindex([name for name in crafts if name in found.index])
    names = {"mean": "target_rate", "min": "least", "max": "most"}
    return found.rename(columns=names, index={MIX: EVERYBODY}).reset_index()


def others(rows: pd.DataFrame) -> pd.DataFrame:
    """Heartbeat networks that are attacked otherwise: v behind the z-score, and unseen patients.

    network, attack (in words), accuracy, f1_macro, fooling_rate, seeds.
    """
    bare = f"{DENSE['victim']}, {beat_runs.BARE}"
    of = picked(rows, victim=[bare, beat_runs.UNSEEN], arrival=None)
    of = labelled(of)
    late = of["craft"].eq(ANY_TIME).map({True: f", crafted for {ANY_TIME}", False: ""})
    arriving = of["arrival"].ne(IN_TIME) & of["craft"].ne(ANY_TIME)
    late = late.mask(arriving, f", arriving at {ANY_TIME}")
    of = of.assign(
        network=of["victim"] + ", " + of["label"], attack=of["attack"].map(ATTACKS) + late
    )
    return means(of, ["network", "attack"])
