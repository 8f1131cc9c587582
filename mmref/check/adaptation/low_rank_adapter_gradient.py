"""grad (B, O), the gradient of a loss with respect to h, a row of which is
h = W x + (alpha / R) B A x; then x (B, D), weight W (O, D), down A (R, D), up B (O, R) and alpha, a
number. Returns four gradients: with respect to x (B, D), W (O, D), A (R, D) and B (O, R)."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, arrays, case, put
from mmref.reference import adaptation

SHARE = "In all but W's gradient the product counts alpha / R."
PATHS = "x goes two ways, through W and through A and B: its gradient is a sum of two."
DOWN = "What arrives at A has come back through B: B^T g, times x."
UP = "What arrives at B is g, and what B was given is A x."
START = "With B = 0 nothing arrives at A: its gradient is 0, and B's is not."
draw = arrays("BO", "BD", "OD", "RD", "OR", lambda rng, **sizes: 3.0, B=5, D=4, O=6, R=2)


def slopes(grad, x, weight, down, up, alpha, s=None, dx=None, dA=None, dB=None):
    """The gradients, or wrong ones."""
    share = alpha / len(down) if s is None else s(alpha)
    given = (grad, x, weight, down, up)
    return (
        dx(*given) if dx else grad @ weight + share * grad @ up @ down,
        grad.T @ x,
        share * (dA(*given) if dA else (grad @ up).T @ x),
        share * (dB(*given) if dB else grad.T @ (x @ down.T)),
    )


wrong = Wrong(slopes)
CASES = (
    case("five rows, rank 2", SHARE),
    case("rank 1", DOWN, R=1),
    case("B of zeros, as at the start", START, {"up": put(np.s_[:], 0.0)}),
    case("W of zeros", PATHS, {"weight": put(np.s_[:], 0.0)}),
)
MISTAKES = (
    (SHARE, wrong(s=lambda a: a), wrong(s=lambda a: 1.0)),
    (PATHS, wrong(dx=lambda g, x, W, A, B: g @ W), wrong(dx=lambda g, x, W, A, B: g @ B @ A)),
    (DOWN, wrong(dA=lambda g, x, W, A, B: np.ones_like(g @ B).T @ x)),
    (UP, wrong(dB=lambda g, x, W, A, B: g.T @ np.ones_like(x @ A.T))),
)
EXERCISE = Exercise(
    adaptation.low_rank_adapter_gradient, __doc__, CASES, MISTAKES, draw,
    outputs=("x", "weight", "down", "up"),
)  # fmt: skip
