"""The front page: links that lead somewhere, a line for what is not there, equal bytes."""

import nbformat
import pytest
from page_reader import Page, notebook

from ecglib import paths
from ecglib.pages import front as front_page
from ecglib.pages import links as page_links


@pytest.fixture
def reports(tmp_path, monkeypatch):
    """An empty reports/ folder, and notebooks of which 01 and 02 are told of."""
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    monkeypatch.setattr(paths, "REPORTS", tmp_path / "reports")
    monkeypatch.setattr(paths, "TABLES", tmp_path / "reports" / "tables")
    monkeypatch.setattr(paths, "NOTEBOOKS", tmp_path / "notebooks")
    monkeypatch.setattr(paths, "HTML", tmp_path / "reports" / "html")
    monkeypatch.setattr(paths, "EXECUTED", tmp_path / "reports" / "executed")
    for name, title in {
        "01_data": "# 1 Data: which beats & whose?",
        "02_prune": "# 2 Pruning <once>: how far?",
        "03_end": "# An end",
    }.items():
        write(tmp_path / "notebooks" / f"{name}.ipynb", nbformat.writes(notebook(title, "x = 1")))
    return tmp_path / "reports"


def write(path, text=""):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.fixture
def filled(reports):
    """One of everything."""
    write(
        reports / "tables/in_short.md",
        "Stages win where $p < 0.05$ & more.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n",
    )
    for figure in front_page.FIGURES:
        write(reports / figure.file)
    write(reports / "html/01_data.html")
    for target in ("0.6", "0.95"):
        for seed in (2, 10):
            write(reports / f"html/02_prune/target_sparsity-{target}-seed-{seed}.html")
    for table in ("results.csv", "device/savings.md", "a b/#1 50%.csv"):
        write(reports / "tables" / table)
    write(reports / "firmware/toy-80/README.md", "# Toy, 80% <gone>\n\nText.\n")
    return reports


def test_every_link_and_figure_leads_to_a_file(filled):
    files = Page(front_page.render()).files(filled / "html")
    assert len(files) > 15
    assert [path for path in files if not path.is_file()] == []
    pages = {path.resolve() for path in files}
    assert {path for path in filled.rglob("*") if path.is_file()} <= pages | {
        filled / "tables/in_short.md"
    }


def test_everything_is_told_and_nothing_is_said_to_be_absent(filled):
    found = Page(front_page.render())
    assert "Stages win where" in found.text and "math" in found.tags
    assert "Which beats & whose?" in found.text
    assert "Pruning <once>" in found.text
    assert "Toy, 80% <gone>" in found.text
    for figure in front_page.FIGURES:
        assert " ".join(figure.caption.split()) in found.text
    assert found.text.count("yet") == 1, "only the notebook that no page is of"
    assert "An end No page yet: make repro writes it." in found.text


def test_executions_are_in_words_and_in_order(filled):
    text = Page(front_page.render()).text
    assert "target sparsity 0.6 seed 2 seed 10 target sparsity 0.95 seed 2 seed 10" in text


def test_what_is_absent_is_left_out_with_a_line_that_says_how_to_get_it(reports):
    html = front_page.render()
    found = Page(html)
    assert found.files(reports / "html") == [] and found.loads == []
    for line in (
        "Not written yet: make repro writes reports/tables/in_short.md",
        "Not drawn yet, make repro draws them: reports/figures/01_ecg_strip.png, ",
        "No page yet: make repro writes it.",
        "No tables yet: make repro writes them.",
        "No firmware yet: make repro writes it.",
    ):
        assert line in found.text
    assert found.text.count("No page yet") == 3


def test_one_absent_figure_is_named_and_the_others_are_shown(filled):
    absent, *there = front_page.FIGURES
    (filled / absent.file).unlink()
    found = Page(front_page.render())
    assert f"Not drawn yet, make repro draws them: reports/{absent.file}." in found.text
    assert absent.caption not in found.text
    assert found.tags.count("img") == len(there)


def test_nothing_on_it_is_loaded_from_elsewhere(filled):
    found = Page(front_page.render())
    assert all(address.startswith("../figures/") for address in found.loads)
    assert not {"script", "link", "iframe"} & set(found.tags)


def test_equal_inputs_give_equal_bytes_and_no_other_file(filled, capsys):
    front_page.main()
    assert capsys.readouterr().out == "reports/html/index.html\n"
    first = (filled / "html/index.html").read_bytes()
    front_page.main()
    assert (filled / "html/index.html").read_bytes() == first
    assert sorted(path.name for path in (filled / "html").iterdir()) == [
        "01_data.html",
        "02_prune",
        "index.html",
    ]


@pytest.mark.parametrize(
    ("label", "words"),
    [
        ("seed-1", ("", "seed 1")),
        ("target_sparsity-0.6-seed-1", ("target sparsity 0.6", "seed 1")),
        ("method-aofp-target-0.6-seed-1", ("method aofp, target 0.6", "seed 1")),
        ("by hand", ("", "by hand")),
        ("seed-1-x", ("", "seed-1-x")),
    ],
)
def test_labels_in_words(label, words):
    assert page_links.in_words(label) == words


def test_the_main_figures_are_those_that_the_study_draws():
    """A figure that is renamed would silently leave the page."""
    drawn = {path.relative_to(paths.REPORTS).as_posix() for path in paths.FIGURES.rglob("*.png")}
    assert {figure.file for figure in front_page.FIGURES} <= drawn


def test_a_further_system_has_its_page_elsewhere_and_the_front_page_the_same_bytes(
    filled, monkeypatch
):
    """It is linked before it is run: nothing of the front page waits for another system."""
    monkeypatch.setattr(page_links, "FURTHER", ("end",))
    monkeypatch.setattr(front_page, "FURTHER", ("end",))
    monkeypatch.setattr(page_links, "SYSTEMS", filled / "systems")
    before = front_page.render()
    assert "A further system: make end writes its page." in Page(before).text
    for stem in ("01_data", "03_end"):
        executed = nbformat.writes(notebook("# An end", "x = 1"))
        write(filled / "executed" / f"{stem}.ipynb", executed)
    front_page.write_notebooks()
    assert (filled / "html" / "01_data.html").is_file()
    assert not (filled / "html" / "03_end.html").exists()
    front_page.write_system("end")
    assert "../html/index.html" in (filled / "systems" / "03_end.html").read_text()
    assert front_page.render() == before
    assert (filled / "systems/03_end.html").resolve() in {
        path.resolve() for path in Page(before).files(filled / "html")
    }
