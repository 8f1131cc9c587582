"""inputs (B, T, D), input_weight W (H, D), hidden_weight U (H, H), bias b (H,); returns the states
(B, T, H): h_t = tanh(W x_t + U h_{t-1} + b) for t = 1 ... T, h_0 zeros."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, arrays, case, put, times
from mmref.check.recurrence._parts import FAINT, LONG, NO_BIAS, SHAPES, TRANSPOSED
from mmref.reference._shared import sigmoid

draw = arrays("BTD", "HD", "HH", "H", B=5, T=4, D=3, H=2)


def rnn(inputs, input_weight, hidden_weight, bias, squash=np.tanh, start=0.0, keep=None):
    """All states, or wrong ones."""
    h, states = np.full((len(inputs), len(bias)), start), []
    for t in range(inputs.shape[1]):
        new = squash(inputs[:, t] @ input_weight.T + h @ hidden_weight.T + bias)
        h = keep(new, h) if keep else new
        states.append(h)
    return np.stack(states, axis=1)


wrong = Wrong(rnn)
CASES = (
    case("five rows, four steps", "Work out the first step of the first row by hand, then on."),
    case("axes of length 3 throughout", TRANSPOSED, B=3, T=3, H=3),
    case("one step", "The time axis stays, also with a single step.", T=1),
    case("two steps of zeros", "Inputs of 0 are inputs, not padding: the state goes on.",
         {"inputs": put(np.s_[:, 1:3], 0)}),
    case("thirty steps", LONG, FAINT, T=30),
)  # fmt: skip
MISTAKES = (
    (NO_BIAS, wrong.of(bias=times(0))),
    (TRANSPOSED, wrong.of(hidden_weight=np.transpose)),
    ("Is it W x or W transposed times x?", wrong.of(input_weight=np.transpose)),
    ("What squashes the sum is tanh.", wrong(squash=lambda s: s), wrong(squash=sigmoid),
     wrong(squash=lambda s: np.maximum(s, 0)), wrong(squash=lambda s: np.clip(s, -1, 1))),
    ("Each step meets the state of the step before it: is it passed on?",
     wrong.of(hidden_weight=times(0))),
    ("The initial state is zeros.", wrong(start=1.0)),
    ("Rows do not know of each other: each row starts anew, from zeros.",
     lambda x, *a: rnn(x.reshape(1, -1, x.shape[2]), *a).reshape(*x.shape[:2], -1)),
    ("The new state replaces the old one; it is not added.", wrong(keep=np.add)),
    ("These are the states before each step: h_1 comes first, not h_0.",
     wrong.then(lambda h: np.concatenate([0 * h[:, :1], h[:, :-1]], axis=1))),
    ("Every step has a state of its own, not the last one's.",
     wrong.then(lambda h: np.repeat(h[:, -1:], h.shape[1], axis=1))),
    ("Step 1 is the first column.", wrong.then(np.fliplr)),
    ("The sequence is read from its end: step 1 is the first column.",
     lambda x, *a: rnn(x[:, ::-1], *a)[:, ::-1]),
    ("W meets the input and U the state: they are exchanged.",
     wrong.exchanged("input_weight", "hidden_weight")),
)  # fmt: skip
# so many steps with a wide state are chaos, in which rounding shows: thirty come with a narrow one
EXERCISE = Exercise(rnn, __doc__, CASES, MISTAKES, draw, raised=SHAPES, long={"T": 8})
