"""A patient's first five minutes: what their beats add, tested on the rest of the record only.

EC57 allows a learning period of five minutes. With labels, the dense layers are trained on: on the
patient's beats beside beats of training patients, so that what the patient has not shown yet is
not forgotten (Hu, Palreddy and Tompkins, IEEE Trans. Biomed. Eng. 44(9):891-900, 1997, mix a local
and a global expert; Kiranyaz, Ince and Gabbouj, ibid. 63(3):664-675, 2016, train on both). Without
labels, only the outputs move: by how often each class seems to occur.
"""

import copy

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from ecglib.data.beats import Beats
from ecglib.unseen.invented import FS_HZ
from ecglib.unseen.settings import Way

ITERATIONS = 50  # of the estimate of frequencies, which settles in some twenty


def parts(beats: Beats, rows: np.ndarray, minutes: float) -> tuple[np.ndarray, np.ndarray]:
    """One record's rows within its first minutes, and the rest."""
    early = beats.sample[rows] < minutes * 60 * FS_HZ
    return rows[early], rows[~early]


@torch.no_grad()
def joined(network: nn.Module, inputs: Tensor) -> Tensor:
    """What the dense layers see of (n, 1, length): shapes beside the rhythm features, (n, k)."""
    length = inputs.shape[2] - network.n_features
    return torch.cat([network.eval().features(inputs[:, :, :length]), inputs[:, 0, length:]], 1)


def labelled(
    network: nn.Module,
    early: tuple[Tensor, Tensor],
    others: tuple[Tensor, Tensor],
    class_weights: Tensor,
    way: Way,
    seed: int,
) -> nn.Module:
    """The dense layers of the network, trained on by a patient's early beats.

    early, others: what `joined` gives (n, k) and labels (n,), of the patient and of training
    patients. Each step takes all early beats and as many of the others as `beside` says; the two
    mean losses are added, the patient's times `weight`. Convolutions stay as they are.
    """
    head = copy.deepcopy(network.classifier).train()
    torch.manual_seed(seed)
    draw = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.AdamW(
        head.parameters(), lr=way.learning_rate, weight_decay=way.weight_decay
    )
    for _ in range(way.steps):
        rows = torch.randint(len(others[1]), (way.beside,), generator=draw)
        theirs = functional.cross_entropy(
            head(others[0][rows]), others[1][rows], weight=class_weights
        )
        own = functional.cross_entropy(head(early[0]), early[1], weight=class_weights)
        optimizer.zero_grad()
        (theirs + way.weight * own).backward()
        optimizer.step()
    return head.eval()


def frequencies(logits: np.ndarray, prior: np.ndarray, strength: float) -> np.ndarray:
    """How often each class occurs (5,), from logits (n, 5) of unlabelled beats.

    Saerens, Latinne and Decaestecker, Neural Computation 14(1):21-41, 2002: expectation
    maximisation from `prior` (5,), held to it by `strength` beats of it (a Dirichlet prior).
    """
    likelihood = _softmax(logits) / prior
    estimate = prior
    for _ in range(ITERATIONS):
        posterior = likelihood * estimate
        posterior /= posterior.sum(1, keepdims=True)
        estimate = (posterior.sum(0) + strength * prior) / (len(logits) + strength)
    return estimate


def unlabelled(
    logits: np.ndarray, early: np.ndarray, prior: np.ndarray, strength: float
) -> np.ndarray:
    """Logits (n, 5) moved by the frequencies in `early` (m, 5), which has no labels."""
    return logits + np.log(frequencies(early, prior, strength) / prior)


def _softmax(logits: np.ndarray) -> np.ndarray:
    above = np.exp(logits - logits.max(1, keepdims=True))
    return above / above.sum(1, keepdims=True)
