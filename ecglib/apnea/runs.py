"""The study's runs: each trains on some nights and gives a row for every night that tests it.

A run is a function of plain values, so that several processes can share them out. Rows are those of
`scores.of_night` with the names of `scores.KEY`, fold, and what `costs` gives.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain

from ecglib import models, paths
from ecglib.apnea import apnea_ecg, ecg_nights, networks, personal, protocols, scores, shrinking
from ecglib.apnea.networks import PUBLISHED, Sliding
from ecglib.apnea.nights import Night
from ecglib.apnea.protocols import TEST, Parts
from ecglib.apnea.settings import Fitting, settings
from ecglib.apnea.training import Stretches, fitter, probabilities
from ecglib.data.records import MITDB_RECORDS
from ecglib.device.cost import total_costs
from ecglib.device.folding import folded
from ecglib.pruning.multistage import Fit

FOLDER = paths.MODELS / "sleep_apnea"  # the networks of fold 0, for the device
Rows = list[dict]


@lru_cache(maxsize=2)
def real_nights(network: str = PUBLISHED) -> dict[str, Night]:
    """The nights of Apnea-ECG as series at the rate that a network is for, read once a process."""
    return apnea_ecg.read_nights(networks.build(network, 0).minute)


def people_apart(network: str, fold: int, *, shrink: bool) -> Rows:
    """Real apnea of subjects who do not train: the dense network, and on demand all made of it."""
    nights = list(real_nights(network).values())
    parts = protocols.subjects_apart(nights, 0, settings().folds)[fold]
    protocols.require_subjects_apart(nights, parts)
    names = {"data": "apnea-ecg", "protocol": "subjects apart", "network": network, "fold": fold}
    fit = _fit(nights, parts, settings().fits[network], seed=0)
    whole = _new(network, nights[0].step, 0)
    fit(whole, settings().fits[network].epochs)
    made = _shrunk(whole, fit) if shrink else iter(())
    rows = []
    for method, target, one in chain([("dense", 0.0, whole)], made):
        rows += _rows(nights, parts, one, names | {"method": method, "target_sparsity": target})
        if not fold:
            models.save(one.chain, weights_path(network, method, target))
    own = (row for n in nights if _tests(parts, n) for row in _own(whole, n)) if shrink else ()
    return rows + [names | {"target_sparsity": 0.0, "seed": 0} | row for row in own]


def _shrunk(dense: Sliding, fit: Fit) -> Iterator[shrinking.Shrunk]:
    chosen = settings().shrinking
    yield from shrinking.pruned(dense, chosen.schedule, fit, seed=0)
    yield from shrinking.binarised(dense, chosen.binarised_epochs, fit)


def _own(dense: Sliding, night: Night) -> Iterator[dict]:
    for row in personal.fitted(dense, night, settings().personal, seed=0):
        yield row | costs(dense)


def minutes_mixed(protocol: str) -> Rows:
    """Real apnea, the published network, on splits that people stand on both sides of."""
    nights = list(real_nights().values())
    if protocol == "random minutes":
        parts = protocols.random_windows(nights, 0)
    else:
        parts = protocols.by_night(nights, set(apnea_ecg.TEST))
    names = {"data": "apnea-ecg", "protocol": protocol, "fold": 0}
    return dense(nights, parts, settings().fits[PUBLISHED], names, seed=0)


def placebo(protocol: str, seed: int) -> Rows:
    """Labels at random places on ECG of MIT-BIH, the published network."""
    placebo, apneas = settings().placebo, ecg_nights.published_apneas()
    chosen = placebo.random if protocol == "random seconds" else placebo.strict
    nights = ecg_nights.placebo_nights(MITDB_RECORDS[: chosen.records], apneas, seed)
    parts = seconds_parts(nights, protocol, seed, placebo.block_s)
    return dense(nights, parts, chosen.fit, {"data": "placebo", "protocol": protocol}, seed=seed)


def seconds_parts(nights: Sequence[Night], protocol: str, seed: int, block_s: int) -> Parts:
    """The protocols of windows a second, by name; those that claim it share no sample."""
    if protocol == "random seconds":
        return protocols.random_windows(nights, seed)
    if protocol == "guarded blocks":
        parts = protocols.guarded_blocks(nights, seed, block_s)
    else:
        parts = protocols.last_part(nights)
    protocols.require_apart(nights, parts)
    return parts


def dense(
    nights: Sequence[Night], parts: Parts, chosen: Fitting, names: dict, *, seed: int
) -> Rows:
    """The published network trained and tested on these parts."""
    network = _new(PUBLISHED, nights[0].step, seed)
    _fit(nights, parts, chosen, seed=seed)(network, chosen.epochs)
    names |= {"network": PUBLISHED, "method": "dense", "target_sparsity": 0.0}
    return _rows(nights, parts, network, names, seed=seed)


def _new(network: str, step: int, seed: int) -> Sliding:
    return Sliding(networks.build(network, seed), step)


def _fit(nights: Sequence[Night], parts: Parts, chosen: Fitting, *, seed: int) -> Fit:
    data = Stretches(nights, parts, batch_size=chosen.batch_size, seed=seed)
    return fitter(data, **chosen.options)


def _rows(
    nights: Sequence[Night], parts: Parts, network: Sliding, names: dict, *, seed: int = 0
) -> Rows:
    cost = costs(network)
    return [
        names
        | {"seed": seed}
        | scores.of_night(night, parts[night.name] == TEST, probabilities(network, night))
        | cost
        for night in nights
        if _tests(parts, night)
    ]


def _tests(parts: Parts, night: Night) -> bool:
    return bool(((parts[night.name] == TEST) & (night.label >= 0)).any())


def costs(network: Sliding) -> dict[str, int]:
    """macs_effective of a window, weight_bytes, and macs_streamed: see `streamed_macs`.

    Of the network without batch normalisation, which is folded away.
    """
    plain = folded(network.chain)
    found = total_costs(plain, plain.input_shape)
    return {
        "macs_effective": found["macs_effective"],
        "weight_bytes": shrinking.weight_bytes(plain),
        "macs_streamed": networks.streamed_macs(network.chain, network.step),
    }


def weights_path(network: str, method: str, target: float):
    """Where the network of fold 0 is kept."""
    words = method.replace(", ", "-").replace(" ", "_")
    return FOLDER / f"{network}-{words}-{target:g}.safetensors"


def read_network(network: str, method: str, target: float) -> networks.Chain:
    """What `people_apart` kept of fold 0, in eval mode.

    Raises:
        ValueError: it is absent or damaged.
    """
    kept = networks.build(network, 0)
    kept.load_state_dict(models.read_weights(weights_path(network, method, target), network))
    return kept.eval()
