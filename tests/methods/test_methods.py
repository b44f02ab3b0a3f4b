"""Every method, on real fits of synthetic beats: what it reaches and what it spends."""

import pytest
import torch

from ecglib import models
from ecglib.data.datamodule import HeartbeatData
from ecglib.device.cost import total_costs
from ecglib.methods import fitting
from ecglib.methods import trial as trials
from ecglib.methods.trial import Trial
from ecglib.pruning import masks as mask_values
from ecglib.settings import config, registry
from ecglib.settings.config import settings
from ecglib.settings.parameters import PruneRun
from ecglib.settings.pruning import StageSettings
from ecglib.settings.registry import METHODS as EVERY

STAGES = [(0.5, 1), (0.8, 2)]
OF_MASKS = ("one_shot_prune", "multistage_prune")
METHODS = {name: method for name, method in EVERY.items() if method.stage in OF_MASKS}
INEXACT = {"lightning_model_pruning", "torch_pruning", "small_dense", "dense_longer"}


@pytest.fixture(autouse=True)
def short(use_settings):
    """Settings under which a method takes a second."""
    settings = config.load()
    stages = [StageSettings(sparsity=sparsity, epochs=epochs) for sparsity, epochs in STAGES]
    changed = {
        "schedules": {"short": stages},
        "baseline": settings.baseline.model_copy(update={"epochs": 3, "rewind_epoch": 1}),
        "scoring_beats": 64,
    }
    changed = settings.model_copy(update=changed)
    use_settings(changed)


@pytest.fixture
def start(beats):
    """start(**parameters): a trial on synthetic beats from an untrained `dense` network."""

    def start(method="multistage", **changed) -> Trial:
        run = PruneRun(
            **{
                **{"model": "acharya2017", "split": "intra", "seed": 0, "method": method},
                **{"criterion": "magnitude", "allocation": "global", "budget": "weights"},
                **{"schedule": "short", "target_sparsity": 0.8, "into": "build"},
                **{"progress": False},
                **changed,
            }
        )
        data = HeartbeatData(beats, "intra", 0, batch_size=32, normalise="beat")
        dense = fitting.new_network(run)
        torch.manual_seed(99)
        return Trial(run, data, dense, models.build("acharya2017").state_dict())

    return start


def state(network):
    return {name: value.clone() for name, value in network.state_dict().items()}


def equal(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("method", METHODS)
def test_a_method_reaches_its_targets_and_spends_what_multistage_spends(start, method):
    trial = start(method)
    before = state(trial.dense)
    reached = []
    for one in METHODS[method](trial):
        zeros = sum(int((w == 0).sum()) for w in mask_values.prunable(one.network).values()) + sum(
            p.numel() for p in mask_values.prunable(trial.dense).values()
        )
        zeros -= sum(p.numel() for p in mask_values.prunable(one.network).values())
        total = sum(p.numel() for p in mask_values.prunable(trial.dense).values())
        reached.append((one.stage.sparsity, one.epochs_spent, zeros / total))
    expected = STAGES if METHODS[method].staged else STAGES[-1:]
    assert [target for target, _, _ in reached] == [target for target, _ in expected]
    spent = [1, 3] if METHODS[method].staged else [0 if method == "no_finetune" else 3]
    assert [epochs for _, epochs, _ in reached] == spent
    for target, _, sparsity in reached:
        if method not in INEXACT:
            assert sparsity == pytest.approx(target, abs=2e-4)
        elif method == "dense_longer":
            assert sparsity == 0
        else:
            assert target - 0.001 < sparsity < target + 0.06
    assert equal(before, state(trial.dense)), "the dense start was changed"


def test_the_tuned_rival_takes_the_learning_rate_that_validates_best(start, monkeypatch):
    seen = []
    monkeypatch.setattr(trials, "validate", lambda _, network: seen.append(network) or len(seen))
    (chosen,) = METHODS["one_shot_tuned"](start("one_shot_tuned"))
    assert len(seen) == len(settings().one_shot_prune.learning_rates)
    assert chosen.network is seen[-1]


def test_one_of_the_tuned_rivals_candidates_is_one_shot_itself(start, monkeypatch):
    """At the shared learning rate tuning changes nothing, not even the order of the batches."""
    rates = settings().one_shot_prune.learning_rates
    shared = settings().training["intra"].learning_rate
    place, seen = rates.index(shared), []
    monkeypatch.setattr(
        trials, "validate", lambda _, network: seen.append(network) or len(seen) == place + 1
    )
    (tuned,) = METHODS["one_shot_tuned"](start("one_shot_tuned"))
    (plain,) = METHODS["one_shot"](start("one_shot"))
    assert equal(state(tuned.network), state(plain.network))


def test_methods_that_differ_in_one_thing_do_differ(start):
    ends = {}
    names = ["multistage", "multistage_distilled", "multistage_one_cycle", "weight_rewinding"]
    for method in [*names, "one_shot", "one_shot_restarts"]:
        *_, last = METHODS[method](start(method))
        ends[method] = state(last.network)
    for one in ends:
        assert not any(equal(ends[one], ends[other]) for other in ends if other != one)


def test_the_ticket_has_multistages_mask_on_the_initial_weights(start, monkeypatch):
    trial = start("lottery_ticket")
    begun = []
    real = trials.controls.trained_with

    def spy(network, masks, stages, epochs, fit):
        begun.append((state(network), masks, epochs))
        return real(network, masks, stages, epochs, fit)

    monkeypatch.setattr(trials.controls, "trained_with", spy)
    list(METHODS["lottery_ticket"](trial))
    *_, found = METHODS["multistage"](start())
    ((weights, masks, epochs),) = begun
    assert equal(masks, found.masks)
    assert equal(weights, state(fitting.new_network(trial.run)))
    assert epochs == 3 + 3  # as long as the dense training and the stages together


@pytest.mark.parametrize("budget", ["weights", "macs"])
@pytest.mark.parametrize("model", models.MODELS)
def test_a_small_network_is_the_widest_that_the_target_pays_for(start, model, budget):
    trial = start("small_dense", model=model, budget=budget)
    shape = trial.dense.input_shape
    limit = 0.2 * total_costs(trial.dense, shape)[budget]
    small = total_costs(trials.small_network(trial), shape)[budget]
    assert 0.5 * limit < small <= limit


def test_a_budget_that_a_small_network_knows_nothing_of_is_refused(start):
    registry.BUDGETS.register("lines budget", name="lines")(len)
    try:
        with pytest.raises(ValueError, match="small_dense takes no budget 'lines': leave it at w"):
            start("small_dense", budget="lines")
    finally:
        registry.BUDGETS.remove("lines")


def test_a_budget_in_macs_is_kept_in_macs(start):
    trial = start(budget="macs")
    dense = total_costs(trial.dense, trial.dense.input_shape)["macs"]
    for reached in METHODS["multistage"](trial):
        left = total_costs(reached.network, trial.dense.input_shape)["macs_effective"]
        limit = (1 - reached.stage.sparsity) * dense
        assert limit - 258 < left <= limit + 1


def test_the_gradient_criterion_sees_training_beats_only(start):
    trial = start(criterion="gradient")
    test = trial.data.parts["test"][0]
    test += 100.0  # would change any score that it takes part in
    first = trial.prune_to(trial.network(), mask_values.ones(trial.dense), 0.5)
    fresh = start(criterion="gradient")
    again = fresh.prune_to(fresh.network(), mask_values.ones(fresh.dense), 0.5)
    assert equal(first, again)
