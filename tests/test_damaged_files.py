"""Damaged files give the named error of their reader, or what they gave before; never another."""

import json
import math
import random
import shutil

import numpy as np
import pandas as pd
import pytest
import torch
import yaml

from ecglib import models, paths
from ecglib.data import arrays
from ecglib.deployment import rounded
from ecglib.pruning import masks
from ecglib.report import filters as found
from ecglib.results import runs
from ecglib.results.runs import Key, RunError
from ecglib.settings import config
from ecglib.settings.words import ConfigError
from ecglib.sweep import grid, results, store
from ecglib.sweep.errors import SweepError

OTHER = (
    *(None, True, -1, 0, 0.5, 1e300, 10**40, float("nan"), float("inf"), "", "N", "NX", "\x00"),
    *([], {}, [[]], [1, "a"], {"a": 1}, "../x", "1", [0.5, 0.5]),
)
TWICE = "  twice"  # marks a key that is to stand twice: two spaces, so that no other is like it


def damaged_bytes(data: bytes, draw: random.Random) -> bytes:
    """Some bits flipped, or a stretch cut out, doubled, or overwritten."""
    start = draw.choice([draw.randrange(len(data)), draw.randrange(min(400, len(data)))])
    stretch = data[start : start + draw.choice([1, 2, 8, 64, len(data)])]
    how = draw.choice(["flip", "flip", "cut", "double", "overwrite", "end"])
    if how == "flip":
        changed = bytearray(data)
        for place in [start] + draw.choices(range(len(data)), k=draw.choice([0, 0, 3])):
            changed[place] ^= 1 << draw.randrange(8)
        return bytes(changed)
    put = {"cut": b"", "double": 2 * stretch, "overwrite": draw.randbytes(len(stretch)), "end": b""}
    rest = b"" if how == "end" else data[start + len(stretch) :]
    return data[:start] + put[how] + rest


def damaged_value(tree, draw: random.Random):
    """The same with one value of another type or size, or a key that is gone or there twice."""
    tree = json.loads(json.dumps(tree))
    node = tree
    while True:  # walk down to a place, the deeper ones more often
        key = draw.choice(list(node) if isinstance(node, dict) else range(len(node)))
        if not isinstance(node[key], dict | list) or not node[key] or draw.random() < 0.15:
            break
        node = node[key]
    how = draw.choice(["other", "other", "other", "gone", "longer", "twice"])
    if how == "gone":
        del node[key]
    elif how == "longer" and isinstance(node, list):
        node.append(node[key])
    elif how == "twice" and isinstance(node, dict):
        node[f"{key}{TWICE}"] = node[key]
    else:
        node[key] = draw.choice(OTHER)
    return tree


def finite(tree) -> bool:
    """Whether every number in nested dicts and lists is."""
    if isinstance(tree, dict | list):
        return all(finite(value) for value in (tree.values() if isinstance(tree, dict) else tree))
    return not isinstance(tree, float) or math.isfinite(tree)


def damaged_json(text: str, draw: random.Random) -> bytes:
    if draw.random() < 0.4:
        return damaged_bytes(text.encode(), draw)
    return json.dumps(damaged_value(json.loads(text), draw)).replace(TWICE, "").encode()


def tried(count: int, damage, read, error: type[Exception], said: str = "") -> None:
    """`read` after each damage: the error that says `said`, or something that `read` checked."""
    refused = 0
    for seed in range(count):
        damage(random.Random(seed))
        try:
            read()
        except error as problem:
            assert type(problem) is error and said in str(problem), (seed, problem)
            refused += 1
        except Exception as other:
            raise AssertionError(f"seed {seed}: {type(other).__name__}: {other}") from other
    assert refused > count / 3, refused  # the damage is felt


@pytest.mark.parametrize("compressed", [False, True])
def test_arrays(tmp_path, compressed):
    path = tmp_path / "beats.npz"
    whole = {
        "adc": np.arange(200, dtype=np.int16).reshape(20, 10),
        "rr_s": np.linspace(0, 1, 20, dtype=np.float32),
        "record": np.array(["100", "101"]),
    }
    (np.savez_compressed if compressed else np.savez)(path, **whole)
    data = path.read_bytes()

    def read():
        for name, array in arrays.load(path, list(whole)).items():
            assert array.dtype == whole[name].dtype
            np.testing.assert_array_equal(array, whole[name])

    read()
    tried(
        150, lambda draw: path.write_bytes(damaged_bytes(data, draw)), read, ValueError, str(path)
    )


def test_arrays_of_a_shape_that_no_memory_holds_or_of_no_numbers(tmp_path):
    path = tmp_path / "beats.npz"
    np.savez(path, adc=np.zeros((20, 10), np.int16))
    data = path.read_bytes()
    assert (changed := data.replace(b"(20, 10), }     ", b"(20, 10**9*10**9)")) != data
    path.write_bytes(changed)
    with pytest.raises(ValueError, match="is damaged or of another kind"):
        arrays.load(path, ["adc"])
    for array in (np.array([1, np.nan]), np.array([np.inf])):
        np.savez(path, adc=array)
        with pytest.raises(ValueError, match="is damaged or of another kind"):
            arrays.load(path, ["adc"])
    np.savez(path, adc=np.array([None]))
    with pytest.raises(ValueError, match="is damaged or of another kind"):
        arrays.load(path)


RESULT = next((paths.RESULTS / "multistage_prune").glob("*.json"))


def test_results(tmp_path, monkeypatch):
    key = runs.load(RESULT).key
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    monkeypatch.setattr(paths, "RESULTS", tmp_path)
    path = runs.results_folder(key.stage, "study") / RESULT.name
    path.parent.mkdir()

    def read():
        table = runs.collect([key], into="study")
        assert finite(table.astype(object).to_dict("records"))
        assert table["f1_macro"].between(0, 1).all()

    def damage(draw):
        path.write_bytes(damaged_json(RESULT.read_text(), draw))

    path.write_text(RESULT.read_text())
    read()
    tried(100, damage, read, RunError, RESULT.name)


CELLS = {
    "dense": "intra-acharya2017-dense-s0",
    "stages": "intra-acharya2017-multistage-magnitude-global-weights-eight_stages-0.95-s4",
    "oracle": "intra-acharya2017-oracle_filter-eight_stages-0.6-s0",
    "search": "intra-acharya2017-aofp-eight_stages-0.6-s3",
}


@pytest.fixture(scope="module")
def cells():
    by_name = {cell.name: cell for cell in grid.load()}
    return {kind: by_name[name] for kind, name in CELLS.items()}


@pytest.mark.parametrize("kind", CELLS)
def test_cells(tmp_path, monkeypatch, cells, kind):
    cell = cells[kind]
    path, text = tmp_path / f"{cell.name}.json", store.path_of(cell).read_text()
    monkeypatch.setattr(store, "FOLDER", tmp_path)

    def read():
        rows = [{"cell": cell.name, **n.model_dump()} for n in store.load(cell).networks]
        assert finite(rows)
        results._require_own_scores(pd.DataFrame(rows))
        store.start_of(cell)
        variant = {"dense": "dense", "oracle": found.ORACLE, "search": found.AOFP}
        table = pd.DataFrame(rows).assign(variant=variant.get(kind, "multistage"))
        found.widths(table, 0.6)
        if kind == "oracle" and rows[0]["filters"]:
            found.scores_of(rows[0]["filters"], seed=0)
            found.costs(table)

    path.write_text(text)
    read()
    tried(50, lambda draw: path.write_bytes(damaged_json(text, draw)), read, SweepError, cell.name)


def test_settings(tmp_path, monkeypatch):
    stages = config._stages()
    monkeypatch.setattr(config, "_stages", lambda: stages)  # dvc.yaml is not what is damaged
    values = yaml.safe_load(paths.PARAMS.read_text())
    values["sweep"]["cells"] = values["sweep"]["cells"][:2]
    text = yaml.safe_dump(values, sort_keys=False, default_flow_style=None)
    path = tmp_path / "params.yaml"

    def read():
        settings = config.load(path)
        schedules = {name: settings.stages(name) for name in settings.schedules}
        found_cells = grid.cells(settings.sweep.cells, settings.sweep.seeds, schedules)
        assert finite(settings.model_dump())
        assert finite([dict(cell.parameters) for cell in found_cells])

    def damage(draw):
        if draw.random() < 0.4:
            path.write_bytes(damaged_bytes(text.encode(), draw))
        else:
            changed = damaged_value(values, draw)
            path.write_text(yaml.safe_dump(changed, default_flow_style=None).replace(TWICE, ""))

    path.write_text(text)
    read()
    tried(80, damage, read, ConfigError, "params.yaml")


def test_weights_and_masks(tmp_path):
    network = models.build("rhythm_cnn")
    weights, mask = tmp_path / "weights.safetensors", tmp_path / "mask.safetensors"
    models.save(network, weights)
    masks.save(masks.ones(network), mask)
    for path, load in {
        weights: lambda: models.load("rhythm_cnn", weights).state_dict(),
        mask: lambda: masks.load(mask),
    }.items():
        data = path.read_bytes()

        def damage(draw, path=path, data=data):
            head = int.from_bytes(data[:8], "little") + 8
            if draw.random() < 0.5:
                path.write_bytes(damaged_bytes(data[:head], draw) + data[head:])
            else:
                path.write_bytes(damaged_bytes(data, draw))

        def read(load=load):
            assert all(value.isfinite().all() for value in load().values())

        read()
        tried(40, damage, read, ValueError, path.name)


def test_tuned_copies(tmp_path, monkeypatch):
    monkeypatch.setattr(rounded, "FOLDER", tmp_path)
    key = Key("inter", "rhythm_cnn", "dense", "none", "none", "none", "none", 0.0, 0)
    network = models.build("rhythm_cnn").eval()
    rounded.save(key, network, "made from this")
    data = rounded.path_of(key).read_bytes()

    def read():
        if (there := rounded.load(key, "made from this")) is not None:
            for name, weight in there.state_dict().items():
                assert torch.equal(weight, network.state_dict()[name])

    def damage(draw):
        rounded.path_of(key).write_bytes(damaged_bytes(data, draw))

    read()
    tried(40, damage, read, rounded.RoundedError, rounded.path_of(key).name)


@pytest.mark.parametrize("kind", ["a folder", "a refusal"])
def test_what_cannot_be_read_is_named_too(tmp_path, monkeypatch, cells, kind):
    """As root no file is unreadable: a folder in its place, and an error as the system gives it."""
    cell = cells["dense"]
    names = {"result.json": lambda p: runs.load(p), "a.npz": lambda p: arrays.load(p)}
    names |= {"w.safetensors": lambda p: models.read_weights(p), "m.safetensors": masks.load}
    names |= {f"{cell.name}.json": lambda _: store.load(cell)}
    monkeypatch.setattr(store, "FOLDER", tmp_path)
    for name in names:
        (tmp_path / name).mkdir()
    if kind == "a refusal":
        for name in names:
            shutil.rmtree(tmp_path / name)
            (tmp_path / name).touch()

        def refuse(*_, **__):
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr("pathlib.Path.read_bytes", refuse)
        monkeypatch.setattr(arrays, "ZipFile", refuse)
        monkeypatch.setattr(models, "load_file", refuse)
        monkeypatch.setattr(masks, "load_file", refuse)
    for name, read in names.items():
        with pytest.raises((ValueError, SweepError), match=rf"{name}(.|\n)*(Permission|Is a|os e)"):
            read(tmp_path / name)
