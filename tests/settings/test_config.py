"""Settings are checked when they are read; an error names the file, the key and the problem."""

import copy

import pytest
import yaml
from pydantic import ValidationError

from ecglib import models, paths
from ecglib.settings import config, yaml_file
from ecglib.settings.config import ConfigError, load
from ecglib.settings.parameters import BaselineRun, DataRun, MultistageRun
from ecglib.settings.parameters import read as read_parameters
from ecglib.settings.registry import METHODS, Registry
from ecglib.settings.words import Count, Section
from ecglib.sweep import __main__ as command

# The sections of the main study; a further system checks its own.
SHIPPED = {
    name: section
    for name, section in yaml.safe_load(paths.PARAMS.read_text()).items()
    if name in config.Settings.model_fields
}


@pytest.fixture
def load_changed(tmp_path):
    """A function that loads params.yaml with one key, given by its dotted name, set to a value."""

    def load_with(key, text):
        changed = copy.deepcopy(SHIPPED)
        *sections, last = key.split(".")
        section = changed
        for name in sections:
            section = section[name]
        section[last] = yaml.safe_load(text)  # what a user would write after the colon
        path = tmp_path / "params.yaml"
        path.write_text(yaml.safe_dump(changed))
        return load(path)

    return load_with


# params.yaml


def test_shipped_settings_load():
    assert load().model_dump() == SHIPPED


def test_a_word_is_checked_where_its_kind_is_loaded_and_else_waits_for_the_check():
    empty, full = Registry("kind"), Registry("kind")
    full.register("Label")(len)
    assert empty.word("anything") == "anything" and full.word("len") == "len"
    with pytest.raises(ValueError, match="unknown kind 'anything'; one of len"):
        full.word("anything")


def test_a_name_is_registered_once():
    registry = Registry("kind")
    registry.register("Label")(len)
    with pytest.raises(ValueError, match="kind 'len' is registered twice"):
        registry.register("Other label")(len)


def test_every_method_belongs_to_a_stage_of_the_pipeline():
    stages = yaml.safe_load((paths.ROOT / "dvc.yaml").read_text())["stages"]
    assert {method.stage for method in METHODS.values()} <= stages.keys()
    assert all(method.label and method.family for method in METHODS.values())


def test_a_section_of_another_stage_is_left_to_its_system(tmp_path, monkeypatch):
    class Further(Section):
        epochs: Count

    monkeypatch.setattr(paths, "ROOT", tmp_path)
    (tmp_path / "dvc.yaml").write_text("stages: {data: {}, further: {}}")
    path = tmp_path / "params.yaml"
    path.write_text(yaml.safe_dump(SHIPPED | {"further": {"epochs": 3}}))
    assert load(path).model_dump() == SHIPPED
    assert config.section("further", Further, path).epochs == 3
    path.write_text(yaml.safe_dump(SHIPPED | {"further": {"epochs": 0}, "forther": 1}))
    with pytest.raises(ConfigError, match="further:\n  epochs: .*greater than or equal to 1"):
        config.section("further", Further, path)
    with pytest.raises(ConfigError, match="forther: .*not permitted"):
        load(path)
    with pytest.raises(ConfigError, match="has no section 'absent'"):
        config.section("absent", Further, path)


def test_every_model_of_the_study_has_a_window():
    """A further system may register one of its own."""
    where = {name: models.MODELS[name].function.__module__ for name in models.MODELS}
    assert set(load().data.windows) == {
        name for name, module in where.items() if module.startswith("ecglib.models.")
    }


def test_multistage_schedule_is_listed_and_ends_at_its_target():
    settings = load()
    stages = settings.stages(settings.multistage_prune.schedule)
    assert stages[-1].sparsity == settings.multistage_prune.target_sparsity


def test_a_changed_value_is_read(load_changed):
    assert load_changed("study.seeds", "[7, 8]").study.seeds == [7, 8]
    assert load_changed("data.records", "['100', '101']").data.records == ["100", "101"]
    assert load_changed("training.intra.learning_rate", "1").training["intra"].learning_rate == 1


@pytest.mark.parametrize(
    ("key", "text", "problem"),
    [
        ("study.modle", "acharya2017", "not permitted"),
        ("extra", "{a: 1}", "not permitted"),
        ("data.windows.acharya2017.lenght", "260", "not permitted"),
        (
            "study.model",
            "resnet",
            "unknown model 'resnet'; one of acharya2017, ",
        ),
        ("study.split", "patient", "unknown split 'patient'; one of intra, inter"),
        (
            "multistage_prune.criterion",
            "magnitud",
            "unknown criterion 'magnitud'; one of magnitude, ",
        ),
        ("training.intra.learning_rate", "1e-3", "valid number .found '1e-3'"),
        ("training.intra.batch_size", "'128'", "valid integer"),
        ("training.intra.batch_size", "12.5", "valid integer"),
        ("training.intra.batch_size", "true", "valid integer"),
        ("training.intra.batch_size", "0", "greater than or equal to 1"),
        ("training.intra.weight_decay", "-0.1", "greater than or equal to 0"),
        ("training.intra.learning_rate", ".nan", "finite"),
        ("training.intra.learning_rate_of.kachuee2018", "0", "greater than 0"),
        ("training.intra.learning_rate_of", "0.1", "valid dictionary"),
        ("baseline.epochs", "", "valid integer"),
        ("study.seeds", "3", "valid list"),
        ("study.model", "[acharya2017]", "valid string"),
        ("study.split", "{a: 1}", "valid string"),
        ("baseline.epochs", "[30]", "valid integer"),
        ("baseline.epochs", "{a: 30}", "valid integer"),
        ("training.intra.learning_rate", "[0.01]", "valid number"),
        ("training.intra.learning_rate", "1" + "0" * 400, "valid number|finite"),
        ("data.records", "{a: 1}", "list of quoted record names"),
        ("data.records", "[['100']]", "list of quoted record names"),
        ("multistage_prune.schedule", "[eight_stages]", "valid string"),
        ("study.seeds", "[]", "at least 1 item"),
        ("study.seeds", "[0, 0]", "listed twice"),
        ("data.records", "[]", "list of quoted record names"),
        ("data.records", "['100', '100']", "each once"),
        (
            "data.windows.acharya2017",
            "{fs_hz: 360, length: 260, r_index: 300, normalise: beat}",
            "outside 260 samples",
        ),
        ("one_shot_prune.targets", "[0.6, 0.6]", "listed twice"),
        ("data.windows.acharya2017.r_index", "-1", "greater than or equal to 0"),
        ("multistage_prune.target_sparsity", "1.0", "less than 1"),
        ("multistage_prune.target_sparsity", "95", "less than 1"),
        ("multistage_prune.target_sparsity", "0.0", "greater than 0"),
        ("training", "[]", "valid dictionary"),
        ("baseline.rewind_epoch", "0", "greater than or equal to 1"),
        ("one_shot_prune.learning_rates", "[]", "at least 1 item"),
        ("distillation.weight", "1.5", "less than or equal to 1"),
        ("on_device_estimate.steady.most", "0", "greater than or equal to 1"),
        ("on_device_estimate.steady.shown", "[-5, 5]", "should hold 0"),
        ("on_device_estimate.steady.shown", "[0, 0]", "listed twice"),
    ],
)
def test_wrong_setting_is_named_with_its_problem(load_changed, key, text, problem):
    with pytest.raises(ConfigError, match=rf"params.yaml:\n  {key}: .*{problem}"):
        load_changed(key, text)


def test_wrong_setting_inside_a_list_is_named_with_its_place(load_changed):
    with pytest.raises(ConfigError, match=r"one_shot_prune\.targets\.1: .*less than 1"):
        load_changed("one_shot_prune.targets", "[0.5, 1.5]")
    with pytest.raises(ConfigError, match=r"study\.seeds\.1: .*greater than or equal to 0"):
        load_changed("study.seeds", "[0, -1]")
    with pytest.raises(ConfigError, match=r"schedules\.eight_stages\.stages\.0\.epochs: missing"):
        load_changed("schedules.eight_stages", "[{sparsity: 0.5}]")
    with pytest.raises(ConfigError, match=r"schedules\.eight_stages\.stages: .*at least 1 item"):
        load_changed("schedules.eight_stages", "[]")
    with pytest.raises(
        ConfigError,
        match=r"schedules\.eight_cubic\.shaped\.shape: .*unknown shape 'round'",
    ):
        load_changed("schedules.eight_cubic.shape", "round")


def test_record_names_must_be_quoted(load_changed):
    with pytest.raises(ConfigError, match=r"data\.records: .*quoted record names"):
        load_changed("data.records", "[100, 101]")


def test_all_problems_are_named_at_once(tmp_path):
    changed = copy.deepcopy(SHIPPED)
    changed["study"]["model"], changed["baseline"]["epochs"] = "resnet", 0
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(changed))
    with pytest.raises(ConfigError, match=r"(?s)study\.model: .*baseline\.epochs: "):
        load(tmp_path / "params.yaml")


@pytest.mark.parametrize("section", SHIPPED)
def test_missing_section_is_named(tmp_path, section):
    rest = {name: value for name, value in SHIPPED.items() if name != section}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(rest))
    with pytest.raises(ConfigError, match=rf"params.yaml:\n  {section}: missing$"):
        load(tmp_path / "params.yaml")


def test_empty_and_missing_files_are_named(tmp_path):
    with pytest.raises(ConfigError, match="no settings at .*params.yaml"):
        load(tmp_path / "params.yaml")
    (tmp_path / "params.yaml").touch()
    with pytest.raises(ConfigError, match="params.yaml is to hold sections.* and holds nothing"):
        load(tmp_path / "params.yaml")


TEXT = paths.PARAMS.read_text()
# What a user's file may be -> what is said of it.
UNREADABLE = {
    "a key twice": (
        TEXT.replace("  seeds: [0, 1, 2] ", "  seeds: [0]\n  seeds: [0, 1, 2] "),
        r"the key 'seeds' stands twice, in lines 8 and 9",
    ),
    "a section twice": (TEXT + "study: {}\n", r"'study' stands twice, in lines 5 and \d{3}"),
    "a key twice in a line": (
        TEXT.replace("{fs_hz: 360,", "{fs_hz: 125, fs_hz: 360,"),
        r"'fs_hz' stands twice, in lines (\d+) and \1",
    ),
    "Latin-1": (TEXT.replace("# Every", "# \xe9very", 1).encode("latin-1"), r"UTF-8 text .line 1."),
    "UTF-16": (TEXT.encode("utf-16"), "no UTF-8 text .line 1.: save it as UTF-8"),
    "UTF-16 without a mark": (TEXT.encode("utf-16-le"), "is no YAML: .*special characters"),
    "a byte order mark": (TEXT.encode("utf-8-sig"), "byte order mark: save it as UTF-8 without"),
    "only comments": ("# nothing", "is to hold sections, `name: ...`, and holds nothing"),
    "a list": ("- study", "is to hold sections, `name: ...`, and holds list"),
    "a word": ("study", "is to hold sections, `name: ...`, and holds str"),
    "no name": ("1: study", "is to hold sections"),
    "half of it": (TEXT[: TEXT.index("260,")], "is no YAML: "),
    "two documents": (f"{TEXT}---\nstudy: {{}}", "is no YAML: "),
    "a wrong date": (TEXT.replace("acharya2017", "2001-13-45", 1), "is no YAML: month must be"),
    "a wrong tag": (TEXT.replace("[0, 1, 2]", "!!timestamp x", 1), "is no YAML: "),
    "an object": (
        TEXT.replace("[0, 1, 2]", "!!python/object/apply:os.system [x]", 1),
        "is no YAML",
    ),
    "what holds itself": (TEXT.replace("[0, 1, 2]", "&a [*a]", 1), "is no YAML: .*recursive"),
    "too deep": ("study: " + "[" * 5000, "is no YAML: "),
}


@pytest.mark.parametrize("kind", UNREADABLE)
def test_a_file_that_cannot_be_read_as_it_is_meant_is_named_with_the_reason(tmp_path, kind):
    content, said = UNREADABLE[kind]
    content = content.encode() if isinstance(content, str) else content
    assert content != TEXT.encode()
    (tmp_path / "params.yaml").write_bytes(content)
    with pytest.raises(ConfigError, match=rf"(?s)params\.yaml.* {said}"):
        load(tmp_path / "params.yaml")


def test_a_folder_or_an_unreadable_file_in_the_place_of_the_settings_is_named(
    tmp_path, monkeypatch
):
    (tmp_path / "params.yaml").mkdir()
    with pytest.raises(ConfigError, match=r"params.yaml cannot be read \(Is a directory\)"):
        load(tmp_path / "params.yaml")

    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("pathlib.Path.read_bytes", refuse)
    with pytest.raises(ConfigError, match=r"params.yaml cannot be read \(Permission denied\)"):
        yaml_file.read(paths.PARAMS)


@pytest.mark.parametrize("door", ["--check", "--status"])
def test_the_command_line_names_a_key_that_stands_twice_in_one_line(
    tmp_path, monkeypatch, capsys, door
):
    (tmp_path / "params.yaml").write_text(UNREADABLE["a key twice"][0])
    monkeypatch.setattr(config.load, "__defaults__", (tmp_path / "params.yaml",))
    monkeypatch.setattr("sys.argv", ["sweep", door])
    with pytest.raises(SystemExit, match="sweep: .*the key 'seeds' stands twice, in lines 8 and 9"):
        command.main()


def test_settings_are_frozen():
    settings = load()
    with pytest.raises(ValidationError, match="frozen"):
        settings.training["intra"].batch_size = 1
    with pytest.raises(ValidationError, match="frozen"):
        settings.study = None


def test_a_window_names_itself():
    assert str(load().data.windows["acharya2017"]) == "260x360hz"


# A notebook's parameters

BASELINE = {"model": "acharya2017", "split": "intra", "seed": 0, "into": "build", "progress": False}
PRUNING = {
    **BASELINE,
    "method": "multistage",
    "criterion": "magnitude",
    "allocation": "global",
    "budget": "weights",
    "schedule": "eight_stages",
    "target_sparsity": 0.9,
}


@pytest.mark.parametrize(
    ("section", "values"),
    [(DataRun, {"progress": True}), (BaselineRun, BASELINE), (MultistageRun, PRUNING)],
)
def test_parameters_are_picked_from_among_the_globals(section, values):
    namespace = {"__name__": "__main__", "In": ["", "import numpy as np"], "np": object()} | values
    assert read_parameters(section, namespace).model_dump() == values


def test_injected_values_are_accepted():
    cell = "# Parameters\nseed = 3\nmodel = 'kachuee2018'\n"
    namespace = BASELINE | {"seed": 3, "model": "kachuee2018", "In": ["", cell]}
    run = read_parameters(BaselineRun, namespace)
    assert (run.seed, run.model) == (3, "kachuee2018")


def test_injected_parameter_that_the_notebook_does_not_have_is_named():
    namespace = BASELINE | {"sed": 3, "In": ["", "seed = 0", "# Parameters\nsed = 3\n"]}
    with pytest.raises(ConfigError, match="the notebook's parameters:\n  sed: .*not permitted"):
        read_parameters(BaselineRun, namespace)


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("seed", "3", "valid integer"),
        ("seed", -1, "greater than or equal to 0"),
        ("into", "elsewhere", "should match pattern"),
        ("into", "build/../data", "should match pattern"),
        (
            "method",
            "one_shot",
            "unknown method 'one_shot' of multistage_prune",
        ),
        ("budget", "bytes", "unknown budget 'bytes'; one of weights, macs"),
        ("model", "resnet", "unknown model 'resnet'"),
        ("target_sparsity", "0.9", "valid number"),
        ("target_sparsity", 90, "less than 1"),
        ("target_sparsity", [0.9], "valid number"),
        ("target_sparsity", float("nan"), "finite"),
        ("target_sparsity", float("inf"), "finite|less than 1"),
        ("seed", {"a": 1}, "valid integer"),
        ("seed", [0], "valid integer"),
        ("seed", True, "valid integer"),
        ("seed", None, "valid integer"),
        ("model", ["acharya2017"], "valid string"),
        ("method", {"a": 1}, "valid string"),
        ("progress", [], "valid boolean"),
    ],
)
def test_wrong_parameter_is_named(name, value, problem):
    with pytest.raises(ConfigError, match=rf"the notebook's parameters:\n  {name}: .*{problem}"):
        read_parameters(MultistageRun, PRUNING | {name: value})


def test_missing_parameter_is_named():
    namespace = {name: value for name, value in BASELINE.items() if name != "seed"}
    with pytest.raises(ConfigError, match="seed: missing"):
        read_parameters(BaselineRun, namespace)


def test_parameters_are_frozen():
    with pytest.raises(ValidationError, match="frozen"):
        read_parameters(BaselineRun, BASELINE).seed = 1


def test_a_model_may_have_a_learning_rate_of_its_own(load_changed):
    training = load_changed("training.intra.learning_rate_of", "{kachuee2018: 0.5}").training[
        "intra"
    ]
    assert training.for_model("kachuee2018").learning_rate == 0.5
    assert training.for_model("acharya2017").learning_rate == training.learning_rate
