"""A file is whole or absent, and every path starts at the repository."""

import pytest

from ecglib import paths
from ecglib.paths import atomic


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
