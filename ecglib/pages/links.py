"""Links of the front page: files by their addresses, and every notebook with its pages."""

import os
import re
from itertools import groupby
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import nbformat

from ecglib import paths
from ecglib.pages import notebook as notebook_page

# Further systems, by their stage: each writes its own page, when it is run, and the front page of
# the main study links to where that is.
FURTHER = (
    *("sleep_apnea", "universal_perturbation", "denoise", "offload"),
    *("unseen", "external", "stream", "frontier"),
)
SYSTEMS = paths.REPORTS / "systems"


class Link(NamedTuple):
    """A text and where it leads, from the front page."""

    text: str
    address: str


class Group(NamedTuple):
    """Links under one name; `name` may be empty."""

    name: str
    links: list[Link]


def address(path: Path) -> str:
    """A file's address as the front page has to write it."""
    return quote(Path(os.path.relpath(path, paths.HTML)).as_posix())


def by_number(path: Path) -> list:
    """Sort names by the numbers in them: seed-2 before seed-10."""
    pieces = re.split(r"(\d+(?:\.\d+)?)", path.stem)
    return [float(piece) if place % 2 else piece for place, piece in enumerate(pieces)]


class Notebook(NamedTuple):
    """A notebook by its title, and its pages: one of its own, or one for each of its executions.

    target: of `make`, what writes them.
    """

    number: str
    name: str
    question: str
    page: str | None
    executions: list[Group]
    target: str


def page_of(notebook: Path) -> Path:
    """Where the page of a notebook lies that is run once."""
    folder = SYSTEMS if stage_of(notebook) in FURTHER else paths.HTML
    return folder / f"{notebook.stem}.html"


def stage_of(notebook: Path) -> str:
    """03_one_shot_prune.ipynb -> one_shot_prune."""
    return notebook.stem.partition("_")[2]


def notebooks() -> list[Notebook]:
    """Every notebook in the order in which they run."""
    found = []
    for path in sorted(paths.NOTEBOOKS.glob("*.ipynb")):
        title = notebook_page.title(nbformat.read(path, as_version=4)) or path.stem
        number, name, question = re.match(r"(?:(\d+) )?(.*?)(?:: (.*))?$", title).groups("")
        page, further = page_of(path), stage_of(path) in FURTHER
        found.append(
            Notebook(
                number,
                name,
                question[:1].upper() + question[1:],
                address(page) if further or page.is_file() else None,
                executions(paths.HTML / path.stem),
                stage_of(path) if further else "repro",
            )
        )
    return found


def executions(folder: Path) -> list[Group]:
    """A folder of pages, grouped by all parameters but the last."""
    pages = sorted(folder.glob("*.html"), key=by_number)
    named = [(*in_words(page.stem), address(page)) for page in pages]
    return [
        Group(name, [Link(text, where) for _, text, where in of_name])
        for name, of_name in groupby(named, key=lambda page: page[0])
    ]


def in_words(label: str) -> tuple[str, str]:
    """target_sparsity-0.6-seed-1 -> ("target sparsity 0.6", "seed 1")."""
    *before, name, value = ["", *label.split("-")]
    pairs = [" ".join(pair) for pair in zip(before[1::2], before[2::2], strict=False)]
    if len(before) % 2 == 0:  # not names and values in turn
        return "", label
    return ", ".join(pairs).replace("_", " "), f"{name} {value}".replace("_", " ")
