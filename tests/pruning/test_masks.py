"""A mask is a checked value: it says what is removed, and survives the disk."""

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from ecglib.pruning import masks as mask_values

NAMES = ["conv.weight", "head.weight"]


def with_changed(masks, name, mask):
    return masks | {name: mask}


def test_only_the_weights_of_convolutions_and_dense_layers_are_prunable():
    network = nn.Sequential(nn.Conv1d(1, 2, 3), nn.BatchNorm1d(2), nn.Flatten(), nn.Linear(4, 5))
    network.register_parameter("scale", nn.Parameter(torch.ones(1)))
    prunable = mask_values.prunable(network)
    assert list(prunable) == ["0.weight", "3.weight"]
    assert prunable["0.weight"] is network[0].weight


def test_ones_keeps_every_weight(network):
    masks = mask_values.ones(network)
    assert {name: tuple(mask.shape) for name, mask in masks.items()} == {
        "conv.weight": (1, 1, 5),
        "head.weight": (5, 3),
    }
    assert all(mask.dtype == torch.bool and mask.all() for mask in masks.values())
    assert mask_values.sparsity(masks) == 0.0


def test_sparsity_counts_weights_not_layers(network):
    masks = mask_values.ones(network)
    masks["conv.weight"][..., :3] = False
    assert mask_values.sparsity(masks) == pytest.approx(3 / 20)
    masks["head.weight"][:] = False
    assert mask_values.sparsity(masks) == pytest.approx(18 / 20)


def test_apply_zeroes_the_removed_weights_and_nothing_else(by_hand):
    masks = mask_values.ones(by_hand)
    masks["conv.weight"][0, 0, 1] = False
    masks["head.weight"][4] = False
    mask_values.apply(masks, by_hand)
    assert by_hand.conv.weight.flatten().tolist() == [16, 0, 18, -19, 20]
    assert by_hand.head.weight.flatten().tolist() == [*range(1, 13), 0, 0, 0]
    assert by_hand.conv.bias.tolist() == [1]
    assert by_hand.head.bias.tolist() == [0, 1, 2, 3, 4]


def test_masked_network_computes_what_the_hand_does(by_hand):
    ones = torch.ones(1, 1, 7)
    feature = 16 - 17 + 18 - 19 + 20 + 1
    rows = [1 + 2 + 3, 4 + 5 + 6, 7 + 8 + 9, 10 + 11 + 12, 13 + 14 + 15]
    assert by_hand(ones).tolist() == [[feature * row + k for k, row in enumerate(rows)]]
    masks = mask_values.ones(by_hand)
    masks["head.weight"][:, 1:] = False
    mask_values.apply(masks, by_hand)
    first_column = [1, 4, 7, 10, 13]
    assert by_hand(ones).tolist() == [[feature * row + k for k, row in enumerate(first_column)]]


def test_apply_leaves_a_trainable_network(by_hand):
    weight = by_hand.conv.weight
    mask_values.apply(mask_values.ones(by_hand), by_hand)
    assert by_hand.conv.weight is weight
    assert weight.requires_grad and weight.is_leaf
    assert list(by_hand.state_dict()) == ["conv.weight", "conv.bias", "head.weight", "head.bias"]


def test_nested_means_that_nothing_comes_back(network):
    outer = mask_values.ones(network)
    outer["conv.weight"][..., 0] = False
    inner = {name: mask.clone() for name, mask in outer.items()}
    inner["head.weight"][0] = False
    assert mask_values.nested(inner, outer)
    assert mask_values.nested(outer, outer)
    assert not mask_values.nested(outer, inner)


def test_masks_of_different_networks_are_not_nested(network):
    masks = mask_values.ones(network)
    assert not mask_values.nested({"conv.weight": masks["conv.weight"]}, masks)


def test_masks_that_fit_are_valid(network, half):
    mask_values.validate(mask_values.ones(network), network)
    mask_values.validate(half, network)


@pytest.mark.parametrize("missing", NAMES)
def test_missing_name_is_an_error_naming_it(network, missing):
    masks = mask_values.ones(network)
    del masks[missing]
    with pytest.raises(ValueError, match=missing):
        mask_values.validate(masks, network)


def test_mask_of_a_bias_is_an_error_naming_it(network):
    masks = with_changed(mask_values.ones(network), "conv.bias", torch.ones(1, dtype=torch.bool))
    with pytest.raises(ValueError, match=r"conv\.bias"):
        mask_values.validate(masks, network)


@pytest.mark.parametrize(
    ("mask", "said"),
    [
        (torch.ones(3, 5, dtype=torch.bool), r"torch\.bool \(3, 5\), expected .*\(5, 3\)"),
        (torch.ones(15, dtype=torch.bool), r"torch\.bool \(15,\), expected .*\(5, 3\)"),
        (torch.ones(5, 3), r"torch\.float32 .*expected torch\.bool"),
        (torch.ones(5, 3, dtype=torch.uint8), r"torch\.uint8 .*expected torch\.bool"),
    ],
)
def test_wrong_shape_or_type_is_an_error_that_says_both(network, mask, said):
    masks = with_changed(mask_values.ones(network), "head.weight", mask)
    with pytest.raises(ValueError, match=f"head.weight: {said}"):
        mask_values.validate(masks, network)


def test_masks_come_back_from_disk_as_they_went(tmp_path, network, half):
    path = tmp_path / "new_folder" / "run.mask.safetensors"
    mask_values.save(half, path)
    loaded = mask_values.load(path)
    assert loaded.keys() == half.keys()
    assert all(torch.equal(loaded[name], half[name]) for name in half)
    mask_values.validate(loaded, network)
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_file_is_safetensors_of_zeros_and_ones(tmp_path, half):
    path = tmp_path / "run.mask.safetensors"
    mask_values.save(half, path)
    stored = load_file(path)
    assert sorted(stored) == NAMES
    assert all(set(mask.unique().tolist()) <= {0, 1} for mask in stored.values())
    assert sum(int(mask.sum()) for mask in stored.values()) == 10


@pytest.mark.parametrize("keep_bytes", [0, 4, 100])
def test_damaged_file_is_an_error_naming_it(tmp_path, half, keep_bytes):
    path = tmp_path / "run.mask.safetensors"
    mask_values.save(half, path)
    path.write_bytes(path.read_bytes()[:keep_bytes])
    with pytest.raises(ValueError, match=r"run\.mask\.safetensors .*run its stage again"):
        mask_values.load(path)


def test_failed_save_leaves_the_earlier_file_and_no_other(tmp_path, half):
    path = tmp_path / "run.mask.safetensors"
    mask_values.save(half, path)
    before = path.read_bytes()
    with pytest.raises(AttributeError):
        mask_values.save({"conv.weight": "no tensor"}, path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
