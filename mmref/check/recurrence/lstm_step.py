"""x (B, D), the state h and the cell c (B, H), input_weight (4H, D), hidden_weight (4H, H), bias
(4H,), their rows in the order i, f, g, o; returns a tuple of the next state and the next cell, (B,
H) each, of an LSTM with a forget gate."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong
from mmref.check.recurrence._parts import SHAPES, step, step_cases, step_mistakes
from mmref.reference._shared import sigmoid

draw = step(gates=4, states=2)


def lstm_step(
    x, h, c, input_weight, hidden_weight, bias,
    order="ifgo", gate=sigmoid, new=np.tanh, cell=None, shown=np.tanh, forget=0.0,
):  # fmt: skip
    """(h, c) after a step, or a wrong pair."""
    parts = np.split(x @ input_weight.T + h @ hidden_weight.T + bias, 4, axis=1)
    named = dict(zip(order, parts, strict=True))
    i, f, o, g = gate(named["i"]), gate(named["f"] + forget), gate(named["o"]), new(named["g"])
    kept = cell(i, f, g, c) if cell else f * c + i * g
    return o * shown(kept), kept


wrong = Wrong(lstm_step)
CASES = step_cases("Which gate multiplies what? Take one component of one row.")
MISTAKES = (
    *step_mistakes(wrong, "ifgo"),
    ("The cell is squashed once more before the output gate.", wrong(shown=lambda c: c)),
    ("g is squashed by tanh, the three gates by the logistic function.",
     wrong(gate=np.tanh), wrong(new=sigmoid)),
    ("Nothing is added to the forget gate: what it starts with is in the bias.", wrong(forget=1.0)),
    ("Without the forget gate it is the cell of 1997: what does f multiply?",
     wrong(cell=lambda i, f, g, c: c + i * g)),
    ("f says what stays in the cell, 1 - f what is forgotten.",
     wrong(cell=lambda i, f, g, c: (1 - f) * c + i * g)),
    ("The two gates do not share one unit: i is not 1 - f.",
     wrong(cell=lambda i, f, g, c: f * c + (1 - f) * g)),
    ("The cell is a sum of what stays and what is new.", wrong(cell=lambda i, f, g, c: i * g)),
    ("The cell and the state are two things: the weights meet h, the gate f meets c.",
     wrong.exchanged("h", "c")),
    ("The cell that is returned is not squashed; only the state shows it through tanh.",
     wrong.then(lambda h, c: (h, np.tanh(c)))),
)  # fmt: skip
EXERCISE = Exercise(lstm_step, __doc__, CASES, MISTAKES, draw, outputs=("h", "c"), raised=SHAPES)
