"""Exercises on time: gradients through it, its end in a ragged batch, and clipping."""

import numpy as np

from mmref.check._compare import compare_function
from mmref.check._recurrence import LONG, _rnn, rnn_cases
from mmref.check._run import Case, Exercise
from mmref.reference import recurrence as reference


def gradient_cases():
    for case in rnn_cases():
        x, W, U, b = case.args
        grad = np.random.default_rng(52).normal(size=(*x.shape[:2], len(b))).round(2)
        hint = LONG if case.hint == LONG else TIME
        yield Case(case.words, (grad, *case.args), hint, case.rows, None)
    # Only the last state matters to the loss, as in a classifier.
    last = grad * 0
    last[:, -1] = 1
    carried = "What arrives at the last step must reach the first one."
    yield Case("a gradient at the last step alone", (last, x, W, U, b), carried, (), None)


TIME = "Go from the last step to the first: what reaches h_t from above, and what from h_{t+1}?"


def _bptt(grad, x, W, U, b, slope=None, carried=None, through=None, before=None, total=None):
    """The four gradients, or wrong ones."""
    h = np.concatenate([np.zeros((len(x), 1, len(b))), _rnn(x, W, U, b)], axis=1)
    d_x, da = np.zeros_like(x), np.zeros_like(grad)
    dh = np.zeros_like(grad[:, 0])
    for t in reversed(range(x.shape[1])):
        dh = grad[:, t] + (carried or _same)(dh)
        da[:, t] = (slope or _tanh_slope)(h[:, t + 1]) * dh
        d_x[:, t] = da[:, t] @ W
        dh = da[:, t] @ (through or _same)(U)
    states = (before or _before)(h)
    da = (total or _same)(da)
    return (
        d_x,
        np.einsum("bth,btd->hd", da, x),
        np.einsum("bth,btk->hk", da, states),
        da.sum((0, 1)),
    )


def _tanh_slope(h):
    return 1 - h**2


def _same(x):
    return x


def _before(h):
    return h[:, :-1]


def _after(h):
    return h[:, 1:]


def _turned(h):
    """An index of -1 at the first step."""
    return np.roll(h[:, 1:], 1, axis=1)


def _zero(x):
    return 0 * x


def _last_alone(da):
    """The part that the last step has in the sum."""
    return da * (np.arange(da.shape[1]) == da.shape[1] - 1)[:, None]


SUM = "The weights are the same in every step: their gradient is a sum over the steps."
SLOPE = "The slope of tanh at the step is 1 - h_t^2, with the state after the step."
GRADIENT_MISTAKES = (
    ("Nothing comes back from the next step yet.", lambda *a: _bptt(*a, carried=_zero)),
    (SLOPE, lambda *a: _bptt(*a, slope=lambda h: np.ones_like(h))),
    (SLOPE, lambda *a: _bptt(*a, slope=lambda h: 1 - h)),
    (SLOPE, lambda *a: _bptt(*a, slope=lambda h: 1 - np.tanh(h) ** 2)),
    (SLOPE, lambda *a: _bptt(*a, slope=lambda h: h * (1 - h))),
    ("Is it U or U transposed that leads back?", lambda *a: _bptt(*a, through=np.transpose)),
    ("dU pairs each step with the state before it.", lambda *a: _bptt(*a, before=_after)),
    (
        "The first step meets the initial state, zeros: an index of -1 is the last state.",
        lambda *a: _bptt(*a, before=_turned),
    ),
    (SUM, lambda *a: _bptt(*a, total=_last_alone)),
    (SUM, lambda *a: _bptt(*a, total=lambda da: da / da.shape[1])),
    (
        "Rows are summed, not averaged: grad is the gradient of the loss already.",
        lambda *a: _bptt(*a, total=lambda da: da / len(da)),
    ),
    ("The sign is reversed.", lambda *a: tuple(-g for g in _bptt(*a))),
    (
        "dW and dU have the shapes of W and U: which index of the product is the row?",
        lambda *a: (*_bptt(*a)[:2], _bptt(*a)[2].T, _bptt(*a)[3]),
    ),
)


def last_cases():
    rng = np.random.default_rng(53)
    states = rng.normal(size=(5, 4, 3)).round(2)
    lengths = np.array([4, 2, 1, 3, 4])
    mask = np.arange(4) < lengths[:, None]
    rows = tuple(f"of length {n}" for n in lengths)
    hint = "The last column belongs to the longest rows only."
    yield Case("rows of 4, 2, 1, 3 and 4 steps", (states, mask), hint, rows)
    none = mask.copy()
    none[1] = False
    told = (rows[0], "where nothing is kept", *rows[2:])
    yield Case("a row without a step", (states, none), "Such a row gives zeros.", told)
    left = mask[:, ::-1].copy()
    front = "Padding may stand in front: where is the last kept step, not how many are there?"
    yield Case("padding in front", (states, left), front, rows)
    gaps = np.array([[1, 0, 1, 0], [0, 1, 0, 0], [1, 1, 0, 1], [0, 0, 1, 1], [1, 0, 0, 0]], bool)
    yield Case("padding in the middle", (states, gaps), front)
    padded = np.where(mask[..., None], states, np.nan)
    select = "A masked step may hold anything, and 0 * NaN is NaN: select, do not multiply."
    yield Case("NaN in the masked steps", (padded, mask), select, rows)
    spoiled = np.where(none[..., None], states, np.nan)
    yield Case("a row of NaN without a step", (spoiled, none), select, told)
    yield Case("one row of one step", (states[:1, :1], mask[:1, :1]), "The batch axis stays.")


def _last_states(states, mask):
    last = mask.shape[1] - 1 - mask[:, ::-1].argmax(axis=1)
    found = states[np.arange(len(states)), last]
    return np.where(mask.any(axis=1, keepdims=True), found, 0)


def _at(states, index):
    return states[np.arange(len(states)), index]


LAST_MISTAKES = (
    ("The last column belongs to the longest rows only.", lambda s, m: s[:, -1]),
    ("Counting starts at 0.", lambda s, m: _at(s, np.minimum(m.sum(1), m.shape[1] - 1))),
    ("That is the first kept step.", lambda s, m: _at(s, m.argmax(1))),
    (
        "That is the mean over the kept steps, not the last one.",
        lambda s, m: (s * m[..., None]).sum(1) / np.maximum(m.sum(1), 1)[:, None],
    ),
    ("That is the sum over the kept steps.", lambda s, m: (s * m[..., None]).sum(1)),
    (
        "That is the largest number of each component, which may come from any step.",
        lambda s, m: np.where(m[..., None], s, -np.inf).max(1),
    ),
    ("In the mask, True means keep.", lambda s, m: _last_states(s, ~m)),
    (
        "How many steps are kept is not where the last one stands.",
        lambda s, m: np.where(m.any(1, keepdims=True), _at(s, m.sum(1) - 1), 0),
    ),
    (
        "A row without a step has no last one: an index of -1 is the last column.",
        lambda s, m: _at(s, m.sum(1) - 1),
    ),
)


def clip_cases():
    rng = np.random.default_rng(54)
    W, b = rng.normal(size=(3, 4)).round(2), 3 * rng.normal(size=4).round(2)
    hint = "How long are both together, as one vector?"
    yield Case("a joint norm above the limit", (W, b, 1.0), hint, (), None)
    short = "What is within the limit stays as it is."
    yield Case("a joint norm below the limit", (W, b, 100.0), short, (), None)
    # The norms are 4.6 and 2.7, and 5.3 together.
    each = "Each alone is within the limit; together they are not."
    yield Case("each alone below the limit", (W, b, 5.0), each, (), None)
    zero = "The norm is 0 here, and 0 / 0 is NaN."
    yield Case("gradients of zero", (0 * W, 0 * b, 1.0), zero, (), None)
    large = "However long they were, their joint norm is the limit afterwards."
    yield Case("gradients near 1e6", (1e6 * W, b, 0.5), large, (), None)


def _clip(d_weight, d_bias, limit):
    clipped, _ = reference.clip_by_global_norm({"W": d_weight, "b": d_bias}, limit)
    return clipped["W"], clipped["b"]


def _norm(*arrays):
    return np.sqrt(sum((a**2).sum() for a in arrays))


def _scaled(factor):
    return lambda W, b, limit: (W * factor(W, b, limit), b * factor(W, b, limit))


ALWAYS = "Gradients within the limit are not made longer."
CLIP_MISTAKES = (
    (
        "One norm for both together, or the direction changes.",
        lambda W, b, c: (W * c / max(c, _norm(W)), b * c / max(c, _norm(b))),
    ),
    (
        "That clips each number by itself, which changes the direction.",
        lambda W, b, c: (np.clip(W, -c, c), np.clip(b, -c, c)),
    ),
    (ALWAYS, _scaled(lambda W, b, c: c / _norm(W, b))),
    ("The square root of the sum of squares is missing.",
     _scaled(lambda W, b, c: c / max(c, _norm(W, b) ** 2))),
    (
        "Lengths are not added: squares are.",
        _scaled(lambda W, b, c: c / max(c, _norm(W) + _norm(b))),
    ),
    (
        "The norm of all numbers, not the largest of them.",
        _scaled(lambda W, b, c: c / max(c, np.abs(W).max(), np.abs(b).max())),
    ),
    ("After clipping the norm is the limit, not 1.",
     _scaled(lambda W, b, c: 1 / _norm(W, b) if _norm(W, b) > c else 1)),
    ("Gradients above the limit are shortened, not set to zero.",
     _scaled(lambda W, b, c: float(_norm(W, b) <= c))),
    ("Nothing is clipped yet.", lambda W, b, c: (1 * W, 1 * b)),
    ("The bias counts, and is clipped, too.", lambda W, b, c: (W * c / max(c, _norm(W)), 1 * b)),
    ("The bias is clipped, too.", lambda W, b, c: (W * c / max(c, _norm(W, b)), 1 * b)),
)  # fmt: skip

GRADIENT = "rnn_gradient(grad, inputs, input_weight, hidden_weight, bias)"
LAST = "last_states(states, mask)"
CLIP = "clip_by_global_norm(d_weight, d_bias, limit)"
EXERCISES = {
    "rnn_gradient": Exercise(
        GRADIENT,
        "grad (B, T, H), the gradient of a loss with respect to the states that the exercise rnn "
        "computes from inputs (B, T, D), input_weight (H, D), hidden_weight (H, H) and bias "
        "(H,); returns a tuple of the gradients with respect to these four, shaped alike.",
        compare_function(
            GRADIENT,
            _bptt,
            gradient_cases,
            GRADIENT_MISTAKES,
            outputs=("d_inputs", "d_input_weight", "d_hidden_weight", "d_bias"),
        ),
    ),
    "last_states": Exercise(
        LAST,
        "states (B, T, H) and mask (B, T), boolean, True = keep; returns the state (B, H) of each "
        "row's last kept step, wherever padding stands and whatever it holds. A row that keeps no "
        "step gets zeros.",
        compare_function(LAST, _last_states, last_cases, LAST_MISTAKES),
    ),
    "clip_by_global_norm": Exercise(
        CLIP,
        "d_weight and d_bias, two gradients of any shape, and limit, a positive number; returns a "
        "tuple of both, shortened by one common factor so that their joint norm is the limit, or "
        "as they were if it is not above the limit.",
        compare_function(CLIP, _clip, clip_cases, CLIP_MISTAKES, outputs=("d_weight", "d_bias")),
    ),
}
