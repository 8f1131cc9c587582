"""Exercise on the gated multimodal unit."""

import numpy as np

from mmref.check._compare import compare_function
from mmref.check._run import Case, Exercise
from mmref.reference.softmax import masked_softmax

TRANSPOSED = "Is it W x or W transposed times x? W_v is (D, D_v), and x_v stands in the rows."
SHAPES = f"Do the shapes fit? {TRANSPOSED}"


def gated_cases():
    # All widths differ, so that no transposed array fits.
    yield _gated_case(
        "features of different width",
        5,
        4,
        2,
        3,
        "Take one component: what does its gate see, and what does it multiply?",
    )
    yield _gated_case("widths of 3 throughout", 4, 3, 3, 3, TRANSPOSED)
    yield _gated_case(
        "features near 1000",
        4,
        4,
        2,
        3,
        "Large inputs overflow in exp: a sigmoid has two forms, one safe for each sign.",
        scale=1000,
    )
    yield _gated_case("a batch of one row", 1, 4, 2, 3, "The batch axis stays.")


def _gated_case(words, batch, d_v, d_t, d, hint, scale=1):
    rng = np.random.default_rng(22)
    shapes = (batch, d_v), (batch, d_t), (d, d_v), (d, d_t), (d, d_v + d_t)
    x_v, x_t, *weights = (rng.normal(size=shape).round(2) for shape in shapes)
    return Case(words, (scale * x_v, scale * x_t, *weights), hint, raised=SHAPES)


def _sigmoid(x):
    return 0.5 * (1 + np.tanh(0.5 * x))


def _gated(x_v, x_t, W_v, W_t, W_z, squash=np.tanh, gate=_sigmoid, mix=None, swap=False):
    """The unit, or a wrong one: other functions, or the joined input in the other order."""
    h_v, h_t = squash(x_v @ W_v.T), squash(x_t @ W_t.T)
    z = gate(np.concatenate([x_t, x_v] if swap else [x_v, x_t], axis=1) @ W_z.T)
    return mix(z, h_v, h_t) if mix else z * h_v + (1 - z) * h_t


def _gate_on_hidden(x_v, x_t, W_v, W_t, W_z):
    h_v, h_t = np.tanh(x_v @ W_v.T), np.tanh(x_t @ W_t.T)
    z = _sigmoid(np.concatenate([h_v, h_t], axis=1) @ W_z.T)
    return z * h_v + (1 - z) * h_t


MISTAKES = (
    (
        "The gate is given to the other modality.",
        lambda *a: _gated(*a, mix=lambda z, v, t: (1 - z) * v + z * t),
    ),
    ("The gate sees the raw inputs, not the transformed ones.", _gate_on_hidden),
    (
        "The transformed features pass through a nonlinearity.",
        lambda *a: _gated(*a, squash=lambda x: x),
    ),
    (
        "The transformed features pass through a nonlinearity, but not that one.",
        lambda *a: _gated(*a, squash=_sigmoid),
    ),
    (
        "The transformed features pass through a nonlinearity, but not that one.",
        lambda *a: _gated(*a, squash=lambda x: np.maximum(x, 0)),
    ),
    (TRANSPOSED, lambda v, t, W_v, W_t, W_z: _gated(v, t, W_v.T, W_t.T, W_z)),
    ("The gate is a number between 0 and 1.", lambda *a: _gated(*a, gate=np.tanh)),
    ("The gate is a number between 0 and 1.", lambda *a: _gated(*a, gate=lambda x: x)),
    (
        "Each component has a gate of its own; they do not compete with each other.",
        lambda *a: _gated(*a, gate=masked_softmax),
    ),
    (
        "What one modality gains, the other loses.",
        lambda *a: _gated(*a, mix=lambda z, v, t: z * (v + t)),
    ),
    (
        "What one modality gains, the other loses.",
        lambda *a: _gated(*a, mix=lambda z, v, t: z * v + t),
    ),
    ("In the joined input, x_v comes first.", lambda *a: _gated(*a, swap=True)),
)

SIGNATURE = "gated_fusion(x_v, x_t, W_v, W_t, W_z)"
EXERCISES = {
    "gated_fusion": Exercise(
        SIGNATURE,
        "The gated multimodal unit of Arevalo et al. (2017) for x_v (B, D_v) and x_t (B, D_t), "
        "with W_v (D, D_v), W_t (D, D_t) and W_z (D, D_v + D_t), no biases; an open gate favors "
        "x_v. Returns (B, D).",
        compare_function(SIGNATURE, _gated, gated_cases, MISTAKES),
    ),
}
