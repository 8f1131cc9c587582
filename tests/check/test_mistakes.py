"""Who makes a declared mistake is told so, in the words that were declared for it."""

import pytest

from mmref.check import check
from mmref.check._registry import NAMES, load
from mmref.check.exercise import Exercise
from tests.check.refusals import refused

FUNCTIONS = [name for name in NAMES if isinstance(load(name), Exercise)]
MISTAKES = [
    pytest.param(name, hint, mistake, id=f"{name}-{index}")
    for name in FUNCTIONS
    for index, (hint, mistake) in enumerate(load(name).pairs)
]


@pytest.mark.parametrize("name, hint, mistake", MISTAKES)
def test_a_declared_mistake_gets_its_own_hint(name, hint, mistake):
    told = refused(mistake, name)
    assert " ".join(hint.split()) == told.split(" hint: ")[1], told


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_reference_passes(name):
    result = check(load(name).reference, name)
    assert result.passed, result
