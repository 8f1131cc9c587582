"""Exercises on the masked softmax, its gradient, and what is normalized together."""

import numpy as np

from mmref.check._compare import compare_function
from mmref.check._run import Case, Exercise
from mmref.reference.softmax import masked_softmax, masked_softmax_gradient

ONE_ROW = "Each row is normalized by itself, along the last axis."
USE_MASK = "The mask has no effect yet: a dropped entry gets the weight 0."
INVERTED = "In the mask, True means keep."
RENORMALIZE = "The kept weights no longer sum to 1: a dropped entry must not count in the total."
ZERO_SCORE = "A score of 0 still counts, since exp(0) = 1. What score would count for nothing?"
BAD_DROPPED = "A dropped entry may hold anything, and 0 * NaN is NaN: select, do not multiply."
OVERFLOW = "exp(1000) overflows. What can be subtracted from every score without changing p?"
UNDERFLOW = "exp(-1000) is 0, and 0 / 0 is NaN. Which shift makes one of the exponents 0?"
STAND_IN = "However low a number stands in for a dropped score, a kept one can be lower still."
LARGEST_DROPPED = "The largest score is not in the sum: shift by the largest of those that are."
EMPTY_ROW = "No entry is kept, so the total is 0: such a row gets zeros."


def softmax_cases():
    rng = np.random.default_rng(10)
    s = rng.normal(size=(3, 4)).round(2)
    keep = np.ones((3, 4), dtype=bool)
    yield _case("three rows, nothing dropped", s, keep, ONE_ROW)
    some = np.array([[1, 1, 1, 1], [1, 0, 1, 0], [0, 0, 1, 0]], dtype=bool)
    yield _case("some entries dropped", s, some, RENORMALIZE)
    yield _case("scores of 1000 and more", s + 1000, some, OVERFLOW)
    yield _case("scores of -1000 and less", s - 1000, some, UNDERFLOW)
    yield _case(
        "a dropped score is the largest by 2000",
        np.where(some, s - 1000, 1000),
        some,
        LARGEST_DROPPED,
    )
    yield _case("NaN in the dropped entries", np.where(some, s, np.nan), some, BAD_DROPPED)
    yield _case("infinity in the dropped entries", np.where(some, s, np.inf), some, BAD_DROPPED)
    none = some.copy()
    none[1] = False
    yield _case("a row that keeps nothing", s, none, EMPTY_ROW)
    # So far apart that the rounding of such large numbers does not show.
    yield _case("scores near -1e10", 1e4 * s - 1e10, some, STAND_IN)
    yield _case(
        "a single row, scores of shape (N,)",
        s[0],
        some[1],
        "N is the last axis, here the only one.",
    )
    deep = rng.normal(size=(2, 3, 4)).round(2)
    yield _case("scores of shape (B, T, N)", deep, rng.random((2, 3, 4)) < 0.6, ONE_ROW)


def softmax_gradient_cases():
    rng = np.random.default_rng(11)
    for case in softmax_cases():
        scores, mask = case.args
        g = rng.normal(size=scores.shape).round(2)
        yield Case(case.words, (g, scores, mask), case.hint, case.rows, case.axis)
    scores, mask = rng.normal(size=(2, 3)).round(2), np.array([[1, 1, 1], [1, 0, 1]], dtype=bool)
    g = np.where(mask, rng.normal(size=(2, 3)).round(2), np.nan)
    rows = _rows(mask)
    yield Case("NaN in grad where an entry is dropped", (g, scores, mask), BAD_DROPPED, rows)


def normalization_cases():
    rng = np.random.default_rng(12)
    image, text = rng.normal(size=(3, 4)).round(2), rng.normal(size=(3, 2)).round(2)
    hint = "How many softmaxes are there in each of the two, and over which scores does each run?"
    yield Case("four image regions and two words", (image, text), hint)
    yield Case("scores of 1000 and more", (image + 1000, text + 1000), OVERFLOW)
    yield Case("text scores below -1000", (image, text - 1000), UNDERFLOW)
    yield Case("one region and one word", (image[:, :1], text[:, :1]), hint)


def _case(words, scores, mask, hint):
    axis = {1: "entry", 2: "row"}.get(scores.ndim)
    return Case(words, (scores, mask), hint, _rows(mask), axis)


def _rows(mask):
    if mask.ndim != 2:
        return ()
    return tuple(_row(row) for row in mask)


def _row(keep):
    dropped = np.flatnonzero(~keep)
    if len(dropped) == len(keep):
        return "where the mask keeps nothing"
    if len(dropped):
        return f"where the mask drops {' and '.join(str(int(i)) for i in dropped)}"
    return ""


def _softmax(scores, axis=-1):
    e = np.exp(scores - scores.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def _gradient(grad, scores, mask):
    return masked_softmax_gradient(grad, scores, mask)[0]


def _separate_and_joint(image_scores, text_scores):
    separate = np.concatenate([_softmax(image_scores), _softmax(text_scores)], axis=1)
    return separate, _softmax(np.concatenate([image_scores, text_scores], axis=1))


SOFTMAX_MISTAKES = (
    (STAND_IN, lambda s, k: _softmax(np.where(k, s, -1e9)) * k),
    (ONE_ROW, lambda s, k: _softmax(s, axis=0)),
    (ONE_ROW, lambda s, k: np.exp(s) / np.exp(s).sum()),
    (ONE_ROW, lambda s, k: np.where(k, np.exp(s), 0) / np.exp(s)[k].sum()),
    (USE_MASK, lambda s, k: _softmax(s)),
    (INVERTED, lambda s, k: masked_softmax(s, ~k)),
    (RENORMALIZE, lambda s, k: _softmax(s) * k),
    (ZERO_SCORE, lambda s, k: _softmax(s * k)),
    ("These are the exponentials; the weights of a row sum to 1.", lambda s, k: np.exp(s) * k),
)


def _wrong_pair(change):
    """Both results, changed by ``change(separate, joint, number of image scores)``."""

    def pair(image, text):
        return change(*_separate_and_joint(image, text), image.shape[1])

    return pair


def _text_first(weights, regions):
    return np.roll(weights, -regions, axis=1)


TOTAL = "Each modality shares out a weight of 1 of its own: what does a row of separate sum to?"
IMAGE_FIRST = "In both results, the image's columns come first."
JOINT = "One softmax over all scores lets strong scores win across modalities."
SEPARATE = "A softmax for each modality: the image's weights do not depend on the text's scores."
NORMALIZATION_MISTAKES = (
    ("The two results are swapped: separate comes first.", _wrong_pair(lambda s, j, n: (j, s))),
    (TOTAL, _wrong_pair(lambda s, j, n: (s / 2, j))),
    (JOINT, _wrong_pair(lambda s, j, n: (s, s))),
    (JOINT, _wrong_pair(lambda s, j, n: (s, s / 2))),
    (SEPARATE, _wrong_pair(lambda s, j, n: (j, j))),
    (IMAGE_FIRST, _wrong_pair(lambda s, j, n: (_text_first(s, n), _text_first(j, n)))),
    (IMAGE_FIRST, _wrong_pair(lambda s, j, n: (_text_first(s, n), j))),
    (IMAGE_FIRST, _wrong_pair(lambda s, j, n: (s, _text_first(j, n)))),
)

SUBTRACT = "All p depend on s_j through the common total: a term is missing from the derivative."
GRADIENT_MISTAKES = (
    (SUBTRACT, lambda g, s, k: masked_softmax(s, k) * g),
    (
        "That is the diagonal of the Jacobian alone; s_j also changes the other p.",
        lambda g, s, k: masked_softmax(s, k) * (1 - masked_softmax(s, k)) * g,
    ),
    ("The sign is reversed.", lambda g, s, k: -_gradient(g, s, k)),
    (
        "The sum over k is weighted: how much does each p_k contribute?",
        lambda g, s, k: masked_softmax(s, k) * (g - g.sum(axis=-1, keepdims=True)),
    ),
    (
        "The sum over k is weighted: how much does each p_k contribute?",
        lambda g, s, k: masked_softmax(s, k) * (g - g.mean(axis=-1, keepdims=True)),
    ),
    (
        "Rows do not influence each other: over which axis does the sum run?",
        lambda g, s, k: masked_softmax(s, k) * (g - (g * masked_softmax(s, k)).sum()),
    ),
    (
        "The outer factor is missing: how does a small p_j scale its own gradient?",
        lambda g, s, k: g - (g * masked_softmax(s, k)).sum(axis=-1, keepdims=True),
    ),
    (USE_MASK, lambda g, s, k: _gradient(g, s, None)),
    (INVERTED, lambda g, s, k: _gradient(g, s, ~k)),
)

EXERCISES = {
    "masked_softmax": Exercise(
        "masked_softmax(scores, mask)",
        "scores (..., N) and mask (..., N), boolean, True = keep; returns weights (..., N) that "
        "sum to 1 over the kept entries of the last axis and are 0 elsewhere, whatever a dropped "
        "entry holds. A row that keeps nothing gets zeros.",
        compare_function(
            "masked_softmax(scores, mask)", masked_softmax, softmax_cases, SOFTMAX_MISTAKES
        ),
    ),
    "masked_softmax_gradient": Exercise(
        "masked_softmax_gradient(grad, scores, mask)",
        "grad (..., N), the gradient of a loss with respect to the weights that masked_softmax "
        "gives for scores (..., N) and mask (..., N), boolean, True = keep; returns the gradient "
        "with respect to the scores as one array (..., N). Dropped entries get 0, whatever they "
        "hold.",
        compare_function(
            "masked_softmax_gradient(grad, scores, mask)",
            _gradient,
            softmax_gradient_cases,
            GRADIENT_MISTAKES,
        ),
    ),
    "separate_and_joint_normalization": Exercise(
        "separate_and_joint_normalization(image_scores, text_scores)",
        "image_scores (B, I) and text_scores (B, T), floats of any size; returns a tuple "
        "(separate, joint) of two arrays (B, I + T), in both the image's columns first. In "
        "separate, each modality has a softmax of its own over its scores in a row, so that a "
        "row sums to 2; in joint, one softmax runs over all I + T scores of a row, which sums "
        "to 1.",
        compare_function(
            "separate_and_joint_normalization(image_scores, text_scores)",
            _separate_and_joint,
            normalization_cases,
            NORMALIZATION_MISTAKES,
            outputs=("separate", "joint"),
        ),
    ),
}
