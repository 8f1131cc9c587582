"""grad (B, T, H), the gradient of a loss with respect to the states that the exercise rnn computes
from inputs (B, T, D), input_weight (H, D), hidden_weight (H, H) and bias (H,); returns a tuple of
the gradients with respect to these four, shaped alike."""

from dataclasses import replace

import numpy as np

from mmref.check.changes import Wrong
from mmref.check.exercise import Exercise, case, normal
from mmref.check.recurrence import rnn as forward
from mmref.check.recurrence._parts import SHAPES
from mmref.check.recurrence.rnn import CASES, LONG, rnn

TIME = "Go from the last step to the first: what reaches h_t from above, and what from h_{t+1}?"
SUM = "The weights are the same in every step: their gradient is a sum over the steps."
SLOPE = "The slope of tanh at the step is 1 - h_t^2, with the state after the step."


def draw(rng, B=5, T=4, D=3, H=2):
    return *normal(rng, (B, T, H)), *forward.draw(rng, B, T, D, H)


def with_grad(this):
    """A case of the network, with a gradient in front."""

    def edit(g, *args):
        return g, *((this.edit and this.edit(*args)) or args)

    return replace(this, edit=edit, hint=LONG if this.hint == LONG else TIME)


def at_the_end(g, *args):
    g[:, :-1] = 0
    return g, *forward.faint(*args)


def rnn_gradient(
    grad, inputs, input_weight, hidden_weight, bias,
    slope=lambda h: 1 - h**2, carried=1.0, back=None, total=lambda da: da, before=None,
):  # fmt: skip
    """The four gradients, or wrong ones."""
    h = rnn(inputs, input_weight, hidden_weight, bias)
    da, arriving = np.zeros_like(grad), np.zeros_like(grad[:, 0])
    for t in reversed(range(inputs.shape[1])):
        da[:, t] = slope(h[:, t]) * (grad[:, t] + carried * arriving)
        arriving = da[:, t] @ (hidden_weight if back is None else back)
    d_inputs, da = da @ input_weight, total(da)
    old = before(h) if before else np.concatenate([0 * h[:, :1], h[:, :-1]], axis=1)
    d_weights = np.einsum("bth,btd->hd", da, inputs), np.einsum("bth,btk->hk", da, old)
    return d_inputs, *d_weights, da.sum(axis=(0, 1))


wrong = Wrong(rnn_gradient)
CASES = (
    *map(with_grad, CASES),
    case("a gradient at the last of thirty steps alone",
         "What arrives at the last step must reach the first one.", at_the_end, T=30),
    case("gradients of 10,000", "A gradient may be large: nothing is clipped.",
         lambda g, *args: (10_000 * g, *args)),
)  # fmt: skip
MISTAKES = (
    ("Nothing comes back from the next step yet.", wrong(carried=0.0)),
    (SLOPE, wrong(slope=lambda h: 1), wrong(slope=lambda h: 1 - h),
     wrong(slope=lambda h: 1 - np.tanh(h) ** 2), wrong(slope=lambda h: h * (1 - h))),
    ("Is it U or U transposed that leads back?", lambda *a: wrong(back=a[3].T)(*a)),
    ("dU pairs each step with the state before it.", wrong(before=lambda h: h)),
    ("The first step meets the initial state, zeros: an index of -1 is the last state.",
     wrong(before=lambda h: np.roll(h, 1, axis=1))),
    (SUM, wrong(total=lambda da: da * (np.arange(da.shape[1]) == da.shape[1] - 1)[:, None]),
     wrong(total=lambda da: da / da.shape[1])),
    ("Rows are summed, not averaged: grad is the gradient of the loss already.",
     wrong(total=lambda da: da / len(da))),
    ("The sign is reversed.", lambda *a: tuple(-g for g in rnn_gradient(*a))),
    ("dW and dU have the shapes of W and U: which index of the product is the row?",
     lambda *a: tuple(d.T if k == 2 else d for k, d in enumerate(rnn_gradient(*a)))),
)  # fmt: skip
EXERCISE = Exercise(
    rnn_gradient, __doc__, CASES, MISTAKES, draw,
    outputs=("d_inputs", "d_input_weight", "d_hidden_weight", "d_bias"), axis=None, raised=SHAPES,
)  # fmt: skip
