"""The weighted rule: p(k) is the sum of alpha_m p_m(k) over the modalities m, with alpha = softmax
of logits (M,). probabilities are the p_m(k), floats (B, M, K); labels are the true classes,
integers (B,) from 0. The loss is the sum over rows of -log p(label). Returns its gradient with
respect to the logits (M,)."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, case
from mmref.check.fusion._parts import ANY
from mmref.check.softmax._parts import shifted
from mmref.reference.softmax import masked_softmax as softmax

SHARE = "Of p(label), which share is the m-th modality's? Compare that share with alpha_m."


def draw(rng, B=6, M=3, K=4):
    p = rng.dirichlet(np.full(K, 0.7), size=(B, M)) * 0.9 + 0.1 / K
    return p, rng.integers(0, K, B), rng.normal(size=M).round(2)


def decision_fusion_logits_gradient(
    probabilities, labels, logits, alpha=softmax, said=None, answer=None, join=np.sum
):
    """What a weight has too much of, beside what its modality explains; or a wrong one."""
    a = alpha(logits)
    true = probabilities[np.arange(len(labels)), :, labels]  # (B, M): p_m(label)
    true = said(probabilities, true) if said else true
    share = a * true / (a * true).sum(axis=1, keepdims=True)
    return join(answer(a, true, share) if answer else a - share, axis=0)


wrong = Wrong(decision_fusion_logits_gradient)
CASES = (
    case("one row, two modalities", SHARE, B=1, M=2),
    case("six rows, two modalities", "What do the rows add up to?", M=2),
    case("three modalities", ANY),
    case("as many rows as modalities as classes", "probabilities are (B, M, K).", B=3, K=3),
    *shifted("logits", "logits")[:2],
    case("a modality that excludes the true class", SHARE,
         lambda p, labels, a: p.__setitem__((0, 0, labels[0]), 0.0)),
)  # fmt: skip
MISTAKES = (
    ("A loss of the whole batch: the rows add up, they are not averaged.", wrong(join=np.mean)),
    ("That is the gradient with respect to the weights; go on to the logits.",
     wrong(answer=lambda a, p, r: -r / a)),
    ("Weights compete: what one modality gains, the others lose. A term is missing.",
     wrong(answer=lambda a, p, r: -r)),
    ("That descends on the probability; the loss is its negative logarithm.",
     wrong(answer=lambda a, p, r: a * ((a * p).sum(axis=1, keepdims=True) - p))),
    ("The weights are in the share, too.",
     wrong(answer=lambda a, p, r: a - p / p.sum(axis=1, keepdims=True))),
    ("The true class counts, not the likeliest one.", wrong(said=lambda p, true: p.max(axis=2))),
)  # fmt: skip
EXERCISE = Exercise(
    decision_fusion_logits_gradient, __doc__, CASES, MISTAKES, draw, axis="modality",
    never="large zeros",  # probabilities are no large numbers
    raised="Do the shapes fit? probabilities are (B, M, K), labels (B,), logits (M,).",
)  # fmt: skip
