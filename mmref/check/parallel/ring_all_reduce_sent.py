"""lengths, a tuple of P whole numbers: how long the pieces are into which each of P workers cuts
its array for a ring all-reduce. In step t = 0, 1, ..., 2 P - 3 worker p sends its piece p - t,
counted modulo P, to worker p + 1. Returns (P,) whole numbers: how many numbers each worker sends in
all."""

import numpy as np

from mmref.check.exercise import INTEGERS, Exercise, Wrong, given

STEPS = "There are 2 (P - 1) steps: P - 1 to sum, and P - 1 to hand the sums round."
PIECE = "In step t worker p sends piece p - t, not piece p."
EACH = "That is what all send together: one number for each worker is wanted."
ALONE = "A worker that is alone sends nothing."


def ring_all_reduce_sent(lengths, steps=lambda P: 2 * (P - 1), piece=lambda p, t: p - t):
    workers = len(lengths)
    return np.array([sum(lengths[piece(p, t) % workers] for t in range(steps(workers)))
                     for p in range(workers)], dtype=int)  # fmt: skip


wrong = Wrong(ring_all_reduce_sent)
CASES = (
    given("three workers, pieces alike", STEPS, (5, 5, 5)),
    given("pieces of two lengths", PIECE, (3, 2, 2)),
    given("four workers, pieces of four lengths", PIECE, (7, 1, 4, 2)),
    given("two workers", STEPS, (4, 3)),
    given("one worker", ALONE, (6,)),
    given("pieces of which some are empty", PIECE, (1, 1, 0, 0, 0)),
)
MISTAKES = (
    (STEPS, wrong(steps=lambda P: P - 1), wrong(steps=lambda P: 2 * P)),
    (PIECE, wrong(piece=lambda p, t: p), wrong(piece=lambda p, t: p + t)),
    (EACH, lambda lengths: np.array(sum(ring_all_reduce_sent(lengths)))),
)
EXERCISE = Exercise(ring_all_reduce_sent, __doc__, CASES, MISTAKES, axis="worker", kind=INTEGERS)
