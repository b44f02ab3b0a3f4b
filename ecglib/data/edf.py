"""A lead of an EDF or EDF+ record: pyedflib reads the file, annotations come from elsewhere."""

from contextlib import closing
from pathlib import Path

import numpy as np
import pyedflib

from ecglib.data.errors import DataError
from ecglib.data.leads import Lead, choose, in_millivolt


def read_lead(path: Path, record: str, wanted: str, *, or_first: bool) -> Lead:
    """The wanted lead of an EDF file; samples are as they were digitised.

    Raises:
        DataError: no such lead, or no EDF that pyedflib reads (it refuses EDF+ with gaps, files of
            another length than their header says, and headers that break the standard).
    """
    try:
        with closing(pyedflib.EdfReader(str(path))) as file:
            names = [name.strip() for name in file.getSignalLabels()]
            index = choose(names, wanted, or_first=or_first, record=record)
            adc = file.readSignal(index, digital=True).astype(np.int64)
            least, most = file.getPhysicalMinimum(index), file.getPhysicalMaximum(index)
            lowest, highest = file.getDigitalMinimum(index), file.getDigitalMaximum(index)
            fs_hz, units = file.getSampleFrequency(index), file.getPhysicalDimension(index)
    except OSError as error:
        raise DataError(f"record {record}: {path} is no EDF that can be read: {error}") from None
    gain = (highest - lowest) / (most - least) if most != least else 0.0
    invalid = np.zeros(len(adc), bool)
    lead = Lead(names[index], fs_hz, fs_hz, adc, invalid, gain, lowest - least * gain)
    return in_millivolt(lead, units.strip(), record)
