"""A file is whole or absent, and every path starts at the repository."""

import pytest

from ecglib import paths
from ecglib.paths import atomic, whole_folder


def test_root_is_the_repository():
    assert (paths.ROOT / "pyproject.toml").is_file()
    assert paths.PARAMS.is_file()


def test_file_appears_under_its_name_after_the_block(tmp_path):
    path = tmp_path / "new" / "folder" / "result.json"
    with atomic(path) as temporary:
        temporary.write_text("done")
        assert not path.exists()
    assert path.read_text() == "done"
    assert list(path.parent.iterdir()) == [path]


def test_old_file_is_replaced(tmp_path):
    path = tmp_path / "result.json"
    path.write_text("old")
    with atomic(path) as temporary:
        temporary.write_text("new")
    assert path.read_text() == "new"


@pytest.mark.parametrize("interruption", [ValueError, KeyboardInterrupt])
def test_interrupted_block_leaves_nothing(tmp_path, interruption):
    with pytest.raises(interruption), atomic(tmp_path / "result.json") as temporary:
        temporary.write_text("half")
        raise interruption
    assert list(tmp_path.iterdir()) == []


def test_interrupted_block_keeps_the_old_file(tmp_path):
    path = tmp_path / "result.json"
    path.write_text("old")
    with pytest.raises(ValueError), atomic(path) as temporary:
        temporary.write_text("half")
        raise ValueError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["result.json", "beats.npz", "archive.tar.gz"])
def test_temporary_name_keeps_the_suffix_and_the_folder(tmp_path, name):
    with atomic(tmp_path / name) as temporary:
        assert temporary.parent == tmp_path
        assert temporary.name != name
        assert temporary.suffixes == (tmp_path / name).suffixes
        temporary.touch()


def test_a_folder_holds_what_was_written_and_nothing_else(tmp_path):
    folder = tmp_path / "firmware"
    for names in (["old.c", "both.c"], ["both.c", "sub/new.c"]):
        with whole_folder(folder) as temporary:
            for name in names:
                (temporary / name).parent.mkdir(exist_ok=True)
                (temporary / name).write_text(f"{names}")
            assert folder not in temporary.parents
    found = {path.relative_to(folder).as_posix(): path.read_text() for path in files(folder)}
    assert found == dict.fromkeys(["both.c", "sub/new.c"], "['both.c', 'sub/new.c']")
    assert [path.name for path in tmp_path.iterdir()] == ["firmware"]


def test_a_folder_stays_as_it_was_where_its_block_fails(tmp_path):
    with whole_folder(tmp_path / "firmware") as temporary:
        (temporary / "old.c").write_text("old")
    with pytest.raises(ValueError), whole_folder(tmp_path / "firmware") as temporary:
        (temporary / "old.c").write_text("half")
        raise ValueError
    assert [path.read_text() for path in files(tmp_path)] == ["old"]


def test_a_notebook_is_found_by_its_stage():
    assert paths.notebook("results").name.endswith("_results.ipynb")
    assert "sweep" not in paths.notebook("results").name
    with pytest.raises(ValueError, match="0 notebooks of .*'nothing'"):
        paths.notebook("nothing")


def files(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())
