"""x (B, D), the state h (B, H), input_weight (3H, D), hidden_weight (3H, H), bias (3H,), their rows
in the order r, z, n; returns the next state (B, H) of a GRU whose reset gate comes before the
matrix, n = tanh(W_n x + U_n (r * h) + b_n), and of whose old state z stays."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong
from mmref.check.recurrence._parts import SHAPES, step, step_cases, step_mistakes
from mmref.reference._shared import sigmoid

draw = step(gates=3, states=1)


def gru_step(
    x, h, input_weight, hidden_weight, bias,
    order="rzn", gate=sigmoid, new=None, mix=None, squash=np.tanh,
):  # fmt: skip
    """The next state, or a wrong one."""
    by_gate = (np.split(a, 3) for a in (input_weight, hidden_weight, bias))
    W, U, b = (dict(zip(order, parts, strict=True)) for parts in by_gate)
    r, z = (gate(x @ W[k].T + h @ U[k].T + b[k]) for k in "rz")
    inside = new(r, h, U["n"]) if new else (r * h) @ U["n"].T
    n = squash(x @ W["n"].T + inside + b["n"])
    return mix(z, n, h) if mix else (1 - z) * n + z * h


wrong = Wrong(gru_step)
CASES = step_cases("Where does r go: on the state before U_n, or on U_n h after it?")
MISTAKES = (
    ("That is the other definition: here r multiplies the state, before U_n does.",
     wrong(new=lambda r, h, U: r * (h @ U.T))),
    ("z says how much of the old state stays.", wrong(mix=lambda z, n, h: z * n + (1 - z) * h)),
    ("What the old state gains, the new one loses.", wrong(mix=lambda z, n, h: n + z * h)),
    ("The reset gate has no effect yet.", wrong(new=lambda r, h, U: h @ U.T)),
    ("A reset gate of 1 keeps the state: it is not 1 - r.",
     wrong(new=lambda r, h, U: ((1 - r) * h) @ U.T)),
    ("The candidate meets the state, through r and U_n.", wrong(new=lambda r, h, U: 0)),
    *step_mistakes(wrong, "rzn"),
    ("The candidate is squashed by tanh.", wrong(squash=sigmoid), wrong(squash=lambda s: s),
     wrong(squash=lambda s: np.clip(s, -1, 1))),
)  # fmt: skip
EXERCISE = Exercise(gru_step, __doc__, CASES, MISTAKES, draw, raised=SHAPES)
