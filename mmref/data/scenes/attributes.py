"""The names of what a scene is made of, where it may stand, and checks of arguments."""

from collections.abc import Sequence

import numpy as np

from mmref.contract.data import check_memory
from mmref.contract.settings import check_choice, check_count, text_list
from mmref.errors import ShapeError
from mmref.types import Array

SHAPES = ("circle", "square", "triangle", "cross", "star")
# Told apart by color-blind readers too: their lightness differs where their hue does not.
RGB = {
    "red": (215, 48, 39),
    "green": (26, 175, 130),
    "blue": (10, 70, 190),
    "yellow": (250, 205, 0),
    "purple": (190, 110, 210),
    "black": (20, 20, 20),
}
COLORS = tuple(RGB)
SIZES = ("small", "large")
# The cells of a 3 x 3 grid, in reading order. Each holds at most one object.
PLACES = (
    *("top left", "top", "top right"),
    *("left", "center", "right"),
    *("bottom left", "bottom", "bottom right"),
)
RELATIONS = ("left of", "right of", "above", "below")
LANGUAGES = ("en", "zh")
SIDES = (32, 64)
MAX_OBJECTS = 4

# Positions are whole units, of which a picture's side has 128: a quarter of a pixel at 32 px.
# So one scene looks the same at every size, and each shape has few sub-pixel phases.
UNITS = 128
CELL_CENTERS = np.array([21, 64, 107])
RADIUS = {"small": 11, "large": 16}
JITTER = {"small": 7, "large": 2}  # leaves 7 units, or 1.75 px at 32, between any two objects


def check_side(side: int) -> None:
    """Raise unless pictures can have this side."""
    check_count("side", side)
    check_choice("side", int(side), SIDES)


def check_number_of_scenes(n: int, side: int, low: int = 0) -> None:
    """Raise unless n is a count, and so many pictures of such a side fit into the memory."""
    check_side(side)
    check_count("n", n, low)
    check_memory("n", n, 3 * side**2)


def check_names(name: str, values: Sequence[str], choices: tuple[str, ...]) -> Array:
    """Return names as an array of their indices into ``choices``; raise unless they are distinct
    and at least one."""
    values = [values] if isinstance(values, str) else text_list(name, values)
    for value in values:
        check_choice(name, value, choices)
    if not values or len(set(values)) < len(values):
        raise ShapeError(name, "one or more names, each once", values)
    return np.array([choices.index(value) for value in values])
