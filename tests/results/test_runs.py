"""Result files hold what was measured, and the table holds exactly the runs asked for."""

import json
from pathlib import Path

import numpy as np
import pytest

from ecglib import paths
from ecglib.data import arrays
from ecglib.results import filters, runs
from ecglib.results.runs import Key, Run, RunError, dense_key

# The columns of results.csv.
COLUMNS = (
    "split model method criterion schedule allocation budget target_sparsity sparsity seed epochs "
    "accuracy f1_macro accuracy_ovr f1_ovr accuracy_binary f1_binary f1_macro_validation "
    "se_N se_S se_V se_F se_Q ppv_N ppv_S ppv_V ppv_F ppv_Q "
    "learning_rate params params_nonzero macs macs_effective"
).split()

DENSE = dense_key("intra", "acharya2017", 0)
MULTISTAGE = Key(
    "intra", "acharya2017", "multistage", "magnitude", "eight_stages", "global", "weights", 0.6, 0
)
ONE_SHOT = MULTISTAGE._replace(method="one_shot")
NO_FINETUNE = MULTISTAGE._replace(method="no_finetune")
KEYS = [MULTISTAGE, DENSE, NO_FINETUNE, ONE_SHOT, MULTISTAGE._replace(seed=1)]


@pytest.fixture(autouse=True)
def repository(tmp_path, monkeypatch):
    """An empty repository to write into."""
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    monkeypatch.setattr(paths, "RESULTS", tmp_path / "reports" / "results")
    monkeypatch.setattr(paths, "MODELS", tmp_path / "models")
    monkeypatch.setattr(paths, "BUILD", tmp_path / "build")
    return tmp_path


def run_of(key, **measured) -> Run:
    """A result of this run; every measure that is not given has a value of its own."""
    names = [name for name in COLUMNS if name not in Key._fields]
    values = {name: round(0.5 + index / 100, 6) for index, name in enumerate(names)}
    values |= {"learning_rate": 0.01, "epochs": 12, "params": 19805, "params_nonzero": 8000}
    values |= {"macs": 95770, "macs_effective": 40000}
    return Run(**key._asdict(), **(values | measured))


def file_of(key, *, into="study") -> Path:
    return runs.results_folder(key.stage, into) / f"{key.name}.json"


# Names


def test_name_says_what_the_run_is():
    assert DENSE.name == "intra-acharya2017-dense-s0"
    assert MULTISTAGE.name == (
        "intra-acharya2017-multistage-magnitude-eight_stages-global-weights-0.6-s0"
    )


@pytest.mark.parametrize(
    "other",
    [
        {"split": "inter"},
        {"model": "kachuee2018"},
        {"method": "one_shot"},
        {"criterion": "random"},
        {"schedule": "two_stages"},
        {"allocation": "uniform"},
        {"target_sparsity": 0.605},
        {"seed": 10},
    ],
    ids=lambda other: next(iter(other)),
)
def test_runs_that_differ_in_anything_have_different_names(other):
    assert MULTISTAGE._replace(**other).name != MULTISTAGE.name


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.name)
def test_a_saved_run_is_found_by_its_key(key):
    path = runs.save(run_of(key), into="study")
    assert path == file_of(key)
    assert runs.load(path).key == key


def test_each_method_is_kept_by_the_stage_that_produces_it(repository):
    stages = [
        runs.save(run_of(key), into="study").parent for key in (DENSE, NO_FINETUNE, MULTISTAGE)
    ]
    names = ["baseline", "one_shot_prune", "multistage_prune"]
    assert stages == [repository / "reports" / "results" / name for name in names]


def test_runs_by_hand_stay_out_of_the_reports(repository):
    path = runs.save(run_of(DENSE), into="build")
    assert path.is_relative_to(repository / "build")
    assert not paths.RESULTS.exists()


# One result file


def test_saved_run_comes_back_equal():
    run = run_of(MULTISTAGE)
    assert runs.load(runs.save(run, into="study")) == run


def test_floats_are_rounded_to_six_digits():
    run = run_of(DENSE, accuracy=0.123456789, f1_macro=2 / 3)
    saved = json.loads(runs.save(run, into="study").read_text())
    assert (saved["accuracy"], saved["f1_macro"]) == (0.123457, 0.666667)
    assert (saved["epochs"], saved["params"]) == (12, 19805)


def test_file_has_the_columns_in_their_order():
    saved = json.loads(runs.save(run_of(DENSE), into="study").read_text())
    assert list(saved) == COLUMNS


def test_the_same_run_gives_the_same_bytes():
    first = runs.save(run_of(DENSE), into="study").read_bytes()
    assert runs.save(run_of(DENSE), into="study").read_bytes() == first


def test_interrupted_save_keeps_the_old_file_and_leaves_no_other(monkeypatch):
    path = runs.save(run_of(DENSE), into="study")
    before = path.read_bytes()

    def interrupted(self, text):
        self.write_bytes(text[:50].encode())
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "write_text", interrupted)
    with pytest.raises(KeyboardInterrupt):
        runs.save(run_of(DENSE, accuracy=0.1), into="study")
    assert list(path.parent.iterdir()) == [path]
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (lambda text: text[:100], "Invalid JSON"),
        (lambda text: "", "Invalid JSON"),
        (lambda text: text.replace('"accuracy":', '"acuracy":'), "acuracy"),
        (lambda text: text.replace('"epochs": 12', '"epochs": "many"'), "epochs"),
        (lambda text: text.replace('"epochs": 12', '"epochs": 12, "epochs": 13'), "stands twice"),
        (lambda text: text.replace('"epochs": 12', '"epochs": [12]'), "epochs"),
        (lambda text: text.replace('"epochs": 12', f'"epochs": 1{"0" * 40}'), "too large"),
        (lambda text: text.replace('"accuracy": 0', '"accuracy": 97'), "accuracy"),
        (lambda text: text.replace('"accuracy": 0.52', '"accuracy": NaN'), "not finite"),
        (lambda text: f"[{text}]", "valid dictionary"),
    ],
    ids=["truncated", "empty", "other key", "wrong type"]
    + ["a key twice", "a list", "a huge number", "no fraction", "not a number", "no dict"],
)
def test_damaged_file_is_named_with_its_problem(damage, problem):
    path = runs.save(run_of(DENSE), into="study")
    path.write_text(damage(path.read_text()))
    with pytest.raises(RunError, match=rf"(?s){DENSE.name}.json is no result record.*{problem}"):
        runs.load(path)
    with pytest.raises(RunError, match=f"{DENSE.name}.json is no result record"):
        runs.collect([DENSE], into="study")


def test_what_is_known_of_filters_is_checked_too():
    key = MULTISTAGE._replace(method="aofp", budget="macs")
    whole = {
        "widths": {"features.0": 3},
        "scores": {"features.0": [0.1, 0.2]},
        "returned": [["a", 0]],
    }
    filters.save_filters(key, whole, into="study")
    assert filters.load_filters(key, into="study") == whole
    filters.save_filters(key, {"widths": {}, "scores": {"a": [0.5, float("inf")]}}, into="study")
    assert filters.load_filters(key, into="study")["scores"] == {"a": [0.5, None]}
    path = filters.filters_path(key, into="study")
    for text in ("{", "[]", '{"widths": {"a": 1.5}}', '{"widths": {}, "search": []}'):
        path.write_text(text)
        with pytest.raises(RunError, match=f"no filters of {key.name} in {path}: delete it"):
            filters.load_filters(key, into="study")


@pytest.mark.parametrize(
    ("changed", "to"),
    [
        ("predicted", np.array([0, 5, 2], np.uint8)),
        ("label", np.array([0, 255, 2], np.uint8)),
        ("label", np.array([0, 1], np.uint8)),
        ("label", np.array([[0, 1, 2]], np.uint8)),
        ("label", np.array([0.0, 1.0, 2.0])),
        ("record", np.array([100, 101, 102])),
    ],
)
def test_predictions_of_no_class_or_of_another_number_are_refused(changed, to):
    classes = np.array([0, 1, 2], np.uint8)
    whole = {"predicted": classes, "label": classes, "record": np.array(["100", "100", "101"])}
    path = runs.models_folder(DENSE.stage, "study") / f"{DENSE.name}.npz"
    arrays.save(path, **whole | {changed: to})
    with pytest.raises(RunError, match=f"no predictions of {DENSE.name}: .* delete it and run"):
        runs.load_predictions(DENSE, into="study")


# All results


def test_hidden_files_of_others_are_no_results():
    runs.save(run_of(DENSE), into="study")
    folder = file_of(DENSE).parent
    for name in (f".{DENSE.name}.json", ".ipynb_checkpoints/x.json", ".DS_Store"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("of others")
    assert len(runs.collect([DENSE], into="study")) == 1


@pytest.mark.parametrize("into", ["study", "build", "build/sweep/one"])
def test_table_has_one_row_per_run_in_the_order_asked_for(into):
    for accuracy, key in enumerate(KEYS):
        runs.save(run_of(key, accuracy=accuracy / 10), into=into)
    for order in (KEYS, KEYS[::-1]):
        table = runs.collect(order, into=into)
        assert list(table.columns) == COLUMNS
        assert table[list(Key._fields)].apply(tuple, axis="columns").tolist() == order
        assert table["accuracy"].tolist() == [KEYS.index(key) / 10 for key in order]


def test_missing_results_are_named():
    runs.save(run_of(DENSE), into="study")
    with pytest.raises(RunError, match="missing, run `make repro`: .*") as raised:
        runs.collect([DENSE, MULTISTAGE, ONE_SHOT], into="study")
    for key in (MULTISTAGE, ONE_SHOT):
        assert f"reports/results/{key.stage}/{key.name}.json" in str(raised.value)
    assert DENSE.name not in str(raised.value)


def test_many_missing_results_are_counted():
    keys = [dense_key("intra", "acharya2017", seed) for seed in range(8)]
    with pytest.raises(RunError, match=r"-s4\.json and 3 more$"):
        runs.collect(keys, into="study")


@pytest.mark.parametrize("stray", [DENSE._replace(seed=7), ONE_SHOT], ids=["same stage", "other"])
def test_results_that_nobody_asked_for_are_named(stray):
    for key in (DENSE, stray):
        runs.save(run_of(key), into="study")
    with pytest.raises(RunError, match=f"does not ask for, delete them: .*{stray.name}.json$"):
        runs.collect([DENSE], into="study")


def test_runs_by_hand_do_not_disturb_the_study():
    runs.save(run_of(DENSE), into="study")
    runs.save(run_of(DENSE._replace(seed=7)), into="build")
    assert runs.collect([DENSE], into="study")["seed"].tolist() == [0]


# Predictions


def test_predictions_come_back_equal(repository):
    predicted, label = np.array([0, 4, 2]), np.array([0, 4, 1])
    record = np.array(["100", "100", "234"])
    runs.save_predictions(MULTISTAGE, predicted, label, record, into="study")
    loaded = runs.load_predictions(MULTISTAGE, into="study")
    assert {name: values.tolist() for name, values in loaded.items()} == {
        "predicted": [0, 4, 2],
        "label": [0, 4, 1],
        "record": ["100", "100", "234"],
    }
    files = [path.name for path in (repository / "models" / "multistage_prune").iterdir()]
    assert files == [f"{MULTISTAGE.name}.npz"]


def test_missing_predictions_say_what_to_run():
    with pytest.raises(RunError, match=rf"no predictions of .*{DENSE.name}.npz: run `make repro`"):
        runs.load_predictions(DENSE, into="study")
