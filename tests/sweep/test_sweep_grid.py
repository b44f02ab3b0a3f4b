"""The grid in params.yaml becomes cells; what cannot be run is refused before anything runs."""

import pytest

from ecglib.settings import config
from ecglib.settings.schedules import Stage
from ecglib.settings.words import ConfigError
from ecglib.sweep import fingerprint, grid

ENTRY = {"notebook": "04_multistage_prune", "target_sparsity": 0.9}

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
    assert {cell.notebook for cell in found if cell.is_dense} == {"02_baseline"}
    assert not any({"into", "progress"} & cell.parameters.keys() for cell in found)


def test_a_dense_cell_that_is_listed_stands_once():
    found = cells({"notebook": "02_baseline", "split": ["intra", "inter"]}, ENTRY, seeds=[3])
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
        ({"notebook": "05_pruning"}, "`notebook` is to be one of 02_baseline"),
        ({"target_sparsity": 0.9}, "`notebook` is to be one of"),
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


def parts_of(method, **changed):
    (cell,) = [c for c in cells(ENTRY | {"method": method} | changed, seeds=[0]) if not c.is_dense]
    return fingerprint.parts(cell, config.load())


def test_a_fingerprint_holds_what_its_method_uses_and_no_other(monkeypatch, tmp_path):
    """A new method, another rival or another model must leave hours of finished cells finished."""
    monkeypatch.setattr(fingerprint, "_of_beats", lambda path: "")
    plain = parts_of("multistage")
    assert {"ecglib/pruning/prune.py", "ecglib/classifier.py", "ecglib/trials.py"} <= plain.keys()
    assert not any("rivals/torch" in name or "kachuee" in name for name in plain)
    assert "ecglib/device/cost.py" not in plain
    assert "ecglib/device/cost.py" in parts_of("multistage", budget="macs")
    for criterion in ("magnitude_per_mac", "magnitude_half_per_mac"):
        assert "ecglib/device/cost.py" in parts_of("multistage", criterion=criterion)
    assert "ecglib/rivals/torch_prune.py" in parts_of("torch_prune")
    rhythm = parts_of("multistage", model="rhythm_cnn", split="inter")
    assert {"ecglib/data/patient.py", "ecglib/data/nstdb.sha256"} <= rhythm.keys() - plain.keys()
    for file, old, new, stale in (
        ("METHODS", "def dense_longer(trial: Trial)", "def dense_longer(trial, x=1)", False),
        ("METHODS", "def multistage(trial: Trial)", "def multistage(trial, x=1)", True),
        ("PRUNE", "def lamp(scores: Scores,", "def lamp(scores,", False),
        ("PRUNE", "def by_score(scores: Scores,", "def by_score(scores,", True),
        ("PRUNE", "budget = int(price.sum())", "budget = 1 + int(price.sum())", True),
        ("SCORES", "def random(", "def random(x, ", False),
        ("SCORES", "def magnitude(", "def magnitude(x, ", True),
    ):
        source = getattr(fingerprint, file).read_text()
        assert old in source
        with monkeypatch.context() as patch:
            patch.setattr(fingerprint, file, changed := tmp_path / "changed.py")
            changed.write_text(source)
            before = parts_of("lottery_ticket")
            changed.write_text(source.replace(old, new))
            assert (parts_of("lottery_ticket") != before) == stale, new


@pytest.mark.parametrize(
    ("old", "stale"), [("def f1_per_class(", True), ("def accuracy_ovr(", False)]
)
def test_of_the_metrics_only_those_count_by_which_a_method_chooses(
    monkeypatch, tmp_path, old, stale
):
    monkeypatch.setattr(fingerprint, "_of_beats", lambda path: "")
    assert "ecglib/metrics.py" not in parts_of("multistage")
    source = fingerprint.METRICS.read_text()
    monkeypatch.setattr(fingerprint, "METRICS", changed := tmp_path / "changed.py")
    changed.write_text(source)
    before = parts_of("layerwise_by_sensitivity")
    assert "ecglib/metrics.py" in before and source.count(old) == 1
    changed.write_text(source.replace(old, f"{old}first, "))
    assert (parts_of("layerwise_by_sensitivity") != before) == stale


def test_a_cell_that_removes_filters_depends_on_what_removes_them(monkeypatch):
    monkeypatch.setattr(fingerprint, "_of_beats", lambda path: "")
    entry = {"notebook": "07_filter_prune", "target_sparsity": 0.6, "seed": 0}

    def parts(method):
        (cell,) = [c for c in cells(entry | {"method": method}, seeds=[0]) if not c.is_dense]
        return fingerprint.parts(cell, config.load())

    found = parts("aofp")
    assert {"ecglib/pruning/filters/aofp.py", "ecglib/filter_methods.py"} <= found.keys()
    assert "ecglib/methods.py" not in found
    assert "ecglib/rivals/torch_pruning_channels.py" in parts("dependency_graph")
    assert "ecglib/rivals/torch_pruning_channels.py" not in found
    assert not any("filters" in name or "filter_methods" in name for name in parts_of("multistage"))


@pytest.mark.parametrize(
    ("method", "matters"),
    [
        ("aofp", False),
        ("l1_filter", False),
        ("aofp_in_blocks", True),
        ("l1_filter_in_blocks", True),
    ],
)
def test_the_size_of_blocks_matters_to_the_methods_that_fill_them(method, matters):
    entry = {"notebook": "07_filter_prune", "target_sparsity": 0.6, "method": method}
    (cell,) = [cell for cell in cells(entry, seeds=[0]) if not cell.is_dense]
    whole = config.load()
    changed = whole.filter_prune.model_copy(update={"block": 2 * whole.filter_prune.block})
    changed = whole.model_copy(update={"filter_prune": changed})
    used, then = (fingerprint.settings_used(cell, settings) for settings in (whole, changed))
    assert (used != then) == matters


def test_a_models_own_learning_rate_is_no_matter_of_the_others():
    found, seen = cells(ENTRY | {"model": ["acharya2017", "kachuee2018"]}, seeds=[0]), {}
    whole = config.load()
    for rate in (0.5, 0.6):
        intra = whole.training["intra"].model_copy(
            update={"learning_rate_of": {"kachuee2018": rate}}
        )
        settings = whole.model_copy(update={"training": whole.training | {"intra": intra}})
        for cell in found:
            used = fingerprint.settings_used(cell, settings)
            seen.setdefault(cell.parameters["model"], []).append(used["training"])
    assert all(used == seen["acharya2017"][0] for used in seen["acharya2017"])
    assert {used["learning_rate"] for used in seen["kachuee2018"]} == {0.5, 0.6}
