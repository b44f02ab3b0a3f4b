"""README and docs/: their tables and numbers are those of the report, and their code runs."""

import copy
import re
import shutil

import documents
import numpy as np
import pytest
import torch
import yaml

from ecglib import models, paths
from ecglib.data.records import read_record
from ecglib.device.cost import macs_per_weight
from ecglib.methods.one_shot import METHODS
from ecglib.pages import documents as generated
from ecglib.pruning import masks
from ecglib.pruning.prune import pruner

TEXTS = {str(p.relative_to(paths.ROOT)): p.read_text() for p in generated.documents()}
README = TEXTS["README.md"]
CODE = re.compile(r"```python\n(.*?)```", re.DOTALL)
FIGURES = sorted(
    {f for text in TEXTS.values() for f in re.findall(r"reports/figures/[\w./]+", text)}
)
# What prose may say without a source: sparsities and budgets that the study aims at, its intervals.
TARGETS = [r"\b(25|60|75|80|90|92|95) %(?! (accuracy|macro-F1|F1))"]


@pytest.mark.parametrize("name", TEXTS)
def test_its_tables_and_sourced_numbers_are_those_of_the_report(name):
    assert not documents.disagreements(TEXTS[name], paths.ROOT)


def test_measured_numbers_in_what_was_found_have_a_source():
    of_readme = re.search(r"## What was found\n(.*?)\n## ", README, re.DOTALL).group(1)
    for text in (of_readme, TEXTS["docs/results.md"]):
        assert not list(documents.unsourced(text, TARGETS))


@pytest.mark.parametrize("name", TEXTS)
def test_every_file_it_links_to_is_there(name):
    folder = (paths.ROOT / name).parent
    for target in re.findall(r"\]\((?!http)([^)]+)\)", TEXTS[name]):
        file, _, heading = target.partition("#")
        path = folder / file if file else paths.ROOT / name
        assert path.exists(), target
        if heading:
            titles = re.findall(r"^#+ (.*)$", path.read_text(), re.MULTILINE)
            assert heading in [re.sub(r"[^\w -]", "", t.lower()).replace(" ", "-") for t in titles]


@pytest.mark.parametrize("figure", FIGURES)
def test_its_figures_are_outputs_of_the_pipeline(figure):
    stages = yaml.safe_load((paths.ROOT / "dvc.yaml").read_text())["stages"]
    declared = [out for stage in stages.values() for out in stage["outs"]]
    outputs = {name for out in declared for name in (out if isinstance(out, dict) else [out])}
    assert outputs & {
        figure,
        *(str(parent) for parent in (paths.ROOT / figure).relative_to(paths.ROOT).parents),
    }


def test_readme_is_short_and_shows_both_commands():
    assert len(README.splitlines()) <= 200 and len(README.encode()) <= 14_000
    assert "make repro" in README and "make test" in README


def test_readme_has_a_row_for_every_room_and_folder():
    for room in (p for p in (paths.ROOT / "ecglib").iterdir() if (p / "__init__.py").is_file()):
        assert f"\n| `{room.name}` |" in README, room
    tracked = ("notebooks", "ecglib", "tests", "benchmarks", "docs", "reports", "build")
    assert all(f"`{folder}/`" in README for folder in tracked)


def test_the_example_for_ones_own_records_runs(write_record, tmp_path, monkeypatch, capsys):
    code, then = CODE.findall(README)
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


def test_the_loop_over_a_whole_database_runs(write_record, tmp_path, monkeypatch, capsys):
    loop, own_annotations = CODE.findall(TEXTS["docs/records.md"])
    signal = np.random.default_rng(0).integers(-500, 500, (2000, 2))
    written = {"leads": ("I", "II"), "signal_adc": signal, "fs_hz": 128}
    folder = tmp_path / "my_records"
    for name in ("patient1", "patient2", "ward/patient3"):
        write_record(folder=(folder / name).parent, name=(folder / name).name, **written)
    write_record("patient4", ("I",), folder=folder)
    monkeypatch.chdir(tmp_path)
    exec(own_annotations, {})
    exec(loop, names := {})
    assert names["mine"].record_names.tolist() == ["patient1", "patient2", "ward/patient3"]
    assert names["mine"].sample.tolist() == [100, 400, 700, 370, 662, 946, 100, 400, 700]
    assert capsys.readouterr().out.startswith("9 beats of 3 records\nrecord patient4 has no lead")


def test_ones_own_annotations_count_samples_of_the_lead_in_a_record_of_slower_frames(
    tmp_path, monkeypatch
):
    _, own_annotations = CODE.findall(TEXTS["docs/records.md"])
    (tmp_path / "my_records").mkdir()
    monkeypatch.chdir(tmp_path)
    exec(own_annotations, names := {})
    samples = np.random.default_rng(0).integers(-500, 500, 2000).astype("<i2")
    (tmp_path / "my_records/patient2.dat").write_bytes(samples.tobytes())
    header = "patient2 1 32 500\npatient2.dat 16x4 200 16 0 0 0 0 II\n"
    (tmp_path / "my_records/patient2.hea").write_text(header)
    record = read_record(tmp_path / "my_records", "patient2", lead="II")
    assert record.fs_hz == 128 and record.sample.tolist() == names["sample"].tolist()


def test_the_example_of_a_new_method_registers_one():
    (code,) = CODE.findall(TEXTS["docs/sweep.md"])
    before = set(METHODS)
    try:
        exec(code, {})
        (name,) = set(METHODS) - before
        assert (
            METHODS[name].stage == "one_shot_prune" and f"method {name}" in TEXTS["docs/sweep.md"]
        )
    finally:
        for name in set(METHODS) - before:
            METHODS.remove(name)


@pytest.mark.parametrize("seed", range(5))
def test_pruned_at_once_by_magnitude_per_mac_no_beat_reaches_its_class(seed):
    """What docs/results.md says of macro-F1 18: it is the ranking, not the training."""
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
