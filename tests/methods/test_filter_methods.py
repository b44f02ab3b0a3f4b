"""Every method that removes filters, on real fits of synthetic beats: what it reaches and keeps."""

import json

import hypothesis
import pytest
import torch
from hypothesis import strategies as st

from ecglib import models
from ecglib.data.datamodule import HeartbeatData
from ecglib.methods import blocks, fitting
from ecglib.methods import filters as filter_methods
from ecglib.methods.trial import Trial
from ecglib.pruning.filters.groups import everything, targets, widths
from ecglib.pruning.filters.shrink import shrink
from ecglib.results import filters as filter_runs
from ecglib.results import runs
from ecglib.settings import config
from ecglib.settings.config import settings
from ecglib.settings.parameters import FilterRun
from ecglib.settings.pruning import StageSettings
from ecglib.settings.registry import METHODS
from ecglib.study import experiment, recording

SHIPPED = config.load()
STAGES = [(0.3, 2), (0.6, 3)]
MACS = 95_770
BLOCK = 5  # channels; each of the model's layers has one or several such blocks of filters
METHODS_OF_FILTERS = [name for name, method in METHODS.items() if method.removes_filters]
COARSE = ("dependency_graph", "aofp_in_blocks", "l1_filter_in_blocks")  # steps of their own


@pytest.fixture(autouse=True)
def short(use_settings):
    """Settings under which a method takes a second."""
    settings = SHIPPED
    stages = [StageSettings(sparsity=sparsity, epochs=epochs) for sparsity, epochs in STAGES]
    search = settings.filter_prune.search.model_copy(
        update={"iterations_per_half": 1, "warm_up": 0, "theta": 0.5, "share": 0.9}
    )
    changed = {
        "schedules": {"short": stages},
        "filter_prune": settings.filter_prune.model_copy(
            update={"search": search, "block": BLOCK, "agreement_masks": 4}
        ),
        "scoring_beats": 64,
    }
    changed = settings.model_copy(update=changed)
    use_settings(changed)


@pytest.fixture
def start(beats):
    """start(method): a trial on synthetic beats from an untrained dense network."""

    def start(method) -> Trial:
        run = FilterRun(
            **{"model": "acharya2017", "split": "intra", "seed": 0, "method": method},
            **{"schedule": "short", "target_sparsity": 0.6, "into": "build", "progress": False},
        )
        data = HeartbeatData(beats, "intra", 0, batch_size=8, normalise="beat")
        torch.manual_seed(99)
        return Trial(run, data, fitting.new_network(run), {})

    return start


@pytest.mark.parametrize("method", METHODS_OF_FILTERS)
def test_a_method_reaches_its_targets_within_the_epochs_that_all_have(start, method):
    trial = start(method)
    before = {name: value.clone() for name, value in trial.dense.state_dict().items()}
    reached = list(METHODS[method](trial))
    staged = method.endswith("_multistage")
    assert [(one.stage.sparsity, one.epochs_spent) for one in reached] == (
        [(0.3, 2), (0.6, 5)] if staged else [(0.6, 5)]
    )
    for one, target in zip(reached, [0.3, 0.6] if staged else [0.6], strict=True):
        limit = (1 - target) * MACS
        assert filter_methods.macs(one.network) <= limit
        # Only what the smallest filter costs may be left of the budget.
        assert filter_methods.macs(one.network) > 0.96 * limit or method in COARSE
        assert len(one.history) == (2 if target == 0.3 else 3 if staged else 5)
        assert json.loads(json.dumps(one.filters)) == one.filters
    assert reached[-1].filters["widths"] == widths(reached[-1].network)
    assert filter_methods.macs(reached[-1].network) <= 0.4 * MACS
    after = trial.dense.state_dict()
    assert all(torch.equal(value, after[name]) for name, value in before.items())


@pytest.mark.parametrize("method", ["aofp_in_blocks", "l1_filter_in_blocks"])
def test_what_is_left_of_a_layer_fills_whole_blocks_and_no_further_one_fits(start, method):
    trial = start(method)
    (reached,) = METHODS[method](trial)
    searched = targets(trial.dense)
    left = {name: reached.filters["widths"][name] for name in searched}
    assert all(count % BLOCK == 0 for count in left.values()), left
    for name, group in searched.items():
        if (more := left[name] + BLOCK) <= group.count:
            alive = everything(searched)
            for other, keep in alive.items():
                keep[more if other == name else left[other] :] = False
            assert filter_methods.macs(shrink(trial.dense, alive)) > 0.4 * MACS


@pytest.mark.parametrize("method", ["aofp_in_blocks", "l1_filter_in_blocks"])
def test_layers_that_are_no_whole_blocks_are_refused(start, method, use_settings):
    whole = settings()
    eight = whole.filter_prune.model_copy(update={"block": 8})
    changed = whole.model_copy(update={"filter_prune": eight})
    use_settings(changed)
    with pytest.raises(ValueError, match="whole blocks of 8 .* acharya2017 has .*'features.0': 5"):
        METHODS[method](start(method))


@hypothesis.given(data=st.data())
@hypothesis.settings(max_examples=10, deadline=None)
@pytest.mark.parametrize(("model", "block"), [("kachuee2018", 8), ("rhythm_cnn", 4)])
def test_a_block_that_is_begun_counts_whole(model, block, data):
    """As the network does that has this many filters: through skips, flatten, and concatenation."""
    network = models.build(model)
    alive, filled = everything(targets(network)), everything(targets(network))
    for name, keep in alive.items():
        count = data.draw(st.integers(1, len(keep)), label=name)
        keep[count:] = False
        filled[name][-(-count // block) * block :] = False
    with pytest.MonkeyPatch.context() as patch:
        chosen = SHIPPED.filter_prune.model_copy(update={"block": block})
        changed = SHIPPED.model_copy(update={"filter_prune": chosen})
        patch.setattr(blocks, "settings", lambda: changed)
        found = blocks.macs_in_blocks(shrink(network, alive))
    assert found == filter_methods.macs(shrink(network, filled))


def test_only_aofp_searches_and_only_the_oracle_tells_both_scores(start):
    (searched,) = METHODS["aofp"](start("aofp"))
    events = searched.filters["search"]
    assert "remove" in {event["action"] for event in events}
    assert searched.filters["evaluated_beats"] == 2 * 8 * events[-1]["batch"]
    gone = sum(len(event["removed"]) for event in events) - len(searched.filters["returned"])
    assert gone == sum((5, 10, 20, 30, 20)) - sum(searched.filters["widths"].values())
    (exact,) = METHODS["oracle_filter"](start("oracle_filter"))
    assert {name: len(values) for name, values in exact.filters["aofp"].items()} == {
        name: len(values) for name, values in exact.filters["scores"].items()
    }


def test_a_smaller_network_is_kept_with_its_record_and_loads_again(start, tmp_path, monkeypatch):
    monkeypatch.setattr(runs.paths, "ROOT", tmp_path)
    trial = start("l1_filter")
    (reached,) = METHODS["l1_filter"](trial)
    result = experiment.record_reached(trial.run, reached, trial.data, "l1_filter")
    assert result.key.name == "intra-acharya2017-l1_filter-short-macs-0.6-s0"
    assert (result.macs, result.macs_effective) == (MACS, filter_methods.macs(reached.network))
    assert result.params == 19_805 and result.params_nonzero < result.params
    assert filter_runs.load_filters(result.key, into="build") == reached.filters
    path = recording.weights_path(result.key, into="build")
    again = models.load("acharya2017", path)
    assert widths(again) == reached.filters["widths"]


def test_a_search_that_is_too_short_says_how_far_it_got(start, use_settings):
    whole = settings()
    chosen = whole.filter_prune
    slow = chosen.search.model_copy(update={"iterations_per_half": 10_000})
    slow = chosen.model_copy(update={"search": slow})
    changed = whole.model_copy(update={"filter_prune": slow})
    use_settings(changed)
    with pytest.raises(ValueError, match="come to 95770 of at most 38308 .* theta_growth"):
        list(METHODS["aofp"](start("aofp")))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("theta", 0.0),
        ("theta", float("nan")),
        ("iterations_per_half", 0),
        ("masks_per_batch", 0),
        ("theta_growth", 1.0),
        ("share", 1.0),
        ("warm_up", -1),
    ],
)
def test_a_search_that_cannot_be_is_refused_with_the_settings(key, value):
    values = SHIPPED.model_dump()
    values["filter_prune"]["search"][key] = value
    with pytest.raises(config.ConfigError, match=f"filter_prune.search.{key}"):
        config.checked(config.Settings, values, "params.yaml")


def test_the_oracle_wants_masks_for_what_is_held_against_it():
    values = SHIPPED.model_dump()
    values["filter_prune"]["agreement_masks"] = 0
    with pytest.raises(config.ConfigError, match="filter_prune.agreement_masks"):
        config.checked(config.Settings, values, "params.yaml")


@pytest.mark.parametrize("value", [0, 1, 2.5])
def test_a_block_that_is_none_is_refused_with_the_settings(value):
    values = SHIPPED.model_dump()
    values["filter_prune"]["block"] = value
    with pytest.raises(config.ConfigError, match="filter_prune.block"):
        config.checked(config.Settings, values, "params.yaml")


def test_a_target_that_its_schedule_does_not_reach_is_refused():
    values = SHIPPED.model_dump()
    values["filter_prune"]["target_sparsity"] = 0.99
    with pytest.raises(config.ConfigError, match="filter_prune.target_sparsity 0.99 lies beyond"):
        config.checked(config.Settings, values, "params.yaml")
