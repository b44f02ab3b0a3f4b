import pytest
import torch

from ecglib.device.cost import layer_costs
from ecglib.offloading import architectures, walk
from ecglib.offloading.evaluate import evaluate
from ecglib.offloading.simple import heft


def toy():
    """Two branches that meet in an addition, then a pooling that changes nothing."""
    return torch.nn.Sequential(
        torch.nn.Conv1d(1, 4, 5, padding=2),
        torch.nn.ReLU(),
        torch.nn.MaxPool1d(2),
        torch.nn.Flatten(),
        torch.nn.Dropout(),
        torch.nn.Linear(40, 3),
    )


class Branches(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.one, self.two = (torch.nn.Conv2d(3, 3, 3, padding=1, bias=False) for _ in range(2))
        self.bn, self.pool = torch.nn.BatchNorm2d(3), torch.nn.AdaptiveAvgPool2d(6)

    def forward(self, x):
        return self.pool(torch.cat([torch.relu(self.bn(self.one(x))) + x, self.two(x)], 1))


def test_macs_and_sizes_are_those_of_the_studys_own_walk():
    own = layer_costs(toy(), (1, 20)).query("macs > 0")
    found = walk.layers(toy(), (1, 20)).query("macs > 0")
    assert found["layer"].tolist() == own["layer"].tolist() == ["0", "5"]
    assert found["macs"].tolist() == own["macs"].tolist() == [5 * 4 * 20, 120]
    assert found["weight_elements"].tolist() == own["params"].tolist()


def test_what_keeps_the_elements_runs_where_its_input_does_and_edges_follow_the_data():
    found = walk.layers(Branches(), (3, 6, 6))
    reads = dict(zip(found["layer"], found["reads"], strict=True))
    assert reads == {
        "input": "",
        "one": "input",
        "add": "one input",
        "two": "input",
        "cat": "add two",
    }
    assert found["output_elements"].tolist() == [108, 108, 108, 108, 216]


def test_an_unknown_layer_is_an_error_by_its_name():
    with pytest.raises(TypeError, match="unknown layer '1'"):
        walk.layers(torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.GELU()), (2,))


# MACs of these networks as torchvision's own page has them, in 10^9.
@pytest.mark.parametrize(
    ("network", "layers", "gmacs"),
    [
        ("alexnet", 11, 0.71),
        ("vgg19", 24, 19.63),
        ("googlenet", 81, 1.50),
        ("resnet101", 140, 7.80),
    ],
)
def test_published_networks_have_their_layers(network, layers, gmacs):
    table = architectures.walked(network)
    assert len(table) == layers + 1 and table["macs"].sum() / 1e9 == pytest.approx(gmacs, abs=5e-3)


def test_an_unknown_network_names_the_known():
    with pytest.raises(ValueError, match="one of alexnet, vgg19"):
        architectures.walked("lenet")


@pytest.mark.parametrize("network", architectures.NETWORKS)
def test_the_file_is_what_torchvision_gives(network):
    models = pytest.importorskip("torchvision.models")
    with torch.device("meta"):
        fresh = models.get_model(network, weights=None)
    table = walk.layers(fresh, (3, 224, 224)).reset_index(drop=True)
    assert table.equals(architectures.walked(network).astype(table.dtypes))


def test_several_networks_run_at_once_each_from_its_own_device():
    both = architectures.instance(["alexnet", "alexnet"], devices=2, edges=1)
    assert both.shape == (24, 4)
    assert both.layers.output_bytes[0] == 3 * 224 * 224 * 4  # 32 bits an element, not 64
    assert both.layers.pinned[[0, 12]].tolist() == [0, 1]
    scores = evaluate(both, heft(both)[:, None])
    assert (scores.completion_s[:, 0] >= both.least_s - 1e-9).all()
