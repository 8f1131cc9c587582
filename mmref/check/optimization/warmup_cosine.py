"""steps T and warmup W, whole numbers, W below T; peak, a number. Step t = 0, ..., W - 1 has the
rate peak (t + 1) / (W + 1); the others fall along half a cosine, from the peak at step W toward 0,
which step T, one after the last, would have. Returns the rates (T,)."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, given

UP = "The first rate is above 0, and step W is the first with the peak."
DOWN = "The cosine has the T - W steps that are left, and begins at W."
END = "Step T - 1 is not yet 0."
HALF = "Half a cosine: from 1 to -1, moved up and halved."


def warmup_cosine(steps, warmup, peak, first=1, past=1, long=0, whole=False, half=1.0):
    """The rates, or wrong ones."""
    t = np.arange(steps)
    share = t / steps if whole else (t - warmup) / max(steps - warmup - long, 1)
    down = (1 + np.cos(np.pi * half * share)) / 2
    return peak * np.where(t < warmup, (t + first) / max(warmup + past, 1), down)


wrong = Wrong(warmup_cosine)
CASES = (
    given("six steps, two to warm up", UP, 6, 2, 1.0),
    given("no warm-up", HALF, 5, 0, 0.1),
    given("all but one to warm up", DOWN, 4, 3, 2.0),
    given("one step", "The one step has the peak.", 1, 0, 0.3),
    given("thirty steps", END, 30, 10, 0.01),
)
MISTAKES = (
    (UP, wrong(first=0), wrong(past=0)),
    (DOWN, wrong(whole=True)),
    (END, wrong(long=1)),
    (HALF, wrong(half=0.5), wrong(half=2.0)),
    ("The peak multiplies all rates.", lambda T, W, peak: warmup_cosine(T, W, 1.0)),
)  # fmt: skip
EXERCISE = Exercise(warmup_cosine, __doc__, CASES, MISTAKES, outputs=("rates",), axis="step")
