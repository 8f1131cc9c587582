"""logits (B, K), labels (B,) from 0 to K - 1, smoothing, a number from 0 to 1. The target of a row
is (1 - smoothing) times the one-hot label plus smoothing / K for every class. Returns the gradient
(B, K) of the mean cross-entropy with respect to the logits."""

import numpy as np

from mmref.check.exercise import Exercise, case, normal
from mmref.reference.softmax import masked_softmax as softmax

ANY = "What is the derivative of the loss by a logit, whatever the target's entries?"
OVERFLOW = "The exponential overflows: subtract each row's largest logit first."
UNDERFLOW = "exp(-1000) is 0, and 0 / 0 is not a number: subtract each row's largest logit first."
OWN = "Rows lie far apart here: each subtracts the largest logit of its own."
FAR = np.array([[1000], [0], [-1000], [500], [0]])


def draw(rng, B=5, K=3, smoothing=0.1):
    return *normal(rng, (B, K)), rng.integers(0, K, B), smoothing


def shifted(by):
    return lambda logits, labels, smoothing: (logits + by, labels, smoothing)


def target(s, y, smoothing, keeps=None, spread=None):
    """(1 - smoothing) one-hot + smoothing / K, or other shares of the label and of the rest."""
    K = s.shape[1]
    label = 1 - smoothing + smoothing / K if keeps is None else keeps
    return np.where(np.arange(K) == y[:, None], label, smoothing / (spread or K))


def gradient(logits, labels, smoothing):
    return (softmax(logits) - target(logits, labels, smoothing)) / len(labels)


CASES = (
    case("five rows, three classes", ANY),
    case("no smoothing", "Then it is the gradient of the chapter.", smoothing=0.0),
    case("all of it smoothed",
         "All of the target is spread: every class, the label too, gets 1 / K.", smoothing=1.0),
    case("two classes", "The share is spread over K classes.", K=2, smoothing=0.3),
    case("logits of 1000 and more", OVERFLOW, shifted(1000)),
    case("logits of -1000 and less", UNDERFLOW, shifted(-1000)),
    case("rows of 1000, 0 and -1000", OWN, shifted(FAR)),
)  # fmt: skip
MISTAKES = (
    ("The loss is the mean over the rows: each gradient is divided by B.",
     lambda s, y, e: softmax(s) - target(s, y, e)),
    ("The sign: the gradient points to where the loss grows.", lambda s, y, e: -gradient(s, y, e)),
    ("The share is spread over all K classes, the label among them.",
     lambda s, y, e: (softmax(s) - target(s, y, e, 1 - e, s.shape[1] - 1)) / len(y)),
    ("The label gets its part of the share, too: the target sums to 1.",
     lambda s, y, e: (softmax(s) - target(s, y, e, 1 - e)) / len(y)),
    ("The share is what is spread, not what the label keeps.",
     lambda s, y, e: gradient(s, y, 1 - e)),
    ("Logits are not probabilities yet.", lambda s, y, e: (s - target(s, y, e)) / len(y)),
    ("Divided by the number of classes: the mean is over the rows.",
     lambda s, y, e: gradient(s, y, e) * len(y) / s.size),
    ("The classes of a row compete with each other, not the rows of a batch.",
     lambda s, y, e: (softmax(s.T).T - target(s, y, e)) / len(y)),
)  # fmt: skip
EXERCISE = Exercise(gradient, __doc__, CASES, MISTAKES, draw)
