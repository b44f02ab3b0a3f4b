"""An executed notebook's page: whole in itself, small, and the same each time."""

import nbformat
import pytest
from page_reader import FORMULA, Page, notebook

from ecglib.pages import notebook as notebook_page

PIXEL = "iVBORw0KGgo="  # as far as a page cares


def page(*cells, **outputs):
    """The page of a notebook whose last cell shows `outputs`, kind by kind (text_html=...)."""
    toy = notebook(*cells)
    if outputs:
        data = {kind.replace("_", "/", 1): value for kind, value in outputs.items()}
        toy.cells[-1].outputs = [nbformat.v4.new_output("display_data", data)]
    return notebook_page.render(toy, "03_toy", front_page="index.html")


def test_nothing_in_a_page_is_loaded_from_elsewhere():
    found = Page(page(FORMULA, "plot()", image_png=PIXEL))
    assert all(address.startswith("data:") for address in found.loads)
    assert len(found.loads) == 1, "the figure is part of the page"
    assert not {"script", "link", "iframe"} & set(found.tags)


def test_a_page_shows_its_title_its_code_and_its_formulas():
    html = page(FORMULA, "print(1 < 2)")
    found = Page(html)
    assert "3 A toy: what does it show?" in found.text
    assert "print(1 < 2)" in found.text
    assert found.tags.count("math") == 2
    assert "<title>3 A toy: what does it show? (03_toy)</title>" in html


def test_a_page_leads_back_to_the_front_page():
    assert Page(page("# 1 A: b?")).links == ["index.html"]


@pytest.mark.parametrize("kind", ["text_latex", "text_markdown"])
def test_formulas_in_outputs_are_drawn_too(kind):
    found = Page(page("show()", **{kind: r"$\frac{1}{2}$", "text_plain": "a formula"}))
    assert "mfrac" in found.tags and "\\frac" not in found.text


@pytest.mark.parametrize(
    "kind", ["application_javascript", "application_vnd.jupyter.widget-view+json"]
)
def test_what_needs_a_script_stands_as_its_text(kind):
    found = Page(page("show()", **{kind: "alert(1)", "text_plain": "a slider"}))
    assert "a slider" in found.text and "alert" not in found.text
    assert "script" not in found.tags


def test_of_a_progress_bar_only_its_end_is_left():
    toy = notebook("fit()")
    states = ["\repoch 1 of 2:  0%", "\repoch 2 of 2:  60%", "\rcomplete\n", "next\n"]
    toy.cells[0].outputs = [
        nbformat.v4.new_output("stream", name="stdout", text=state) for state in states
    ]
    text = Page(notebook_page.render(toy, "03_toy", front_page="index.html")).text
    assert text.endswith("fit() complete next")


def test_a_title_is_text():
    html = page("# 3 <b>x</b> & y: why?")
    assert "<title>3 &lt;b&gt;x&lt;/b&gt; &amp; y: why? (03_toy)</title>" in html


def test_a_page_is_small_and_the_same_each_time():
    toy = notebook(FORMULA, "x = 1")
    first, again = (notebook_page.render(toy, "03_toy", front_page="index.html") for _ in range(2))
    assert first == again
    assert len(first) < 20_000


def test_the_title_is_the_first_heading():
    assert notebook_page.title(notebook("x = 1", "# 4 Toy: why?\nText", "# Other")) == "4 Toy: why?"
    assert notebook_page.title(notebook("x = 1")) == ""
