"""The pointing game, where the answer is known."""

import numpy as np
import pytest

from mmref.data import scenes
from mmref.errors import ShapeError
from mmref.metrics import pointing_accuracy
from tests.messages import assert_raises


def test_who_looks_at_the_middle_of_the_object_points_at_it():
    data = scenes.generate(50, seed=0, objects=(1, 1), sizes=("large",))
    boxes, (x, y) = data.objects.boxes[:, 0], data.objects.centers[:, 0].T
    weights = np.zeros((50, 64))
    weights[np.arange(50), (y // 4).astype(int) * 8 + (x // 4).astype(int)] = 1.0
    assert pointing_accuracy(weights, boxes, (8, 8), 32) == 1
    assert pointing_accuracy(weights[:, ::-1], boxes, (8, 8), 32) < 0.3


def test_who_looks_everywhere_alike_points_as_chance_would():
    boxes = np.array([[0, 0, 16, 32]])  # the left half
    assert pointing_accuracy(np.ones((1, 16)), boxes, (4, 4), 32) == 0.5


def test_rows_and_columns_are_not_confused():
    weights = np.zeros((1, 8))
    weights[0, 5] = 1.0  # second row, second column of 2 x 4
    box = np.array([[8, 16, 16, 32]])
    assert pointing_accuracy(weights, box, (2, 4), 32) == 1


@pytest.mark.parametrize(
    ("weights", "boxes", "message"),
    [
        (np.ones((2, 5)), np.ones((2, 4)), "weights: expected (K, 4), got (2, 5)"),
        (np.ones((2, 4)), np.ones((3, 4)), "boxes: expected (2, 4), got (3, 4)"),
        (np.ones((0, 4)), np.ones((0, 4)), "weights: expected at least one map, got (0, 4)"),
    ],
)
def test_what_does_not_go_together(weights, boxes, message):
    assert_raises(ShapeError, message, lambda: pointing_accuracy(weights, boxes, (2, 2), 32))


def test_nan_is_told():
    message = "weights: expected numbers, got nan"
    weights = np.full((1, 4), np.nan)
    assert_raises(ValueError, message, lambda: pointing_accuracy(weights, np.ones((1, 4)), 2, 32))
