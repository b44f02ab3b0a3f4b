"""One lead of a record, whatever its file: chosen by name, in ADC units with a positive gain."""

from collections.abc import Sequence
from math import isfinite
from typing import NamedTuple

import numpy as np

from ecglib.data.errors import DataError, left_out

MV_PER_UNIT = {"v": 1000.0, "mv": 1.0, "uv": 1e-3, "µv": 1e-3, "μv": 1e-3, "nv": 1e-6}
MV_PER_UNIT |= {"volt": 1000.0, "millivolt": 1.0, "microvolt": 1e-3, "nanovolt": 1e-6}

SLOWEST_HZ, FASTEST_HZ = 10, 100_000  # no ECG has a rate outside, but a file's frames may


class Lead(NamedTuple):
    """adc: (n,) int64, a rise in it is one in millivolt; invalid: (n,) bool, samples without value.

    fs_hz is the lead's rate; clock_hz that of its annotations, if these do not say their own.
    """

    name: str
    fs_hz: float
    clock_hz: float
    adc: np.ndarray
    invalid: np.ndarray
    gain_adc_per_mv: float
    baseline_adc: float


def choose(names: Sequence[str], wanted: str, *, or_first: bool, record: str) -> int:
    """The channel of the wanted lead; case and blanks do not matter if no name is exactly it.

    Raises:
        DataError: there is none, and the first was not asked for instead; the message lists all.
    """
    for plain in (str, lambda name: "".join(name.split()).casefold()):
        plain_names = [plain(name) for name in names]
        if plain(wanted) in plain_names:
            return plain_names.index(plain(wanted))
    if not or_first:
        raise DataError(
            f"record {record} has no lead {wanted!r}, but {', '.join(map(repr, names))}: name one "
            "of them by lead=, or take the first with or_first=True"
        )
    left_out(record, 1, f"lead taken in place of {wanted!r}, which it lacks: {names[0]!r}")
    return 0


def in_millivolt(lead: Lead, units: str, record: str) -> Lead:
    """A lead whose gain is in ADC units per `units`, of any sign, as one with a positive gain.

    Raises:
        DataError: no unit of voltage, or no gain that can be used.
    """
    if (mv := MV_PER_UNIT.get(units.casefold().removesuffix("s"))) is None:
        raise DataError(
            f"record {record}: lead {lead.name} is in {units!r}, which is no voltage: choose "
            "another lead, or mend its unit in the header"
        )
    gain = lead.gain_adc_per_mv / mv
    if not (gain and isfinite(gain) and isfinite(lead.baseline_adc)):
        raise DataError(f"record {record}: lead {lead.name} has a gain of {gain} per mV; mend it")
    sign = -1 if gain < 0 else 1
    return lead._replace(
        adc=sign * lead.adc, gain_adc_per_mv=sign * gain, baseline_adc=sign * lead.baseline_adc
    )


def usable(lead: Lead, record: str) -> Lead:
    """The same lead; DataError for a rate of no ECG, no sample with a value, or a flat line."""
    if not SLOWEST_HZ <= lead.fs_hz <= FASTEST_HZ:
        raise DataError(
            f"record {record}: lead {lead.name} has {lead.fs_hz:g} Hz, which is no sampling rate "
            "of an ECG: choose another lead, or mend the rate in the header"
        )
    if lead.invalid.all():
        raise DataError(f"record {record} has no usable lead: {lead.name} has no valid sample")
    if np.ptp(lead.adc[~lead.invalid]) == 0:
        raise DataError(f"record {record} has no usable lead: {lead.name} is flat throughout")
    return lead


def filled(lead: Lead) -> np.ndarray:
    """The lead's samples, those without a value on a straight line between their neighbours."""
    valid = np.flatnonzero(~lead.invalid)
    line = np.interp(np.flatnonzero(lead.invalid), valid, lead.adc[valid])
    adc = lead.adc.copy()
    adc[lead.invalid] = np.rint(line)
    return adc


def narrowed(adc: np.ndarray, baseline_adc: float) -> tuple[np.ndarray, float]:
    """Samples and baseline as int16 as they are; wider samples around zero, as wide as needed.

    Shifted with their baseline, wide samples keep their voltage. Many then fit into 16 bits, and
    the others keep their digits in 32-bit floats.
    """
    if not _fits(adc, np.int16):
        middle = int(np.median(adc))
        adc, baseline_adc = adc - middle, baseline_adc - middle
    kind = next(kind for kind in (np.int16, np.int32, np.int64) if _fits(adc, kind))
    return adc.astype(kind), baseline_adc


def _fits(adc: np.ndarray, kind: type) -> bool:
    return np.iinfo(kind).min <= adc.min() and adc.max() <= np.iinfo(kind).max
