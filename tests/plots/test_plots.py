"""Every figure draws from small data and says what its axes are."""

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

from ecglib.data.beats import CLASSES
from ecglib.plots import beats, comparisons, costs, devices, networks, style

RUNS = pd.DataFrame(
    [
        {
            "method": method,
            "target_sparsity": sparsity,
            "seed": seed,
            "f1_macro": 0.94 - sparsity / 50,
            "accuracy": 0.99 - sparsity / 100,
            "macs": 1000,
            "macs_effective": 1000 * (1 - sparsity),
        }
        for method in ("dense", "no_finetune", "one_shot", "multistage")
        for sparsity in ((0.0,) if method == "dense" else (0.6, 0.9))
        for seed in (0, 1)
    ]
)
HISTORY = pd.DataFrame(
    {
        "epoch": [1, 2, 3],
        "train_loss": [1.0, 0.5, 0.2],
        "validation_loss": [1.0, 0.6, 0.3],
        "validation_accuracy": [0.8, 0.9, 0.95],
        "validation_f1_macro": [0.7, 0.8, 0.9],
        "sparsity": [0.3, 0.3, 0.6],
    }
)
GAPS = pd.DataFrame(
    {
        "target_sparsity": [0.6, 0.6],
        "score": ["accuracy", "f1_macro"],
        "difference": [0.01, 0.02],
        "low": [0.0, 0.01],
        "high": [0.02, 0.05],
    }
)
MATRIX = np.diag([50, 5, 6, 7, 8]) + 1
LAYERS = pd.DataFrame(
    {"run": "net-s0", "layer": ["conv", "pool", "fc"], "weights": [3, 0, 8], "macs_effective": 9}
    | dict.fromkeys(costs.ENCODINGS.values(), 8)
)
FUNCTIONS = pd.DataFrame(
    {
        "run": "net-s0",
        "function": ["layer_fc_1", "layer_conv", "normalise", "layer_pool"],
        "cycles": [2e4, 9e4, 1e3, 50],
    }
)
SAVED = pd.DataFrame(
    {
        **{"model": "net", "series": ["dense", "in pairs"], "target_sparsity": [0.0, 0.6]},
        **{"flash_weight_bytes": [2e4, 5e3], "flash_total_bytes": [25e3, 1e4], "ram_bytes": 3e3},
        **{"flash_total_bytes_small": [20e3, 8e3], "ram_bytes_small": 2e3},
        **{"cycles_p2": [3e5, 1e5], "cycles_p2_small": [4e5, 2e5]},
    }
)
BESIDE = pd.DataFrame(
    {
        **{"model": "net", "target_sparsity": 0.0, "code": ["this study", "CMSIS-NN"]},
        **{"cycles": [3e5, 9e5], "flash_bytes": [25e3, 3e4], "ram_bytes": [3e3, 2e3]},
    }
)
SERIES = ["dense", "multistage", "multistage, in pairs"]
DEVICE = pd.DataFrame(
    [
        {
            "model": model,
            "series": series,
            "target_sparsity": target,
            "seed": seed,
            "cycles_p2": 4e6 * (1 - target) + 1e5,
            "f1_macro_int8": 0.94 - target / 20 - seed / 100,
        }
        for model in ("acharya2017", "kachuee2018")
        for series in SERIES
        for target in ((0.0,) if series == "dense" else (0.6, 0.9))
        for seed in (0, 1)
    ]
)
FIGURES = {
    "class_counts": lambda: beats.class_counts(
        pd.DataFrame({"train": [9, 8], "test": [3, 2]}, index=pd.Index(["N", "S"], name="class"))
    ),
    "beat_examples": lambda: beats.beat_examples(
        {name: np.random.default_rng(0).normal(size=(3, 260)) for name in CLASSES}, 360, 99
    ),
    "ecg_strip": lambda: beats.ecg_strip(np.sin(np.arange(720.0)), 360, 60, [100, 400], ["N", "V"]),
    "learning_curves": lambda: networks.learning_curves(HISTORY),
    "confusion_matrices": lambda: networks.confusion_matrices({"Dense": MATRIX}, CLASSES),
    "per_class": lambda: networks.per_class(
        pd.DataFrame({"class": ["N", "N"], "measure": ["se", "ppv"], "value": [0.9, 0.8]})
    ),
    "trajectory": lambda: networks.trajectory(HISTORY),
    "layer_sparsity": lambda: networks.layer_sparsity(
        pd.DataFrame({0.3: [0.1, 0.4], 0.6: [0.5, 0.7]}, index=["conv", "fc"])
    ),
    "cost_by_layer": lambda: costs.cost_by_layer(LAYERS, {"net-s0": "dense"}),
    "storage": lambda: costs.storage(
        pd.DataFrame({"target_sparsity": [0.0, 0.9]} | dict.fromkeys(costs.ENCODINGS.values(), 20))
    ),
    "score_against_sparsity": lambda: comparisons.score_against_sparsity(
        RUNS, {"f1_macro": (0.6, 0.9359), "accuracy": (0.6, 0.977)}
    ),
    "f1_against_macs": lambda: comparisons.f1_against_macs(RUNS, 0.9359),
    "gaps": lambda: comparisons.gaps(GAPS),
    "score_against_cycles": lambda: devices.score_against_cycles(DEVICE, 0.9359),
    "cycles_by_layer": lambda: devices.cycles_by_layer(
        FUNCTIONS, {"net-s0": "dense"}, ["conv", "pool", "fc.1"]
    ),
    "memory": lambda: devices.memory(SAVED, 32768, 8192),
    "layouts": lambda: devices.layouts(SAVED, BESIDE),
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_draws_and_labels_its_axes(name, tmp_path, monkeypatch):
    monkeypatch.setattr("ecglib.paths.FIGURES", tmp_path)
    figure = FIGURES[name]()
    labels = [(axes.get_xlabel(), axes.get_ylabel()) for axes in figure.axes]
    assert (
        any(x for x, _ in labels)
        and any(y for _, y in labels)
        or name
        in (
            "cost_by_layer",
            "layer_sparsity",
            "cycles_by_layer",
            "memory",
        )
    )
    assert style.save(figure, name).stat().st_size > 5000
    plt.close(figure)


def test_a_figure_is_the_same_byte_for_byte(tmp_path, monkeypatch):
    monkeypatch.setattr("ecglib.paths.FIGURES", tmp_path)
    first, second = (style.save(FIGURES["gaps"](), name).read_bytes() for name in ("a", "b"))
    assert first == second


def test_the_published_point_and_every_method_are_in_the_headline_figure():
    figure = FIGURES["score_against_sparsity"]()
    legend = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert "published (Li et al. 2021)" in legend
    assert set(legend) >= set(style.METHOD_LABELS.values()) - {"dense"}
    plt.close(figure)


def test_every_method_and_class_has_its_own_colour():
    for colours in (style.METHOD_COLOURS, style.CLASS_COLOURS):
        assert len(set(colours.values())) == len(colours)


def test_networks_on_the_device_are_told_apart_by_model_and_series():
    figure = FIGURES["score_against_cycles"]()
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["acharya2017", "kachuee2018"]
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend == [*SERIES, "published F1"]
    plt.close(figure)
    many = pd.concat([DEVICE.assign(series=f"series {n}") for n in range(8)])
    with pytest.raises(ValueError, match="8 series are too many to be told apart"):
        devices.score_against_cycles(many, 0.9359)


def test_layers_stand_in_order_and_those_that_cost_nothing_are_left_out():
    axes = FIGURES["cycles_by_layer"]().axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["normalise", "conv", "fc_1"]
    axes = FIGURES["cost_by_layer"]().axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["conv", "fc"]
    plt.close("all")


def test_memory_names_each_network_with_its_target():
    axes = FIGURES["memory"]().axes[0]
    words = [label.get_text() for label in axes.get_yticklabels()]
    assert words == ["net, dense", "net, in pairs, 60%"]
    plt.close("all")
