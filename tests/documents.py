"""Do the documents say what the tables say? Generated blocks, and numbers that name their source.

A number in prose carries its source right behind it, a `%` may stand between:

    93.6<!-- sweep/goals.csv: 100*f1_macro where who=best; limit=0.92 -->

A table below reports/tables, a column, perhaps times a number, and what its one row must have.
"""

import csv
import io
import math
import re
import subprocess
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

from ecglib.pages.documents import BLOCK, blocks

Read = Callable[[str], str]  # a path from the root -> the file's text; OSError if it is missing
TABLES = "reports/tables/"
SOURCED = re.compile(r"([+-]?\d[\d,]*(?:\.\d+)?)( ?%)?<!-- ([\w/]+\.csv): (.*?) -->", re.DOTALL)
LOOKUP = re.compile(r"(?:(-?[\d.]+)\*)?(\w+) where (.+)", re.DOTALL)
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
# What is no prose: code, links' targets, names of papers, headings' and tables' rules.
NO_PROSE = re.compile(r"```.*?```|`[^`]*`|\]\([^)]*\)|arXiv:[\d.]+|doi:\S+", re.DOTALL)
MEASURED = re.compile(r"[+-]?\d+\.\d+|\d{1,3}(?:,\d{3})+|\d+ ?%")


def in_folder(root: Path) -> Read:
    """Files as they lie there."""
    return lambda path: (root / path).read_text()


def at_head(root: Path) -> Read:
    """Files as git has them in the last commit."""

    def read(path: str) -> str:
        command = ["git", "show", f"HEAD:./{path}"]
        shown = subprocess.run(command, cwd=root, capture_output=True, text=True)
        if shown.returncode:
            raise FileNotFoundError(f"{path} is not in the last commit: {shown.stderr.strip()}")
        return shown.stdout

    return read


def faults(text: str, read: Read) -> list[str]:
    """What the document says otherwise than these tables; empty if nothing."""
    found = []
    for table, shown in blocks(text):
        try:
            if read(table).strip() != shown:
                found.append(f"the block of {table} is another table: run `make docs`")
        except OSError as error:
            found.append(str(error))
    for written, _, table, lookup in SOURCED.findall(text):
        try:
            value = looked_up(read(TABLES + table), lookup)
        except (OSError, ValueError) as error:
            found.append(f"{written}: {table}: {error}")
            continue
        decimals = len(written.partition(".")[2])
        # Half a unit of the last digit, and a little for a table that is rounded itself.
        if abs(float(written.replace(",", "")) - value) > 0.5 * 10**-decimals + 1e-4:
            found.append(f"{written} is {value:g} in {table}: {' '.join(lookup.split())}")
    return found


def disagreements(text: str, root: Path) -> list[str]:
    """The faults; none if the document agrees as a whole with the last commit's tables or these.

    So training anew, which changes the tables here, makes no document wrong, and a document may be
    committed together with the tables that it shows. Outside git only those here count.
    """
    return min((faults(text, cache(read(root))) for read in (at_head, in_folder)), key=len)


def looked_up(table: str, lookup: str) -> float:
    """The value that a source names; ValueError unless it is that of exactly one row."""
    if not (parts := LOOKUP.fullmatch(" ".join(lookup.split()))):
        raise ValueError(f"not understood: {lookup!r}")
    scale, column, conditions = parts.groups()
    wanted = [one.strip().split("=", 1) for one in conditions.split(";")]
    rows = list(csv.DictReader(io.StringIO(table)))
    names = {column, *(name for name, *_ in wanted)}
    if unknown := names - set(rows[0] if rows else ()):
        raise ValueError(f"no column {', '.join(sorted(unknown))}")
    fit = [row for row in rows if all(_same(row[name], value) for name, value in wanted)]
    if len(fit) != 1:
        raise ValueError(f"{len(fit)} rows where {conditions}; exactly one is needed")
    return float(scale or 1) * float(fit[0][column])


def unsourced(text: str, known: list[str]) -> Iterator[str]:
    """Decimals, large numbers and percentages in prose without a source, but for `known` ones."""
    prose = COMMENT.sub("", SOURCED.sub("", NO_PROSE.sub("", BLOCK.sub("", text))))
    prose = " ".join(prose.split())
    for pattern in known:
        prose = re.sub(pattern, "", prose)
    for found in MEASURED.finditer(prose):
        yield f"{found[0]!r} in {prose[max(0, found.start() - 60) : found.end() + 20]!r}"


def _same(cell: str, value: str) -> bool:
    try:
        return math.isclose(float(cell), float(value), abs_tol=1e-9)
    except ValueError:
        return cell == value
