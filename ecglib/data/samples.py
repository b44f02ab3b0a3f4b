"""The integers in the signal files of a WFDB header: every format, compared with their checksums.

Decoding is wfdb's. Its public reader gives signals that are aligned and averaged over frames, but
a header's checksums are of the samples as they are stored, so the function below it is used.
"""

from pathlib import Path

import numpy as np
from wfdb.io import _signal as wfdb_signal

from ecglib.data.errors import DataError
from ecglib.data.header import Header, Signal


def stored_samples(folder: Path, header: Header, record: str) -> list[np.ndarray]:
    """All signals of a header as the integers in their files, not aligned, checksums compared.

    Raises:
        DataError: a file that is missing, of another format or shorter than the header says, or
            samples that do not have their checksum.
    """
    signals = header.signals
    files = {signal.file: [s for s in signals if s.file == signal.file] for signal in signals}
    stored = [_frames_in(folder / file, group, header, record) for file, group in files.items()]
    length = header.length or min(stored)
    try:
        samples = wfdb_signal._rd_segment(
            [signal.file for signal in signals],
            str(folder),
            None,
            fmt=[signal.fmt for signal in signals],
            n_sig=len(signals),
            sig_len=length,
            byte_offset=[signal.offset for signal in signals],
            samps_per_frame=[signal.per_frame for signal in signals],
            skew=[signal.skew for signal in signals],
            init_value=[signal.first for signal in signals],
            sampfrom=0,
            sampto=length,
            channels=list(range(len(signals))),
            ignore_skew=True,
        )
    except Exception as error:  # wfdb and soundfile raise many kinds, some bare
        raise DataError(
            f"record {record}: the samples in {', '.join(files)} are not as its header describes "
            f"them ({error}): fetch the signal file and the header again"
        ) from error
    for signal, adc in zip(signals, samples, strict=True):
        _compare_checksum(signal, adc, record)
    return samples


def _frames_in(path: Path, group: list[Signal], header: Header, record: str) -> int:
    """How many frames a signal file holds; DataError if they are fewer than the header's."""
    formats = sorted({signal.fmt for signal in group})
    fmt, per_frame = formats[0], sum(signal.per_frame for signal in group)
    if not path.is_file():
        raise DataError(f"record {record}: missing {path}")
    if not {fmt} == set(formats) <= set(wfdb_signal.DAT_FMTS) or not all(
        s.per_frame for s in group
    ):
        raise DataError(
            f"record {record}: {path.name} is in WFDB format {' and '.join(formats)}, which is not "
            f"read; convert it to one of {', '.join(wfdb_signal.DAT_FMTS)} (WFDB's `xform` does)"
        )
    if fmt in wfdb_signal.COMPRESSED_FMTS:
        if header.length is None:
            raise DataError(f"record {record}: its header must give the length of {path.name}")
        return header.length
    size = path.stat().st_size - group[0].offset
    frames = int(size / wfdb_signal.BYTES_PER_SAMPLE[fmt] / per_frame + 1e-9)
    if frames < (header.length or 1):
        raise DataError(
            f"record {record}: {path} is cut short, it holds {max(frames, 0)} of "
            f"{header.length or 1} samples; copy or fetch it again"
        )
    return frames


def reserved(signal: Signal) -> int | None:
    """The integer that stands for a sample without a value; format 8 has none."""
    return wfdb_signal.INVALID_SAMPLE_VALUE[signal.fmt]


def _compare_checksum(signal: Signal, adc: np.ndarray, record: str) -> None:
    """The sum of all samples of the signal's file in 16 bits; a header may give none, or 0.

    For a sample without a value the C library may sum its own -32768, whatever the file holds.
    """
    total, marker = int(adc.sum(dtype=np.int64)), reserved(signal)
    invalid = 0 if marker is None else int((adc == marker).sum()) * (-32768 - marker)
    known = {(total - signal.checksum) % 65536, (total + invalid - signal.checksum) % 65536}
    if signal.checksum and 0 not in known:
        raise DataError(
            f"record {record}: the samples of {signal.lead} in {signal.file} do not have the "
            "checksum of their header: one of the two was changed; fetch both again"
        )
