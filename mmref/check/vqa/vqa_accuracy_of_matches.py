"""matches (Q, R), whole numbers: 1 where person r gave the answer that question q was answered
with, else 0; R is 2 at least. Returns (Q,), the accuracy of VQA of each question: leave each of the
R people out in turn, take min(matches among the others / 3, 1), and then the mean over the R."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, case

LEFT = "Each of the R people is left out once: R - 1 are there to be counted."
THREE = "Three matches make 1, one a third."
MOST = "No more than 1: what do four matches give?"
MEAN = "The mean over the R ways to leave one out."


def draw(rng, Q=5, R=10):
    return ((rng.random((Q, R)) < rng.uniform(0, 0.6, (Q, 1))).astype(int),)


def accuracy(matches, left=1, needed=3.0, most=1.0, join=np.mean):
    """The accuracy, or a wrong one."""
    counts = matches.sum(axis=1, keepdims=True) - left * matches
    return join(np.minimum(counts / needed, most), axis=1)


wrong = Wrong(accuracy)
CASES = (
    case("five questions, ten people", LEFT),
    case("nobody agrees", "Then it is 0.", lambda m: (0 * m,)),
    case("all agree", MOST, lambda m: (0 * m + 1,)),
    case("two people", "With one of two left out, one match is a third.", R=2),
    case("one of ten agrees", "Nine ways of ten keep the match: 9 / 10 of a third.",
         lambda m: (np.eye(m.shape[1], dtype=int)[:1].repeat(len(m), axis=0),)),
)  # fmt: skip
MISTAKES = (
    (LEFT, wrong(left=0), lambda m: accuracy(m[:, :-1], left=0), wrong(left=2)),
    (THREE, wrong(needed=1.0), wrong(needed=4.0), wrong(needed=2.0)),
    (MOST, wrong(most=np.inf)),
    (MEAN, wrong(join=np.sum), wrong(join=np.max), wrong(join=np.median)),
)  # fmt: skip
EXERCISE = Exercise(accuracy, __doc__, CASES, MISTAKES, draw, axis="question",
                    outputs=("accuracy",))  # fmt: skip
