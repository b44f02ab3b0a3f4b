"""A damaged or foreign file of a cell is named, with what to do; hidden files of others are not."""

import json

import pytest

from ecglib import paths
from ecglib.sweep import digests, grid, store
from ecglib.sweep.errors import SweepError

BY_NAME = {cell.name: cell for cell in grid.load()}
DENSE = BY_NAME["intra-acharya2017-dense-s0"]
ORACLE = BY_NAME["intra-acharya2017-oracle_filter-eight_stages-0.6-s0"]
SEARCH = BY_NAME["intra-acharya2017-aofp-eight_stages-0.6-s3"]
TEXTS = {cell.name: store.path_of(cell).read_text() for cell in (DENSE, ORACLE, SEARCH)}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "FOLDER", tmp_path)
    return tmp_path


def cell_with(**changed) -> str:
    return json.dumps(json.loads(TEXTS[DENSE.name]) | changed)


def network_with(cell, **changed) -> str:
    content = json.loads(TEXTS[cell.name])
    content["networks"][0] |= changed
    return json.dumps(content)


def filters_with(cell, change) -> str:
    content = json.loads(TEXTS[cell.name])
    change(content["networks"][0]["filters"])
    return json.dumps(content)


DAMAGE = {
    "a class that is none": (DENSE, network_with(DENSE, confusion={"100": {"NX": 1}}), "confusion"),
    "one class for two": (DENSE, network_with(DENSE, confusion={"100": {"N": 1}}), "confusion"),
    "no dict of counts": (DENSE, network_with(DENSE, confusion={"100": [1, 2]}), "confusion"),
    "no beats": (DENSE, network_with(DENSE, confusion={"100": {"NN": 0}}), "confusion"),
    "not a number": (DENSE, network_with(DENSE, f1_macro=float("nan")), "NaN is not finite"),
    "infinite": (DENSE, TEXTS[DENSE.name].replace('"sparsity": 0.0', '"sparsity": 1e999'), "1e999"),
    "huge": (DENSE, network_with(DENSE, macs=10**30), "is too large"),
    "huger than Python reads": (
        DENSE,
        TEXTS[DENSE.name].replace('"epochs": 0', f'"epochs": {"9" * 9000}'),
        "is too large",
    ),
    "no fraction": (DENSE, network_with(DENSE, accuracy=97.7), "accuracy"),
    "a key twice": (
        DENSE,
        TEXTS[DENSE.name].replace('"stage"', '"stage": "baseline", "stage"'),
        "the key 'stage' stands twice",
    ),
    "a missing key": (DENSE, TEXTS[DENSE.name].replace('"fingerprint"', '"finger"'), "fingerprint"),
    "too deep": (DENSE, "[" * 100_000, "too deep"),
    "Latin-1": (DENSE, TEXTS[DENSE.name].replace("baseline", "baselin\xe9", 1), "utf-8"),
    "no networks": (
        DENSE,
        cell_with(networks=[]),
        "networks",
    ),
    "no weights": (
        DENSE,
        cell_with(weights={}),
        "it names no",
    ),
    "fewer scores than filters": (
        ORACLE,
        filters_with(ORACLE, lambda f: f["aofp"][next(iter(f["aofp"]))].pop()),
        "not of the same filters",
    ),
    "fewer values of damage than filters": (
        SEARCH,
        filters_with(SEARCH, lambda f: f["search"][0]["damage"].pop()),
        "not as many values of damage",
    ),
    "no count of beats": (
        ORACLE,
        filters_with(ORACLE, lambda f: f.pop("evaluated_beats")),
        "evaluated_beats go with",
    ),
    "no widths": (ORACLE, filters_with(ORACLE, lambda f: f.pop("widths")), "widths"),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_a_damaged_cell_is_named_with_its_problem_and_what_to_do(folder, kind):
    cell, text, said = DAMAGE[kind]
    assert text != TEXTS[cell.name]
    path = folder / f"{cell.name}.json"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(SweepError, match=f"{path} is damaged: {store.AGAIN}\n(.|\n)*{said}"):
        store.load(cell)


def test_the_result_of_another_network_is_no_result_of_this_cell(folder):
    (folder / f"{DENSE.name}.json").write_text(network_with(DENSE, seed=7))
    with pytest.raises(SweepError, match="holds the result of another cell"):
        store.load(DENSE)


def test_a_weight_file_that_cannot_be_read_or_be_there_is_named(folder):
    (folder / f"{DENSE.name}.json").write_text(TEXTS[DENSE.name])
    whole = store.FOLDER / f"{DENSE.name}.safetensors"
    whole.mkdir()
    with pytest.raises(SweepError, match=f"{whole} is missing or damaged"):
        store.weights(DENSE)


@pytest.mark.parametrize("odd", ["x" * 5000, "a\0b", "..", ""])
def test_a_weight_file_of_an_impossible_name_is_named(folder, odd):
    content = json.loads(TEXTS[DENSE.name])
    content["weights"] = {odd: "0" * 64} | content["weights"]
    (folder / f"{DENSE.name}.json").write_text(json.dumps(content))
    with pytest.raises(SweepError, match="is missing or damaged"):
        store.weights(DENSE)


def test_damaged_beats_are_named(tmp_path):
    (tmp_path / "beats.npz").write_bytes(b"PK\x03\x04 damaged")
    with pytest.raises(SweepError, match="beats.npz is damaged or of another kind"):
        digests.of_arrays(tmp_path / "beats.npz")


def test_hidden_files_and_folders_are_no_results_and_stay(folder):
    (folder / f"{DENSE.name}.json").write_text(TEXTS[DENSE.name])
    hidden = [".DS_Store", ".nfs123", f".{DENSE.name}.json", ".ipynb_checkpoints/x.json"]
    hidden += ["networks/.DS_Store", ".Trash-1000/x.json", ".git-x/HEAD"]
    for name in hidden:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("of others")
    assert store.strays([DENSE]) == []
    paths.remove_half_written(folder)
    assert {(folder / name).read_text() for name in hidden} == {"of others"}
    assert store.load(DENSE).networks
