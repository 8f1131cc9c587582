"""Answers to questions about pictures, beside those of several people."""

from collections.abc import Sequence

import numpy as np

from mmref.contract.settings import check_count, text_list
from mmref.errors import ShapeError
from mmref.types import Array


def vqa_accuracy(given: Sequence[str], answers: Sequence[Sequence[str]], needed: int = 3) -> Array:
    """How right an answer is, where people disagree: the accuracy of VQA, for each question.

    Formula
        n of R people gave this answer. Leave one person out: min(matches among the others / 3, 1).
        The mean over the R people, of whom n take a match with them when they are left out:
        [n min((n - 1) / 3, 1) + (R - n) min(n / 3, 1)] / R
        With R = 10: 0, .3, .6, .9, and 1 from n = 4 on.

    Args
        given: Q answers, one for each question. answers: for each question the answers of R people,
            two at least. needed: how many must agree, 3 in VQA.

    Texts must be equal, letter by letter: bring "Two", "2" and "a 2" to one form before, on both
    sides alike. Returns float64 (Q,).

    Errors
        TypeError: an answer that is no text, or one text in the place of a list. ShapeError:
        another number of questions in the two. ValueError: a question with fewer than two people's
        answers, needed below 1.

    Source
        Antol et al., "VQA: Visual question answering", ICCV 2015; the mean over subsets of nine of
        the ten people is how its evaluation is done.

    >>> vqa_accuracy(["red", "two"], [["red"] * 2 + ["pink"] * 8, ["two"] * 9 + ["three"]])
    array([0.6, 1. ])
    """
    check_count("needed", needed)
    given = text_list("given", given)
    if isinstance(answers, str) or not isinstance(answers, Sequence):
        got = type(answers).__name__
        raise TypeError(f"answers: expected a list of texts for each question, got {got}")
    people = [text_list(f"answers[{i}]", some) for i, some in enumerate(answers)]
    if len(given) != len(people):
        raise ShapeError("answers", f"a list for each of {len(given)} questions", len(people))
    for i, some in enumerate(people):
        if len(some) < 2:
            raise ValueError(f"answers[{i}]: expected those of two people at least, got {some}")
    n = np.array([some.count(one) for one, some in zip(given, people, strict=True)], float)
    total = np.array([len(some) for some in people], float)
    left_in, left_out = np.minimum(n / needed, 1), np.minimum((n - 1) / needed, 1)
    return (n * left_out + (total - n) * left_in) / total
