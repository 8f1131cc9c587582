"""states (B, T, H) and mask (B, T), boolean, True = keep; returns the state (B, H) of each row's
last kept step, wherever padding stands and whatever it holds. A row that keeps no step gets
zeros."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, arrays, case, put

LONGEST = "The last column belongs to the longest rows only."
FRONT = "Padding may stand in front: where is the last kept step, not how many are there?"
SELECT = "A masked step may hold anything, and 0 * NaN is NaN: select, do not multiply."
ZERO = "A state may be 0 where it is kept, and is often none where it is not: ask the mask."
draw = arrays("BTH", lambda rng, B, T, **_: np.arange(T) < T - np.arange(B)[:, None] % T,
              B=5, T=4, H=3)  # fmt: skip


def spoiled(states, mask):
    return np.where(mask[..., None], states, np.nan), mask


def rnn_last_states(states, mask):
    last = mask.shape[1] - 1 - mask[:, ::-1].argmax(axis=1)
    return np.where(mask.any(axis=1, keepdims=True), at(states, last), 0)


def at(states, steps):
    return states[np.arange(len(states)), steps]


wrong, emptied = Wrong(rnn_last_states), put(1, False)
CASES = (
    case("rows of 4, 3, 2, 1 and 4 steps", LONGEST),
    case("a row without a step", "Such a row gives zeros.", {"mask": emptied}),
    case("padding in front", FRONT, {"mask": np.fliplr}, T=5),
    case("padding in the middle", FRONT,
         {"mask": lambda m: np.random.default_rng(3).random(m.shape) < 0.5}),
    case("last states of 0", ZERO, {"states": put((range(5), [3, 2, 1, 0, 3]), 0)}),
    case("NaN in the masked steps", SELECT, spoiled),
    case("a row of NaN without a step", SELECT, lambda s, m: spoiled(s, emptied(m))),
)  # fmt: skip
MISTAKES = (
    (LONGEST, lambda s, m: s[:, -1]),
    ("Counting starts at 0.", lambda s, m: at(s, np.minimum(m.sum(1), m.shape[1] - 1))),
    ("That is the first kept step.", lambda s, m: at(s, m.argmax(1))),
    ("That is the mean over the kept steps, not the last one.",
     lambda s, m: (s * m[..., None]).sum(1) / np.maximum(m.sum(1), 1)[:, None]),
    ("That is the sum over the kept steps.", lambda s, m: (s * m[..., None]).sum(1)),
    ("That is the largest number of each component, which may come from any step.",
     lambda s, m: np.where(m[..., None], s, -np.inf).max(1)),
    ("In the mask, True means keep.", wrong.of(mask=np.logical_not)),
    ("How many steps are kept is not where the last one stands.",
     lambda s, m: np.where(m.any(1, keepdims=True), at(s, m.sum(1) - 1), 0)),
    ("A row without a step has no last one: an index of -1 is the last column.",
     lambda s, m: at(s, m.sum(1) - 1)),
)  # fmt: skip
EXERCISE = Exercise(rnn_last_states, __doc__, CASES, MISTAKES, draw)
