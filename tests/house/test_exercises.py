"""An exercise is one file of at most 60 lines, so that the next one is quickly written and read."""

from pathlib import Path

import pytest

from mmref.check._registry import NAMES

MOST = 60
LONGER = {
    "batch_norm": "fourteen mistakes, each another way to normalize",
    "decision_fusion": "seventeen mistakes; probabilities, weights and ties are made by hand",
    "early_stop": "fifteen curves of losses, each written out",
    "grouped_split": "random: names with other hashes, a test of every draw, other lots",
    "modality_dropout": "random: tests of every draw, other rescues",
    "paired_test": "guesses made to disagree, and three tests that are another one",
    "weighted_fusion": "twelve cases and thirteen mistakes; modalities are drawn as mappings",
}


def lines(name):
    path = Path(__file__).parents[2] / "mmref" / "check" / NAMES[name] / f"{name}.py"
    return len(path.read_text(encoding="utf-8").splitlines())


@pytest.mark.parametrize("name", NAMES)
def test_an_exercise_is_short_or_says_why_not(name):
    if name in LONGER:
        assert lines(name) > MOST, "short by now: take its name out of LONGER"
    else:
        assert lines(name) <= MOST


def test_most_exercises_are_much_shorter():
    assert sum(map(lines, NAMES)) / len(NAMES) <= 56
    assert set(LONGER) <= set(NAMES) and len(LONGER) <= len(NAMES) / 6
