"""features maps modality m to (B, D_m), weights to (D, D_m), biases to (D,); logits (M,) and the
columns of present (B, M), boolean, True = there, or None, are in the order of weights. Returns z
(B, D), the sum of the projected features weighted by a softmax of the logits over the modalities
present; zero in a row where none is."""

import numpy as np

from mmref.check.exercise import Exercise, case, normal
from mmref.reference.fusion import weighted_fusion
from mmref.reference.softmax import masked_softmax as softmax

TRANSPOSED = "Is it W x or W transposed times x? W_m is (D, D_m), and x_m stands in the rows."
BY_NAME = "Match modalities by name: the order of weights decides whose logit and column it is."
ANY = "Any number of modalities may come: let the arguments say how many, and which."
RENORMALIZE = "In a row, the weights of the modalities that are present sum to 1."
ABSENT = "An absent modality must have no effect, whatever it holds; and 0 * NaN is NaN."
NOBODY = "A row with no modality present is zero: the total of its weights is 0."
OVERFLOW = "exp(1000) overflows, and the largest logit may belong to an absent modality."
PAIR, THREE, FIVE = ("image", "text"), ("text", "image", "audio"), ("e", "b", "d", "a", "c")


def draw(rng, B=4, D=3, P=4, T=2, names=PAIR, absent=True, value=None):
    widths = (P, T, P + 1, T + 3, 2)[: len(names)]
    shapes = [(B, d) for d in widths], [(D, d) for d in widths], [(D,) for _ in widths]
    x, *weights = (dict(zip(names, normal(rng, *s), strict=True)) for s in shapes)
    present = np.add.outer(np.arange(B), np.arange(len(names))) % 3 > 0
    if value is not None:
        x = {m: np.where(present[:, [i]], x[m], value) for i, m in enumerate(names)}
    return x, *weights, *normal(rng, (len(names),)), present if absent else present | True


def turned(x, weights, biases, *rest):
    return dict(reversed(x.items())), weights, dict(reversed(biases.items())), *rest


def emptied(*args):
    args[-1][1] = False


def far(x, weights, biases, logits, present):
    present[0] = False, True, False  # the least logit alone
    logits[:] = 1000, -1000, 999


def fused(weigh, project=lambda x, w, b: x @ w.T + b, order=1):
    """A wrong one: other weights ``weigh(logits, present)``, another projection or order."""

    def fuse(*args):
        x, weights, biases, a, present = args
        h = np.stack([project(x[m], weights[m], biases[m]) for m in args[order]], axis=1)
        keep = np.ones(h.shape[:2], dtype=bool) if present is None else present
        return (weigh(np.broadcast_to(a, keep.shape), keep)[..., None] * h).sum(axis=1)

    return fuse


CASES = (
    case("two modalities of one width", "Compute h_m by hand.", P=3, T=3, absent=False),
    case("modalities of different width", TRANSPOSED, absent=False),
    case("present is None", "None means that all are there.", lambda *a: (*a[:-1], None)),
    case("three modalities", ANY, names=THREE, absent=False),
    case("five modalities with names of their own", ANY, names=FIVE),
    case("one modality", ANY, names=PAIR[:1], absent=False),
    case("features listed in another order than weights", BY_NAME, turned, P=3, T=3),
    case("some modalities absent", RENORMALIZE),
    case("NaN in the features of absent modalities", ABSENT, value=np.nan),
    case("infinity in the features of absent modalities", ABSENT, value=np.inf),
    case("a row with no modality present", NOBODY, emptied),
    case("logits of 1000 and -1000", OVERFLOW, far, names=THREE),
)
MISTAKES = (
    (TRANSPOSED, fused(softmax, lambda x, w, b: x @ w + b)),
    ("Each projection has a bias.", fused(softmax, lambda x, w, b: x @ w.T)),
    ("The logits have no effect yet.", fused(lambda a, k: softmax(0 * a, k))),
    ("Logits are not weights yet: the weights are positive and sum to 1.", fused(np.multiply)),
    ("Exponentials are not weights yet: the weights sum to 1.", fused(lambda a, k: np.exp(a) * k)),
    (RENORMALIZE, fused(lambda a, k: softmax(a) * k)),
    ("present has no effect yet: an absent modality gets the weight 0.",
     fused(lambda a, k: softmax(a))),
    ("In present, True means that the modality is there.", fused(lambda a, k: softmax(a, ~k))),
    ("Setting the logit of an absent modality to 0 leaves it a weight, since exp(0) = 1.",
     fused(lambda a, k: softmax(a * k))),
    ("The weights sum to 1 already: it is a sum over modalities, not a mean.",
     fused(lambda a, k: softmax(a, k) / a.shape[1])),
    ("A plain sum: where are the weights?", fused(lambda a, k: 1.0 * k)),
    (BY_NAME, fused(softmax, order=0)),
    ("The logits compete within a row, not over the batch.",
     fused(lambda a, k: np.exp(a) * k / (np.exp(a) * k).sum())),
)  # fmt: skip
EXERCISE = Exercise(weighted_fusion, __doc__, CASES, MISTAKES, draw)
