"""Rows of the stream's tables: against annotated R peaks, under noise, and what it costs."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from ecglib.data.records import Record
from ecglib.device import aims
from ecglib.device.integer import IntegerNetwork
from ecglib.settings.words import CLASSES
from ecglib.stream import cost, whole
from ecglib.stream.networks import Carried, annotated
from ecglib.stream.noisy import with_noise
from ecglib.stream.parts import ticks_of_network
from ecglib.stream.scoring import AVERAGE, GROSS, LEARNING_S, NONE, table
from ecglib.training import metrics

ECTOPIC = {"VEB": "V", "SVEB": "S"}
AFTER = {GROSS: "gross after 5 min", AVERAGE: "average after 5 min"}


def compared(network: Carried, records: Sequence[Record]) -> tuple[dict, pd.DataFrame]:
    """A row of the stream beside annotated R peaks, and the stream's table of all records.

    records: those of the test beats. The row has, with _stream, _annotated (both in integers) and
    _floats (annotated, not in integers): accuracy (over annotated beats, the missed ones too) and
    F1 of VEB and SVEB as everywhere in the study, all classes against each, missed and invented
    beats counted. The table has GROSS and AVERAGE once more as AFTER names them, without each
    record's first five minutes.

    Raises:
        CompilerMissing: this computer has no C compiler.
    """
    streamed, later = whole.streamed(network.integers, records, (0.0, LEARNING_S))
    of = {
        "stream": streamed,
        "annotated": annotated(network.integers),
        "floats": annotated(network.floats),
    }
    row = {}
    for name, matrices in of.items():
        row |= {f"{what}_{name}": score for what, score in scores(matrices.values()).items()}
    without = table(later).loc[[GROSS, AVERAGE]].rename(AFTER)
    return row | overall(streamed), pd.concat([table(streamed), without]).rename_axis("record")


def gross(network: IntegerNetwork, records: Iterable[Record]) -> dict:
    """EC57's figures of the stream as `overall`, and `scores`."""
    (matrices,) = whole.streamed(network, records)
    return overall(matrices) | scores(matrices.values())


def overall(matrices: dict[str, np.ndarray]) -> dict:
    """EC57's gross figures, and with _average those of the average over records."""
    of = table(matrices)
    average = of.loc[AVERAGE].drop("beats").add_suffix("_average")
    return of.loc[GROSS].to_dict() | average.to_dict()


def scores(matrices: Iterable[np.ndarray]) -> dict[str, float]:
    """Accuracy, and F1 of both kinds of ectopic beats, of all these (6, 6) together."""
    matrix = sum(matrices)
    f1 = metrics.f1_per_class(matrix)
    right = np.trace(matrix[:NONE, :NONE])
    found = {"accuracy": float(right / matrix[:NONE].sum())}
    return found | {f"f1_{name}": float(f1[CLASSES.index(of)]) for name, of in ECTOPIC.items()}


def under_noise(
    network: IntegerNetwork, records: Sequence[Record], snr_db: Iterable[float], noise: str = "em"
) -> pd.DataFrame:
    """`overall` and `scores` of the stream at each signal-to-noise ratio; see `noisy`."""
    rows = []
    for level in snr_db:
        loud = (with_noise(record, level, noise) for record in records)
        (matrices,) = whole.streamed(network, loud, converter=whole.WIDE)
        found = overall(matrices) | scores(matrices.values())
        rows.append({"noise": noise, "snr_db": level, **found})
    return pd.DataFrame(rows)


def costed(network: IntegerNetwork, record: Record, seconds: int) -> tuple[dict, pd.DataFrame]:
    """A row of what the stream costs, and a row for each stage, on a record's first seconds.

    The network's kernels are those of fewest cycles. Cycles at the typical refill, see `cost`; the
    stages' `a_second` are at 70 beats a minute.

    Raises:
        NotExact: an event on the emulated core differs from the reference's.
        CompilerMissing: no cross compiler is here.
    """
    kernels = aims.laid_out(network, silence(network), "cycles").kernels
    converter = replace(whole.MITDB, rate_hz=round(record.fs_hz))
    samples = record.signal_adc[: seconds * converter.rate_hz].astype(np.int64)
    of = cost.measure(network, samples, converter, kernels)
    often = {cost.SAMPLE: converter.rate_hz, cost.PER_BEAT: cost.BEATS_A_MINUTE / 60}
    stages = [
        {"stage": stage, "for_each": unit, "cycles": cycles, "a_second": cycles * often[unit]}
        for (stage, unit), cycles in of.by_stage.items()
    ]
    row = {
        "rate_hz": converter.rate_hz,
        "events": of.events,
        "network_ticks": ticks_of_network(network),
        "cycles_sample": of.per(cost.SAMPLE),
        "cycles_beat": of.per(cost.PER_BEAT),
        "cycles_sample_worst": of.worst,
        **{f"cycles_second_p{refill}": cycles for refill, cycles in of.per_second.items()},
        "flash_bytes": of.flash_bytes,
        "ram_bytes": of.ram_bytes,
        "power_uw_low": of.power_uw[0],
        "power_uw_high": of.power_uw[1],
    }
    return row, pd.DataFrame(stages)


def silence(network: IntegerNetwork) -> np.ndarray:
    """(values,) uint8: inputs of zeros. What a kernel costs does not depend on them."""
    return np.concatenate([np.full(t.channels * t.steps, t.zero, np.uint8) for t in network.inputs])
