"""Which networks are taken to the device, shown and flashed."""

from pathlib import Path

import pandas as pd

from ecglib.deployment import choice
from ecglib.methods import catalogue  # noqa: F401  (names of methods)
from ecglib.results.runs import Key, dense_key
from ecglib.settings.config import settings

STUDY = settings().study


def key(method="multistage", target=0.6, model=STUDY.model, split=STUDY.split, **fields) -> Key:
    of = {"criterion": "magnitude", "schedule": "eight_stages", "allocation": "global"}
    of |= {"budget": "weights", "seed": 0} | fields
    return Key(split=split, model=model, method=method, target_sparsity=target, **of)


def files(*keys: Key) -> dict[Key, Path]:
    return {key: Path(key.name) for key in keys}


def test_the_study_stands_in_only_for_models_that_the_sweep_keeps_nothing_of():
    dense = dense_key(STUDY.split, STUDY.model, 0)
    own = files(key(), key("no_finetune"), key(seed=1))
    assert list(choice.networks(own, {})) == [key(), key(seed=1)]
    assert list(choice.networks(own, files(dense))) == [dense]
    other = dense_key(STUDY.split, "other", 0)
    assert set(choice.networks(own, files(other))) == {key(), key(seed=1), other}


def test_networks_off_the_targets_or_for_other_kernels_are_left_out():
    swept = files(key(target=0.61), key("aofp_in_blocks"), key(target=0.9))
    assert list(choice.networks({}, swept)) == [key(target=0.9)]


def test_the_studys_split_and_model_come_first_and_dense_networks_before_pruned_ones():
    last = key(split="elsewhere")
    dense, other = dense_key(STUDY.split, STUDY.model, 0), key(model="another")
    found = choice.networks({}, files(last, other, key(), dense))
    assert list(found) == [dense, key(), other, last]


def test_layers_are_shown_of_one_seed_and_a_few_plain_networks():
    dense = dense_key(STUDY.split, STUDY.model, 0)
    taken = [dense, key(), key(target=0.8), key(seed=1), key(budget="macs"), key("one_shot")]
    taken += [key(criterion="gradient"), key(target=0.9, allocation="pairs")]
    words = list(choice.shown_by_layer(taken, seed=0).values())
    assert words == ["dense", "single weights, 60%", "in pairs, 90%"]


def test_the_cheapest_at_each_target_and_the_cheapest_of_all_are_flashed_once():
    small = key("aofp", 0.8, budget="macs")
    device = pd.DataFrame(
        [
            key()._asdict() | {"series": "multistage", "cycles_p2": 9.0},
            key(allocation="pairs")._asdict() | {"series": "in pairs", "cycles_p2": 5.0},
            key(target=0.9)._asdict() | {"series": "multistage", "cycles_p2": 3.0},
            small._asdict() | {"series": "AOFP", "cycles_p2": 1.0},
        ]
    )
    fields = ["split", "model", "series", "budget", "target_sparsity"]
    found = choice.to_flash(device, device[fields].tail(1))
    assert found == [key(allocation="pairs"), key(target=0.9), small]
    assert choice.to_flash(device, device[fields][2:3]) == found[:2]
    assert choice.to_flash(device, device[fields][:0]) == found[:2]


def test_a_folder_is_named_by_what_is_not_plain():
    assert choice.folder_name(key()) == f"{STUDY.model}-global-60"
    pairs = key(target=0.9, allocation="pairs", criterion="magnitude_per_mac", budget="macs")
    assert choice.folder_name(pairs) == f"{STUDY.model}-pairs-magnitude_per_mac-macs-90"
    assert choice.folder_name(key("aofp", 0.8, budget="macs")) == f"{STUDY.model}-aofp-80"
