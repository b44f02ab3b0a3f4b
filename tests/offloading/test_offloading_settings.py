"""The section `offload`: what cannot be is refused, and every name in it exists."""

import pytest
from pydantic import ValidationError

from ecglib.offloading.answers import IMPROVED, JUDGED, PUBLISHED
from ecglib.offloading.settings import Offload, settings


def changed(section, **values):
    whole = settings().model_dump()
    return Offload.model_validate(whole | {section: whole[section] | values})


def test_the_settings_are_those_of_a_study():
    chosen = settings()
    assert len(chosen.seeds) >= 5 and JUDGED in chosen.methods[IMPROVED]
    assert 100_000 in chosen.methods[PUBLISHED]
    singles = {park.networks[0] for park in chosen.parks if len(park.networks) == 1}
    assert singles == {"alexnet", "vgg19", "googlenet", "resnet101"}
    assert any(len(park.networks) > 1 for park in chosen.parks)
    assert chosen.ablation.spread > 0


@pytest.mark.parametrize(
    ("section", "values", "message"),
    [
        ("wearable", {"bpm": 0.0}, "bpm"),
        ("wearable", {"finding_cycles": [90.0, 60.0]}, "low end 90 is above the high end 60"),
        ("wearable", {"finding_cycles": [0.0, 60.0]}, "finding_cycles"),
        ("wearable", {"another": 1.0}, "another"),
        ("wearable", {"steps": 1}, "steps"),
        ("ablation", {"factor": 0.9}, "factor"),
        ("ablation", {"budget": 50}, "budget"),
        ("ablation", {"parks": [{"networks": ["lenet"], "devices": 1, "edges": 1}]}, "lenet"),
        ("ablation", {"parks": [{"networks": ["vgg19"], "devices": 11, "edges": 1}]}, "devices"),
        ("methods", {"ant_colony": [2000]}, "ant_colony"),
        ("methods", {"pso_ga": [10]}, "pso_ga"),
    ],
)
def test_what_cannot_be_is_refused(section, values, message):
    with pytest.raises(ValidationError, match=message):
        changed(section, **values)


@pytest.mark.parametrize(("name", "value"), [("seeds", [0, 0]), ("limit_s", "15"), ("parks", [])])
def test_no_repeats_and_no_other_types(name, value):
    with pytest.raises(ValidationError, match=name):
        Offload.model_validate(settings().model_dump() | {name: value})
