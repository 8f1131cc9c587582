"""The accuracy of VQA: by hand, and over all subsets of the people but one."""

import itertools

import numpy as np
import pytest

from mmref.errors import ShapeError
from mmref.metrics import vqa_accuracy
from tests.messages import assert_raises


@pytest.mark.parametrize("people", [2, 3, 5, 10])
@pytest.mark.parametrize("needed", [1, 3])
def test_it_is_the_mean_over_all_subsets_of_the_people_but_one(people, needed):
    for n in range(people + 1):
        said = ["a"] * n + ["b"] * (people - n)
        parts = itertools.combinations(said, people - 1)
        expected = np.mean([min(some.count("a") / needed, 1) for some in parts])
        found = vqa_accuracy(["a"], [said], needed)
        np.testing.assert_allclose(found, [expected], atol=1e-15)


def test_with_ten_people_it_is_three_tenths_for_each_that_agrees():
    said = [["a"] * n + ["b"] * (10 - n) for n in range(11)]
    found = vqa_accuracy(["a"] * 11, said)
    np.testing.assert_allclose(found, [0, 0.3, 0.6, 0.9, *[1.0] * 7])
    assert found.dtype == np.float64


def test_questions_may_have_other_numbers_of_people_and_order_means_nothing():
    said = [("red", "pink", "red"), ("2",) * 10]
    np.testing.assert_allclose(vqa_accuracy(["red", "2"], said), [4 / 9, 1])
    turned = [tuple(reversed(some)) for some in said]
    np.testing.assert_allclose(vqa_accuracy(["red", "2"], turned), [4 / 9, 1])
    assert vqa_accuracy([], []).shape == (0,)


def test_texts_are_compared_letter_by_letter():
    assert vqa_accuracy(["Two"], [["two"] * 10]) == 0


def test_bad_input_is_named():
    ten = ["a"] * 10
    for error, message, given, answers in (
        (TypeError, "given: expected a sequence of texts, got the text 'red'", "red", [ten]),
        (TypeError, "answers: expected a list of texts for each question, got str", ["a"], "a"),
        (TypeError, "answers[0]: expected a sequence of texts, got the text 'a'", ["a"], ["a"]),
        (TypeError, "answers[0]: expected a sequence of texts, got 2 in it", ["2"], [["2", 2]]),
        (ShapeError, "answers: expected a list for each of 2 questions, got 1", ["a"] * 2, [ten]),
        (
            ValueError,
            "answers[1]: expected those of two people at least, got ['a']",
            ["a"] * 2,
            [ten, ["a"]],
        ),
    ):
        assert_raises(error, message, lambda: vqa_accuracy(given, answers))  # noqa: B023
    message = "needed: expected an integer, at least 1, got 0"
    assert_raises(ValueError, message, lambda: vqa_accuracy(["a"], [ten], 0))
