"""The grid in params.yaml becomes cells; what cannot be run is refused before anything runs."""

import pytest

from ecglib.settings.schedules import Stage
from ecglib.settings.words import ConfigError
from ecglib.sweep import grid

ENTRY = {"stage": "multistage_prune", "target_sparsity": 0.9}

SCHEDULES = dict.fromkeys(["eight_stages", "two_stages"], [Stage(0.6, 1), Stage(0.95, 1)])


def cells(*entries, seeds=(0, 1)):
    return grid.cells(entries, list(seeds), SCHEDULES)


def test_an_entry_is_the_product_of_its_lists_with_the_dense_cells_first():
    found = cells(ENTRY | {"criterion": ["magnitude", "random"], "target_sparsity": [0.6, 0.9]})
    assert [cell.name for cell in found] == [
        "intra-acharya2017-dense-s0",
        "intra-acharya2017-dense-s1",
        *(
            f"intra-acharya2017-multistage-{criterion}-global-weights-eight_stages-{target}-s{seed}"
            for seed in (0, 1)
            for target in (0.6, 0.9)
            for criterion in ("magnitude", "random")
        ),
    ]
    assert {cell.stage for cell in found if cell.is_dense} == {"baseline"}
    assert not any({"into", "progress"} & cell.parameters.keys() for cell in found)


def test_a_dense_cell_that_is_listed_stands_once():
    found = cells({"stage": "baseline", "split": ["intra", "inter"]}, ENTRY, seeds=[3])
    assert [cell.name for cell in found if cell.is_dense] == [
        "intra-acharya2017-dense-s3",
        "inter-acharya2017-dense-s3",
    ]
    assert found[-1].dense == found[0]


def test_an_entry_may_have_seeds_of_its_own():
    assert [
        cell.parameters["seed"] for cell in cells(ENTRY | {"seed": 7}) if not cell.is_dense
    ] == [7]


def test_an_entry_may_keep_the_networks_of_some_seeds():
    found = cells(ENTRY | {"keep_weights": [1]})
    assert [cell.name[-2:] for cell in found if cell.keeps_weights] == ["s1"]


def test_a_dense_network_is_extended_if_all_that_start_from_it_are():
    further = ENTRY | {"target_sparsity": 0.6, "extended": True, "seed": [0, 1]}
    found = {cell.name: cell.extended for cell in cells(ENTRY | {"seed": 0}, further)}
    assert {name[-8:]: extended for name, extended in found.items() if "dense" in name} == {
        "dense-s0": False,
        "dense-s1": True,
    }
    assert sum(found.values()) == 3


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (ENTRY | {"criterium": "random"}, "unknown criterium"),
        (ENTRY | {"into": "study"}, "unknown into"),
        ({"stage": "pruning"}, "`stage` is to be one of baseline"),
        ({"target_sparsity": 0.9}, "`stage` is to be one of"),
        (ENTRY | {"target_sparsity": 1.5}, "target_sparsity: .*less than 1"),
        (ENTRY | {"target_sparsity": "0.9"}, "target_sparsity: .*number"),
        (ENTRY | {"criterion": []}, "no value for criterion"),
        (ENTRY | {"schedule": "nine_stages"}, "unknown schedule 'nine_stages'"),
        (ENTRY | {"target_sparsity": 0.97}, "0.97 is outside .0, 0.95., the schedule's range"),
        (ENTRY | {"method": "torch_prune", "allocation": "lamp"}, "takes no allocation .lamp."),
        (ENTRY | {"target_sparsity": [0.9, 0.6, 0.9]}, "asks again for .*-0.9-s0"),
        (ENTRY | {"keep_weights": [7]}, "`keep_weights` is to list some of its seeds .0, 1."),
        (ENTRY | {"extended": 1}, "`extended` is to be true or false"),
        (ENTRY | {"keep_weights": True}, "`keep_weights` is to list some of its seeds"),
        (ENTRY | {"keep_weights": [[0]]}, "`keep_weights` is to list some of its seeds"),
        (ENTRY | {"keep_weights": [True]}, "`keep_weights` is to list some of its seeds"),
        (ENTRY | {"keep_weights": [{"a": 0}]}, "`keep_weights` is to list some of its seeds"),
        (ENTRY | {"keep_weights": {"a": 0}}, "`keep_weights` is to list some of its seeds"),
        (ENTRY | {"seed": {"a": 1}}, "seed: .*valid integer"),
        (ENTRY | {"seed": [[0]]}, "seed: .*valid integer"),
        (ENTRY | {"seed": {"a": 1}, "keep_weights": [0]}, "`keep_weights` is to list some of"),
        (ENTRY | {"seed": True}, "seed: .*valid integer"),
        (ENTRY | {"model": {"a": 1}}, "model: .*valid string"),
        (ENTRY | {"model": [["acharya2017"]]}, "model: .*valid string"),
        (ENTRY | {"schedule": [["eight_stages"]]}, "schedule: .*valid string"),
        (ENTRY | {"target_sparsity": [[0.9]]}, "target_sparsity: .*valid number"),
        (ENTRY | {"target_sparsity": [float("nan")]}, "target_sparsity: .*finite"),
        (ENTRY | {"extended": [True]}, "`extended` is to be true or false"),
        ({"stage": ["multistage_prune"]}, "`stage` is to be one of baseline"),
        ({"stage": {"a": 1}}, "`stage` is to be one of baseline"),
        (ENTRY, "asks again for .*-0.9-s0, as does .*cells.0."),
    ],
)
def test_an_entry_that_cannot_be_run_is_named(entry, said):
    with pytest.raises(ConfigError, match=f"(?s)sweep.cells.[01].*{said}"):
        cells(ENTRY, entry) if entry == ENTRY else cells(entry)


def test_the_studys_own_grid_is_sound():
    names = [cell.name for cell in grid.load()]
    assert names and len(set(names)) == len(names)
    assert not any(set(name) & set("/\\ :") for name in names)
