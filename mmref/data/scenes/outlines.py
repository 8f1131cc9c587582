"""The shapes: their outlines, and how much of each unit of a picture they cover."""

from functools import cache

import numpy as np

from mmref.data.scenes.attributes import RADIUS, SHAPES, SIZES
from mmref.errors import ChoiceError
from mmref.types import Array

SAMPLES = 8  # in each direction, in each unit
REACH = max(RADIUS.values())  # no object reaches further from its middle, in units


def outline(shape: str, x: Array, y: Array) -> Array:
    """True where (x, y), y down, in multiples of the radius, lies inside the shape.

    All shapes fit into |x|, |y| <= 1 and are their own mirror images, left and right.

    >>> outline("square", np.array([0.8, 0.95]), np.array([0.8, 0.0]))
    array([ True, False])
    """
    x = np.abs(x)
    if shape == "circle":
        return x**2 + y**2 <= 1
    if shape == "square":
        return np.maximum(x, np.abs(y)) <= 0.88
    if shape == "triangle":
        return (y <= 0.8) & (x <= (y + 0.96) * 0.568)
    if shape == "cross":
        return (np.minimum(x, np.abs(y)) <= 0.32) & (np.maximum(x, np.abs(y)) <= 0.98)
    if shape == "star":
        # Five spikes: fold the angle into half a spike, then one straight edge remains.
        y = y - 0.08
        angle = np.abs((np.arctan2(x, -y) + np.pi / 5) % (2 * np.pi / 5) - np.pi / 5)
        radius = np.hypot(x, y)
        tip, notch = 1.07, 0.5 * np.exp(1j * np.pi / 5)
        edge = (radius * np.exp(1j * angle) - tip) * np.conj(notch - tip)
        return edge.imag >= 0
    raise ChoiceError("shape", shape, SHAPES)


@cache
def unit_coverage() -> Array:
    """The share of each unit that an object covers: (shapes, sizes, 2 REACH, 2 REACH) float64."""
    places = (np.arange(2 * REACH * SAMPLES) + 0.5) / SAMPLES - REACH
    result = np.empty((len(SHAPES), len(SIZES), 2 * REACH, 2 * REACH))
    for i, shape in enumerate(SHAPES):
        for j, size in enumerate(SIZES):
            x, y = np.meshgrid(places / RADIUS[size], places / RADIUS[size])
            inside = outline(shape, x, y).reshape(2 * REACH, SAMPLES, 2 * REACH, SAMPLES)
            result[i, j] = inside.mean((1, 3))
    result.setflags(write=False)
    return result


@cache
def unit_boxes() -> Array:
    """Left, top, right, bottom of each shape about its middle, in units: (shapes, sizes, 4)."""
    covered = unit_coverage() > 0
    result = np.empty((*covered.shape[:2], 4), np.int64)
    for i, j in np.ndindex(covered.shape[:2]):
        rows, columns = (np.flatnonzero(covered[i, j].any(axis)) for axis in (1, 0))
        result[i, j] = (columns[0], rows[0], columns[-1] + 1, rows[-1] + 1)
    return result - REACH
