"""The chosen network pruned by the study's methods, in stages and at once.

The stages are the study's, as far as this room's last target; all methods have their epochs.
"""

from collections.abc import Iterator
from functools import cached_property

from torch import nn

from ecglib.methods import filters, multistage, one_shot  # noqa: F401  (they register)
from ecglib.methods.trial import Trial
from ecglib.settings.parameters import PruneRun
from ecglib.settings.registry import METHODS, PLAIN
from ecglib.settings.schedules import Stage, up_to
from ecglib.settings.schedules import one_shot as in_one
from ecglib.unseen.settings import settings
from ecglib.unseen.training import MODEL, SPLIT, UnseenData

METHODS_SHOWN = ("multistage", "one_shot", "aofp")


class Stages(Trial):
    """A trial along the stages of the section `unseen`."""

    @cached_property
    def stages(self) -> list[Stage]:
        """The stages on the way to the run's target."""
        return up_to(_schedule(), self.run.target_sparsity)

    @cached_property
    def single_stage(self) -> list[Stage]:
        """All epochs of these stages in one, a search for whole filters among them."""
        return in_one(_schedule(), self.run.target_sparsity)


def _schedule() -> list[Stage]:
    shrinking = settings().shrinking
    return [Stage(stage.sparsity, stage.epochs) for stage in shrinking.stages]


def pruned(
    method: str, dense: nn.Module, data: UnseenData, seed: int
) -> Iterator[tuple[float, nn.Module]]:
    """Each target and the network there: a fraction of the weights removed, by AOFP of the MACs.

    A method in stages passes all targets on one way. The network is changed when the next comes.
    """
    targets = sorted(settings().shrinking.targets)
    for target in targets[-1:] if METHODS[method].staged else targets:
        run = PruneRun.model_validate(
            PLAIN
            | {"model": MODEL, "split": SPLIT, "seed": seed, "into": "build", "progress": False}
            | {"method": method, "schedule": "unseen", "target_sparsity": target}
        )
        data.shuffle.manual_seed(seed)  # the same batches for each
        for reached in METHODS[method](Stages(run, data, dense, {})):
            if reached.stage.sparsity in targets:
                yield reached.stage.sparsity, reached.network.eval()
