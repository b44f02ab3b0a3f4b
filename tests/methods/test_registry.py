"""A method is one entry: registered, it is a word, it runs, has its label and its fingerprint."""

from collections.abc import Iterator

import pytest

from ecglib.data.datamodule import HeartbeatData
from ecglib.methods import fitting
from ecglib.methods.trial import Trial
from ecglib.pruning import masks
from ecglib.pruning.multistage import Reached
from ecglib.report.variants import Variant
from ecglib.results.runs import Key
from ecglib.settings import config, parameters
from ecglib.settings.registry import METHODS
from ecglib.settings.words import ConfigError
from ecglib.sweep import fingerprint, grid

CELL = {
    **{"model": "acharya2017", "split": "intra", "seed": 0, "method": "every_second_weight"},
    **{"criterion": "magnitude", "allocation": "global", "budget": "weights"},
    **{"schedule": "eight_stages", "target_sparsity": 0.6},
}


def every_second_weight(trial: Trial) -> Iterator[Reached]:
    """All that adding a method takes is a function, and the entry below."""
    network = trial.network()
    kept = masks.ones(network)
    for keep in kept.values():
        keep.view(-1)[::2] = False
    masks.apply(kept, network)
    yield Reached(network, trial.stages[-1], 0, kept, trial.fit(network, 0))


@pytest.fixture
def toy():
    METHODS.register(
        "every second weight",
        family="controls",
        stage="multistage_prune",
        takes=("budget",),
        settings=("distillation.weight",),
    )(every_second_weight)
    yield
    METHODS.remove("every_second_weight")


def test_it_is_a_parameter_of_its_notebook_and_runs(toy, beats):
    cell = "# Parameters\nmethod = 'every_second_weight'\n"
    namespace = CELL | {"into": "build", "progress": False, "In": ["", cell]}
    run = parameters.read(parameters.MultistageRun, namespace)
    data = HeartbeatData(beats, "intra", 0, batch_size=32, normalise="beat")
    (reached,) = METHODS[run.method](Trial(run, data, fitting.new_network(run), {}))
    assert masks.sparsity(reached.masks) == pytest.approx(0.5, abs=1e-3)
    weights = masks.prunable(reached.network).values()
    assert sum(int((weight == 0).sum()) for weight in weights) == sum(
        int((~keep).sum()) for keep in reached.masks.values()
    )
    with pytest.raises(ConfigError, match="every_second_weight takes no criterion 'random'"):
        parameters.read(parameters.MultistageRun, namespace | {"criterion": "random"})
    with pytest.raises(ConfigError, match="unknown method 'every_second_weight' of one_shot_prune"):
        parameters.read(parameters.OneShotRun, namespace)


def test_it_has_its_stage_its_label_and_its_family(toy):
    key = Key("intra", "acharya2017", "every_second_weight", *("none",) * 4, 0.6, 0)
    assert key.stage == "multistage_prune"
    variant = Variant("every_second_weight", budget="macs")
    assert (variant.label, variant.family) == ("every second weight, MACs budget", "controls")


def test_it_is_a_cell_of_the_sweep_with_a_fingerprint_of_its_own(toy, monkeypatch):
    monkeypatch.setattr(fingerprint, "_of_beats", lambda path: "")
    settings = config.load()
    schedules = {"eight_stages": settings.stages("eight_stages")}
    entry = {"stage": "multistage_prune", "method": "every_second_weight", "target_sparsity": 0.6}
    (cell,) = [cell for cell in grid.cells([entry], [0], schedules) if not cell.is_dense]
    assert "every_second_weight" in cell.name
    used = fingerprint.settings_used(cell, settings)
    assert used["distillation.weight"] == settings.distillation.weight
    reached = fingerprint.code(cell, settings)
    assert ("tests/methods/test_registry.py", "every_second_weight") in reached
    assert ("ecglib/pruning/masks.py", "apply") in reached, "what it calls"
    assert not {"multistage", "magnitude", "by_score"} & {name for _, name in reached}
    assert "tests/methods/test_registry.py" in fingerprint.parts(cell, settings)
