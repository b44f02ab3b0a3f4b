"""A cell depends on what its method, criterion, allocation, model and split reach, and no more."""

import ast

import pytest

from ecglib import paths
from ecglib.settings import config
from ecglib.settings.registry import CRITERIA, METHODS
from ecglib.sweep import digests, fingerprint, grid, modules, reach
from ecglib.sweep.errors import SweepError

ENTRY = {"stage": "multistage_prune", "target_sparsity": 0.6}
SETTINGS = config.load()
SCHEDULES = {"eight_stages": SETTINGS.stages("eight_stages")}
# What every fit reads; these count for all cells, whatever their method says of settings.
SHARED = ("training", "baseline", "stages", "data.windows")


@pytest.fixture(autouse=True)
def no_beats(monkeypatch):
    monkeypatch.setattr(fingerprint, "_of_beats", lambda path: "")


def cell_of(method: str = "multistage", **changed) -> grid.Cell:
    """A cell; the dense one it starts from where the method is `dense`."""
    if method != "dense":
        changed |= {"method": method, "stage": METHODS[method].stage}
    found = grid.cells([ENTRY | changed], [0], SCHEDULES)
    (cell,) = [cell for cell in found if cell.is_dense == (method == "dense")]
    return cell


def parts_of(method: str = "multistage", **changed) -> dict[str, str]:
    return fingerprint.parts(cell_of(method, **changed), SETTINGS)


def names_of(method: str = "multistage", **changed) -> set[str]:
    return {name for _, name in fingerprint.code(cell_of(method, **changed), SETTINGS)}


@pytest.mark.parametrize(
    ("method", "file", "old", "new", "stale"),
    [
        ("multistage", "methods/multistage", "def dense_longer(trial", "def dense_longer(x", False),
        ("multistage", "methods/multistage", '@method("multistage", ', '@method("other", ', False),
        ("lottery_ticket", "methods/multistage", "def multistage(trial", "def multistage(x", True),
        ("multistage", "methods/one_shot", "yield max(", "yield min(", False),
        ("one_shot_tuned", "methods/one_shot", "yield max(", "yield min(", True),
        ("multistage", "pruning/prune", "squared = score.double()", "squared = score", False),
        ("multistage", "pruning/prune", "budget = int(", "budget = 1 + int(", True),
        ("aofp", "pruning/prune", "budget = int(", "budget = 1 + int(", False),
        ("multistage", "pruning/scores", "torch.rand(", "torch.randn(", False),
        ("multistage", "pruning/scores", "weight.detach().abs()", "weight.detach()", True),
        ("multistage", "training/metrics", "_ratio(2 * _true", "(2 * _true", False),
        (
            "one_shot_tuned",
            "training/metrics",
            "return _ratio(2 * _true",
            "return (2 * _true",
            True,
        ),
        ("multistage", "models/kachuee2018", "def forward(", "def forwards(", False),
        ("multistage", "device/cost", "each = layers", "each = 2 * layers", False),
        ("multistage", "data/splits", "name = beats.record_names", "name = beats.record", False),
        ("multistage", "data/splits", "random_state=seed,\n", "random_state=1,\n", True),
        ("multistage", "data/patient", "windows - _templates(", "windows + _templates(", False),
        ("dense", "pruning/prune", "budget = int(", "budget = 1 + int(", False),
        ("dense", "methods/dense", "Snapshot(baseline.rewind_epoch)", "Snapshot(1)", True),
        ("dense", "models/__init__", "MODELS[name](**sizes)", "MODELS[name](width=0.5)", True),
        ("dense", "data/splits", "from sklearn.model_selection", "from elsewhere", True),
        (
            "multistage",
            "training/classifier",
            "from torch.nn import f",
            "from torch import f",
            True,
        ),
        ("aofp", "pruning/filters/aofp", "import torch", "import torch\n\nEXTRA = 1", False),
    ],
)
def test_a_change_makes_those_cells_stale_that_reach_it(monkeypatch, method, file, old, new, stale):
    before = parts_of(method)
    path = f"ecglib/{file}.py"
    source = (paths.ROOT / path).read_text()
    assert old in source
    changed = modules.Module(path, ast.parse(source.replace(old, new, 1)))
    real = modules.module_of
    monkeypatch.setattr(reach, "module_of", lambda file: changed if file == path else real(file))
    assert (parts_of(method) != before) == stale


@pytest.mark.parametrize("stage", grid.STAGES)
def test_the_cells_of_a_notebook_that_train_and_record_count(monkeypatch, stage):
    before, cells = digests.of_training(stage), grid.code_cells(stage)
    (training,) = [source for _, source in cells if "load_data(run)" in source]
    for new, same in (("# A comment.\n" + training, True), (training + "\nextra = 1", False)):
        changed = [(tags, new if source == training else source) for tags, source in cells]
        monkeypatch.setattr(digests, "code_cells", lambda stage, changed=changed: changed)
        assert (digests.of_training(stage) == before) == same
    monkeypatch.setattr(digests, "code_cells", lambda stage: [([], "print(1)")])
    with pytest.raises(SweepError, match=f"no cell of the notebook of {stage} uses any of "):
        digests.of_training(stage)


def test_what_cannot_be_read_is_refused_and_not_left_out():
    with pytest.raises(SweepError, match="make.<locals>.f is no definition at the top of"):
        reach.reached([("ecglib/methods/filters.py", "make.<locals>.f")], unseen=())


@pytest.mark.parametrize("method", [m for m in METHODS if not METHODS[m].takes and m != "dense"])
def test_a_method_that_takes_no_criterion_does_not_prune_by_one(method):
    """Or its code would have to count: see FOR_MASKS."""
    reached = fingerprint.code(cell_of(method), SETTINGS) - {("ecglib/methods/trial.py", "Trial")}
    for file, name in reached:
        text = "".join(ast.unparse(node) for node in modules.module_of(file).stripped(name))
        assert "trial.prune_to" not in text, name


def test_documentation_and_annotations_leave_cells_finished(monkeypatch):
    path = "ecglib/pruning/masks.py"
    source = (paths.ROOT / path).read_text()
    told = source.replace('"""Set the removed', '"""Put the removed').replace(" -> Masks:", ":")
    assert told != source
    before, changed, real = parts_of(), modules.Module(path, ast.parse(told)), modules.module_of
    monkeypatch.setattr(reach, "module_of", lambda file: changed if file == path else real(file))
    assert parts_of() == before


def test_multiplications_count_where_something_is_priced_by_them():
    assert "macs_per_weight" not in names_of()
    assert "macs_per_weight" in names_of(budget="macs")
    for criterion in ("magnitude_per_mac", "magnitude_half_per_mac"):
        assert "macs_per_weight" in names_of(criterion=criterion)
    assert "total_costs" in names_of("small_dense") and "total_costs" in names_of("aofp")


def test_features_and_augmentation_count_where_a_model_and_a_split_have_them():
    patients, beats = names_of(model="rhythm_cnn", split="inter"), names_of()
    of_patients = {"rhythm_features", "deviations", "augmented", "read_noise", "inter"}
    assert of_patients <= patients and not of_patients & beats
    assert "recorded noise" in parts_of(model="rhythm_cnn", split="inter")
    assert "recorded noise" not in parts_of()


def test_a_search_for_filters_counts_for_those_that_search():
    assert "SearchFilters" in names_of("aofp") and "SearchFilters" not in names_of("l1_filter")
    assert "oracle" in names_of("oracle_filter") and "taylor" not in names_of("oracle_filter")
    rival = "ecglib/methods/rivals/torch_pruning_channels.py"
    assert rival in parts_of("dependency_graph") and rival not in parts_of("aofp")


@pytest.mark.parametrize("method", METHODS)
def test_every_setting_that_a_methods_code_reads_is_in_its_entry(method):
    criteria = CRITERIA if "criterion" in METHODS[method].takes else ()
    for chosen in [{"criterion": name} for name in criteria] or [{}]:
        cell = cell_of(method, **chosen)
        declared = {p for one in fingerprint.choices(cell, SETTINGS) for p in one.settings}
        # A trial reads them for its criteria, of which only `gradient` uses them.
        declared.add("scoring_beats")
        for file, name in fingerprint.code(cell, SETTINGS):
            for node in modules.module_of(file).stripped(name):
                for read in settings_read(node):
                    assert read.startswith((*declared, *SHARED)), f"{name} reads {read}"


def settings_read(tree: ast.AST) -> set[str]:
    """The places in params.yaml that `settings().a.b` names."""
    chains = {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    found = {
        chain.removeprefix("settings().") for chain in chains if chain.startswith("settings().")
    }
    return {chain for chain in found if not any(o.startswith(f"{chain}.") for o in found)}


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
    block = SETTINGS.filter_prune.model_copy(update={"block": 2 * SETTINGS.filter_prune.block})
    changed = SETTINGS.model_copy(update={"filter_prune": block})
    cell = cell_of(method)
    used, then = (fingerprint.settings_used(cell, of) for of in (SETTINGS, changed))
    assert (used != then) == matters


def test_a_models_own_learning_rate_is_no_matter_of_the_others():
    seen = {"acharya2017": [], "kachuee2018": []}
    for rate in (0.5, 0.6):
        intra = SETTINGS.training["intra"].model_copy(
            update={"learning_rate_of": {"kachuee2018": rate}}
        )
        changed = SETTINGS.model_copy(update={"training": SETTINGS.training | {"intra": intra}})
        for model, used in seen.items():
            cell = cell_of(model=model)
            used.append(fingerprint.settings_used(cell, changed)["training"]["learning_rate"])
    assert len(set(seen["acharya2017"])) == 1 and seen["kachuee2018"] == [0.5, 0.6]
