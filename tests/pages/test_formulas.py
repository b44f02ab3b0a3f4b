"""Formulas become MathML, which a browser draws without any script."""

from xml.etree import ElementTree

import nbformat
import pytest
from imports import ROOT

from ecglib.pages import formulas

MATH = "{http://www.w3.org/1998/Math/MathML}"


def test_a_formula_within_a_line():
    html = formulas.to_html(r"The share $\frac{a}{b}$ of **all**.")
    assert "$" not in html and "\\" not in html
    math = ElementTree.fromstring(html[html.index("<math") : html.index("</math>") + 7])
    assert [mi.text for mi in math.find(f".//{MATH}mfrac").iter(f"{MATH}mi")] == ["a", "b"]
    assert math.get("display") == "inline"
    assert "<strong>all</strong>" in html


@pytest.mark.parametrize(
    "source",
    ["$$x = 1$$", "$$\nx = 1\n$$", r"\begin{equation}x = 1\end{equation}", r"\\[x = 1\\]"],
)
def test_a_formula_of_its_own(source):
    html = formulas.to_html(f"Before.\n\n{source}\n\nAfter.")
    assert html.count('<math xmlns="http://www.w3.org/1998/Math/MathML" display="block">') == 1
    assert "<mi>x</mi>" in html and "$" not in html


@pytest.mark.parametrize("latex", [r"\nosuch{x}", r"\text{a < b}", "a & b", r"{x", "a }", ""])
def test_a_formula_that_cannot_be_translated_stands_as_it_was_typed(latex):
    found = formulas.mathml(latex, display=False)
    if found.startswith("<math"):
        ElementTree.fromstring(found)
    else:
        assert ElementTree.fromstring(found).text == (latex or None)


@pytest.mark.parametrize("latex", [r"\nosuch{x}", r"\text{a < b}", "a & b"])
def test_what_the_translator_lets_through_is_noticed(latex):
    assert formulas.mathml(latex, display=True).startswith("<code>")


def test_dollars_in_code_are_no_formula():
    assert "<math" not in formulas.to_html("`$HOME` and `$PATH`\n\n```sh\necho $HOME $PATH\n```")


def test_a_table_has_a_box_to_scroll_in():
    html = formulas.to_html("| a | b |\n|---|---|\n| $x$ | 2 |\n")
    assert html.startswith('<div class="wide"><table>')
    assert html.count("<th>") == 2 and "<math" in html


def test_less_than_and_ampersand_are_text():
    assert "p &lt; 0.05 &amp; q" in formulas.to_html("p < 0.05 & q")


@pytest.mark.parametrize("path", sorted(ROOT.glob("notebooks/*.ipynb")), ids=lambda path: path.stem)
def test_every_formula_of_the_notebooks_can_be_translated(path, monkeypatch):
    translate, found = formulas.mathml, {}

    def noted(latex, *, display):
        found[latex] = translate(latex, display=display)
        return found[latex]

    monkeypatch.setattr(formulas, "mathml", noted)
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "markdown":
            formulas.to_html(cell.source)
    assert [latex for latex, html in found.items() if not html.startswith("<math")] == []
