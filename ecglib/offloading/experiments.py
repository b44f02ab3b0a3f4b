"""All runs of the study's first question, several at once, each of one instance and deadline."""

from functools import partial

import pandas as pd

from ecglib.offloading import architectures, improved, study
from ecglib.offloading.settings import Park, settings
from ecglib.systems import pool


def name_of(park: Park) -> str:
    """What tables call the networks that run at once, such as `2 x alexnet + vgg19`."""
    counts = {network: park.networks.count(network) for network in park.networks}
    return " + ".join(f"{n} x {name}" if n > 1 else name for name, n in counts.items())


def compared(processes: int) -> pd.DataFrame:
    """The rows of results.csv, see `study.results`."""
    chosen = settings()
    jobs = [partial(_compared, park, factor) for park in chosen.parks for factor in chosen.factors]
    return pd.concat(pool.run_all(jobs, processes)[0], ignore_index=True)


def _compared(park: Park, factor: float) -> pd.DataFrame:
    chosen = settings()
    instance = architectures.instance(park.networks, park.devices, park.edges)
    found = study.results(instance, factor, chosen.methods, chosen.seeds, chosen.limit_s)
    return found.assign(instance=name_of(park))


def ablated(processes: int) -> pd.DataFrame:
    """The improved solver and those of its parts, as `study.results`; with the column `prices`."""
    chosen = settings().ablation
    jobs = [partial(_ablated, park, prices) for park in chosen.parks for prices in chosen.prices]
    return pd.concat(pool.run_all(jobs, processes)[0], ignore_index=True)


def _ablated(park: Park, prices: int) -> pd.DataFrame:
    chosen = settings().ablation
    servers = (park.devices, park.edges)
    instance = architectures.instance(park.networks, *servers, prices, chosen.spread)
    methods = dict.fromkeys(improved.ABLATION, [chosen.budget])
    found = study.results(instance, chosen.factor, methods, settings().seeds, settings().limit_s)
    return found.assign(instance=name_of(park), prices=prices)
