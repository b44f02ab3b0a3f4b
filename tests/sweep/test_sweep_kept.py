"""Networks that the sweep keeps for the device are found as far as they are there."""

from ecglib.runs import dense_key
from ecglib.sweep import grid, kept, store

ENTRY = {
    "schedule": "eight_stages",
    "target_sparsity": 0.7,
    "keep_weights": [1],
}
SCHEDULES = {"eight_stages": []}


def test_keys_are_those_that_the_notebooks_write(monkeypatch, tmp_path):
    monkeypatch.setattr(grid, "_require_on_schedule", lambda *_: None)
    entries = [{"notebook": name, **ENTRY} for name in ("04_multistage_prune", "03_one_shot_prune")]
    cells = [cell for cell in grid.cells(entries, [0, 1], SCHEDULES) if cell.keeps_weights]
    found = [[key.target_sparsity for key in kept.keys(cell)] for cell in cells]
    assert found == [[0.5, 0.6, 0.7], [0.7]]
    (key,) = kept.keys(cells[1])
    assert key.name == "intra-acharya2017-one_shot-magnitude-eight_stages-global-weights-0.7-s1"
    assert key.stage == "one_shot_prune"

    monkeypatch.setattr(store, "FOLDER", tmp_path)
    monkeypatch.setattr(grid, "load", lambda: cells)
    assert kept.networks() == {}
    dense = dense_key("intra", "acharya2017", 1)
    for one in (key, dense):
        path = tmp_path / "networks" / f"{one.name}.safetensors"
        path.parent.mkdir(exist_ok=True)
        path.touch()
    assert kept.networks().keys() == {key, dense}
