"""The section `denoise`: what cannot be is refused, and every name in it exists."""

import pytest
from pydantic import ValidationError

from ecglib.denoising.losses import LOSSES
from ecglib.denoising.settings import Denoise, settings


def changed(section, **values):
    whole = settings().model_dump()
    return Denoise.model_validate(whole | {section: whole[section] | values})


def test_the_settings_are_those_of_a_study():
    chosen = settings()
    assert set(chosen.losses) <= set(LOSSES) and len(chosen.seeds) >= 3
    assert set(chosen.judging.few_snr_db) <= set(chosen.judging.snr_db)
    assert chosen.judging.taps % 2 == 1
    low, high = chosen.judging.passing
    assert 0 < low < high
    for along in (chosen.shrinking.stages, chosen.shrinking.filter_stages):
        rising = [stage.sparsity for stage in along]
        assert rising == sorted(set(rising))


@pytest.mark.parametrize(
    ("section", "values", "message"),
    [
        ("network", {"taps": 6}, "taps must be odd, not 6"),
        ("network", {"widths": [8]}, "widths"),
        ("seat", {"angles_deg": [0.0, 30.0]}, "angles_deg"),
        ("seat", {"shared": 1.5}, "shared"),
        ("seat", {"lost": -0.1}, "lost"),
        ("seat", {"burst_gain": 0.5}, "burst_gain"),
        ("seat", {"clipping": 0.0}, "clipping"),
        ("seat", {"another": 1.0}, "another"),
        ("sittings", {"snr_db": [0.0]}, "snr_db"),
        ("sittings", {"faster": [0.0, 1.0]}, "faster"),
        ("fitting", {"epochs": 0}, "epochs"),
        ("fitting", {"learning_rate": 0.0}, "learning_rate"),
        ("judging", {"snr_db": [0.0, 0.0]}, "snr_db"),
        ("judging", {"minutes": 0.0}, "minutes"),
        ("shrinking", {"stages": []}, "stages"),
        ("shrinking", {"narrow": [1.0]}, "narrow"),
    ],
)
def test_what_cannot_be_is_refused(section, values, message):
    with pytest.raises(ValidationError, match=message):
        changed(section, **values)


def test_one_answer_to_one_question():
    whole = settings().model_dump()
    for name, value in (("seeds", [0, 0]), ("losses", ["l1", "l1"]), ("losses", [])):
        with pytest.raises(ValidationError, match=name):
            Denoise.model_validate(whole | {name: value})
