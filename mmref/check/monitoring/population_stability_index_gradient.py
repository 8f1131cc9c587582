"""grad (B,), the gradient of a loss with respect to S, one number for each row, where
S = sum_k (q_k - p_k) ln(q_k / p_k); then expected p (B, K) and observed q (B, K), all positive.
Returns two gradients, with respect to p (B, K) and q (B, K)."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, case
from mmref.reference import monitoring

PRODUCT = "A share stands in the difference and in the logarithm: its gradient is a sum of two."
INSIDE = "The derivative of ln(q / p) is 1 / q with respect to q, and -1 / p with respect to p."
ROWS = "Each row's grad counts for the bins of that row."
SAME = "Where both are the same S is as small as it can be: no gradient."


def draw(rng, B=5, K=4):
    p, q = rng.dirichlet(np.full(K, 3.0), B), rng.dirichlet(np.full(K, 3.0), B)
    return rng.normal(size=B), p, q


def slopes(grad, p, q, dp=None, dq=None):
    """The gradients, or wrong ones."""
    g = grad[:, None]
    return (
        g * (dp(p, q) if dp else -np.log(q / p) - q / p + 1),
        g * (dq(p, q) if dq else np.log(q / p) + 1 - p / q),
    )


wrong = Wrong(slopes)
CASES = (
    case("five rows, four bins", PRODUCT),
    case("one row", ROWS, B=1),
    case("two bins", ROWS, K=2),
    case("both the same", SAME, lambda grad, p, q: (grad, p, p.copy())),
)
MISTAKES = (
    (PRODUCT, wrong(dp=lambda p, q: -np.log(q / p)), wrong(dq=lambda p, q: np.log(q / p)),
     wrong(dp=lambda p, q: 1 - q / p), wrong(dq=lambda p, q: 1 - p / q)),
    (INSIDE, wrong(dp=lambda p, q: -np.log(q / p) - q + p),
     wrong(dq=lambda p, q: np.log(q / p) + q - p),
     wrong(dp=lambda p, q: -np.log(q / p) + q / p - 1)),
)  # fmt: skip
EXERCISE = Exercise(
    monitoring.population_stability_index_gradient, __doc__, CASES, MISTAKES, draw,
    outputs=("expected", "observed"), never="zeros",
)  # fmt: skip
