"""A file is whole or absent, nobody else's goes, and every path starts at the repository."""

import os
from pathlib import Path

import pytest

from ecglib import paths
from ecglib.paths import LIST, FolderError, atomic, whole_folder


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
    found = texts(folder)
    assert len(found.pop(LIST).splitlines()) == 2
    assert found == dict.fromkeys(["both.c", "sub/new.c"], "['both.c', 'sub/new.c']")
    assert [path.name for path in tmp_path.iterdir()] == ["firmware"]


def test_a_folder_stays_as_it_was_where_its_block_fails(tmp_path):
    with whole_folder(tmp_path / "firmware") as temporary:
        (temporary / "old.c").write_text("old")
    with pytest.raises(ValueError), whole_folder(tmp_path / "firmware") as temporary:
        (temporary / "old.c").write_text("half")
        raise ValueError
    assert texts(tmp_path / "firmware")["old.c"] == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["firmware"]


def write(folder, text="of the project"):
    with whole_folder(folder) as temporary:
        (temporary / "ecg_model.c").write_text(text)


@pytest.mark.parametrize("theirs", ["main.c", "ecg_model.c", ".hidden", "src/main.c", ".git/HEAD"])
@pytest.mark.parametrize("before", [True, False], ids=["beside own files", "alone"])
def test_a_folder_with_a_file_of_somebody_else_is_left_as_it_is(tmp_path, theirs, before):
    folder = tmp_path / "firmware"
    if before:
        write(folder)
    (folder / theirs).parent.mkdir(parents=True, exist_ok=True)
    (folder / theirs).write_text("of the user")
    there = texts(tmp_path)
    with pytest.raises(FolderError, match=rf"firmware is left as it is, for {theirs} in it was "):
        write(folder, "new")
    assert texts(tmp_path) == there


def test_a_file_that_comes_while_the_new_ones_are_made_is_seen_too(tmp_path):
    with pytest.raises(FolderError, match="main.c"), whole_folder(tmp_path / "firmware"):
        (tmp_path / "firmware").mkdir()
        (tmp_path / "firmware" / "main.c").write_text("of the user")
    assert texts(tmp_path) == {"firmware/main.c": "of the user"}


@pytest.mark.parametrize("name", [".", "firmware", "sub/../firmware", "./firmware/"])
def test_a_relative_folder_is_looked_at_too(tmp_path, monkeypatch, name):
    (tmp_path / "firmware").mkdir()
    (tmp_path / "firmware" / "main.c").write_text("of the user")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FolderError, match="main.c"):
        write(Path(name))
    assert texts(tmp_path) == {"firmware/main.c": "of the user"}


def test_an_empty_folder_is_written_to_by_whatever_name(tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    for name in (".", "below"):
        write(Path(name)) if name == "." else write(tmp_path / "here2" / name)
    assert texts(tmp_path / "here").keys() == {"ecg_model.c", LIST}


def test_a_link_or_a_file_is_no_folder_and_stays(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "file").write_text("of the user")
    for name in ("link", "broken"):
        (tmp_path / name).symlink_to(tmp_path / {"link": "real", "broken": "nothing"}[name])
    for name in ("link", "broken", "file", "file/below"):
        with pytest.raises(FolderError, match=f"at .*{name}: .* is a file or a link"):
            write(tmp_path / name)
    assert (tmp_path / "link").is_symlink() and (tmp_path / "broken").is_symlink()
    assert not list((tmp_path / "real").iterdir())
    assert (tmp_path / "file").read_text() == "of the user"


def test_a_link_in_the_folder_is_somebody_elses_and_what_it_leads_to_stays(tmp_path):
    write(tmp_path / "firmware")
    write(tmp_path / "other")
    (tmp_path / "firmware" / "ecg_model.c").unlink()
    (tmp_path / "firmware" / "ecg_model.c").symlink_to(tmp_path / "other" / "ecg_model.c")
    (tmp_path / "firmware" / "mine").symlink_to(tmp_path / "other")
    with pytest.raises(FolderError, match="ecg_model.c in it was changed"):
        write(tmp_path / "firmware", "new")
    (tmp_path / "firmware" / "ecg_model.c").unlink()
    with pytest.raises(FolderError, match="mine in it was not"):
        write(tmp_path / "firmware", "new")
    assert texts(tmp_path / "other")["ecg_model.c"] == "of the project"


def test_a_list_that_names_files_elsewhere_deletes_none(tmp_path):
    (tmp_path / "main.c").write_text("of the user")
    write(tmp_path / "firmware")
    listed = tmp_path / "firmware" / LIST
    listed.write_text(listed.read_text() + "0000  ../main.c\n")
    write(tmp_path / "firmware", "new")
    assert (tmp_path / "main.c").read_text() == "of the user"


@pytest.mark.parametrize("after", range(5))
def test_a_folder_whose_writing_was_killed_is_written_again(tmp_path, monkeypatch, after):
    """Killed at each of its steps: the two lists and the two files between them."""
    folder, replace, done = tmp_path / "firmware", os.replace, []

    def killed(source, target):
        if len(done) == after:
            raise KeyboardInterrupt
        done.append(target)
        replace(source, target)

    def two(text):
        with whole_folder(folder) as temporary:
            for name in ("a.c", "b.c"):
                (temporary / name).write_text(text)

    two("old")
    monkeypatch.setattr(os, "replace", killed)
    if after == 4:
        two("new")
    else:
        with pytest.raises(KeyboardInterrupt):
            two("new")
    assert {texts(folder)[name] for name in ("a.c", "b.c")} <= {"old", "new"}
    monkeypatch.setattr(os, "replace", replace)
    two("third")
    assert [texts(folder)[name] for name in ("a.c", "b.c")] == ["third"] * 2


def test_a_folder_that_cannot_be_read_is_refused(tmp_path, monkeypatch):
    write(tmp_path / "firmware")

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(FolderError, match="firmware cannot be read, and is left as it is: .*Perm"):
        write(tmp_path / "firmware", "new")


@pytest.mark.parametrize("name", ["firmware/*", "firmware/*/c"])
def test_the_folders_of_c_in_git_are_known_as_the_projects_own(name):
    """Else the stage that writes them would refuse to."""
    found = [folder for folder in paths.REPORTS.glob(name) if folder.is_dir()]
    assert found and all(paths.require_own(folder) for folder in found)


def test_only_what_a_killed_run_left_is_tidied_away(tmp_path):
    theirs = [".DS_Store", ".nfs000-1", ".123-notes.json", "half-written-1-x", ".Trash-1000/x"]
    for name in theirs:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("of the user")
    left = atomic(tmp_path / "result.json")  # kept here: else it would be closed, and tidy up
    left.__enter__().write_text("half")
    assert len(texts(tmp_path)) == len(theirs) + 1
    paths.remove_half_written(tmp_path)
    assert texts(tmp_path) == dict.fromkeys(theirs, "of the user")


def test_a_notebook_is_found_by_its_stage():
    assert paths.notebook("results").name.endswith("_results.ipynb")
    assert "sweep" not in paths.notebook("results").name
    with pytest.raises(ValueError, match="0 notebooks of .*'nothing'"):
        paths.notebook("nothing")


def texts(folder) -> dict[str, str]:
    """What every file under the folder says, by its name from there."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_text() for path in found}
