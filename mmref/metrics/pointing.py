"""Does a model look where the thing is?"""

import numpy as np

from mmref.contract.arrays import check_floats, check_numbers, check_shape, check_some
from mmref.contract.data import to_array
from mmref.contract.settings import check_count, pair
from mmref.types import Array, Size


def pointing_accuracy(weights: Array, boxes: Array, grid: Size, side: int) -> float:
    """The share of the maps whose largest weight stands in the box of what was meant.

    Formula
        (1 / K) sum_k [the middle of the place with the largest weight lies in box k]; of several
        largest places, the share of them that lie in it

    Args
        weights: (K, N) floats, N = rows x columns places in reading order.
        boxes: (K, 4), (left, top, right, bottom) in pixels, as ``Objects.boxes`` has them.
        grid: (rows, columns) of the places. side: pixels of a picture's side.

    Errors
        ShapeError: arrays of other shapes, no map. ValueError: weights of NaN.

    Source
        Zhang et al., "Top-down neural attention by excitation backprop", IJCV 126, 2018: the
        pointing game. They allow for 15 pixels beside the object, we for none.

    >>> weights = np.array([[0.1, 0.7, 0.1, 0.1]])  # of 2 x 2 places, the one at the top right
    >>> pointing_accuracy(weights, np.array([[20, 3, 28, 11]]), grid=(2, 2), side=32)
    1.0
    """
    rows, columns = pair("grid", grid)
    check_count("side", side)
    weights, boxes = to_array("weights", weights), to_array("boxes", boxes)
    check_floats("weights", weights)
    check_shape("weights", weights, "K", rows * columns)
    check_some("weights", weights, "map", 0)
    check_numbers("boxes", boxes)
    check_shape("boxes", boxes, len(weights), 4)
    if np.isnan(weights).any():
        raise ValueError("weights: expected numbers, got nan")
    y, x = np.divmod(np.arange(rows * columns), columns)
    x, y = (x + 0.5) * side / columns, (y + 0.5) * side / rows  # middles, in pixels
    left, top, right, bottom = boxes.T[..., None]
    inside = (left <= x) & (x <= right) & (top <= y) & (y <= bottom)  # (K, N)
    largest = weights == weights.max(axis=1, keepdims=True)
    return float(np.mean((inside & largest).sum(axis=1) / largest.sum(axis=1)))
