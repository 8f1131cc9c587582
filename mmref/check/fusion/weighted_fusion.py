"""features maps modality m to (B, D_m), weights to (D, D_m), biases to (D,); logits (M,) and the
columns of present (B, M), boolean, True = there, or None, are in the order of weights. Returns z
(B, D), the sum of the projected features weighted by a softmax of the logits over the modalities
present; zero in a row where none is."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, case, normal, put, times
from mmref.reference.fusion import weighted_fusion
from mmref.reference.softmax import masked_softmax as softmax

TRANSPOSED = "Is it W x or W transposed times x? W_m is (D, D_m), and x_m stands in the rows."
BY_NAME = "Match modalities by name: the order of weights decides whose logit and column it is."
ANY = "Any number of modalities may come: let the arguments say how many, and which."
RENORMALIZE = "In a row, the weights of the modalities that are present sum to 1."
ABSENT = "An absent modality must have no effect, whatever it holds; and 0 * NaN is NaN."
PAIR, THREE, FIVE = ("image", "text"), ("text", "image", "audio"), ("e", "b", "d", "a", "c")


def draw(rng, B=4, D=3, P=4, T=2, names=PAIR, absent=True, value=None):
    widths = (P, T, P + 1, T + 3, 2)[: len(names)]
    shapes = [(B, d) for d in widths], [(D, d) for d in widths], [(D,) for _ in widths]
    x, *weights = (dict(zip(names, normal(rng, *s), strict=True)) for s in shapes)
    present = np.add.outer(np.arange(B), np.arange(len(names))) % 3 > 0
    if value is not None:
        x = {m: np.where(present[:, [i]], x[m], value) for i, m in enumerate(names)}
    return x, *weights, *normal(rng, (len(names),)), present if absent else present | True


def turned(mapping):
    return dict(reversed(mapping.items()))


def fuse(features, weights, biases, logits, present, weigh=softmax, project=np.matmul, bias=1):
    """Without care for NaN, or a wrong one: other weights, or another projection."""
    h = [project(features[m], weights[m].T) + bias * biases[m] for m in weights]
    keep = np.broadcast_to(True if present is None else present, (len(h[0]), len(h)))
    alpha = weigh(np.broadcast_to(logits, keep.shape), keep)
    return (alpha[..., None] * np.stack(h, axis=1)).sum(axis=1)


wrong = Wrong(fuse)
CASES = (
    case("two modalities of one width", "Compute h_m by hand.", P=3, T=3, absent=False),
    case("modalities of different width", TRANSPOSED, absent=False),
    case("present is None", "None means that all are there.", {"present": lambda _: None}),
    case("three modalities", ANY, names=THREE, absent=False),
    case("five modalities with names of their own", ANY, names=FIVE),
    case("one modality", ANY, names=PAIR[:1], absent=False),
    case("features listed in another order than weights", BY_NAME,
         {"features": turned, "biases": turned}, P=3, T=3),
    case("some modalities absent", RENORMALIZE),
    case("NaN in the features of absent modalities", ABSENT, value=np.nan),
    case("infinity in the features of absent modalities", ABSENT, value=np.inf),
    case("a row with no modality present",
         "A row with no modality present is zero: the total of its weights is 0.",
         {"present": put(1, False)}),
    case("logits of 1000 and -1000",  # and in a row the least alone
         "exp(1000) overflows, and the largest logit may belong to an absent modality.",
         {"logits": put(..., [1000, -1000, 999]), "present": put(0, [False, True, False])},
         names=THREE),
)  # fmt: skip
MISTAKES = (
    (TRANSPOSED, wrong(project=lambda x, w: x @ w.T)),
    ("Each projection has a bias.", wrong(bias=0)),
    ("The logits have no effect yet.", wrong.of(logits=times(0))),
    ("Logits are not weights yet: the weights are positive and sum to 1.",
     wrong(weigh=np.multiply)),
    ("Exponentials are not weights yet: the weights sum to 1.",
     wrong(weigh=lambda a, k: np.exp(a) * k)),
    (RENORMALIZE, wrong(weigh=lambda a, k: softmax(a) * k)),
    ("present has no effect yet: an absent modality gets the weight 0.",
     wrong.of(present=lambda _: None)),
    ("In present, True means that the modality is there.",
     wrong(weigh=lambda a, k: softmax(a, ~k))),
    ("Setting the logit of an absent modality to 0 leaves it a weight, since exp(0) = 1.",
     wrong(weigh=lambda a, k: softmax(a * k))),
    ("The weights sum to 1 already: it is a sum over modalities, not a mean.",
     wrong(weigh=lambda a, k: softmax(a, k) / a.shape[1])),
    ("A plain sum: where are the weights?", wrong(weigh=lambda a, k: 1.0 * k)),
    (BY_NAME, lambda x, weights, *rest: fuse(x, {m: weights[m] for m in x}, *rest)),
    ("The logits compete within a row, not over the batch.",
     wrong(weigh=lambda a, k: np.exp(a) * k / (np.exp(a) * k).sum())),
)  # fmt: skip
EXERCISE = Exercise(weighted_fusion, __doc__, CASES, MISTAKES, draw)
