"""The study's pages: every executed notebook, and the front page that leads to all that it wrote.

python -m ecglib.pages.front
python -m ecglib.pages.front sleep_apnea   # only the page of a further system, elsewhere

The front page has the question, the answer and the main figures. It takes what is there and names
what is not, so it can be written at any time.
"""

import os
import re
import sys
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import nbformat
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ecglib import paths
from ecglib.pages import formulas, notebook
from ecglib.pages.links import FURTHER, Group, Link, address, notebooks, page_of, stage_of

TEMPLATE = "front.html.j2"


class Figure(NamedTuple):
    """A figure below reports/, and what it shows: the caption names no result, which may change."""

    file: str
    caption: str


FIGURES = (
    Figure(
        "figures/01_ecg_strip.png",
        "Ten seconds of one record. Each dot is an annotated heartbeat, each letter its class: "
        "normal (N), ventricular (V), fusion (F).",
    ),
    Figure(
        "figures/07_score_against_sparsity.png",
        "The main comparison: score against the fraction of weights removed, for pruning in stages "
        "and for pruning once with as many epochs. The star is the published result.",
    ),
    Figure(
        "figures/07_multistage_minus_one_shot.png",
        "What staging adds, in points, with 95 % intervals. An interval that crosses zero settles "
        "nothing.",
    ),
    Figure(
        "figures/sweep/08_budgets.png",
        "The same networks on two scales: weights removed on the left, multiplications left on the "
        "right. A method can look good on one and ordinary on the other.",
    ),
    Figure(
        "figures/filters/08_f1_against_macs.png",
        "Whole filters: score against the multiplications that are left, beside smaller networks "
        "trained from scratch.",
    ),
    Figure(
        "figures/device/06_score_against_cycles.png",
        "On the microcontroller: score of the 8-bit network against the cycles that one beat takes "
        "on an emulated Cortex-M4.",
    ),
)


def answer() -> str | None:
    """The study's answer in short; None where it is not written."""
    path = paths.TABLES / "in_short.md"
    if not path.is_file():
        return None
    return formulas.to_html(path.read_text())


def tables() -> list[Group]:
    """Every table, grouped by folder: those of the whole study first."""
    files = (path for path in paths.TABLES.rglob("*") if path.suffix in (".csv", ".md"))
    ordered = sorted(files, key=lambda path: (path.parent.as_posix(), path.name))
    return [
        Group(
            folder.relative_to(paths.TABLES).as_posix().removeprefix("."),
            [Link(path.name, address(path)) for path in of_folder],
        )
        for folder, of_folder in groupby(ordered, key=lambda path: path.parent)
    ]


def firmware() -> list[dict]:
    """Every folder of code to flash, with the first heading of its README."""
    readmes = sorted((paths.REPORTS / "firmware").glob("*/README.md"))
    return [
        {"link": Link(path.parent.name, address(path)), "heading": first_heading(path.read_text())}
        for path in readmes
    ]


def first_heading(markdown: str) -> str:
    """The text of the first heading, or nothing."""
    found = re.search(r"^#+ +(.+)$", markdown, re.MULTILINE)
    return found.group(1).strip() if found else ""


def figures() -> tuple[list[dict], list[str]]:
    """The figures that are there, and the names of those that are not."""
    there = [figure for figure in FIGURES if (paths.REPORTS / figure.file).is_file()]
    shown = [
        {"address": address(paths.REPORTS / figure.file), "caption": figure.caption}
        for figure in there
    ]
    return shown, [f"reports/{figure.file}" for figure in FIGURES if figure not in there]


def render() -> str:
    """The page's HTML, byte for byte the same where what it shows is the same."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    shown, absent = figures()
    return environment.get_template(TEMPLATE).render(
        answer=answer(),
        figures=shown,
        absent_figures=absent,
        notebooks=notebooks(),
        tables=tables(),
        firmware=firmware(),
    )


def write_notebooks() -> None:
    """The page of every executed notebook of the main study, in the folder of its own name."""
    for executed in sorted(paths.EXECUTED.rglob("*.ipynb")):
        if stage_of(executed) not in FURTHER:
            name = executed.relative_to(paths.EXECUTED).with_suffix("")
            write_notebook(executed, paths.HTML / f"{name}.html", " / ".join(name.parts))


def write_notebook(executed: Path, page: Path, title: str) -> None:
    """The page of one executed notebook."""
    index = os.path.relpath(paths.HTML / "index.html", page.parent)
    content = nbformat.read(executed, as_version=4)
    _write(page, notebook.render(content, title, front_page=index))


def _write(page: Path, html: str) -> None:
    with paths.atomic(page) as temporary:
        temporary.write_text(html)


def write_system(stage: str) -> None:
    """The page of a further system; ValueError if there is none of that name, or it has not run."""
    if stage not in FURTHER:
        raise ValueError(f"no further system {stage!r}; one of {', '.join(FURTHER)}")
    executed = paths.EXECUTED / paths.notebook(stage).name
    if not executed.is_file():
        raise ValueError(f"{executed} is not there: run `make {stage}`")
    write_notebook(executed, page := page_of(executed), executed.stem)
    print(page.relative_to(paths.ROOT))


def main() -> None:
    """Write all pages of the main study and say where to begin."""
    write_notebooks()
    index = paths.HTML / "index.html"
    _write(index, render())
    print(index.relative_to(paths.ROOT))


if __name__ == "__main__":
    try:
        for further in sys.argv[1:]:
            write_system(further)
    except ValueError as error:
        sys.exit(str(error))
    if not sys.argv[1:]:
        main()
