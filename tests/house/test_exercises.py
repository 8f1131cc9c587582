"""An exercise is one file of at most 60 lines, so that the next one is quickly written and read;
with its share of the engine, of the answers and of all tests it takes 107."""

from pathlib import Path

import pytest

from mmref.check._registry import NAMES

MOST = 60
ROOT = Path(__file__).parents[2]


def length(path):
    return len(path.read_text(encoding="utf-8").splitlines())


def lines(name):
    return length(ROOT / "mmref" / "check" / NAMES[name] / f"{name}.py")


@pytest.mark.parametrize("name", NAMES)
def test_an_exercise_is_short(name):
    assert lines(name) <= MOST


def test_most_exercises_are_much_shorter():
    assert sum(map(lines, NAMES)) / len(NAMES) <= 49


def test_an_exercise_takes_few_lines_with_all_that_judges_and_tests_it():
    files = [path for part in ("mmref", "tests") for path in (ROOT / part / "check").rglob("*.py")]
    assert sum(map(length, files)) / len(NAMES) <= 107
