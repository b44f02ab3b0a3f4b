"""A row of device.csv: what it says, and when there is none."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import onnx
import pandas as pd
import pytest
import torch

from ecglib import models, paths
from ecglib.deployment import beside, folder, integers, rounded, steady, survey
from ecglib.deployment.compact import compact
from ecglib.deployment.integers import Part, Source
from ecglib.device import compiler
from ecglib.device.compiler import CompilerMissing
from ecglib.device.exchange import ExportError
from ecglib.device.kernels import kernels_for
from ecglib.device.measure import NotExact
from ecglib.paths import LIST
from ecglib.results.runs import Key

KEY = Key("intra", "acharya2017", "multistage", "magnitude", "s", "pairs", "weights", 0.6, 0)
BEATS = 40


class Data:
    """What is asked of the beats' module."""

    def __init__(self, windows):
        self.windows = windows

    def tensors(self, part):
        return self.windows, None


@pytest.fixture
def network(tmp_path, monkeypatch):
    """The path of a network, its first dense layer half empty; its beats are noise."""
    monkeypatch.setattr(rounded, "FOLDER", tmp_path / "rounded")
    monkeypatch.setattr(survey.memory, "FOLDER", tmp_path / "memory")
    torch.manual_seed(0)
    network = models.build("acharya2017").eval()
    with torch.no_grad():
        network.classifier[1].weight[:, ::2] = 0
    models.save(network, tmp_path / "network.safetensors")
    samples = np.random.default_rng(0).integers(0, 2048, (BEATS, 260)).astype(np.int16)
    values = samples.astype(np.float32)
    windows = (values - values.mean(1, keepdims=True)) / values.std(1, keepdims=True)
    windows = torch.from_numpy(windows).unsqueeze(1)
    with torch.no_grad():
        part = Part(windows, samples, network(windows).argmax(1))
    source = Source(Data(windows), {"validation": part, "test": part}, raw=True)
    for module in (integers, survey, folder, steady):
        monkeypatch.setattr(module, "source", lambda *_: source)
    monkeypatch.setattr(survey.aims, "laid_out", dense_kernels)
    return tmp_path / "network.safetensors"


def dense_kernels(network, beat, aim):
    """A layout without the trying of kernels, which takes most of the time: see test_aims."""
    value_bits, _ = survey.aims.AIMS[aim]
    first = {one.name: kernels_for(network, one, value_bits)[0] for one in network.layers}
    return survey.aims.Layout(first, value_bits)


@pytest.fixture
def shifts(monkeypatch):
    """Scores by shift of a steady network; its classes turned round stand for its training."""

    def turned(key, path):
        found = compact(models.load(key.model, path)).eval()
        with torch.no_grad():
            found.classifier[5].weight.copy_(found.classifier[5].weight.flip(0))
            found.classifier[5].bias.copy_(found.classifier[5].bias.flip(0))
        return found

    monkeypatch.setattr(steady, "steady", turned)
    rows = [
        {"part": part, "shift": shift, "trained_with_shifts": trained}
        | {"f1_macro_int8": 0.9 - abs(shift) / (50 if trained else 10), "accuracy_int8": 0.99}
        for trained in (False, True)
        for part in ("validation", "test")
        for shift in (-5, 0, 3)
    ]
    return pd.DataFrame(rows)


@pytest.fixture
def compilers():
    try:
        compiler.device_compiler()
        compiler.host_compiler()
    except CompilerMissing as missing:
        pytest.skip(str(missing))


def test_a_row_says_what_was_measured_and_on_how_many_beats(network, compilers):
    row, layers = survey.assess(KEY, network)
    assert row["pattern"] == "pairs" and row["target_sparsity"] == 0.6
    assert row["accuracy"] == 1.0 and row["accuracy_int8"] > 0.8  # the labels are the network's
    assert row["bit_exact"] and (row["host_beats"], row["emulated_beats"]) == (BEATS, 32)
    assert row["cycles_p1"] < row["cycles_p2"] < row["cycles_p3"]
    assert row["cycles_p2"] < row["cycles_p2_ws5"] < 2 * row["cycles_p2"]
    assert row["flash_weight_bytes"] < row["flash_total_bytes"]
    assert "gcc" in row["compiler"] and row["kernel"].startswith("first+")
    assert sum(layer["cycles"] for layer in layers) == pytest.approx(row["cycles_p2"])


def test_filters_that_a_mask_emptied_cost_no_cycles_though_they_have_biases(network, compilers):
    whole, _ = survey.assess(KEY, network)
    floats = models.load(KEY.model, network)
    with torch.no_grad():
        floats.features[6].weight[:10] = 0.0
    models.save(floats, network)
    row, _ = survey.assess(KEY, network)
    assert row["cycles_p2"] < 0.8 * whole["cycles_p2"] and row["bit_exact"]
    # What the mask removed, in parts of the dense network: whole rows that are gone are in it.
    assert row["sparsity"] == pytest.approx(9_400 / 19_715)


def test_rows_come_in_the_order_of_the_networks_though_each_seeds_are_assessed_together(
    monkeypatch,
):
    keys = [KEY._replace(seed=seed, method=of) for of in ("multistage", "dense") for seed in (0, 1)]
    seen = []

    def assess(key, path):
        seen.append(key.seed)
        return {**key._asdict(), "cycles_p2": 10 * key.seed + 1}, [{"run": key.name}]

    monkeypatch.setattr(survey, "assess", assess)
    monkeypatch.setattr(survey.memory, "recall", lambda key, path, find: find(key, path))
    monkeypatch.setattr(survey, "ProcessPoolExecutor", lambda *_: ThreadPoolExecutor(1))
    table, layers = survey.assess_all(dict.fromkeys(keys), workers=1)
    assert seen == [0, 0, 1, 1]
    assert list(zip(table["method"], table["seed"], strict=True)) == [k[2:3] + k[8:] for k in keys]
    assert layers["run"].tolist() == [key.name for key in keys]
    assert table["cycles_dense"].tolist() == [1, 11, 1, 11]


def test_c_that_differs_stops_with_the_networks_name(network, compilers, monkeypatch):
    right = survey.host.logits
    monkeypatch.setattr(survey.host, "logits", lambda *given: right(*given) + (given[1][:, :1] > 9))
    with pytest.raises(NotExact, match=rf"{KEY.name}: \d+ of {BEATS} beats differ on this comp"):
        survey.assess(KEY, network)


def test_without_a_cross_compiler_there_are_scores_and_no_costs(network, monkeypatch):
    monkeypatch.setenv("ECGLIB_ARM_GCC", "/nowhere/gcc")
    row, layers = survey.assess(KEY, network)
    assert "accuracy_int8" in row and not {"cycles_p2", "bit_exact", "kernel"} & row.keys()
    assert layers == []
    assert "cycles_dense" not in survey.with_cycles_dense(pd.DataFrame([row]))


def test_dense_cycles_are_those_of_the_same_model_and_seed():
    rows = [
        {"split": "intra", "model": m, "seed": s, "method": how, "cycles_p2": cycles}
        for m, s, how, cycles in (
            ("a", 0, "dense", 10.0),
            ("a", 1, "dense", 20.0),
            ("a", 1, "multistage", 5.0),
            ("b", 1, "multistage", 7.0),
        )
    ]
    found = survey.with_cycles_dense(pd.DataFrame(rows))["cycles_dense"]
    assert found[:3].tolist() == [10.0, 20.0, 20.0] and np.isnan(found[3])


def beside_it(key):
    """Rows of device.csv and of the sweep: two seeds of this kind, and the dense network apart."""
    measured = {"accuracy_int8": 0.9, "f1_macro_int8": 0.5, "flash_total_bytes": 9_000}
    device = pd.DataFrame(
        [
            {**key._replace(seed=seed)._asdict(), **measured, "cycles_p2": cycles, "ram_bytes": 800}
            for seed, cycles in ((0, 1_000.0), (1, 3_000.0))
        ]
        + [{**key._replace(method="dense")._asdict(), **measured, "cycles_p2": 7e6, "ram_bytes": 1}]
    )
    dense = Key("inter", key.model, "dense", *["none"] * 4, 0.0, 0)
    confusion = {"100": {("N", "N"): 5, ("N", "V"): 3}, "101": {("V", "N"): 2}}
    apart = [
        {**of._asdict(), "accuracy": 0.5, "f1_macro": f1, "confusion": confusion}
        for of, f1 in ((dense, 0.2), (dense._replace(seed=1), 0.3), (key, 0.9))
    ]
    return device, pd.DataFrame(apart)


def test_a_folder_says_whom_it_knows_and_what_its_kind_does(network, shifts, compilers, tmp_path):
    folder.write_firmware(KEY, network, tmp_path / "out", 8, *beside_it(KEY), shifts)
    said = " ".join((tmp_path / "out" / "README.md").read_text().split())
    assert "Patients whose beats it was trained on" in said
    unseen = "its dense network, trained for them, reaches 50.0% accuracy and 25.0 macro-F1"
    assert f"On patients never met {unseen} (float, mean of 2 seeds)" in said
    assert "calling each of their beats normal has 80.0% accuracy" in said
    assert (
        "| mean of 2 seeds, not trained with shifts |" in said
        and "| 90.00% accuracy, 50.00 macro-F1 |" in said
    )
    assert "| 2,000 |" in said and "| 9,000 |" in said
    assert "`-O0`: 26.5 to 32.5" in said and "-ffixed-r9" in said and "ECG_LOGIT_SCALE" in said


def test_the_same_kind_apart_comes_before_the_dense_network():
    device, swept = beside_it(KEY)
    same = KEY._replace(split="inter", seed=3)._asdict()
    swept.loc[len(swept)] = {
        **same,
        "accuracy": 0.7,
        "f1_macro": 0.4,
        "confusion": {"1": {"NN": 1}},
    }
    assert beside.apart(KEY, swept) == ("this kind of network", 1, 0.7, 0.4, 1.0)
    assert beside.apart(KEY._replace(model="other"), swept) is None
    assert beside.kind_of(KEY, device).means["cycles_p2"] == 2_000.0


def test_the_integers_as_onnx_answer_as_the_c_does(
    network, shifts, compilers, tmp_path, monkeypatch
):
    folder.write_firmware(KEY, network, tmp_path / "out", 8, *beside_it(KEY), shifts)
    said = (tmp_path / "out" / "README.md").read_text()
    assert "gives the class of the C for 100.00% of the test beats" in " ".join(said.split())
    monkeypatch.setattr(folder, "run_onnx", lambda file, beats: np.eye(5)[[4] * len(beats)])
    with pytest.raises(ExportError, match="of the test beats only .* are as in C"):
        folder.write_firmware(KEY, network, tmp_path / "other", 8, *beside_it(KEY), shifts)
    assert not (tmp_path / "other").exists()


def test_a_folder_is_whole_and_says_what_it_is(network, shifts, compilers, tmp_path):
    key = KEY._replace(budget="macs")
    costs = folder.write_firmware(key, network, tmp_path / "out", 8, *beside_it(key), shifts)
    written = {
        path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*")
    }
    assert written == {
        *("LICENSE", "README.md", "network.onnx", "network_int8.onnx", "c", LIST, f"c/{LIST}"),
        *(f"c/{name}" for name in ("ecg_kernels.h", "ecg_model.c", "ecg_model.h", "ecg_test.c")),
    }
    said = (tmp_path / "out" / "README.md").read_text()
    assert " of the MACs removed" in said.splitlines()[0]
    assert f"{costs['flash_total_bytes']:,}: " in said and "MIT-BIH" in said
    assert "260 samples at 360 Hz of lead MLII, the R peak at index 99" in said
    assert f"{costs['cycles_p2']:,.0f}" in said and "99.00% accuracy, 90.00 macro-F1" in said
    assert "| this network | 80.0 | 90.0 | 84.0 |" in said
    assert "#define BEATS 8" in (tmp_path / "out" / "c" / "ecg_test.c").read_text()


def test_the_steady_network_is_what_a_folder_holds(network, shifts, compilers, tmp_path):
    folder.write_firmware(KEY, network, tmp_path / "out", 8, *beside_it(KEY), shifts)
    biases = models.load(KEY.model, network).classifier[5].bias.detach().numpy()
    stored = onnx.load(tmp_path / "out" / "network.onnx").graph.initializer
    held = [onnx.numpy_helper.to_array(one).ravel() for one in stored]
    assert any(np.array_equal(one, biases[::-1]) for one in held)
    assert not any(np.array_equal(one, biases) for one in held)


def test_a_folder_that_fails_leaves_the_one_before(
    network, shifts, compilers, tmp_path, monkeypatch
):
    out = tmp_path / "out"
    with paths.whole_folder(out) as temporary:
        (temporary / "README.md").write_text("before")

    def fail(*_):
        raise OSError("no space left")

    monkeypatch.setattr(folder, "write_onnx", fail)
    with pytest.raises(OSError, match="no space left"):
        folder.write_firmware(KEY, network, out, 5, *beside_it(KEY), shifts)
    assert {path.name for path in out.iterdir()} == {"README.md", LIST}
    assert (out / "README.md").read_text() == "before"
    assert not list(tmp_path.glob(".*"))


def test_a_folder_of_somebody_else_is_refused_before_anything_is_measured(
    shifts, tmp_path, monkeypatch
):
    monkeypatch.setattr(folder, "measured", None)  # it is not come to
    (tmp_path / "main.c").write_text("of the user")
    with pytest.raises(paths.FolderError, match="main.c in it was not written by this project"):
        folder.write_firmware(KEY, tmp_path / "no network", tmp_path, 5, *beside_it(KEY), shifts)
    assert [path.name for path in tmp_path.iterdir()] == ["main.c"]
