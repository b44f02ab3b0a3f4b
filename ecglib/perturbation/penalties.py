"""What a perturbation may be charged for its size, by name; factors of arXiv:1912.01171."""

from torch import Tensor

from ecglib.settings.registry import Registry

PENALTIES = Registry("penalty")  # of v in standard deviations of the inputs


@PENALTIES.register("none", name="none")
def no_penalty(v: Tensor) -> Tensor:
    """Nothing."""
    return v.new_zeros(())


@PENALTIES.register("L2", name="l2")
def l2(v: Tensor) -> Tensor:
    """100 times the mean square."""
    return 100 * (v**2).mean()


@PENALTIES.register("L1", name="l1")
def l1(v: Tensor) -> Tensor:
    """10 times the mean absolute value."""
    return 10 * v.abs().mean()
