"""One window of a gray picture and of its target, x and t (N,), the weights (N,) of its pixels,
which sum to 1, and the range data_range of a pixel. Returns the structural similarity of the
window, a number: brightness (2 m_x m_t + c_1) / (m_x^2 + m_t^2 + c_1) times pattern
(2 v_xt + c_2) / (v_x + v_t + c_2), with means m, variances v and a covariance v_xt, all weighted,
and c_1 = (0.01 range)^2, c_2 = (0.03 range)^2."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, case

WEIGHTED = "Means, variances and covariance all count each pixel by its weight."
OPPOSITE = "A covariance may be negative, and so may the result: nothing is clipped."
RANGE = "Both constants grow with the square of the range."


def draw(rng, N=9, data_range=1.0):
    weights = rng.uniform(0.2, 1, N)
    return *rng.uniform(0, data_range, (2, N)).round(2), weights / weights.sum(), data_range


def similarity(x, t, weights, data_range, share=0.0, one=0.01, two=0.03, parts=np.prod):
    """The similarity, or a wrong one: of variances with N - share, other constants or parts."""
    c1, c2 = (one * data_range) ** 2, (two * data_range) ** 2
    m, n = weights @ x, weights @ t
    more = len(x) / (len(x) - share)
    v, w, c = (more * (weights @ (a * b)) for a, b in
               ((x - m, x - m), (t - n, t - n), (x - m, t - n)))  # fmt: skip
    return parts([(2 * m * n + c1) / (m**2 + n**2 + c1), (2 * c + c2) / (v + w + c2)])


wrong = Wrong(similarity)
CASES = (
    case("nine pixels", WEIGHTED),
    case("a picture that is its target", "Then it is 1.", lambda x, t, w, R: (t, t, w, R)),
    case("the picture upside down", OPPOSITE, lambda x, t, w, R: (1 - t, t, w, R)),
    case("flat windows", "Where nothing varies, c_2 alone is left: it may not be left out.",
         lambda x, t, w, R: (0 * x + 0.4, 0 * t + 0.6, w, R)),
    case("black windows", "And c_1, where all is black.", lambda x, t, w, R: (0 * x, 0 * t, w, R)),
    case("pixels of twelve bits", RANGE, data_range=4095.0),
)  # fmt: skip
MISTAKES = (
    ("The weights sum to 1 already: nothing is divided by N - 1.", wrong(share=1.0)),
    ("c_1 goes with the means, c_2 with the variances.", wrong(one=0.03, two=0.01)),
    ("Brightness alone does not see the pattern.", wrong(parts=lambda both: both[0])),
    ("The pattern alone does not see the brightness.", wrong(parts=lambda both: both[1])),
    ("Brightness times pattern, not their mean.", wrong(parts=np.mean)),
    (WEIGHTED, lambda x, t, w, R: similarity(x, t, np.full(len(w), 1 / len(w)), R)),
    (OPPOSITE, wrong.then(lambda s: max(s, 0.0)), wrong.then(np.abs)),
    (RANGE, lambda x, t, w, R: similarity(x, t, w, 1.0), wrong.of(data_range=np.sqrt)),
)  # fmt: skip
# the weights sum to 1, whatever is drawn
EXERCISE = Exercise(similarity, __doc__, CASES, MISTAKES, draw, axis=None, never="large zeros")
