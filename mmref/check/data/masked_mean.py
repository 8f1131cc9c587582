"""x (B, T, D) and mask (B, T) boolean, True = keep; returns the mean (B, D) over the kept steps,
whatever the others hold; zeros where none is kept."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, arrays, case, put

KEPT = "Which steps does the mask keep?"
REPLACE = "0 times not-a-number is not-a-number: replace it, do not multiply."
LENGTH = "Every text has its own length: this divides by "
draw = arrays("BTD", lambda rng, B, T, **_: np.arange(T) < rng.integers(1, T + 1, (B, 1)),
              B=4, T=5, D=3)  # fmt: skip


def fill(value):
    return lambda x, mask: (np.where(mask[..., None], x, value), mask)


def masked_mean(x, mask, steps=None):
    """The mean, or the sum over the kept steps divided by something else."""
    total = np.where(mask[..., None], x, 0).sum(1)
    return total / (steps(mask) if steps else np.maximum(mask.sum(1), 1)[:, None])


wrong = Wrong(masked_mean)
CASES = (
    case("texts of several lengths", "Divide by the number of real steps of each text."),
    case("padding on the left", KEPT, {"mask": np.fliplr}),
    case("gaps in the texts", KEPT, {"mask": lambda mask: mask ^ (np.arange(5) % 2 > 0)}),
    case("a text of padding alone", "A text without any step gives zeros.",
         {"mask": put(2, False)}),
    case("steps of zeros, kept", "The mask alone says which steps are real.",
         {"x": put(np.s_[:, 0], 0)}),
    case("not-a-number in the padding", REPLACE, fill(np.nan)),
    case("infinity in the padding", REPLACE, fill(np.inf)),
    case("as many steps as features", "Sum over the steps.", T=3),
    case("four of everything", "Sum over the steps of each text.", T=4, D=4),
)  # fmt: skip
MISTAKES = (
    ("The padding is counted: divide by the real steps, not by T.",
     wrong(steps=lambda mask: mask.shape[1])),
    ("The mask is read the wrong way: True means keep.", wrong.of(mask=np.logical_not)),
    ("That is the sum: divide by the number of real steps.", wrong(steps=lambda mask: 1)),
    (LENGTH + "that of the longest.", wrong(steps=lambda mask: max(mask.sum(1).max(), 1))),
    (LENGTH + "their mean.", wrong(steps=lambda mask: mask.sum(1).mean())),
)  # fmt: skip
EXERCISE = Exercise(masked_mean, __doc__, CASES, MISTAKES, draw, axis="text")
