"""What was found is not found again, unless something changed that it depends on."""

import math

import numpy as np
import pytest

from ecglib.deployment import memory, rounded
from ecglib.results.runs import Key
from ecglib.settings.config import settings

KEY = Key("intra", "acharya2017", "multistage", "magnitude", "s", "global", "weights", 0.6, 0)


@pytest.fixture(autouse=True)
def as_in_a_new_process():
    yield memory._of_everything_else.cache_clear()
    memory._of_everything_else.cache_clear()


@pytest.fixture
def recall(tmp_path, monkeypatch):
    """recall(): what is recalled of a network at tmp_path / "network"; recall.found: how often."""
    monkeypatch.setattr(memory, "FOLDER", tmp_path / "memory")
    monkeypatch.setattr(rounded, "FOLDER", tmp_path / "rounded")
    monkeypatch.setattr(memory, "path_of", lambda window: tmp_path / "beats")
    (tmp_path / "network").write_bytes(b"weights")

    def find(key, network):
        recalled.found += 1
        return {"f1": np.float64(0.1) + 0.2, "bytes": np.int64(7)}, [{"cycles": math.pi}]

    def recalled():
        return memory.recall(KEY, tmp_path / "network", find)

    recalled.found = 0
    return recalled


def test_the_second_time_nothing_is_computed_and_every_digit_is_there(recall):
    first = recall()
    assert first == recall() == [{"f1": 0.1 + 0.2, "bytes": 7}, [{"cycles": math.pi}]]
    assert recall.found == 1


@pytest.mark.parametrize("name", ["network", "rounded", "emulated_beats", "training", "compiler"])
def test_it_is_found_anew_where_something_changed(
    recall, tmp_path, monkeypatch, use_settings, name
):
    recall()
    whole = settings()
    if name == "network":
        (tmp_path / name).write_bytes(b"others")
    elif name == "rounded":
        rounded.path_of(KEY).parent.mkdir()
        rounded.path_of(KEY).write_bytes(b"tuned")
    elif name == "compiler":
        memory._of_everything_else.cache_clear()
        monkeypatch.setattr(memory.compiler, "version", lambda command: "another gcc")
    else:
        chosen = whole.on_device_estimate.model_copy(update={"emulated_beats": 1})
        training = whole.training["intra"].model_copy(update={"weight_decay": 0.5})
        changed = {
            "emulated_beats": {"on_device_estimate": chosen},
            "training": {"training": whole.training | {"intra": training}},
        }[name]
        use_settings(whole.model_copy(update=changed))
    recall()
    assert recall.found == 2
    recall()
    assert recall.found == 2


def test_changed_code_counts_but_not_that_of_figures(recall, tmp_path, monkeypatch):
    for package in ("device", "plots"):
        (tmp_path / "code" / package).mkdir(parents=True)
        (tmp_path / "code" / package / "a.py").write_text("a = 1")
    monkeypatch.setattr(memory, "CODE", tmp_path / "code")
    recall()
    for package, times in (("plots", 1), ("device", 2)):
        (tmp_path / "code" / package / "a.py").write_text("a = 2")
        memory._of_everything_else.cache_clear()
        recall()
        assert recall.found == times


@pytest.mark.parametrize("damage", [b"", b"{", b"\xff", b"digest\n{}"])
def test_a_damaged_file_is_found_anew(recall, tmp_path, damage):
    first = recall()
    (file,) = (tmp_path / "memory").iterdir()
    whole = file.read_bytes()
    for broken in (damage, whole[:-1], whole.replace(b"7", b"8")):
        file.write_bytes(broken)
        assert recall() == first
        assert file.read_bytes() == whole
    assert recall.found == 4
