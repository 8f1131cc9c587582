"""x (B, D), the state h and the cell c (B, H), input_weight (4H, D), hidden_weight (4H, H), bias
(4H,), their rows in the order i, f, g, o; returns a tuple of the next state and the next cell, (B,
H) each, of an LSTM with a forget gate."""

from itertools import permutations

import numpy as np

from mmref.check._squash import HARD, LARGE, STRAIGHT
from mmref.check.changes import Wrong
from mmref.check.exercise import Exercise, case
from mmref.check.recurrence._parts import NO_BIAS, SHAPES, TRANSPOSED, far, step_arguments, turned
from mmref.reference._shared import sigmoid

GATES = "The rows of the weights are i, f, g and o, in this order."
ONLY_G = "g is squashed by tanh, the three gates by the logistic function."


def draw(rng, B=5, D=3, H=2):
    return step_arguments(rng, B, D, H, gates=4, states=2)


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
CASES = (
    case("five rows", "Which gate multiplies what? Take one component of one row."),
    case("axes of length 3 throughout", TRANSPOSED, B=3, H=3),
    case("inputs near 1000", LARGE, far),
)
MISTAKES = (
    *((GATES, wrong(order=order)) for order in permutations("ifgo") if order != tuple("ifgo")),
    (NO_BIAS, lambda x, h, c, W, U, b: lstm_step(x, h, c, W, U, 0 * b)),
    (TRANSPOSED, lambda x, h, c, W, U, b: lstm_step(x, h, c, W, turned(U, 4), b)),
    ("The cell is squashed once more before the output gate.", wrong(shown=lambda c: c)),
    (ONLY_G, wrong(gate=np.tanh), wrong(new=sigmoid)),
    *((STRAIGHT, wrong(gate=line)) for line in HARD),
    ("Nothing is added to the forget gate: what it starts with is in the bias.", wrong(forget=1.0)),
    ("Without the forget gate it is the cell of 1997: what does f multiply?",
     wrong(cell=lambda i, f, g, c: c + i * g)),
    ("f says what stays in the cell, 1 - f what is forgotten.",
     wrong(cell=lambda i, f, g, c: (1 - f) * c + i * g)),
    ("The two gates do not share one unit: i is not 1 - f.",
     wrong(cell=lambda i, f, g, c: f * c + (1 - f) * g)),
    ("The cell is a sum of what stays and what is new.", wrong(cell=lambda i, f, g, c: i * g)),
    ("The cell and the state are two things: the weights meet h, the gate f meets c.",
     lambda x, h, c, *weights: lstm_step(x, c, h, *weights)),
    ("The cell that is returned is not squashed; only the state shows it through tanh.",
     lambda *args: (lstm_step(*args)[0], np.tanh(lstm_step(*args)[1]))),
)  # fmt: skip
EXERCISE = Exercise(lstm_step, __doc__, CASES, MISTAKES, draw, outputs=("h", "c"), raised=SHAPES)
