"""The names of what a scene is made of, where it may stand, and checks of arguments."""

from collections.abc import Collection, Sequence

import numpy as np

from mmref.errors import ChoiceError, ShapeError
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


def check_choice(name: str, value: object, choices: Collection) -> None:
    """Raise ChoiceError unless ``value`` is one of ``choices``."""
    if value not in choices:
        raise ChoiceError(name, value, choices)


def check_share(name: str, value: float, high: float = 1.0) -> None:
    """Raise ShapeError unless 0 <= ``value`` <= ``high``."""
    if not 0 <= value <= high:  # NaN fails too
        raise ShapeError(name, f"0 to {high:g}", value)


def check_names(name: str, values: Sequence[str], choices: Sequence) -> Array:
    """Return names as an array of their indices into ``choices``; raise unless they are distinct
    and at least one."""
    values = [values] if isinstance(values, str) else list(values)
    for value in values:
        check_choice(name, value, choices)
    if not values or len(set(values)) < len(values):
        raise ShapeError(name, "one or more names, each once", values)
    return np.array([choices.index(value) for value in values])
