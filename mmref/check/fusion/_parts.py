"""What exercises on fusion share: modalities by their names, some of them absent."""

import numpy as np

from mmref.check.exercise import always, case, normal, put

TRANSPOSED = "Is it W x or W transposed times x? W_m is (D, D_m), and x_m stands in the rows."
ANY = "Any number of modalities may come: let the arguments say how many, and which."
BY_NAME = "Match modalities by name: what has none, such as present, is in the order of weights."
ABSENT = "An absent modality must have no effect, whatever it holds; and 0 * NaN is NaN."
PAIR, THREE, FIVE = ("image", "text"), ("text", "image", "audio"), ("e", "b", "d", "a", "c")
# What every fusion is asked of the order of modalities and of ``present``.
ABSENCES = (
    case("features listed in another order than weights", BY_NAME,
         dict.fromkeys(("features", "biases"), lambda of: dict(reversed(of.items()))), P=3, T=3),
    case("three modalities", ANY, names=THREE, absent=False),
    case("five modalities with names of their own", ANY, names=FIVE),
    case("one modality", ANY, names=PAIR[:1], absent=False),
    case("present is None", "None means that all are there.", {"present": always(None)}),
    case("NaN in the features of absent modalities", ABSENT, value=np.nan),
    case("infinity in the features of absent modalities", ABSENT, value=np.inf),
    case("a row with no modality present", "Where no modality is present, the row is zero: no "
         "weight counts, and no bias.", {"present": put(1, False)}),
)  # fmt: skip


def modalities(rng, B, P, T, rows, names, absent=True, value=None):
    """features (B, D_m), weights (rows_m, D_m) and biases by name, and present; an absent
    modality holds ``value``."""
    sizes = list(zip(rows, (P, T, P + 1, T + 3, 2), strict=False))[: len(names)]  # rows_m, D_m
    shapes = [(B, d) for _, d in sizes], sizes, [(r,) for r, _ in sizes]
    x, *weights = (dict(zip(names, normal(rng, *s), strict=True)) for s in shapes)
    present = np.add.outer(np.arange(B), np.arange(len(names))) % 3 > 0
    if value is not None:
        x = {m: np.where(present[:, [i]], x[m], value) for i, m in enumerate(names)}
    return x, *weights, present if absent else present | True


def equal(prior):
    """Of each class the same probability."""
    return np.full(len(prior), 1 / len(prior))


def sharp(p, power):
    """Probabilities (B, K) nearer to 0 and 1."""
    return p**power / (p**power).sum(axis=1, keepdims=True)


def weight_mistakes(wrong, what, by):
    """Mistakes in the gradient of a softmax's weights for ``what``, with respect to ``by``."""
    return (
        (f"Weights compete: what one {what} gains, the others lose. A term is missing.",
         wrong(center=lambda h: 0)),
        ("The outer factor is missing: how does a small weight scale its own gradient?",
         wrong(factor=lambda alpha: 1)),
        (f"That is the gradient with respect to the weights; go on to the {by}.",
         wrong(factor=lambda alpha: 1, center=lambda h: 0)),
        (f"Each {what} is compared with z, not with the plain mean of all.",
         wrong(center=lambda h: h.mean(axis=1, keepdims=True))),
        (f"That is the diagonal of the softmax Jacobian alone; one of the {by} changes all "
         "weights.", wrong(factor=lambda alpha: alpha * (1 - alpha), center=lambda h: 0)),
    )  # fmt: skip


def mistakes_by_name(wrong):
    """Mistakes with ``present``, and with the order of modalities."""

    def as_features(features, weights, *rest):
        return wrong.right(features, {m: weights[m] for m in features}, *rest)

    def by_position(features, weights, *rest):
        return wrong.right(dict(zip(weights, features.values(), strict=True)), weights, *rest)

    return (
        ("present has no effect yet.", wrong.of(present=always(None))),
        ("In present, True means that the modality is there.",
         wrong.of(present=lambda there: None if there is None else ~there)),
        (BY_NAME, as_features, by_position, wrong.of(weights=lambda w: dict(sorted(w.items())))),
    )  # fmt: skip
