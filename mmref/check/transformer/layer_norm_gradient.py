"""grad (..., D), the gradient of a loss with respect to the layer norm of x (..., D) with scale
(D,) and shift (D,): each vector less its mean, over the root of its variance, which is divided by
D, plus epsilon, times scale, plus shift. Returns three arrays: the gradients with respect to x,
scale and shift, in this order."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, arrays, case
from mmref.check.normalization._parts import CANCEL, in_one_pass, of_a_sample
from mmref.reference.transformer import layer_norm_gradient

TERMS = "x moves y by itself, through the mean and through the variance: three terms."
EPSILON = "epsilon is an argument, and stands under the root, beside the variance."
AXES = "However many axes there are, the last one holds a vector; the others count vectors."
draw = arrays("BTD", "BTD", "D", "D", "epsilon", B=2, T=3, D=5, epsilon=1e-5)


def gradient(g, x, scale, shift, epsilon, mean=1, along=1, passed=np.multiply, seen=lambda x, n: n,
             share=np.sum, variance=np.var, root=np.sqrt):  # fmt: skip
    """The gradients, or wrong ones: terms left out, other sums, another deviation."""
    s = root(variance(x, axis=-1, keepdims=True) + epsilon)
    n, h, others = (x - x.mean(-1, keepdims=True)) / s, passed(g, scale), tuple(range(x.ndim - 1))
    terms = mean * h.mean(-1, keepdims=True) + along * n * (h * n).mean(-1, keepdims=True)
    return (h - terms) / s, share(g * seen(x, n), axis=others), share(g, axis=others)


wrong = Wrong(gradient)
CASES = (
    case("two sequences of three vectors", TERMS),
    case("a single vector", AXES, lambda g, x, *rest: (g[0, 0], x[0, 0], *rest)),
    case("three axes of vectors", AXES,
         lambda g, x, *rest: (*np.reshape([g, x], (2, 2, 3, 3, 5)), *rest), B=6),
    case("an epsilon of 0.1", EPSILON, epsilon=0.1),
    case("a vector that is constant", "The variance is 0 there: epsilon is left.",
         lambda g, x, *rest: (g, x * [[[1], [0], [1]]], *rest), epsilon=1e-3),
    case("vectors far from zero", CANCEL, lambda g, x, *_: (g, x + 1e4, *_), epsilon=1e-12),
)  # fmt: skip
MISTAKES = (
    (TERMS, wrong(mean=0, along=0), wrong(mean=0), wrong(along=0)),
    ("scale lies between the loss and x.", wrong(passed=lambda g, scale: g)),
    ("scale multiplied the normalized vector, not x.", wrong(seen=lambda x, n: x)),
    ("Scale and shift are shared by all vectors: sums, not means.", wrong(share=np.mean)),
    ("Variance divides by D, not D - 1.", wrong(variance=of_a_sample)),
    ("The vector was divided by the root of its variance.", wrong(root=lambda v: v)),
    *((EPSILON, lambda g, x, a, b, _, e=e: gradient(g, x, a, b, e)) for e in (0, 1e-5)),
    (CANCEL, wrong(variance=in_one_pass)),
)
EXERCISE = Exercise(layer_norm_gradient, __doc__, CASES, MISTAKES, draw,
                    outputs=("d_x", "d_scale", "d_shift"), axis=None)  # fmt: skip
