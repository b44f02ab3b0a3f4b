"""Write the generated tables in README.md and docs/ anew: `make docs`.

A generated table stands between two comments, and is never edited there:

    <!-- table: reports/tables/published.md -->
    ...
    <!-- end -->
"""

import re
import sys
from collections.abc import Callable
from pathlib import Path

from ecglib import paths

BLOCK = re.compile(r"<!-- table: (\S+) -->\n(.*?)\n?<!-- end -->", re.DOTALL)
MARK = re.compile(r"<!-- (?:table:.*?|end) -->")


class DocumentError(ValueError):
    """A document or a table that it shows is not as it must be; the message names both."""


def documents(root: Path = paths.ROOT) -> list[Path]:
    """README and every page of docs/."""
    return [root / "README.md", *sorted((root / "docs").glob("*.md"))]


def blocks(text: str) -> list[tuple[str, str]]:
    """The document's generated parts: path of the table from the root, and what stands there.

    Raises:
        DocumentError: a block that is not closed, or an end without a block.
    """
    found = [(of[1], of[2].strip()) for of in BLOCK.finditer(text)]
    if len(MARK.findall(text)) != 2 * len(found) or any(MARK.search(of) for _, of in found):
        raise DocumentError("a table's comment and its `<!-- end -->` do not pair up")
    return found


def filled(text: str, read: Callable[[str], str]) -> str:
    """The document with every block as `read` gives its table."""
    blocks(text)
    block = "<!-- table: {} -->\n\n{}\n\n<!-- end -->"
    return BLOCK.sub(lambda of: block.format(of[1], read(of[1]).strip()), text)


def write(root: Path = paths.ROOT) -> list[Path]:
    """Fill the blocks of all documents from the working tree; those that changed.

    Raises:
        DocumentError: a table is missing or a block is broken; then no document is changed.
    """

    def read(table: str) -> str:
        if not (root / table).is_file():
            raise DocumentError(f"no table {table}: run the stage that writes it first")
        return (root / table).read_text()

    texts = {}
    for path in documents(root):
        before = path.read_text()
        try:
            after = filled(before, read)
        except DocumentError as error:
            raise DocumentError(f"{path.relative_to(root)}: {error}") from None
        texts |= {path: after} if after != before else {}
    for path, text in texts.items():
        with paths.atomic(path) as temporary:
            temporary.write_text(text)
    return list(texts)


if __name__ == "__main__":
    try:
        print("written:", ", ".join(path.name for path in write()) or "nothing, all is up to date")
    except DocumentError as error:
        sys.exit(str(error))
