"""What a page has in it, read without a browser."""

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat

FORMULA = r"""# 3 A toy: what does it show?
The share is $\frac{a}{b}$, and over all beats
$$F_1 = \frac{2PR}{P + R}$$

| name | value |
|---|---|
| one | 1 |
"""
TABLE = (
    "import pandas as pd\npd.DataFrame({f'a column of a wide table {n}': [n] for n in range(12)})"
)
FIGURE = (
    "import matplotlib.pyplot as plt\nplt.figure(figsize=(12, 3)); plt.plot([1, 2]); plt.show()"
)


def notebook(*cells: str) -> nbformat.NotebookNode:
    """A notebook of Markdown cells, and of code cells where they do not start with a heading."""
    made = [
        (nbformat.v4.new_markdown_cell if cell.startswith("#") else nbformat.v4.new_code_cell)(cell)
        for cell in cells
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return nbformat.v4.new_notebook(cells=made, metadata={"kernelspec": kernel})


class Page(HTMLParser):
    """loads: the addresses that a browser fetches to show the page. links: where its links lead."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.loads = re.findall(r"(?:@import|url\()\s*[\"']?([^\"')\s;]+)", html)
        self.links, self.tags, self.words = [], [], []
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attributes:
            if name == "href" and tag == "a":
                self.links.append(value)
            elif name in ("src", "href", "srcset", "data", "poster", "action"):
                self.loads.append(value)

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        """All text, blanks as one."""
        return " ".join("".join(self.words).split())

    def files(self, folder: Path) -> list[Path]:
        """Every file beside the page that it shows or links to; `folder` is the page's."""
        near = [a for a in self.loads + self.links if not re.match(r"https?:|data:|#", a)]
        return [folder / unquote(urlsplit(address).path) for address in near]
