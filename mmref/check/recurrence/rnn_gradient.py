"""grad (B, T, H), the gradient of a loss with respect to the states that the exercise rnn computes
from inputs (B, T, D), input_weight (H, D), hidden_weight (H, H) and bias (H,); returns a tuple of
the gradients with respect to these four, shaped alike."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, arrays, case, put, times, with_grad
from mmref.check.recurrence import rnn as forward
from mmref.check.recurrence._parts import FAINT, LONG, SHAPES

TIME = "Go from the last step to the first: what reaches h_t from above, and what from h_{t+1}?"
SUM = "The weights are the same in every step: their gradient is a sum over the steps."
draw = arrays("BTH", "BTD", "HD", "HH", "H", B=5, T=4, D=3, H=2)


def rnn_gradient(grad, inputs, input_weight, hidden_weight, bias, slope=lambda h: 1 - h**2,
                 back=lambda U: U, total=lambda da: da, before=None):  # fmt: skip
    """The four gradients, or wrong ones."""
    h = forward.rnn(inputs, input_weight, hidden_weight, bias)
    da, arriving = np.zeros_like(grad), np.zeros_like(grad[:, 0])
    for t in reversed(range(inputs.shape[1])):
        da[:, t] = slope(h[:, t]) * (grad[:, t] + arriving)
        arriving = da[:, t] @ back(hidden_weight)
    d_inputs, da = da @ input_weight, total(da)
    old = before(h) if before else np.concatenate([0 * h[:, :1], h[:, :-1]], axis=1)
    d_weights = np.einsum("bth,btd->hd", da, inputs), np.einsum("bth,btk->hk", da, old)
    return d_inputs, *d_weights, da.sum(axis=(0, 1))


wrong = Wrong(rnn_gradient)
CASES = (
    *(with_grad(c, forward.rnn, LONG if c.hint == LONG else TIME) for c in forward.CASES),
    case("a gradient at the last of thirty steps alone", "What arrives at the last step must reach "
         "the first one.", {"grad": put(np.s_[:, :-1], 0), **FAINT}, T=30),
)  # fmt: skip
MISTAKES = (
    ("Nothing comes back from the next step yet.", wrong(back=times(0))),
    ("The slope of tanh at the step is 1 - h_t^2, with the state after the step.",
     wrong(slope=lambda h: 1), wrong(slope=lambda h: 1 - h),
     wrong(slope=lambda h: 1 - np.tanh(h) ** 2), wrong(slope=lambda h: h * (1 - h))),
    ("Is it U or U transposed that leads back?", wrong(back=np.transpose)),
    ("dU pairs each step with the state before it.", wrong(before=lambda h: h)),
    ("The first step meets the initial state, zeros: an index of -1 is the last state.",
     wrong(before=lambda h: np.roll(h, 1, axis=1))),
    (SUM, wrong(total=put(np.s_[:, :-1], 0)), wrong(total=lambda da: da / da.shape[1])),
    ("Rows are summed, not averaged: grad is the gradient of the loss already.",
     wrong(total=lambda da: da / len(da))),
    ("dW and dU have the shapes of W and U: which index of the product is the row?",
     wrong.then(lambda d_x, d_W, d_U, d_b: (d_x, d_W, d_U.T, d_b))),
)  # fmt: skip
EXERCISE = Exercise(
    rnn_gradient, __doc__, CASES, MISTAKES, draw, axis=None, raised=SHAPES, long={"T": 8},
    outputs=("d_inputs", "d_input_weight", "d_hidden_weight", "d_bias"),
)  # fmt: skip
