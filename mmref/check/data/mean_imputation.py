"""train (N, D) and x (B, D) are rows of one modality; train_present (N,) and present (B,), boolean,
True = there. Returns x (B, D) with each absent row replaced by the mean of the training rows that
are there, or by 0 if there is none, whatever absent rows hold."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, arrays, case, plus, put

WHERE = "Which rows are there, and which are replaced?"
ABSENT = "What an absent row holds has no effect: 0 times not-a-number is not-a-number."
UNSEEN = "The mean is that of the training rows: x may be a single row."
NONE = "No training row has the modality: then there is nothing but 0."
draw = arrays("ND", lambda rng, N, **_: np.arange(N) % 3 > 0,
              "BD", lambda rng, B, **_: np.arange(B) % 2 > 0, N=6, B=4, D=3)  # fmt: skip


def imputed(train, train_present, x, present, of=None, count=None, axis=0):
    """x with the mean in its holes, or another number: ``of`` other rows, over another count."""
    rows = np.where(train_present[:, None], train, 0) if of is None else of(train, x, present)
    total = max(train_present.sum(), 1) if count is None else count(rows)
    mean = np.broadcast_to(rows.sum(axis=axis) / total, x.shape[1:])
    return np.where(present[:, None], x, mean)


wrong = Wrong(imputed)
CASES = (
    case("four rows, two of them without the modality", WHERE),
    case("training rows far from x", UNSEEN, {"train": plus(10)}),
    case("all rows are there", WHERE, {"present": lambda p: p | True}),
    case("not-a-number in absent training rows", ABSENT,
         {"train": put(np.s_[::3], np.nan)}),
    case("not-a-number in absent rows of x", ABSENT, {"x": put(np.s_[::2], np.nan)}),
    case("no training row is there", NONE, {"train_present": lambda p: p & False}),
)  # fmt: skip
MISTAKES = (
    ("Absent training rows say nothing: leave them out of the mean.",
     wrong(of=lambda train, x, present: train, count=len)),
    ("The sum runs over the rows that are there: divide by their number.", wrong(count=len)),
    ("That is the mean of x: a model in use has seen the training rows alone.",
     wrong(of=lambda train, x, present: x[present], count=lambda rows: max(len(rows), 1))),
    ("Each feature has a mean of its own.",
     wrong(axis=None, count=lambda rows: max((rows != 0).sum(), 1))),
    ("In present, True means that the row is there.", wrong.of(present=np.logical_not)),
    ("In train_present, True means that the row is there.",
     wrong.of(train_present=np.logical_not)),
    ("Zeros are a filling, too, but another one.", wrong(count=lambda rows: np.inf)),
)  # fmt: skip
EXERCISE = Exercise(imputed, __doc__, CASES, MISTAKES, draw)
