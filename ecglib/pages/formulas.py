"""Markdown to HTML with its formulas as MathML, which every browser draws by itself."""

from html import escape
from xml.etree import ElementTree

from latex2mathml.converter import convert
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath


def mathml(latex: str, *, display: bool) -> str:
    """A formula as MathML; one that cannot be translated stands as it was typed, as code.

    So a typing error in a formula shows on the page, and does not undo the run before it.
    """
    try:
        found = convert(latex.strip(), display="block" if display else "inline")
        ElementTree.fromstring(found)  # `a & b` and `<` within text come out of it unescaped
    except Exception:  # the translator raises many kinds
        found = "\\"
    # A command that it does not know comes back as it was.
    return f"<code>{escape(latex)}</code>" if "\\" in found else found


class Renderer(IPythonRenderer):
    """Notebook Markdown as HTML: formulas as MathML, and every table in a box that scrolls."""

    def block_math(self, body: str) -> str:
        return mathml(body, display=True)

    def inline_math(self, body: str) -> str:
        return mathml(body, display=False)

    def latex_environment(self, name: str, body: str) -> str:
        return mathml(rf"\begin{{{name}}}{body}\end{{{name}}}", display=True)

    def table(self, text: str) -> str:
        return f'<div class="wide"><table>\n{text}</table></div>\n'


def to_html(markdown: str, attachments: dict | None = None) -> str:
    """The HTML of a piece of Markdown."""
    renderer = Renderer(escape=False, exclude_anchor_links=True, attachments=attachments)
    return MarkdownWithMath(renderer=renderer).render(markdown)
