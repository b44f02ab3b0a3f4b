"""Drop-in Conv1d and MaxPool1d that train about twice as fast on a CPU when channels are few.

PyTorch's CPU kernels vectorise over channels, of which the first published net has 1 to 20. Here
a batch is held in memory as (channels, steps, batch): a convolution becomes one matrix product
over a concatenation of long contiguous slices, and pooling compares whole rows of a batch. Shapes
stay (batch, channels, steps) to every caller; only the strides differ. Results equal PyTorch's to
float rounding. `make bench` measures the gain.
"""

import torch
from torch import Tensor, nn
from torch.autograd import Function
from torch.autograd.function import once_differentiable


class _Convolution(Function):
    """(B, C, T), (O, C, K), (O,) -> (B, O, T - K + 1), batch innermost in memory."""

    @staticmethod
    def forward(ctx, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        batch, channels, length = x.shape
        out_channels, _, taps = weight.shape
        steps = length - taps + 1
        rows = x.permute(1, 2, 0).contiguous()  # copies only the network's input
        columns = torch.cat([rows[:, tap : tap + steps] for tap in range(taps)])
        columns = columns.reshape(taps * channels, steps * batch)
        kernel = weight.permute(0, 2, 1).reshape(out_channels, taps * channels)
        ctx.save_for_backward(columns, weight)
        ctx.shape = x.shape
        out = torch.addmm(bias[:, None], kernel, columns)
        return out.view(out_channels, steps, batch).permute(2, 0, 1)

    @staticmethod
    @once_differentiable
    def backward(ctx, grad: Tensor) -> tuple[Tensor | None, Tensor, Tensor]:
        columns, weight = ctx.saved_tensors
        batch, channels, length = ctx.shape
        out_channels, _, taps = weight.shape
        steps = length - taps + 1
        grad = grad.permute(1, 2, 0).reshape(out_channels, steps * batch)
        grad_weight = (grad @ columns.t()).view(out_channels, taps, channels).permute(0, 2, 1)
        if not ctx.needs_input_grad[0]:  # the first layer: nothing before it learns
            return None, grad_weight, grad.sum(1)
        grad_x = grad.new_zeros(channels, length * batch)
        for tap in range(taps):
            grad_x[:, tap * batch : (tap + steps) * batch].addmm_(weight[:, :, tap].t(), grad)
        return grad_x.view(channels, length, batch).permute(2, 0, 1), grad_weight, grad.sum(1)


class _MaxOfPairs(Function):
    """(B, C, T) -> (B, C, T // 2), the larger of steps 2t and 2t + 1; the first wins a tie."""

    @staticmethod
    def forward(ctx, x: Tensor) -> Tensor:
        ctx.length = x.shape[-1]
        pairs = ctx.length // 2 * 2
        rows = x.permute(1, 2, 0)
        first, second = rows[:, 0:pairs:2], rows[:, 1:pairs:2]
        larger = torch.maximum(first, second)
        # 1 where the second won, else 0, as floats: a product is cheaper than a boolean choice.
        ctx.save_for_backward(torch.sub(larger, first).sign_())
        return larger.permute(2, 0, 1)

    @staticmethod
    @once_differentiable
    def backward(ctx, grad: Tensor) -> Tensor:
        (second_won,) = ctx.saved_tensors
        grad = grad.permute(1, 2, 0)
        channels, steps, batch = grad.shape
        out = grad.new_empty(channels, ctx.length, batch)
        out[:, 2 * steps :] = 0
        torch.mul(grad, second_won, out=out[:, 1 : 2 * steps : 2])
        torch.sub(grad, out[:, 1 : 2 * steps : 2], out=out[:, 0 : 2 * steps : 2])
        return out.permute(2, 0, 1)


class Conv1d(nn.Conv1d):
    """nn.Conv1d with stride 1, no padding, no groups, with a bias."""

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int) -> None:
        super().__init__(in_channels, out_channels, kernel_size)

    def forward(self, x: Tensor) -> Tensor:
        """(B, in_channels, T) -> (B, out_channels, T - kernel_size + 1)."""
        if x.dim() != 3 or x.shape[1] != self.in_channels or x.shape[2] < self.kernel_size[0]:
            raise ValueError(
                f"expected (batch, {self.in_channels}, {self.kernel_size[0]} or more steps), got "
                f"{tuple(x.shape)}"
            )
        return _Convolution.apply(x, self.weight, self.bias)


class MaxPool1d(nn.MaxPool1d):
    """nn.MaxPool1d(2): non-overlapping pairs, an odd last step left out."""

    def __init__(self) -> None:
        super().__init__(2)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, T) -> (B, C, T // 2)."""
        return _MaxOfPairs.apply(x)
