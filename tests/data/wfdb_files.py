"""Small WFDB records, written byte by byte as signal(5), header(5) and annot(5) have them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from wfdb.io.annotation import ann_label_table

CODES = dict(zip(ann_label_table["symbol"], ann_label_table["label_store"], strict=True))
NOISE = np.random.default_rng(3).integers(-100, 100, 2000)  # fits into eight bits
BEATS = [(400, "N"), (800, "V"), (1200, "N")]


def words(values: np.ndarray, size: int) -> bytes:
    """Integers of `size` bytes, little-endian, two's complement."""
    return values.astype("<i8").view(np.uint8).reshape(-1, 8)[:, :size].tobytes()


def packed(frames: np.ndarray, fmt: str) -> bytes:
    """(frames, signals) integers in one of the formats without compression."""
    flat = frames.reshape(-1).astype(np.int64)
    if fmt == "8":
        return words(np.diff(frames, axis=0, prepend=frames[:1]).reshape(-1), 1)
    if fmt == "80":
        return words(flat + 128, 1)
    if fmt == "160":
        return words(flat + 32768, 2)
    if fmt == "61":
        return flat.astype(">i2").tobytes()
    if fmt in ("16", "24", "32"):
        return words(flat, int(fmt) // 8)
    if fmt == "212":
        a, b = np.append(flat, np.zeros(len(flat) % 2, int)).reshape(-1, 2).T & 0xFFF
        return np.stack([a & 255, a >> 8 | b >> 8 << 4, b & 255], 1).astype(np.uint8).tobytes()
    a, b, c = np.append(flat, np.zeros(-len(flat) % 3, int)).reshape(-1, 3).T & 0x3FF
    if fmt == "310":
        pairs = np.stack([a << 1 | (c & 31) << 11, b << 1 | c >> 5 << 11], 1)
        return words(pairs.reshape(-1), 2)
    assert fmt == "311"
    return words(a | b << 10 | c << 20, 4)


def checksum(samples: np.ndarray) -> int:
    """The signed 16-bit sum."""
    return int(samples.sum().astype(np.int16))


def signal_line(file: str, samples: np.ndarray, lead: str, fmt="16", gain="200(0)/mV") -> str:
    return f"{file} {fmt} {gain} 16 0 {samples[0]} {checksum(samples)} 0 {lead}"


def atr(beats: Sequence[tuple[int, str]], resolution: float | None = None) -> bytes:
    """An annotation file, in whatever order the beats are; `resolution` is its own clock."""
    found, before = b"", 0
    if resolution is not None:
        note = f"## time resolution: {resolution:g}".encode()
        found += words(np.array([CODES['"'] << 10, 63 << 10 | len(note)]), 2)
        found += note + b"\0" * (len(note) % 2)
    for sample, symbol in beats:
        ahead = (sample - before) & 0xFFFFFFFF
        found += words(np.array([59 << 10, ahead >> 16, ahead, CODES[symbol] << 10]), 2)
        before = sample
    return found + b"\0\0"


def write(
    folder: Path,
    name: str = "x",
    signals: Mapping[str, np.ndarray] | None = None,
    *,
    fs: str = "360",
    fmt: str = "16",
    gain: str = "200(0)/mV",
    beats: Sequence[tuple[int, str]] = BEATS,
    resolution: float | None = None,
) -> Path:
    """Write name.hea, .dat and .atr; returns the folder. Lead II is noise by default."""
    signals = {"II": NOISE} if signals is None else signals
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    frames = np.stack(list(signals.values()), axis=1)
    lines = [signal_line(f"{path.name}.dat", s, n, fmt, gain) for n, s in signals.items()]
    head = f"{path.name} {len(signals)} {fs} {len(frames)}"
    path.with_name(f"{path.name}.hea").write_text("\n".join([head, *lines, ""]))
    path.with_name(f"{path.name}.dat").write_bytes(packed(frames, fmt))
    path.with_name(f"{path.name}.atr").write_bytes(atr(beats, resolution))
    return folder


def change(path: Path, old: str, new: str) -> None:
    """Replace a text that a header must hold."""
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
