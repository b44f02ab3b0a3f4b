"""The networks have the published sizes, and their weights survive the way to disk and back."""

import pytest
import torch
from safetensors import safe_open
from torch import nn

from ecglib import models
from ecglib.device.cost import total_costs
from ecglib.settings import config

NAMES = list(models.MODELS)
PARAMETERS = {"acharya2017": 19_805, "kachuee2018": 55_013, "rhythm_cnn": 4_817}
MACS = {"acharya2017": 95_770, "kachuee2018": 3_555_072, "rhythm_cnn": 57_264}


@pytest.fixture(autouse=True)
def same_initial_weights():
    torch.manual_seed(0)


def beats(name, count=3):
    shape = (count, *models.MODELS[name].function.input_shape)
    return torch.randn(shape, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("name", NAMES)
def test_parameters_and_macs_are_those_of_the_study(name):
    costs = total_costs(models.build(name), models.MODELS[name].function.input_shape)
    assert (costs["params"], costs["macs"]) == (PARAMETERS[name], MACS[name])


@pytest.mark.parametrize("name", NAMES)
def test_input_is_as_long_as_the_windows_of_params_yaml(name):
    length = config.load().data.windows[name].length + models.MODELS[name].function.n_features
    assert models.MODELS[name].function.input_shape == (1, length)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("count", [1, 7])
def test_output_is_five_logits_per_beat(name, count):
    assert models.build(name)(beats(name, count)).shape == (count, 5)


@pytest.mark.parametrize("name", NAMES)
def test_a_beat_is_judged_alike_alone_and_in_a_batch(name):
    network, batch = models.build(name).eval(), beats(name)
    alone = torch.cat([network(beat[None]) for beat in batch])
    torch.testing.assert_close(network(batch), alone)


@pytest.mark.parametrize("name", NAMES)
def test_every_weight_learns(name):
    network = models.build(name)
    network(beats(name)).square().sum().backward()
    still = [key for key, weight in network.named_parameters() if not weight.grad.any()]
    assert still == []


def test_acharya2017_is_the_published_net_in_plain_torch_layers():
    fast = models.build("acharya2017")
    layers = []
    for inputs, outputs, taps in [(1, 5, 3), (5, 10, 4), (10, 20, 4)]:
        layers += [nn.Conv1d(inputs, outputs, taps), nn.LeakyReLU(), nn.MaxPool1d(2)]
    layers += [nn.Flatten(), nn.Linear(600, 30), nn.LeakyReLU()]
    plain = nn.Sequential(*layers, nn.Linear(30, 20), nn.LeakyReLU(), nn.Linear(20, 5))
    for ours, theirs in zip(fast.parameters(), plain.parameters(), strict=True):
        theirs.data.copy_(ours.data)
    x = beats("acharya2017")
    torch.testing.assert_close(fast(x), plain(x))


def test_unknown_model_lists_the_known_ones():
    with pytest.raises(ValueError, match="unknown model 'resnet'; one of acharya2017, kachuee2018"):
        models.build("resnet")


# Weights on disk


@pytest.mark.parametrize("name", NAMES)
def test_loaded_network_gives_the_same_output(name, tmp_path):
    network = models.build(name).eval()
    models.save(network, tmp_path / "net.safetensors")
    loaded = models.load(name, tmp_path / "net.safetensors").eval()
    assert torch.equal(loaded(beats(name)), network(beats(name)))


def test_file_is_safetensors_with_the_plain_weight_names(tmp_path):
    network = models.build("acharya2017")
    models.save(network, tmp_path / "net.safetensors")
    with safe_open(tmp_path / "net.safetensors", framework="pt") as file:
        assert set(file.keys()) == set(network.state_dict())
    assert [path.name for path in tmp_path.iterdir()] == ["net.safetensors"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: content[:4],
        lambda content: content[:-100],
        lambda content: content[:8] + b"\xff" + content[9:],
        lambda content: b"\0" * 1000,
    ],
    ids=["empty", "only a start", "truncated", "corrupt header", "zeros"],
)
def test_damaged_weights_are_a_clear_error(tmp_path, damage):
    path = tmp_path / "net.safetensors"
    models.save(models.build("acharya2017"), path)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ValueError, match="net.safetensors holds no acharya2017 weights"):
        models.load("acharya2017", path)


def test_weights_of_another_network_are_a_clear_error(tmp_path):
    models.save(models.build("kachuee2018"), tmp_path / "net.safetensors")
    with pytest.raises(ValueError, match="net.safetensors holds no acharya2017 weights"):
        models.load("acharya2017", tmp_path / "net.safetensors")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_no_finite_numbers_are_a_clear_error(tmp_path, value):
    network = models.build("rhythm_cnn")
    with torch.no_grad():
        next(network.parameters()).view(-1)[0] = value
    models.save(network, tmp_path / "w.safetensors")
    with pytest.raises(ValueError, match="w.safetensors holds no rhythm_cnn weights .*not finite"):
        models.load("rhythm_cnn", tmp_path / "w.safetensors")


def test_weights_of_another_type_are_a_clear_error(tmp_path):
    weights = {n: weight.double() for n, weight in models.build("rhythm_cnn").state_dict().items()}
    models.write_weights(weights, tmp_path / "w.safetensors")
    with pytest.raises(ValueError, match="w.safetensors holds no .* is torch.float64, not"):
        models.load("rhythm_cnn", tmp_path / "w.safetensors")


def test_a_pickled_checkpoint_is_refused(tmp_path):
    torch.save(models.build("acharya2017").state_dict(), tmp_path / "net.pt")
    with pytest.raises(ValueError, match="net.pt holds no acharya2017 weights"):
        models.load("acharya2017", tmp_path / "net.pt")


def test_missing_weights_say_what_to_do(tmp_path):
    with pytest.raises(ValueError, match="no acharya2017 weights at .*net.safetensors: run"):
        models.load("acharya2017", tmp_path / "net.safetensors")
