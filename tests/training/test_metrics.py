"""Every reading is held to numbers worked out by hand and to scikit-learn."""

import warnings

import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis.extra.numpy import arrays
from sklearn.metrics import accuracy_score, f1_score, precision_recall_fscore_support

from ecglib.training import metrics

# 100 beats: 50 N, 10 S, 20 V, 5 F, 15 Q; predicted 47, 11, 20, 8, 14 times; 79 rightly.
MATRIX = np.array(
    [
        [40, 5, 3, 2, 0],
        [4, 6, 0, 0, 0],
        [2, 0, 16, 2, 0],
        [1, 0, 1, 3, 0],
        [0, 0, 0, 1, 14],
    ]
)
WITHOUT_Q = np.pad(MATRIX[:4, :4], (0, 1))  # no beat is Q, and none is taken for Q

quick = settings(max_examples=30, deadline=None, derandomize=True, database=None)
matrices = arrays(np.int64, (5, 5), elements=st.integers(0, 9)).filter(lambda m: m.sum() > 0)


def beats(matrix):
    """Labels and predictions with this confusion matrix."""
    label, predicted = np.nonzero(matrix)
    times = matrix[label, predicted]
    return label.repeat(times), predicted.repeat(times)


@pytest.fixture(autouse=True)
def no_division_by_zero():
    """A warning from NumPy would mean a NaN on its way into a table."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        yield


def test_confusion_has_the_truth_in_rows():
    predicted, label = torch.tensor([0, 1, 1, 4]), torch.tensor([0, 0, 1, 2])
    expected = np.zeros((5, 5))
    expected[0, 0] = expected[0, 1] = expected[1, 1] = expected[2, 4] = 1
    assert metrics.confusion(predicted, label).tolist() == expected.tolist()


def test_accuracy_by_hand():
    assert metrics.accuracy(MATRIX) == pytest.approx(0.79)


def test_sensitivity_and_positive_predictivity_by_hand():
    expected = [40 / 50, 6 / 10, 16 / 20, 3 / 5, 14 / 15]
    assert metrics.sensitivity(MATRIX) == pytest.approx(expected)
    expected = [40 / 47, 6 / 11, 16 / 20, 3 / 8, 14 / 14]
    assert metrics.positive_predictivity(MATRIX) == pytest.approx(expected)


def test_f1_by_hand():
    expected = [80 / 97, 12 / 21, 32 / 40, 6 / 13, 28 / 29]
    assert metrics.f1_per_class(MATRIX) == pytest.approx(expected)
    assert metrics.f1_macro(MATRIX) == pytest.approx(sum(expected) / 5)


def test_one_against_rest_by_hand():
    wrong = [10 + 7, 4 + 5, 4 + 4, 2 + 5, 1 + 0]
    assert metrics.accuracy_ovr(MATRIX) == pytest.approx(1 - sum(wrong) / 500)
    se = (0.8 + 0.6 + 0.8 + 0.6 + 14 / 15) / 5
    ppv = (40 / 47 + 6 / 11 + 0.8 + 3 / 8 + 1) / 5
    assert metrics.f1_ovr(MATRIX) == pytest.approx(2 / (1 / se + 1 / ppv))


def test_normal_against_the_rest_by_hand():
    assert metrics.as_binary(MATRIX).tolist() == [[40, 10], [7, 43]]
    assert metrics.accuracy_binary(MATRIX) == pytest.approx(0.83)
    assert metrics.f1_binary(MATRIX) == pytest.approx(86 / (86 + 10 + 7))


@quick
@given(matrices)
def test_readings_agree_with_scikit_learn(matrix):
    label, predicted = beats(matrix)
    ppv, se, f1, _ = precision_recall_fscore_support(
        label, predicted, labels=range(5), zero_division=0
    )
    assert np.array_equal(metrics.confusion(torch.tensor(predicted), torch.tensor(label)), matrix)
    assert metrics.accuracy(matrix) == pytest.approx(accuracy_score(label, predicted))
    assert metrics.positive_predictivity(matrix) == pytest.approx(ppv)
    assert metrics.sensitivity(matrix) == pytest.approx(se)
    assert metrics.f1_per_class(matrix) == pytest.approx(f1)
    macro = f1_score(label, predicted, labels=range(5), average="macro", zero_division=0)
    assert metrics.f1_macro(matrix) == pytest.approx(macro)
    rest, taken_for_rest = label > 0, predicted > 0
    assert metrics.accuracy_binary(matrix) == pytest.approx(accuracy_score(rest, taken_for_rest))
    f1_rest = f1_score(rest, taken_for_rest, zero_division=0)
    assert metrics.f1_binary(matrix) == pytest.approx(f1_rest)


@quick
@given(matrices)
def test_each_mistake_counts_in_two_of_five_one_against_rest_decisions(matrix):
    expected = 1 - 2 / 5 * (1 - metrics.accuracy(matrix))
    assert metrics.accuracy_ovr(matrix) == pytest.approx(expected)
    each = [accuracy_score(*(part == c for part in beats(matrix))) for c in range(5)]
    assert metrics.accuracy_ovr(matrix) == pytest.approx(np.mean(each))


@quick
@given(matrices)
def test_all_readings_are_fractions(matrix):
    assert all(0 <= score <= 1 for score in metrics.all_scores(matrix).values())


def test_absent_class_scores_zero_not_nan():
    assert metrics.sensitivity(WITHOUT_Q) == pytest.approx([0.8, 0.6, 0.8, 0.6, 0])
    ppv = [40 / 47, 6 / 11, 16 / 20, 3 / 7, 0]
    assert metrics.positive_predictivity(WITHOUT_Q) == pytest.approx(ppv)
    f1 = [80 / 97, 12 / 21, 32 / 40, 6 / 12, 0]
    assert metrics.f1_per_class(WITHOUT_Q) == pytest.approx(f1)
    assert metrics.f1_macro(WITHOUT_Q) == pytest.approx(sum(f1) / 5)


def test_all_beats_normal_and_found_so():
    matrix = np.zeros((5, 5), int)
    matrix[0, 0] = 7
    scores = metrics.all_scores(matrix)
    assert scores["accuracy"] == scores["accuracy_binary"] == 1
    assert scores["f1_macro"] == pytest.approx(1 / 5)
    assert scores["f1_binary"] == 0


@pytest.mark.parametrize(
    "reading",
    [
        *metrics.READINGS.values(),
        metrics.sensitivity,
        metrics.positive_predictivity,
        metrics.f1_per_class,
        metrics.as_binary,
    ],
)
def test_a_stack_of_matrices_is_read_one_by_one(reading):
    stack = np.array([[MATRIX, WITHOUT_Q], [MATRIX.T, 3 * MATRIX], [np.eye(5, dtype=int)] * 2])
    together = reading(stack)
    assert together.shape[:2] == (3, 2)
    for place in np.ndindex(3, 2):
        assert together[place] == pytest.approx(reading(stack[place]))


def test_all_scores_has_every_reading_as_a_plain_number():
    scores = metrics.all_scores(MATRIX)
    assert list(scores) == [
        *["accuracy", "f1_macro", "accuracy_ovr", "f1_ovr", "accuracy_binary", "f1_binary"],
        *["se_N", "se_S", "se_V", "se_F", "se_Q", "ppv_N", "ppv_S", "ppv_V", "ppv_F", "ppv_Q"],
    ]
    assert all(type(score) is float for score in scores.values())
    assert scores["accuracy"] == pytest.approx(0.79)
    assert scores["se_F"] == pytest.approx(3 / 5)
    assert scores["ppv_F"] == pytest.approx(3 / 8)


def test_per_class_table_is_tidy():
    table = metrics.per_class_table(MATRIX)
    assert list(table.columns) == ["class", "measure", "value"]
    assert len(table) == 10
    wide = table.pivot(index="class", columns="measure", values="value").loc[list("NSVFQ")]
    assert wide["sensitivity"].tolist() == metrics.sensitivity(MATRIX).tolist()
    assert wide["positive predictivity"].tolist() == metrics.positive_predictivity(MATRIX).tolist()


def test_confusion_by_record_keeps_the_records_apart():
    record = np.array(["208", "101", "208", "208"])
    label, predicted = np.array([0, 4, 2, 2]), np.array([1, 4, 2, 2])
    counts = metrics.confusion_by_record(predicted, label, record)
    assert counts.shape == (2, 5, 5)
    assert counts[0].sum() == counts[0, 4, 4] == 1  # 101
    assert (counts[1, 0, 1], counts[1, 2, 2], counts[1].sum()) == (1, 2, 3)  # 208


@pytest.mark.parametrize("kind", [np.int64, np.uint8, np.float32])
def test_confusion_by_record_adds_up_to_the_confusion(kind):
    label, predicted = beats(MATRIX)
    record = np.random.default_rng(0).choice(["100", "101", "234"], len(label))
    counts = metrics.confusion_by_record(predicted.astype(kind), label.astype(kind), record)
    assert counts.sum(0).tolist() == MATRIX.tolist()


def test_classes_may_be_others_than_those_of_a_heartbeat():
    label, predicted = torch.tensor([0, 0, 0, 1, 1]), torch.tensor([0, 0, 1, 1, 0])
    classes = ("normal", "apnea")
    matrix = metrics.confusion(predicted, label, classes)
    assert matrix.tolist() == [[2, 1], [1, 1]]
    scores = metrics.all_scores(matrix, classes)
    assert scores["accuracy"] == scores["accuracy_ovr"] == scores["accuracy_binary"] == 0.6
    assert (scores["se_normal"], scores["se_apnea"]) == (pytest.approx(2 / 3), 0.5)
    table = metrics.per_class_table(matrix, classes)
    assert set(table["class"]) == set(classes)
    records = np.array(["a", "b", "a", "b", "a"])
    by_record = metrics.confusion_by_record(predicted.numpy(), label.numpy(), records, classes)
    assert by_record.shape == (2, 2, 2) and (by_record.sum(0) == matrix).all()
