"""An exercise is one file of at most 60 lines, so that the next one is quickly written and read."""

from pathlib import Path

import pytest

from mmref.check._registry import NAMES

MOST = 60


def lines(name):
    path = Path(__file__).parents[2] / "mmref" / "check" / NAMES[name] / f"{name}.py"
    return len(path.read_text(encoding="utf-8").splitlines())


@pytest.mark.parametrize("name", NAMES)
def test_an_exercise_is_short(name):
    assert lines(name) <= MOST


def test_most_exercises_are_much_shorter():
    assert sum(map(lines, NAMES)) / len(NAMES) <= 49
