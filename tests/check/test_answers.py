"""Right answers by other routes pass; wrong ones that are no declared mistake are refused.

The answers stand in ``answers``, a file for each family: RIGHT holds (exercise, answer), WRONG
(exercise, answer, words that its message must contain, ...).
"""

import importlib
import pkgutil
import re

import pytest

from mmref.check import check
from mmref.check._registry import NAMES, load
from tests.check import answers
from tests.check.refusals import refused

FAMILIES = [
    importlib.import_module(f"tests.check.answers.{found.name}")
    for found in pkgutil.iter_modules(answers.__path__)
]
RIGHT = [pair for family in FAMILIES for pair in family.RIGHT]
WRONG = [entry for family in FAMILIES for entry in family.WRONG]
CODE = r"np\.|einsum|\blambda\b|\bdef\b|\breturn \w+[\[(]|axis=|\*\*| @ |where\(|\w+\.\w+\("


def _ids(entries):
    return [
        f"{name}-{getattr(answer, '__name__', i)}" for i, (name, answer, *_) in enumerate(entries)
    ]


@pytest.mark.parametrize("name, answer", RIGHT, ids=_ids(RIGHT))
def test_a_right_answer_passes(name, answer):
    result = check(answer, name)
    assert result.passed, result
    assert repr(result).startswith(f"{name}: passed (")


@pytest.mark.parametrize(
    "name, answer, words", [(n, a, words) for n, a, *words in WRONG], ids=_ids(WRONG)
)
def test_a_wrong_answer_is_refused_with_place_and_hint(name, answer, words):
    told = refused(answer, name, *words)
    assert not re.search(CODE, told.split("hint: ")[1])


@pytest.mark.parametrize("name", NAMES)
def test_no_declared_hint_holds_code(name):
    for hint, _ in getattr(load(name), "pairs", ()):
        assert not re.search(CODE, hint), hint


def test_every_exercise_has_a_right_answer_by_another_route():
    layers = {name for name in NAMES if name.endswith("_layer")}  # test_layer_exercises has theirs
    assert set(NAMES) - layers == {name for name, *_ in RIGHT}
