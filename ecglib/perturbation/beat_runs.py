"""Runs on heartbeats: each crafts perturbations for one network, and says what they do to it."""

from functools import lru_cache

from ecglib import models
from ecglib.deployment.compact import compact
from ecglib.device.quantize import quantize
from ecglib.perturbation import beat_networks, beat_victims, other_victims, trying
from ecglib.perturbation.beat_networks import DENSE, MODEL, SPLIT, Kind
from ecglib.perturbation.beat_victims import BeatVictim, IntegerBeatVictim, Integers
from ecglib.perturbation.crafts import ANY_TIME, FEW, IN_TIME
from ecglib.perturbation.plan import Case, Found, Judge, Place
from ecglib.perturbation.settings import PUBLISHED_XI, settings
from ecglib.perturbation.victims import Inputs, spread
from ecglib.results.runs import Key, dense_key
from ecglib.settings.config import settings as whole
from ecglib.settings.words import CLASSES

LATE = ("8 ms late", "25 ms late", "100 ms late")
DATA = f"mitdb, {SPLIT}"
EIGHT_BITS = (Case("none"), Case("tlm"), Case("tlm", craft=ANY_TIME))  # on the device, too


def ready() -> None:
    """DataError where the beats are not here."""
    beat_victims.stored(MODEL)


def cases_of(kind: Kind, seed: int) -> list[Case]:
    """The attacks on a network; the dense one of a wide seed gets all of them."""
    if kind != DENSE:
        return [Case("none"), Case("tlm"), Case("tlm", craft=ANY_TIME)]
    noise = ("uniform", "random_sign")
    main = [
        *(Case("none"), Case("tlm", arrivals=(IN_TIME, *LATE, ANY_TIME))),
        *(Case("tlm", craft=craft) for craft in ("balanced", ANY_TIME)),
        *(Case(one) for one in noise),
    ]
    if seed not in settings().beats.wide:
        return main
    others = [xi for xi in settings().xi if xi != PUBLISHED_XI]
    return [
        *main,
        *(Case("tlm", craft=craft) for craft in ("smoothed", "smoothed, any time")),
        *(Case(attack, craft=FEW) for attack in ("tlm", "deepfool_uap")),
        *(Case("tlm_l1"), Case("tlm_l2")),
        *(Case("tlm", target=target) for target in CLASSES),
        *(Case(one, xi) for one in (*noise, "tlm") for xi in others),
    ]


def attacked(kind: Kind, seed: int) -> Found:
    """All attacks on one network, in floats and, some of them, in 8 bits."""
    of = inputs_of(seed)
    judges = [Judge(BeatVictim(beat_networks.network(kind, seed), spread(of["train"])), 32)]
    judges.append(Judge(_integers(kind, seed, judges[0].victim), 8, EIGHT_BITS))
    return trying.tried(cases_of(kind, seed), judges, of, place_of(kind, seed))


def place_of(kind: Kind, seed: int) -> Place:
    """Whose results they are."""
    fs_hz = whole().data.windows[MODEL].fs_hz
    return Place(DATA, MODEL, *kind, seed, CLASSES, fs_hz, settings().beats.crafting)


@lru_cache(maxsize=1)
def inputs_of(seed: int) -> dict[str, Inputs]:
    """Train, validation and test beats of a seed."""
    return beat_victims.inputs(MODEL, SPLIT, seed)


def _integers(kind: Kind, seed: int, floats: BeatVictim) -> IntegerBeatVictim:
    """In 8 bits, calibrated on as many training beats as the study's networks are."""
    windows = beat_networks.data_of(seed).tensors("train")[0]
    windows = windows[: whole().on_device_estimate.calibration_beats]
    integers = quantize(compact(floats.network), windows)
    return IntegerBeatVictim(Integers(integers), floats.std)


def transferred(seed: int) -> Found:
    """What each network's perturbations do to the others of the same seed."""
    kinds = [network.kind for network in settings().beats.networks]
    test, victims = inputs_of(seed), {}
    for kind in kinds:
        network = beat_networks.network(kind, seed)
        victims[place_of(kind, seed)] = BeatVictim(network, spread(test["train"]))
    return trying.transferred(victims, [Case("tlm"), Case("tlm", craft=ANY_TIME)], test["test"])


BARE = "behind the z-score"


def bare(seed: int) -> Found:
    """The dense network with v added behind its normalisation, as in published work."""
    of = other_victims.bare_inputs(MODEL, SPLIT, seed)
    victim = other_victims.BareVictim(beat_networks.network(DENSE, seed), 1.0)
    place = place_of(DENSE, seed)._replace(victim=f"{MODEL}, {BARE}")
    return trying.tried([Case("none"), Case("tlm")], [Judge(victim)], of, place)


UNSEEN, UNSEEN_SPLIT = "rhythm_cnn", "inter"


def unseen(method: str, target: float, seed: int) -> Found:
    """The network for unseen patients, whose windows are deviations from the patient's own."""
    of = other_victims.rhythm_inputs(UNSEEN_SPLIT, seed)
    key = dense_key(UNSEEN_SPLIT, UNSEEN, seed)
    if method != "dense":
        weights = ("magnitude", beat_networks.SCHEDULE, "global", "weights")
        key = Key(UNSEEN_SPLIT, UNSEEN, method, *weights, target, seed)
    path = beat_networks.SWEPT / "networks" / f"{key.name}.safetensors"
    victim = other_victims.RhythmVictim(models.load(UNSEEN, path).eval(), spread(of["train"]))
    fs_hz = whole().data.windows[UNSEEN].fs_hz
    # All beats in their order, not some: each is compared with those before it.
    sizes = {"inputs": len(of["train"]), "validation": len(of["validation"])}
    crafting = settings().beats.crafting.model_copy(update=sizes)
    name = f"mitdb, {UNSEEN_SPLIT}"
    place = Place(name, UNSEEN, method, target, seed, CLASSES, fs_hz, crafting)
    tried = [Case("none"), Case("uniform"), Case("tlm", arrivals=(IN_TIME, ANY_TIME))]
    return trying.tried([*tried, Case("tlm", craft=ANY_TIME)], [Judge(victim)], of, place)
