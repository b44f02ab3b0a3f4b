"""Progress is calm: few lines however many steps, a last word, and no trace in the weights."""

import pytest
import pytorch_lightning as pl
import torch
from test_classifier import Bumps, equal, fit, new_network, weights

SECONDS_A_STEP = 1 / 16  # exact in binary


@pytest.fixture
def clock(monkeypatch):
    """The bar's clock, which only the steps of a fit move: no test waits or measures."""

    class Clock(pl.Callback):
        now = 1000.0

        def on_train_batch_start(self, *_):
            self.now += SECONDS_A_STEP

    ticking = Clock()
    monkeypatch.setattr("tqdm.std.time", lambda: ticking.now)
    return ticking


def lines(written: str) -> list[str]:
    """What was on the line, one after the other; an empty one only wipes the line."""
    return [line for line in written.replace("\n", "\r").split("\r") if line.strip()]


def test_a_fit_of_many_steps_writes_about_one_line_a_second(clock, capsys):
    fit(new_network(), epochs=32, callbacks=[clock], progress=True)  # 160 steps, 10 seconds
    out, err = capsys.readouterr()
    assert err == ""
    assert 10 <= len(lines(out)) <= 12
    assert "epoch 1 of 32:   0%" in lines(out)[0]
    assert any("epoch 16 of 32:  50%" in line and "80/160 steps" in line for line in lines(out))


def test_the_last_line_says_that_the_fit_is_complete(clock, capsys):
    fit(new_network(), epochs=2, callbacks=[clock], progress=True)
    out = capsys.readouterr().out
    last = lines(out)[-1]
    assert "complete" in last and "100%" in last and "10/10 steps" in last
    assert out.endswith("\n"), "what is printed next would stand on the bar's line"


def test_each_fit_has_a_bar_of_its_own(clock, capsys):
    network = new_network()
    for _ in range(2):
        fit(network, epochs=1, callbacks=[clock], progress=True)
    assert sum("complete" in line for line in lines(capsys.readouterr().out)) == 2


def test_without_progress_nothing_is_written(capsys):
    fit(new_network(), epochs=2)
    assert capsys.readouterr() == ("", "")


def test_a_fit_that_fails_ends_its_bar_where_it_stopped(clock, capsys):
    class Fail(pl.Callback):
        def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
            if trainer.global_step == 7:
                raise ValueError("no such beat")

    with pytest.raises(ValueError, match="no such beat"):
        fit(new_network(), epochs=2, callbacks=[clock, Fail()], progress=True)
    out = capsys.readouterr().out
    assert out.endswith("\n") and "complete" not in out
    assert "epoch 2 of 2" in lines(out)[-1]


def test_a_fit_that_fails_before_its_first_step_says_why(capsys):
    class Empty(Bumps):
        def train_dataloader(self):
            raise ValueError("no beats")

    with pytest.raises(ValueError, match="no beats"):
        fit(new_network(), Empty(), progress=True)
    assert capsys.readouterr().out == ""


def test_progress_leaves_no_trace_in_the_weights_or_the_history(capsys):
    quiet, told = new_network(dropout=0.3), new_network(dropout=0.3)
    torch.manual_seed(1)
    history = fit(quiet)
    torch.manual_seed(1)
    assert history.equals(fit(told, progress=True))
    assert equal(weights(quiet), weights(told))
