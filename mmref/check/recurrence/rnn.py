"""inputs (B, T, D), input_weight W (H, D), hidden_weight U (H, H), bias b (H,); returns the states
(B, T, H): h_t = tanh(W x_t + U h_{t-1} + b) for t = 1 ... T, h_0 zeros."""

import numpy as np

from mmref.check.changes import Wrong
from mmref.check.exercise import Exercise, case, normal
from mmref.check.recurrence._parts import NO_BIAS, SHAPES, TRANSPOSED
from mmref.reference._shared import sigmoid

BY_HAND = "Work out the first step of the first row by hand, then on."
LONG = "Go over as many steps as there are, however many."
TANH = "What squashes the sum is tanh."
IDLE = "Inputs of 0 are inputs, not padding: the state goes on."


def draw(rng, B=5, T=4, D=3, H=2):
    return tuple(normal(rng, (B, T, D), (H, D), (H, H), (H,)))


def faint(x, W, U, b):
    """Small inputs, and U a rotation: tanh stays where its slope is near 1, so that the first
    step still matters at the last, forward and backward."""
    return x / 10, W, np.array([[0.6, -0.8], [0.8, 0.6]]), b / 50


def idle(x, W, U, b):
    x[:, 1:3] = 0


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
    case("five rows, four steps", BY_HAND),
    case("axes of length 3 throughout", TRANSPOSED, B=3, T=3, H=3),
    case("one step", "The time axis stays, also with a single step.", T=1),
    case("two steps of zeros", IDLE, idle),
    case("thirty steps", LONG, faint, T=30),
)
MISTAKES = (
    (NO_BIAS, lambda x, W, U, b: rnn(x, W, U, 0 * b)),
    (TRANSPOSED, lambda x, W, U, b: rnn(x, W, U.T, b)),
    ("Is it W x or W transposed times x?", lambda x, W, U, b: rnn(x, W.T, U, b)),
    (TANH, wrong(squash=lambda s: s), wrong(squash=lambda s: np.maximum(s, 0)),
     wrong(squash=lambda s: np.clip(s, -1, 1)), wrong(squash=sigmoid)),
    ("Each step meets the state of the step before it: is it passed on?",
     lambda x, W, U, b: rnn(x, W, 0 * U, b)),
    ("The initial state is zeros.", wrong(start=1.0)),
    ("Rows do not know of each other: each row starts anew, from zeros.",
     lambda x, *a: rnn(x.reshape(1, -1, x.shape[2]), *a).reshape(*x.shape[:2], -1)),
    ("The new state replaces the old one; it is not added.", wrong(keep=np.add)),
    ("These are the states before each step: h_1 comes first, not h_0.",
     lambda *a: np.roll(rnn(*a), 1, 1) * (np.arange(a[0].shape[1]) > 0)[:, None]),
    ("Every step has a state of its own, not the last one's.",
     lambda *a: np.repeat(rnn(*a)[:, -1:], a[0].shape[1], axis=1)),
    ("Step 1 is the first column.", lambda *a: rnn(*a)[:, ::-1]),
    ("The sequence is read from its end: step 1 is the first column.",
     lambda x, *a: rnn(x[:, ::-1], *a)[:, ::-1]),
    ("W meets the input and U the state: they are exchanged.", lambda x, W, U, b: rnn(x, U, W, b)),
)  # fmt: skip
EXERCISE = Exercise(rnn, __doc__, CASES, MISTAKES, draw, raised=SHAPES)
