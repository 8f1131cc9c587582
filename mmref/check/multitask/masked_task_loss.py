"""losses (B, K) of B rows and K tasks; labelled (B, K) boolean, True where a row has a label for a
task. Returns (K,): the mean loss of each task over the rows that have its label, 0 where none has.
Where there is no label, the loss may be anything, not-a-number too."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, arrays, case, put
from mmref.reference import multitask

COUNT = "Divide by the number of rows that have this task's label, not by all rows."
EMPTY = "Where no row has the label, there is nothing to average: the loss is 0."
GAPS = "0 times not-a-number is not-a-number: select, do not multiply."
TASKS = "Each task has a mean of its own: one number for each column."


def some(rng, B, K):
    there = rng.random((B, K)) < 0.6
    there[0] = True
    return there


draw = arrays("BK", some, B=5, K=3)


def masked_task_loss(losses, labelled, count=None, least=1, gap=0.0):
    """The means, or wrong ones: another count, nothing at least, other numbers in the gaps."""
    rows = np.maximum(labelled.sum(axis=0), least) if count is None else count(labelled)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(labelled, losses, gap * losses if gap else 0).sum(axis=0) / rows


wrong = Wrong(masked_task_loss)
CASES = (
    case("five rows, three tasks", COUNT),
    case("one task", TASKS, K=1),
    case("a task without any label", EMPTY, {"labelled": put(np.s_[:, 1], False)}),
    case("no label at all", EMPTY, {"labelled": put(np.s_[:], False)}),
    case("not-a-number in a gap", GAPS,
         {"losses": put((0, 0), np.nan), "labelled": put((0, 0), False)}),
)  # fmt: skip
MISTAKES = (
    (COUNT, wrong(count=len), wrong(count=np.sum)),
    (EMPTY, wrong(least=0)),
    (GAPS, wrong(gap=1.0)),
    ("What is missing is left out of the sum, and of the count.", wrong(count=lambda m: 1)),
    (TASKS, lambda losses, m: np.full(len(losses[0]), np.where(m, losses, 0).sum()
                                      / max(1, m.sum()))),
)  # fmt: skip
EXERCISE = Exercise(multitask.masked_task_loss, __doc__, CASES, MISTAKES, draw, axis="task")
