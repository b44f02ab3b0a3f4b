"""README against the project: its numbers come from the report, and its code runs."""

import copy
import re
import shutil

import numpy as np
import pytest
import torch

from ecglib import models, paths
from ecglib.device.cost import macs_per_weight
from ecglib.pruning import masks
from ecglib.pruning.prune import pruner

README = (paths.ROOT / "README.md").read_text()


SHOWN = ["sweep/summary", "device/summary", "published", "findings", "device/findings", "latency"]


@pytest.mark.parametrize("name", SHOWN)
def test_table_and_findings_are_those_that_the_notebooks_wrote(name):
    assert (paths.TABLES / f"{name}.md").read_text().strip() in README


def test_every_file_it_links_to_is_there():
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", README):
        assert (paths.ROOT / target).exists(), target


def test_both_set_up_commands_are_shown():
    assert "make repro" in README and "make test" in README


def test_the_example_for_ones_own_records_runs(write_record, tmp_path, monkeypatch, capsys):
    code, then = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    signal = np.random.default_rng(0).integers(-500, 500, (2500, 1))
    written = write_record(
        "patient1", ("II",), signal_adc=signal, fs_hz=250, sample=(500, 900, 1200)
    )
    (tmp_path / "my_records").mkdir()
    for file in list(written.glob("patient1.*")):
        shutil.move(file, tmp_path / "my_records")
    weights = re.search(r'name = "(.*?)"', code).group(1)
    models.save(models.build("acharya2017"), tmp_path / "models/multistage_prune" / weights)
    monkeypatch.chdir(tmp_path)
    exec(code, names := {})
    assert re.fullmatch(r"\['[NSVFQ]', '[NSVFQ]', '[NSVFQ]'\]\n", capsys.readouterr().out)
    exec(then, names)
    folder = tmp_path / "build" / "firmware"
    assert {"ecg_model.c", "ecg_model.h", "ecg_test.c"} <= {f.name for f in folder.iterdir()}
    assert (tmp_path / "build" / "network.onnx").is_file()


@pytest.mark.parametrize("figure", re.findall(r"reports/figures/[\w.]+", README))
def test_its_figures_are_outputs_of_the_pipeline(figure):
    assert figure in (paths.ROOT / "dvc.yaml").read_text()


@pytest.mark.parametrize("seed", range(5))
def test_pruned_at_once_by_magnitude_per_mac_no_beat_reaches_its_class(seed):
    """What README says of the row with 18 macro-F1: it is the ranking, not the training."""
    network = models.load(
        "acharya2017", paths.REPORTS / "sweep" / f"intra-acharya2017-dense-s{seed}.safetensors"
    ).eval()
    beats = torch.randn(8, 1, 260, generator=torch.Generator().manual_seed(0))
    for criterion, collapsed in (("magnitude", False), ("magnitude_per_mac", True)):
        prune_to = pruner(criterion, "global", seed=seed, prices=macs_per_weight(network))
        pruned = copy.deepcopy(network)
        masks.apply(prune_to(network, masks.ones(network), 0.9), pruned)
        logits = pruned(beats)
        assert torch.allclose(logits, logits[:1], atol=1e-5) == collapsed, criterion
