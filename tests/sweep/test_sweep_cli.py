"""What is asked for wrongly on the sweep's command line ends at once, and says why."""

import sys

import pytest

from ecglib.sweep import __main__ as command
from ecglib.sweep.errors import SweepError


def run(monkeypatch, *arguments: str) -> None:
    monkeypatch.setattr(sys, "argv", ["ecglib.sweep", *arguments])
    command.main()


@pytest.mark.parametrize("workers", ["0", "-1", "two"])
def test_a_number_of_workers_that_is_none_is_refused(monkeypatch, capsys, workers):
    with pytest.raises(SystemExit):
        run(monkeypatch, f"--workers={workers}")
    assert f"{workers!r} is no number of workers: give 1 or more" in capsys.readouterr().err


def test_a_text_that_no_cell_contains_is_an_error_not_a_sweep_of_nothing():
    with pytest.raises(SweepError, match="--only rythm_cnn: no cell of the grid has this"):
        command._asked([], "rythm_cnn", command.grid.load(), extended=True)


def test_extended_cells_and_dense_networks_for_them_alone_wait_until_they_are_asked_for():
    cells = command.grid.load()

    def asked(only, *, extended):
        return command._asked(cells, only, cells, extended=extended)

    assert asked("", extended=True) == cells
    core = asked("", extended=False)
    assert 0 < len(core) < len(cells) and not any(cell.extended for cell in core)
    assert {cell.dense.name for cell in core} <= {cell.name for cell in core}
    # Nothing of the core starts from this network.
    name = "inter-kachuee2018-dense-s0"
    assert name in {cell.name for cell in cells} - {cell.name for cell in core}
    # A name asks for it, too.
    assert name in {cell.name for cell in asked("inter-kachuee2018-multistage", extended=False)}
