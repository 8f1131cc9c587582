"""Exercises on weighted fusion."""

import numpy as np

from mmref.check._compare import compare_function
from mmref.check._run import Case, Exercise
from mmref.reference.fusion import weighted_fusion
from mmref.reference.softmax import masked_softmax

TRANSPOSED = "Is it W x or W transposed times x? W_m is (D, D_m), and x_m stands in the rows."
BY_NAME = "Match modalities by name: the order of weights decides whose logit and column it is."
ANY_NUMBER = "Any number of modalities may come: let the arguments say how many, and which."
RENORMALIZE = "In a row, the weights of the modalities that are present sum to 1."
ABSENT = "An absent modality must have no effect, whatever it holds; and 0 * NaN is NaN."
NOBODY = "A row with no modality present is zero: the total of its weights is 0."
OVERFLOW = "exp(1000) overflows, and the largest logit may belong to an absent modality."


def fusion_cases():
    pair, three = {"image": 3, "text": 3}, {"image": 4, "text": 2, "audio": 3}
    wide = {"image": 4, "text": 2}
    full = np.ones((4, 2), dtype=bool)
    some = np.array([[1, 1], [1, 0], [0, 1], [1, 1]], dtype=bool)
    none = np.array([[1, 0], [0, 0], [1, 1], [0, 1]], dtype=bool)
    mixed = np.array([[1, 1, 1], [1, 1, 0], [0, 1, 1], [1, 0, 0]], dtype=bool)
    large = np.array([1000.0, -1000.0, 999.0])
    yield _case("two modalities, both present", pair, full, "Compute h_m by hand for one row.")
    yield _case("modalities of different width", wide, full, TRANSPOSED)
    yield _case("present is None", wide, None, "None means that every modality is there.")
    yield _case("three modalities", three, np.ones((4, 3), dtype=bool), ANY_NUMBER)
    yield _case("features listed in another order than weights", pair, full, BY_NAME, shuffle=True)
    yield _case("some modalities absent", wide, some, RENORMALIZE)
    yield _case("NaN in the features of absent modalities", wide, some, ABSENT, fill=np.nan)
    yield _case("infinity in the features of absent modalities", wide, some, ABSENT, fill=np.inf)
    yield _case("a row with no modality present", wide, none, NOBODY)
    yield _case("logits of 1000 and -1000", three, mixed, OVERFLOW, logits=large)
    yield _case("a batch of one row", wide, full[:1], "The batch axis stays, even of length 1.")


def _case(words, dims, present, hint, shuffle=False, fill=None, logits=None):
    rng = np.random.default_rng(20)
    batch = 4 if present is None else len(present)
    x, weights, biases = {}, {}, {}
    for i, (m, d) in enumerate(dims.items()):
        x[m] = rng.normal(size=(batch, d)).round(2)
        weights[m], biases[m] = rng.normal(size=(3, d)).round(2), rng.normal(size=3).round(2)
        if fill is not None:
            x[m][~present[:, i]] = fill
    if shuffle:
        x, biases = dict(reversed(x.items())), dict(reversed(biases.items()))
    a = rng.normal(size=len(dims)).round(2) if logits is None else logits
    rows = () if present is None else tuple(_row(list(dims), row) for row in present)
    return Case(words, (x, weights, biases, a, present), hint, rows)


def _row(names, there):
    absent = [m for m, kept in zip(names, there, strict=True) if not kept]
    if not absent:
        return ""
    if len(absent) == len(names):
        return "where no modality is present"
    return f"where {' and '.join(absent)} {'is' if len(absent) == 1 else 'are'} absent"


def _mistake(weigh, project=lambda x, w, b: x @ w.T + b, by_features=False):
    """A wrong fusion: other weights ``weigh(logits, present)`` or another projection."""

    def fuse(x, weights, biases, a, present):
        names = list(x) if by_features else list(weights)
        h = np.stack([project(x[m], weights[m], biases[m]) for m in names], axis=1)
        keep = np.ones(h.shape[:2], dtype=bool) if present is None else present
        return (weigh(np.broadcast_to(a, keep.shape), keep)[..., None] * h).sum(axis=1)

    return fuse


FUSION_MISTAKES = (
    (TRANSPOSED, _mistake(masked_softmax, lambda x, w, b: x @ w + b)),
    ("Each projection has a bias.", _mistake(masked_softmax, lambda x, w, b: x @ w.T)),
    ("The logits have no effect yet.", _mistake(lambda a, k: masked_softmax(0 * a, k))),
    (
        "Logits are not weights yet: the weights are positive and sum to 1.",
        _mistake(lambda a, k: a * k),
    ),
    (
        "Exponentials are not weights yet: the weights sum to 1.",
        _mistake(lambda a, k: np.exp(a) * k),
    ),
    (RENORMALIZE, _mistake(lambda a, k: masked_softmax(a) * k)),
    (
        "present has no effect yet: an absent modality gets the weight 0.",
        _mistake(lambda a, k: masked_softmax(a)),
    ),
    (
        "In present, True means that the modality is there.",
        _mistake(lambda a, k: masked_softmax(a, ~k)),
    ),
    (
        "Setting the logit of an absent modality to 0 leaves it a weight, since exp(0) = 1.",
        _mistake(lambda a, k: masked_softmax(a * k)),
    ),
    (
        "The weights sum to 1 already: it is a sum over modalities, not a mean.",
        _mistake(lambda a, k: masked_softmax(a, k) / a.shape[1]),
    ),
    ("A plain sum: where are the weights?", _mistake(lambda a, k: 1.0 * k)),
    (BY_NAME, _mistake(masked_softmax, by_features=True)),
    (
        "The logits compete within a row, not over the batch.",
        _mistake(lambda a, k: np.exp(a) * k / (np.exp(a) * k).sum()),
    ),
)


SHAPES = "Do the shapes fit? grad is (B, D), h is (B, M, D), logits are (M,)."


def logits_gradient_cases():
    rng = np.random.default_rng(21)
    g, h = rng.normal(size=(4, 3)).round(2), rng.normal(size=(4, 2, 3)).round(2)
    a = np.array([0.3, -0.4])
    hint = "How does z change when one logit grows a little? Every weight moves with it."
    yield _gradient_case("one row, two modalities", (g[:1], h[:1], a), hint)
    yield _gradient_case(
        "four rows, two modalities",
        (g, h, a),
        "The logits are shared by all rows: what do the rows add up to?",
    )
    h = rng.normal(size=(4, 3, 5)).round(2)
    g = rng.normal(size=(4, 5)).round(2)
    yield _gradient_case("three modalities", (g, h, np.array([0.5, -1.0, 0.2])), ANY_NUMBER)
    square = rng.normal(size=(3, 3, 3)).round(2)
    yield _gradient_case(
        "as many rows as modalities as features",
        (g[:3, :3], square, np.array([1.0, 0, -1])),
        "Axes of equal length are easily confused: h is (B, M, D).",
    )
    yield _gradient_case(
        "logits of 1000", (g, h, np.array([1000.0, 999, 998])), "exp(1000) overflows."
    )


def _gradient_case(words, args, hint):
    return Case(words, args, hint, axis="modality", raised=SHAPES)


def _logits_gradient(grad, h, logits):
    alpha = masked_softmax(logits)
    z = np.einsum("m,bmd->bd", alpha, h)
    return alpha * np.einsum("bd,bmd->m", grad, h - z[:, None])


def _pull(g, h, a, centre):
    """g . (h - centre), (B, M)."""
    return np.einsum("bd,bmd->bm", g, h - centre)


COMPETE = "Weights compete: what one modality gains, the others lose. A term is missing."
SUM_ROWS = "A loss of the whole batch: the rows add up, they are not averaged."
LOGITS_MISTAKES = (
    (COMPETE, lambda g, h, a: masked_softmax(a) * _pull(g, h, a, 0).sum(axis=0)),
    (SUM_ROWS, lambda g, h, a: _logits_gradient(g, h, a) / len(g)),
    (
        "That is the gradient with respect to the weights; go on to the logits.",
        lambda g, h, a: _pull(g, h, a, 0).sum(axis=0),
    ),
    (
        "The outer factor is missing: how does a small weight scale its own gradient?",
        lambda g, h, a: _logits_gradient(g, h, a) / masked_softmax(a),
    ),
    (
        "The vectors are compared with the fused vector, not with their plain mean.",
        lambda g, h, a: (
            masked_softmax(a) * _pull(g, h, a, h.mean(axis=1, keepdims=True)).sum(axis=0)
        ),
    ),
    (
        "That is the diagonal of the softmax Jacobian alone; a logit changes every weight.",
        lambda g, h, a: masked_softmax(a) * (1 - masked_softmax(a)) * _pull(g, h, a, 0).sum(axis=0),
    ),
    ("The sign is reversed.", lambda g, h, a: -_logits_gradient(g, h, a)),
)


FUSION = "weighted_fusion(features, weights, biases, logits, present)"
LOGITS = "weighted_fusion_logits_gradient(grad, h, logits)"
EXERCISES = {
    "weighted_fusion": Exercise(
        FUSION,
        "features maps modality m to (B, D_m), weights to (D, D_m), biases to (D,); logits (M,) "
        "and the columns of present (B, M), boolean, True = there, or None, are in the order of "
        "weights. Returns z (B, D), the sum of the projected features weighted by a softmax of "
        "the logits over the modalities present; zero in a row where none is.",
        compare_function(FUSION, weighted_fusion, fusion_cases, FUSION_MISTAKES),
    ),
    "weighted_fusion_logits_gradient": Exercise(
        LOGITS,
        "grad (B, D), the gradient of the loss with respect to z, the fused vectors (all "
        "modalities present); h (B, M, D), the projected features; logits (M,). Returns the "
        "gradient with respect to the logits (M,).",
        compare_function(LOGITS, _logits_gradient, logits_gradient_cases, LOGITS_MISTAKES),
    ),
}
