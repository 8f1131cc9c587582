"""grad_h and grad_c (B, H), all that reaches the next state and, directly, the next cell of
lstm_step, an exercise, which has x (B, D), h and c (B, H), input_weight (4H, D), hidden_weight (4H,
H) and bias (4H,), rows in the order i, f, g, o; returns a tuple of the six gradients of them."""

import numpy as np

from mmref.check._squash import LARGE
from mmref.check.exercise import Exercise, Wrong, case, times
from mmref.check.recurrence._parts import SHAPES, TRANSPOSED, step
from mmref.reference._shared import sigmoid

draw = step(gates=4, states=2, gradients=2)


def lstm_step_gradient(grad_h, grad_c, x, h, c, input_weight, hidden_weight, bias,
        shown=lambda new: 1 - np.tanh(new) ** 2, stays=lambda d, f: d * f, gate=lambda i, g: g,
        slope=lambda s: s * (1 - s), flat=lambda g: 1 - g**2, old=lambda c, new: c, read=np.tanh,
        total=lambda da: da, blocks=(0, 1, 2, 3), passed=0.0):  # fmt: skip
    """The six gradients, or wrong ones."""
    a_i, a_f, a_g, a_o = np.split(x @ input_weight.T + h @ hidden_weight.T + bias, 4, axis=1)
    i, f, g, o = sigmoid(a_i), sigmoid(a_f), np.tanh(a_g), sigmoid(a_o)
    new = f * c + i * g
    d = grad_c + grad_h * o * shown(new)  # all that reaches the next cell
    parts = [d * gate(i, g) * slope(i), d * old(c, new) * slope(f), d * i * flat(g)]
    parts.append(grad_h * read(new) * slope(o))
    da = np.concatenate([parts[k] for k in blocks], axis=1)
    d_x, d_h, da = da @ input_weight, da @ hidden_weight + passed * grad_h, total(da)
    return d_x, d_h, stays(d, f), da.T @ x, da.T @ h, da.sum(axis=0)


wrong = Wrong(lstm_step_gradient)
CASES = (
    case("five rows", "Go back from h through o and tanh to the cell, then to each factor."),
    case("no gradient at the state", "What reaches the cell goes back, too.", {"grad_h": times(0)}),
    case("axes of length 3 throughout", TRANSPOSED, B=3, D=3, H=3),
    case("inputs near 1000", LARGE, {"x": times(1000)}),
)  # fmt: skip
MISTAKES = (
    ("The next cell acts on the loss by itself and through the next state: add both.",
     wrong(shown=lambda new: 0), wrong.of(grad_c=times(0))),
    ("The slope at the next cell is 1 - tanh(c)^2.", wrong(shown=lambda new: 1 - new**2)),
    ("How much of the old cell stays, is how much goes back.", wrong(stays=lambda d, f: d)),
    ("i multiplies the candidate: that is its slope.", wrong(gate=lambda i, g: i)),
    ("f multiplies the cell before the step, not the one after it.", wrong(old=lambda c, new: new)),
    ("o multiplies tanh of the cell: that is its slope.", wrong(read=lambda new: new)),
    ("Each block goes through its own squashing function, whose slope is a factor.",
     wrong(slope=lambda s: 1), wrong(flat=lambda g: 1)),
    ("The candidate is squashed by tanh: its slope is 1 - g^2.", wrong(flat=lambda g: g * (1 - g))),
    ("The rows of the weights are i, f, g and o, in this order.", wrong(blocks=(0, 1, 3, 2))),
    ("The old state is met by U alone: nothing of grad_h passes it by.", wrong(passed=1.0)),
    ("The rows share the weights: add, do not average.", wrong(total=lambda da: da / len(da))),
    ("dW and dU have the shapes of W and U: which index of the product is the row?",
     wrong.then(lambda *d: (*d[:3], d[3].T, d[4].T, d[5]))),
)  # fmt: skip
EXERCISE = Exercise(
    lstm_step_gradient, __doc__, CASES, MISTAKES, draw, axis=None, raised=SHAPES,
    outputs=("d_x", "d_h", "d_c", "d_input_weight", "d_hidden_weight", "d_bias"),
)  # fmt: skip
