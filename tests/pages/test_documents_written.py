"""Blocks and sourced numbers, on a small project: what turns a document red, and what does not."""

import shutil
import subprocess

import documents
import pytest

from ecglib.pages import documents as generated

DOCUMENT = """# A study
<!-- table: reports/tables/one.md -->
<!-- end -->
It scores 94.1<!-- two.csv: 100*f1 where who=multistage, 60%; seed=1 --> on 1,234<!-- two.csv: n
where seed=2 --> beats.
"""
TABLE = 'who,seed,f1,n\n"multistage, 60%",1,0.94098,10\n"multistage, 60%",2,0.5,1234.0\n'


@pytest.fixture
def study(tmp_path):
    """A small project in git, its document filled, all committed."""
    (tmp_path / "reports/tables").mkdir(parents=True)
    (tmp_path / "reports/tables/one.md").write_text("| a |\n| --- |\n| 1 |\n")
    (tmp_path / "reports/tables/two.csv").write_text(TABLE)
    (tmp_path / "README.md").write_text(DOCUMENT)
    assert generated.write(tmp_path) == [tmp_path / "README.md"]
    for command in ("init -q", "add .", "-c user.name=a -c user.email=a@b commit -qm one"):
        subprocess.run(["git", *command.split()], cwd=tmp_path, check=True)
    return tmp_path


def test_training_anew_turns_nothing_red_but_a_wrong_digit_does(study):
    text = (study / "README.md").read_text()
    (study / "reports/tables/one.md").write_text("| a |\n| --- |\n| 2 |\n")
    (study / "reports/tables/two.csv").write_text(TABLE.replace("0.94098", "0.93"))
    assert not documents.disagreements(text, study)
    for before, after in (("94.1", "94.2"), ("1,234", "1,235"), ("| 1 |", "| 3 |")):
        assert before in text
        assert documents.disagreements(text.replace(before, after), study)


def test_a_document_of_the_tables_here_may_be_committed_with_them(study):
    (study / "reports/tables/one.md").write_text("| a |\n| --- |\n| 2 |\n")
    generated.write(study)
    text = (study / "README.md").read_text()
    assert "| 2 |" in text and not documents.disagreements(text, study)
    shutil.rmtree(study / ".git")  # as in an unpacked archive
    assert not documents.disagreements(text, study)
    assert documents.disagreements(text.replace("94.1", "94.2"), study)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("two.csv: n", "three.csv: n", "three.csv"),
        ("two.csv: n", "two.csv: m", "no column m"),
        ("seed=2", "seed=3", "0 rows"),
        ("; seed=1", "", "2 rows"),
        ("where seed=2", "seed=2", "not understood"),
    ],
)
def test_a_source_that_names_no_one_number_is_a_fault(study, before, after, said):
    text = (study / "README.md").read_text()
    assert before in text
    (fault,) = documents.disagreements(text.replace(before, after), study)
    assert said in fault


def test_a_missing_table_or_a_broken_block_changes_nothing(study):
    (study / "docs").mkdir()
    (study / "docs/a.md").write_text("<!-- table: reports/tables/gone.md -->\n<!-- end -->\n")
    (study / "reports/tables/one.md").write_text("new")
    before = (study / "README.md").read_text()
    with pytest.raises(generated.DocumentError, match=r"docs/a.md.*reports/tables/gone.md"):
        generated.write(study)
    (study / "docs/a.md").write_text("<!-- table: reports/tables/one.md -->\nno end\n")
    with pytest.raises(generated.DocumentError, match=r"docs/a.md"):
        generated.write(study)
    assert (study / "README.md").read_text() == before


def test_numbers_without_a_source_are_found():
    text = "93.6 here, 94.1<!-- a.csv: f where b=1 -->, 12 % and 1,234; 60 % sparsity `0.5` 5 seeds"
    found = " ".join(documents.unsourced(text, [r"60 %"]))
    assert all(number in found for number in ("'93.6'", "'12 %'", "'1,234'"))
    assert len(list(documents.unsourced(text, [r"60 %"]))) == 3
