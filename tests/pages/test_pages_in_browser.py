"""The pages as a reader meets them: in a browser, without a network, on a phone too."""

import matplotlib.image
import nbformat
import numpy as np
import pytest
from browser import NAMES, Browser, installed
from page_reader import FIGURE, FORMULA, TABLE, notebook

from ecglib import paths
from ecglib.pages import front as front_page
from ecglib.pages import notebook as notebook_page
from ecglib.study import execute, outputs

PHONE, DESK = 400, 1280  # pixels
WIDTH = "Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)"
UNSEEN = "[...document.images].filter(image => !image.naturalWidth).length"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        installed() is None,
        reason=f"none of {', '.join(NAMES)} is installed: apt-get install chromium",
    ),
]


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    one = Browser(tmp_path_factory.mktemp("profile"))
    yield one
    one.close()


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """A study of one notebook: its page, made by its run, and the front page."""
    root = tmp_path_factory.mktemp("study")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paths, "ROOT", root)
        patch.setattr(paths, "BUILD", root / "build")
        patch.setattr(paths, "REPORTS", root / "reports")
        patch.setattr(paths, "TABLES", root / "reports" / "tables")
        patch.setattr(paths, "HTML", root / "reports" / "html")
        patch.setattr(paths, "EXECUTED", root / "reports" / "executed")
        patch.setattr(paths, "NOTEBOOKS", root / "notebooks")
        toy = root / "notebooks" / "03_toy.ipynb"
        toy.parent.mkdir()
        paths.TABLES.mkdir(parents=True)
        content = notebook(FORMULA, "x = 1", TABLE, FIGURE, f"print('{'x' * 300}')")
        content.cells[1].metadata["tags"] = ["parameters"]
        nbformat.write(content, toy)
        patch.setenv(outputs.STAGE, "toy")
        execute.execute(toy, "03_toy", {"x": 2})
        for figure in front_page.FIGURES:
            target = paths.REPORTS / figure.file
            target.parent.mkdir(parents=True, exist_ok=True)
            matplotlib.image.imsave(target, np.zeros((90, 2000)))
        (paths.TABLES / f"{'long_name_' * 9}.csv").touch()
        front_page.main()
    return root / "reports" / "html"


@pytest.mark.parametrize("width", [PHONE, DESK])
@pytest.mark.parametrize("name", ["index.html", "03_toy.html"])
def test_a_page_asks_for_nothing_but_the_studys_files_and_fits_its_window(
    browser, study, name, width
):
    browser.open(study / name, width)
    files = study.parent.as_uri()
    assert browser.asked()[0] == (study / name).as_uri()
    assert [address for address in browser.asked() if not address.startswith(files)] == []
    assert browser.value(UNSEEN) == 0, "a figure is not shown"
    assert browser.value("document.images.length") == (6 if name == "index.html" else 1)
    assert browser.value(WIDTH) == width
    assert browser.value("[...document.images].every(image => image.offsetWidth <= innerWidth)")


def test_a_notebook_page_is_one_file(browser, study):
    browser.open(study / "03_toy.html", DESK)
    assert browser.asked() == [(study / "03_toy.html").as_uri()]


def test_a_formula_is_drawn_its_numerator_above_its_denominator(browser, study):
    browser.open(study / "03_toy.html", PHONE)
    assert browser.value("document.querySelectorAll('math').length") == 2
    above, below = (
        browser.value(
            f"document.querySelector('mfrac > :nth-child({n})').getBoundingClientRect().y"
        )
        for n in (1, 2)
    )
    assert above + 5 < below


def test_a_wide_table_and_a_long_line_scroll_in_their_own_boxes(browser, study):
    browser.open(study / "03_toy.html", PHONE)
    beyond = "[...document.querySelectorAll('table')].map(t => t.offsetWidth > innerWidth)"
    assert browser.value(beyond) == [False, True], "the second has twelve columns"


def test_what_a_notebook_shows_from_elsewhere_is_not_asked_for(browser, tmp_path):
    content = notebook("x = 1")
    remote = '<img src="http://example.org/x.png"><script>fetch("http://example.org/y")</script>'
    content.cells[0].outputs = [nbformat.v4.new_output("display_data", {"text/html": remote})]
    page = tmp_path / "remote.html"
    page.write_text(notebook_page.render(content, "remote", front_page="index.html"))
    browser.open(page, DESK)
    assert browser.asked() == [page.as_uri()]


def test_these_checks_notice_a_page_that_asks_and_one_that_is_too_wide(browser, tmp_path):
    page = tmp_path / "bad.html"
    wide = '<p style="width: 700px">wide</p>'
    page.write_text(f'<!DOCTYPE html><img src="http://example.org/x.png">{wide}')
    browser.open(page, PHONE)
    assert browser.asked() == [page.as_uri(), "http://example.org/x.png"]
    assert browser.value(UNSEEN) == 1
    assert browser.value(WIDTH) > PHONE
