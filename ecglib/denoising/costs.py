"""What denoisers cost on the device, and whether one fits beside the study's classifier."""

import pandas as pd

from ecglib import paths

# A Cortex-M4 of many wearables: Nordic Semiconductor, nRF52832 Product Specification 1.4.
PART, PART_FLASH_BYTES, PART_RAM_BYTES = "nRF52832", 512 * 1024, 64 * 1024
CLASSIFIER = {"split": "intra", "model": "acharya2017", "method": "dense"}
TABLE = paths.TABLES / "device.csv"
SIZES = ["flash_total_bytes", "ram_bytes"]


def device(rows: pd.DataFrame) -> pd.DataFrame:
    """A row a network and layout: MACs, cycles, energy a second, bytes, errors in floats and bits.

    Where sizes of both were measured also both_flash_bytes and both_ram_bytes, with the CLASSIFIER
    in its layout of least memory beside, and fits: whether both are within PART.
    """
    table = rows.drop(columns=["data", "seed"], errors="ignore")
    if not set(SIZES) <= set(table) or not TABLE.is_file():
        return table
    flash, ram = classifier_bytes()
    both = {"both_flash_bytes": table[SIZES[0]] + flash, "both_ram_bytes": table[SIZES[1]] + ram}
    fits = (both["both_flash_bytes"] <= PART_FLASH_BYTES) & (
        both["both_ram_bytes"] <= PART_RAM_BYTES
    )
    return table.assign(**both, fits=fits)


def classifier_bytes() -> tuple[float, float]:
    """Flash and RAM of the CLASSIFIER, laid out for little memory: means of its seeds."""
    table = pd.read_csv(TABLE)
    for name, value in CLASSIFIER.items():
        table = table[table[name] == value]
    flash, ram = table[[f"{name}_small" for name in SIZES]].mean()
    return float(flash), float(ram)
