"""Networks that the sweep keeps for the device: only whole ones, of finished cells."""

import pytest

from ecglib.results.runs import Key
from ecglib.sweep import grid, kept

ENTRY = {"stage": "multistage_prune", "keep_weights": [1]}
KEPT = """
from ecglib.sweep import kept
found, unfinished = kept.networks()
print(sorted(key.name for key in found), [cell.name for cell in unfinished])
"""


def test_keys_are_those_of_the_stages_or_of_the_one_pruning():
    entries = [
        {**ENTRY, "stage": stage, "schedule": "eight_stages", "target_sparsity": 0.7}
        for stage in ("multistage_prune", "one_shot_prune")
    ]
    schedules = {"eight_stages": kept.config.load().stages("eight_stages")}
    cells = [cell for cell in grid.cells(entries, [0, 1], schedules) if cell.keeps_weights]
    found = [[key.target_sparsity for key in kept.keys(cell)] for cell in cells]
    assert found == [[0.5, 0.6, 0.7], [0.7]]
    way = ("one_shot", "magnitude", "eight_stages", "global", "weights")
    assert kept.keys(cells[1]) == [Key("intra", "acharya2017", *way, 0.7, 1)]


@pytest.mark.parametrize("method", ["multistage_one_cycle", "weight_rewinding", "lottery_ticket"])
def test_a_method_that_gives_one_network_has_one_key(method):
    entry = {**ENTRY, "method": method, "schedule": "eight_stages", "target_sparsity": 0.7}
    schedules = {"eight_stages": kept.config.load().stages("eight_stages")}
    (cell,) = [c for c in grid.cells([entry], [1], schedules) if c.keeps_weights]
    assert [key.target_sparsity for key in kept.keys(cell)] == [0.7]


def test_only_finished_cells_give_networks(project):
    project.grid({**ENTRY, "target_sparsity": 0.5}, seeds=(1,))
    name = "intra-acharya2017-multistage-magnitude-global-weights-eight_stages-0.5-s1"
    out, err = project.ask(KEPT)
    assert out.split("] [")[0] == "[" and name in out, err
    assert project.sweep("--workers", "1").returncode == 0
    out, err = project.ask(KEPT)
    key = "intra-acharya2017-multistage-magnitude-eight_stages-global-weights-0.5-s1"
    assert out == f"['intra-acharya2017-dense-s1', '{key}'] []\n", err

    module = project.root / "ecglib" / "pruning" / "masks.py"
    before = module.read_text()
    module.write_text(before.replace("masked_fill_(~", "masked_fill_("))
    assert name in project.ask(KEPT)[0]  # stale: named, not given
    module.write_text(before)

    (weights,) = (project.root / "reports" / "sweep" / "networks").glob("multistage-*")
    weights.write_bytes(b"damaged")
    assert f"{weights.name} is missing or damaged" in project.ask(KEPT)[1]
