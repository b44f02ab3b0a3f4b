"""Words and numbers of the section that cannot be are refused before anything is trained."""

import copy

import pytest
import yaml

from ecglib import paths
from ecglib.methods import catalogue  # noqa: F401  (methods register)
from ecglib.perturbation.settings import UniversalPerturbation
from ecglib.settings.words import ConfigError, checked

RIGHT = yaml.safe_load(paths.PARAMS.read_text())["universal_perturbation"]


def test_the_studys_own_are_right():
    assert checked(UniversalPerturbation, RIGHT, "params.yaml").xi


@pytest.mark.parametrize(
    ("where", "value", "message"),
    [
        ("xi", [0.2, -0.1], "greater than 0"),
        ("xi", [0.2, 0.2], "xi"),
        ("xi", [], "at least 1"),
        ("attacking.descent.patience", 0, "patience"),
        ("attacking.draws", 0, "draws"),
        ("eeg.folds", 1, "folds"),
        ("eeg.fits", {}, "the victims are eegnet"),
        ("beats.networks", [{"method": "fgsm", "target_sparsity": 0.0}], "unknown method 'fgsm'"),
        ("eeg.wide", [5], r"wide has folds \[5\], but there are 5"),
        ("beats.wide", [7], r"wide has seeds \[7\]"),
        ("beats.networks", [{"method": "aofp", "target_sparsity": 0.6}], "begin with the dense"),
        ("beats.networks", 2 * [{"method": "dense", "target_sparsity": 0.0}], "each once"),
        ("beats.defence.share", 1.5, "share"),
    ],
)
def test_what_cannot_be_is_refused_by_name(where, value, message):
    wrong = copy.deepcopy(RIGHT)
    *path, last = where.split(".")
    section = wrong
    for name in path:
        section = section[name]
    section[last] = value
    with pytest.raises(ConfigError, match=message):
        checked(UniversalPerturbation, wrong, "params.yaml")
