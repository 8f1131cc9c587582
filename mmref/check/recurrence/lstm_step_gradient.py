"""The gradient of one step of an LSTM."""

import numpy as np

from mmref.check._squash import LARGE
from mmref.check.exercise import Exercise, case, normal, with_parts
from mmref.check.recurrence._parts import SHAPES, TRANSPOSED, far, step_arguments
from mmref.reference._shared import sigmoid

CELL = "The next cell acts on the loss by itself and through the next state: add both."
SLOPE = "Each block goes through its own squashing function, whose slope is a factor."
ROWS = "The weights are shared by the rows of a batch: add, do not average."


def draw(rng, B=5, D=3, H=2):
    return *normal(rng, (B, H), (B, H)), *step_arguments(rng, B, D, H, gates=4, states=2)


def silent(grad_h, grad_c, *args):
    return 0 * grad_h, grad_c, *args


def lstm_step_gradient(
    grad_h, grad_c, x, h, c, input_weight, hidden_weight, bias,
    shown=lambda new: 1 - np.tanh(new) ** 2, stays=lambda d, f: d * f, back=None, gate=None,
    slope=lambda s: s * (1 - s), flat=lambda g: 1 - g**2, old=None, read=np.tanh, rows=1.0,
    blocks=(0, 1, 2, 3), passed=0.0,
):  # fmt: skip
    """The six gradients, or wrong ones."""
    a_i, a_f, a_g, a_o = np.split(x @ input_weight.T + h @ hidden_weight.T + bias, 4, axis=1)
    i, f, g, o = sigmoid(a_i), sigmoid(a_f), np.tanh(a_g), sigmoid(a_o)
    new = f * c + i * g
    d = grad_c + grad_h * o * shown(new)  # all that reaches the next cell
    parts = [d * (g if gate is None else gate(i, f, g, o)) * slope(i)]
    parts += [d * (new if old else c) * slope(f), d * i * flat(g), grad_h * read(new) * slope(o)]
    da = np.concatenate([parts[k] for k in blocks], axis=1)
    d_h = da @ (hidden_weight if back is None else back) + passed * grad_h
    return da @ input_weight, d_h, stays(d, f), *(rows * s for s in (da.T @ x, da.T @ h, da.sum(0)))


wrong = with_parts(lstm_step_gradient)
EXERCISE = Exercise(
    lstm_step_gradient,
    "grad_h and grad_c (B, H), all that reaches the next state and, directly, the next cell that "
    "the exercise lstm_step computes from x (B, D), h and c (B, H), input_weight (4H, D), "
    "hidden_weight (4H, H) and bias (4H,), their rows in the order i, f, g, o; returns a tuple of "
    "the gradients with respect to these six, shaped alike.",
    (
        case("five rows", "Go back from h through o and tanh to the cell, then to each factor."),
        case("no gradient at the state", "What reaches the cell alone goes back, too.", silent),
        case("axes of length 3 throughout", TRANSPOSED, B=3, D=3, H=3),
        case("inputs near 1000", LARGE, lambda dh, dc, *args: (dh, dc, *far(*args))),
    ),
    (
        (CELL, wrong(shown=lambda new: 0)),
        (CELL, lambda dh, dc, *args: lstm_step_gradient(dh, 0 * dc, *args)),
        ("The slope of tanh at the cell is 1 - tanh(c)^2, with the next cell.",
         wrong(shown=lambda new: 1 - new**2)),
        ("The old cell meets f: how much of it stays is how much goes back.",
         wrong(stays=lambda d, f: d)),
        ("i multiplies the candidate: that is its slope.", wrong(gate=lambda i, f, g, o: i)),
        ("f multiplies the cell before the step, not the one after it.", wrong(old=True)),
        ("o multiplies tanh of the cell: that is its slope.", wrong(read=lambda new: new)),
        (SLOPE, wrong(slope=lambda s: 1)),
        (SLOPE, wrong(flat=lambda g: 1)),
        ("The candidate is squashed by tanh: its slope is 1 - g^2.",
         wrong(flat=lambda g: g * (1 - g))),
        ("The rows of the weights are i, f, g and o, in this order.", wrong(blocks=(0, 1, 3, 2))),
        ("The old state is met by U alone: nothing of grad_h passes it by.", wrong(passed=1.0)),
        (ROWS, lambda *a: wrong(rows=1 / len(a[2]))(*a)),
        ("dW and dU have the shapes of W and U: which index of the product is the row?",
         lambda *a: tuple(d.T if k in (3, 4) else d for k, d in enumerate(lstm_step_gradient(*a)))),
    ),
    draw, outputs=("d_x", "d_h", "d_c", "d_input_weight", "d_hidden_weight", "d_bias"),
    axis=None, raised=SHAPES,
)  # fmt: skip
