"""Weighted fusion."""

import numpy as np

from mmref.check.exercise import Exercise, case, normal
from mmref.reference.fusion import weighted_fusion
from mmref.reference.softmax import masked_softmax

TRANSPOSED = "Is it W x or W transposed times x? W_m is (D, D_m), and x_m stands in the rows."
BY_NAME = "Match modalities by name: the order of weights decides whose logit and column it is."
ANY = "Any number of modalities may come: let the arguments say how many, and which."
RENORMALIZE = "In a row, the weights of the modalities that are present sum to 1."
ABSENT = "An absent modality must have no effect, whatever it holds; and 0 * NaN is NaN."
NOBODY = "A row with no modality present is zero: the total of its weights is 0."
OVERFLOW = "exp(1000) overflows, and the largest logit may belong to an absent modality."
PAIR, THREE = ("image", "text"), ("text", "image", "audio")


def draw(rng, B=4, D=3, P=4, T=2, names=PAIR, absent=True):
    widths = dict(zip(names, (P, T, P + 1, T + 3, 2), strict=False))
    x = {m: normal(rng, (B, d))[0] for m, d in widths.items()}
    weights = {m: normal(rng, (D, d))[0] for m, d in widths.items()}
    biases = {m: normal(rng, (D,))[0] for m in names}
    present = np.ones((B, len(names)), dtype=bool)
    if absent:
        present[1::3, 1] = present[2::3, 0] = False
    return x, weights, biases, *normal(rng, (len(names),)), present


def fill(value):
    def edit(x, weights, biases, logits, present):
        for i, m in enumerate(weights):
            x[m][~present[:, i]] = value

    return edit


def turned(x, weights, biases, logits, present):
    return dict(reversed(x.items())), weights, dict(reversed(biases.items())), logits, present


def emptied(x, weights, biases, logits, present):
    present[1] = False


def far(x, weights, biases, logits, present):
    return x, weights, biases, np.array([1000.0, -1000.0, 999.0]), present


def wrong(weigh, project=lambda x, w, b: x @ w.T + b, by_features=False):
    """Other weights ``weigh(logits, present)``, or another projection."""

    def fuse(x, weights, biases, a, present):
        names = list(x) if by_features else list(weights)
        h = np.stack([project(x[m], weights[m], biases[m]) for m in names], axis=1)
        keep = np.ones(h.shape[:2], dtype=bool) if present is None else present
        return (weigh(np.broadcast_to(a, keep.shape), keep)[..., None] * h).sum(axis=1)

    return fuse


EXERCISE = Exercise(
    weighted_fusion,
    "features maps modality m to (B, D_m), weights to (D, D_m), biases to (D,); logits (M,) and "
    "the columns of present (B, M), boolean, True = there, or None, are in the order of weights. "
    "Returns z (B, D), the sum of the projected features weighted by a softmax of the logits over "
    "the modalities present; zero in a row where none is.",
    (
        case("two modalities, both present", "Compute h_m by hand for one row.", P=3, T=3,
             absent=False),
        case("modalities of different width", TRANSPOSED, absent=False),
        case("present is None", "None means that every modality is there.",
             lambda *args: (*args[:-1], None)),
        case("three modalities", ANY, names=THREE, absent=False),
        case("five modalities with names of their own", ANY, names=("e", "d", "c", "b", "a")),
        case("features listed in another order than weights", BY_NAME, turned, P=3, T=3),
        case("some modalities absent", RENORMALIZE),
        case("NaN in the features of absent modalities", ABSENT, fill(np.nan)),
        case("infinity in the features of absent modalities", ABSENT, fill(np.inf)),
        case("a row with no modality present", NOBODY, emptied),
        case("logits of 1000 and -1000", OVERFLOW, far, names=THREE),
    ),
    (
        (TRANSPOSED, wrong(masked_softmax, lambda x, w, b: x @ w + b)),
        ("Each projection has a bias.", wrong(masked_softmax, lambda x, w, b: x @ w.T)),
        ("The logits have no effect yet.", wrong(lambda a, k: masked_softmax(0 * a, k))),
        ("Logits are not weights yet: the weights are positive and sum to 1.",
         wrong(lambda a, k: a * k)),
        ("Exponentials are not weights yet: the weights sum to 1.",
         wrong(lambda a, k: np.exp(a) * k)),
        (RENORMALIZE, wrong(lambda a, k: masked_softmax(a) * k)),
        ("present has no effect yet: an absent modality gets the weight 0.",
         wrong(lambda a, k: masked_softmax(a))),
        ("In present, True means that the modality is there.",
         wrong(lambda a, k: masked_softmax(a, ~k))),
        ("Setting the logit of an absent modality to 0 leaves it a weight, since exp(0) = 1.",
         wrong(lambda a, k: masked_softmax(a * k))),
        ("The weights sum to 1 already: it is a sum over modalities, not a mean.",
         wrong(lambda a, k: masked_softmax(a, k) / a.shape[1])),
        ("A plain sum: where are the weights?", wrong(lambda a, k: 1.0 * k)),
        (BY_NAME, wrong(masked_softmax, by_features=True)),
        ("The logits compete within a row, not over the batch.",
         wrong(lambda a, k: np.exp(a) * k / (np.exp(a) * k).sum())),
    ),
    draw,
)  # fmt: skip
