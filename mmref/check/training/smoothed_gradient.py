"""logits (B, K), labels (B,) from 0 to K - 1, smoothing, a number from 0 to 1. The target of a row
is (1 - smoothing) times the one-hot label plus smoothing / K for every class. Returns the gradient
(B, K) of the mean cross-entropy with respect to the logits."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, arrays, case
from mmref.check.softmax._parts import shifted
from mmref.reference.softmax import masked_softmax as softmax

draw = arrays("BK", lambda rng, B, K, **_: rng.integers(0, K, B), "smoothing", B=5, K=3,
              smoothing=0.1)  # fmt: skip


def gradient(logits, labels, smoothing, p=softmax, keeps=None, others=0, count=len):
    """The gradient, or a wrong one: another share for the label or the ``others``, another mean."""
    K = logits.shape[1]
    label = 1 - smoothing + smoothing / K if keeps is None else keeps(smoothing)
    target = np.where(np.arange(K) == labels[:, None], label, smoothing / max(K - others, 1))
    return (p(logits) - target) / count(logits)


wrong = Wrong(gradient)
CASES = (
    case("five rows, three classes",
         "What is the derivative of the loss by a logit, whatever the target's entries?"),
    case("no smoothing", "Then it is the gradient of the chapter.", smoothing=0.0),
    case("all of it smoothed",
         "All of the target is spread: every class, the label too, gets 1 / K.", smoothing=1.0),
    case("two classes", "The share is spread over K classes.", K=2, smoothing=0.3),
    *shifted("logits", "logits"),
)  # fmt: skip
MISTAKES = (
    ("The loss is the mean over the rows: each gradient is divided by B.",
     wrong(count=lambda logits: 1)),
    ("The share is spread over all K classes, the label among them.",
     wrong(keeps=lambda smoothing: 1 - smoothing, others=1)),
    ("The label gets its part of the share, too: the target sums to 1.",
     wrong(keeps=lambda smoothing: 1 - smoothing)),
    ("The share is what is spread, not what the label keeps.",
     wrong.of(smoothing=lambda smoothing: 1 - smoothing)),
    ("Logits are not probabilities yet.", wrong(p=lambda logits: logits)),
    ("Divided by the number of classes: the mean is over the rows.",
     wrong(count=np.size)),
    ("The classes of a row compete with each other, not the rows of a batch.",
     wrong(p=lambda logits: softmax(logits.T).T)),
)  # fmt: skip
EXERCISE = Exercise(gradient, __doc__, CASES, MISTAKES, draw)
