"""An executed notebook as one page that opens without a network."""

from pathlib import Path

from jinja2 import pass_context
from nbconvert import HTMLExporter
from nbformat import NotebookNode

from ecglib.pages import formulas

TEMPLATE = Path(__file__).with_name("notebook.html.j2")
# What an output is shown as, the best first. Not among them: widgets and JavaScript, which a
# browser would have to fetch code for; such an output stands as its text.
SHOWN = (
    *("text/html", "text/markdown", "image/svg+xml", "text/latex", "image/png", "image/jpeg"),
    "text/plain",
)


class Exporter(HTMLExporter):
    """nbconvert's page in the study's own template: no script, no font, no address to load."""

    def __init__(self) -> None:
        super().__init__(
            template_file=str(TEMPLATE), exclude_input_prompt=True, exclude_output_prompt=True
        )

    @property
    def default_config(self):
        config = super().default_config
        config.NbConvertBase.display_data_priority = list(SHOWN)
        config.CoalesceStreamsPreprocessor.enabled = True  # of a progress bar only its last state
        return config

    @pass_context
    def markdown2html(self, context, source: str) -> str:
        return formulas.to_html(source, context.get("cell", {}).get("attachments"))


def title(notebook: NotebookNode) -> str:
    """The first heading of a notebook, without its marks."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and cell.source.startswith("#"):
            return cell.source.splitlines()[0].lstrip("#").strip()
    return ""


def render(notebook: NotebookNode, name: str, *, front_page: str) -> str:
    """The page's HTML, the same for the same notebook.

    name: what the page calls itself beside the notebook's title. front_page: its address from here.
    """
    heading = {"title": title(notebook), "front_page": front_page}
    resources = {"metadata": {"name": name}, "page": heading}
    return Exporter().from_notebook_node(notebook, resources)[0]
