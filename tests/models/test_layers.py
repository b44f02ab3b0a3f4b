"""The fast layers are PyTorch's own layers in everything but speed."""

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import given, settings
from torch import nn

from ecglib.models.layers import Conv1d, MaxPool1d

# The same values (6, 3, 11) in other places in memory.
LAYOUTS = {
    "contiguous": lambda x: x.contiguous(),
    "batch innermost": lambda x: x.permute(1, 2, 0).contiguous().permute(2, 0, 1),
    "channels innermost": lambda x: x.transpose(1, 2).contiguous().transpose(1, 2),
    "every second step": lambda x: x.repeat_interleave(2, dim=2)[:, :, ::2],
    "inside a larger one": lambda x: nn.functional.pad(x, (2, 3, 1, 1))[:, 1:-1, 2:-3],
}


def float64(*shape):
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


def torch_twin(conv):
    """PyTorch's convolution with the same weights."""
    twin = nn.Conv1d(conv.in_channels, conv.out_channels, conv.kernel_size).to(conv.weight.dtype)
    twin.load_state_dict(conv.state_dict())
    return twin


def assert_same_layer(layer, twin, x):
    """Same output and same gradients of input and parameters, for an uneven gradient of it."""
    results = []
    for one in (layer, twin):
        inputs = x.detach().clone(memory_format=torch.preserve_format).requires_grad_()
        out = one(inputs)
        (out * torch.arange(out.numel(), dtype=out.dtype).view(out.shape)).sum().backward()
        results.append([out, inputs.grad, *(parameter.grad for parameter in one.parameters())])
    for ours, theirs in zip(*results, strict=True):
        torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize(
    ("batch", "channels", "out_channels", "taps", "steps"),
    [(4, 1, 5, 3, 260), (4, 5, 10, 4, 129), (1, 2, 3, 4, 63), (3, 3, 1, 1, 7), (2, 2, 2, 5, 5)],
)
def test_convolution_equals_torch_forward_and_backward(batch, channels, out_channels, taps, steps):
    conv = Conv1d(channels, out_channels, taps).double()
    assert_same_layer(conv, torch_twin(conv), float64(batch, channels, steps))


@pytest.mark.parametrize("steps", [2, 3, 258, 129])
def test_pooling_equals_torch_forward_and_backward(steps):
    assert_same_layer(MaxPool1d(), nn.MaxPool1d(2), float64(3, 4, steps))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(-1, 1), min_size=2, max_size=9))
def test_pooling_gives_a_tie_to_the_first_as_torch_does(steps):
    assert_same_layer(MaxPool1d(), nn.MaxPool1d(2), torch.tensor([[steps]], dtype=torch.float64))


def test_pooling_gives_the_gradient_of_a_tie_to_the_first_step():
    x = torch.ones(1, 1, 4, requires_grad=True)
    MaxPool1d()(x).sum().backward()
    assert x.grad.flatten().tolist() == [1, 0, 1, 0]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_memory_layout_of_the_input_does_not_matter(layout):
    x = float64(6, 3, 11)
    laid_out = LAYOUTS[layout](x)
    assert torch.equal(laid_out, x)
    assert laid_out.is_contiguous() == (layout == "contiguous")
    conv = Conv1d(3, 2, 4).double()
    assert_same_layer(conv, torch_twin(conv), laid_out)
    assert_same_layer(MaxPool1d(), nn.MaxPool1d(2), laid_out)


def test_expanded_input_gives_the_same_output():
    x = float64(1, 1, 9).expand(5, 3, 9)  # one row in memory stands for fifteen
    conv = Conv1d(3, 2, 4).double()
    torch.testing.assert_close(conv(x), torch_twin(conv)(x))
    torch.testing.assert_close(MaxPool1d()(x), nn.MaxPool1d(2)(x))


def test_weights_learn_when_the_input_needs_no_gradient():
    conv, x = Conv1d(2, 3, 4).double(), float64(5, 2, 9)
    twin = torch_twin(conv)
    for one in (conv, twin):
        one(x).square().sum().backward()
    torch.testing.assert_close(conv.weight.grad, twin.weight.grad)
    torch.testing.assert_close(conv.bias.grad, twin.bias.grad)


def test_gradients_agree_with_finite_differences():
    conv, x = Conv1d(2, 3, 4).double(), float64(3, 2, 9).requires_grad_()
    assert torch.autograd.gradcheck(
        lambda x, weight, bias: torch.func.functional_call(
            conv, {"weight": weight, "bias": bias}, x
        ),
        (x, conv.weight, conv.bias),
    )
    assert torch.autograd.gradcheck(MaxPool1d(), (x,))


def test_a_step_does_not_change_the_input():
    x = float64(3, 2, 9)
    before = x.clone()
    nn.Sequential(Conv1d(2, 3, 4), MaxPool1d()).double()(x).sum().backward()
    assert torch.equal(x, before)


def test_weights_have_the_names_and_shapes_of_torch():
    ours, theirs = Conv1d(2, 3, 4).state_dict(), nn.Conv1d(2, 3, 4).state_dict()
    assert {k: v.shape for k, v in ours.items()} == {k: v.shape for k, v in theirs.items()}


def test_same_random_numbers_give_the_initial_weights_of_torch():
    torch.manual_seed(0)
    ours = Conv1d(2, 3, 4)
    torch.manual_seed(0)
    assert torch.equal(ours.weight, nn.Conv1d(2, 3, 4).weight)
