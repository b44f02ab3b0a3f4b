import numpy as np
import pytest

from ecglib.apnea.nights import UNKNOWN, WINDOW, Night, length_for, standardised
from ecglib.data.errors import DataError


def night(**changed) -> Night:
    fields = {"signal": np.zeros(WINDOW + 128, np.float32), "label": np.array([0, 1]), "step": 128}
    return Night("a01", "s1", **(fields | changed))


def test_windows_are_views_so_that_a_night_is_in_memory_once():
    of = night()
    assert of.windows.shape == (2, WINDOW) and np.shares_memory(of.windows, of.signal)
    assert np.array_equal(of.windows[1], of.signal[128:])


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"label": np.array([0, 1, 1])}, "3 labels, one each 128 samples, ask for 1664 samples"),
        ({"label": np.array([], int)}, "no label"),
        ({"label": np.array([0, 2])}, r"labels that are none: \[.*2"),
        ({"signal": np.full(WINDOW + 128, np.nan, np.float32)}, "not finite"),
    ],
)
def test_a_night_that_does_not_fit_is_refused_by_name(changed, message):
    with pytest.raises(DataError, match=f"a01.*{message}"):
        night(**changed)


def test_an_unknown_label_is_one():
    assert night(label=np.array([0, UNKNOWN])).label[1] == UNKNOWN


def test_a_signal_is_standardised_as_a_whole_and_a_flat_one_is_refused():
    found = standardised(np.array([1.0, 3.0, 5.0]), "a01")
    assert found.dtype == np.float32 and found.tolist() == pytest.approx([-1.224745, 0, 1.224745])
    with pytest.raises(DataError, match="a01 is flat"):
        standardised(np.full(9, 7.0), "a01")


def test_the_length_of_windows():
    assert [length_for(n, 240) for n in (1, 3)] == [WINDOW, WINDOW + 480]
