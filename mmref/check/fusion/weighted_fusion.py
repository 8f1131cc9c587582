"""features maps modality m to (B, D_m), weights to (D, D_m), biases to (D,); logits (M,) and the
columns of present (B, M), boolean, True = there, or None, are in the order of weights. Returns z
(B, D), the sum of the projected features weighted by a softmax of the logits over the modalities
present; zero in a row where none is."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, case, normal, put, times
from mmref.check.fusion import _parts
from mmref.check.fusion._parts import PAIR, THREE, TRANSPOSED
from mmref.reference.fusion import weighted_fusion
from mmref.reference.softmax import masked_softmax as softmax

RENORMALIZE = "In a row, the weights of the modalities that are present sum to 1."


def draw(rng, B=4, D=3, P=4, T=2, names=PAIR, **absences):
    *given, present = _parts.modalities(rng, B, P, T, [D] * 5, names, **absences)
    return *given, *normal(rng, (len(names),)), present


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
    case("some modalities absent", RENORMALIZE),
    *_parts.ABSENCES,
    case("logits of 1000 and -1000", "exp(1000) overflows; the largest may be an absent one's.",
         {"logits": put(..., [1000, -1000, 999]), "present": put(0, [False, True, False])},
         names=THREE),
)  # fmt: skip
MISTAKES = (
    (TRANSPOSED, wrong(project=lambda x, w: x @ w.T)),
    ("Each projection has a bias.", wrong(bias=0)),
    ("The logits have no effect yet.", wrong.of(logits=times(0))),
    ("Logits are not weights yet: those are positive and sum to 1.", wrong(weigh=np.multiply)),
    ("Exponentials are not weights yet: those sum to 1.", wrong(weigh=lambda a, k: np.exp(a) * k)),
    (RENORMALIZE, wrong(weigh=lambda a, k: softmax(a) * k)),
    *_parts.mistakes_by_name(wrong),
    ("Setting the logit of an absent modality to 0 leaves it a weight, since exp(0) = 1.",
     wrong(weigh=lambda a, k: softmax(a * k))),
    ("The weights sum to 1 already: it is a sum over modalities, not a mean.",
     wrong(weigh=lambda a, k: softmax(a, k) / a.shape[1])),
    ("A plain sum: where are the weights?", wrong(weigh=lambda a, k: 1.0 * k)),
    ("The logits compete within a row, not over the batch.",
     wrong(weigh=lambda a, k: np.exp(a) * k / (np.exp(a) * k).sum())),
)  # fmt: skip
EXERCISE = Exercise(weighted_fusion, __doc__, CASES, MISTAKES, draw)
