"""Write the report's tables and numbers: floats rounded, each file whole or not at all."""

import json

import pandas as pd

from ecglib import paths

DIGITS = 6


def write(table: pd.DataFrame, name: str) -> None:
    """Write a table of the report to reports/tables/NAME.csv, without its index."""
    with paths.atomic(paths.TABLES / f"{name}.csv") as temporary:
        table.round(DIGITS).to_csv(temporary, index=False, lineterminator="\n")


def write_markdown(text: str, name: str) -> None:
    """Write a table as Markdown to reports/tables/NAME.md."""
    with paths.atomic(paths.TABLES / f"{name}.md") as temporary:
        temporary.write_text(text)


def write_metrics(values: dict) -> None:
    """Write nested numbers to reports/metrics.json, for `dvc metrics`."""
    with paths.atomic(paths.REPORTS / "metrics.json") as temporary:
        temporary.write_text(json.dumps(values, indent=2) + "\n")
