"""Networks are read where they lie, made anew where something differs, and never half-written."""

import pytest
import torch

from ecglib.denoising import kept
from ecglib.denoising.networks import UNet


class Maker:
    """Makes a network, and counts how often."""

    def __init__(self, widths=(2, 3)):
        self.widths, self.made = widths, 0

    def __call__(self):
        self.made += 1
        torch.manual_seed(self.made)
        return UNet(3, self.widths, 3)


@pytest.fixture
def make():
    return Maker()


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(kept, "FOLDER", tmp_path / "networks")
    return tmp_path / "networks"


def network(make, name="dense-s0", **made_from):
    return kept.network(name, {"epochs": 1} | made_from, make, UNet(3, (2, 3), 3))


def same(one, other):
    return all(map(torch.equal, one.state_dict().values(), other.state_dict().values()))


def test_a_kept_network_is_read_and_not_made_anew(make, folder):
    first = network(make)
    again = network(make)
    assert make.made == 1 and same(first, again)
    assert not first.training and not again.training
    assert len(list(folder.iterdir())) == 1


def test_the_first_who_asks_gets_what_all_later_ones_get(make):
    """Sixteen bits, also of weights that were just trained."""
    first, exact = network(make), Maker()()
    assert not same(first, exact)
    for ours, theirs in zip(first.parameters(), exact.parameters(), strict=True):
        assert ours.dtype == torch.float32
        torch.testing.assert_close(ours, theirs.half().float(), rtol=0, atol=0)


def test_another_setting_makes_it_anew_and_the_old_one_goes(make, folder):
    network(make)
    before = set(folder.iterdir())
    other = network(make, epochs=2)
    assert make.made == 2 and same(other, network(make, epochs=2))
    assert len(set(folder.iterdir())) == 1 and not before & set(folder.iterdir())


def test_networks_of_other_names_stay(make, folder):
    for name in ("dense-s0", "dense-s1", "dense-s10", "dense-s1-more"):
        network(make, name)
    network(make, "dense-s1", epochs=2)
    assert make.made == 5 and len(list(folder.iterdir())) == 4


def test_the_old_one_stays_until_the_new_one_is_written(make, folder, monkeypatch):
    network(make)
    (old,) = folder.iterdir()

    def fails():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        network(fails, epochs=2)
    assert list(folder.iterdir()) == [old]

    def full(weights, path):
        raise OSError("no space left on device")

    monkeypatch.setattr(kept.models, "write_weights", full)
    with pytest.raises(OSError, match="no space"):
        network(make, epochs=2)
    assert list(folder.iterdir()) == [old]


@pytest.mark.parametrize("content", [b"", b"nonsense" * 9])
def test_a_damaged_file_is_named_and_not_replaced(make, folder, content):
    network(make)
    (file,) = folder.iterdir()
    file.write_bytes(content)
    with pytest.raises(ValueError, match=f"{file.name} is damaged: delete it"):
        network(make)
    assert make.made == 1 and file.read_bytes() == content


def test_a_cut_file_is_named(make, folder):
    network(make)
    (file,) = folder.iterdir()
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(ValueError, match=f"{file.name} is damaged: delete it"):
        network(make)


def test_a_file_of_another_network_is_named(make, folder):
    network(make)
    (file,) = folder.iterdir()
    kept.models.write_weights({"last.weight": torch.zeros(1, 5, 1)}, file)
    with pytest.raises(ValueError, match=f"{file.name} is damaged: delete it"):
        network(make)


def test_a_smaller_network_comes_back_as_small(folder):
    found = [network(Maker((1, 2)), "filters-s0") for _ in range(2)]
    assert [one.encoder[0][0].weight.shape[0] for one in found] == [1, 1]
    assert same(*found)
