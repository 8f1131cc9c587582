"""labels (N,) from 0 to classes - 1; returns the weights (K,), K = classes: N / (K n_k) for the n_k
samples of class k, and 0 for a class without any."""

import numpy as np

from mmref.check.exercise import Exercise, case, given

ABSENT = "A class that does not occur gets the weight 0, and no division by zero."
SCALE = "The scale is off: the mean weight over the samples must be 1."


def draw(rng, N=10, K=3):
    labels = np.append(np.arange(N) % K, rng.integers(0, min(K, 2), N))
    return rng.permutation(labels), K


def class_weights(labels, classes):
    counts = np.bincount(labels, minlength=classes)
    return np.where(counts > 0, len(labels) / (classes * np.maximum(counts, 1)), 0)


def shares(labels, classes):
    return np.bincount(labels, minlength=classes) / len(labels)


CASES = (
    case("three classes", "The rarer the class, the larger its weight."),
    given("classes equally frequent", "Then all weigh 1.", np.array([1, 0, 1, 0]), 2),
    case("twice the data", "The weights stay as they are.",
         lambda labels, K: (np.tile(labels, 2), K)),
    given("a class that does not occur", ABSENT, np.array([0, 3, 3, 0, 1]), 4),
    given("the last classes do not occur", ABSENT, np.array([0, 1, 1]), 5),
    given("one class alone", ABSENT, np.array([2, 2, 2]), 4),
    given("a class with one of 3,000 samples", "A weight may be as large as N / K.",
          np.append(np.arange(2999) % 2, 2), 3),
)  # fmt: skip
MISTAKES = (
    ("These are the shares of the classes: frequent ones weigh more.", shares),
    (SCALE, lambda y, K: class_weights(y, K) * K, lambda y, K: class_weights(y, K) * K / len(y)),
    ("These sum to 1: the mean weight over the samples must be 1.",
     lambda y, K: class_weights(y, K) / class_weights(y, K).sum()),
    (SCALE, lambda y, K: class_weights(y, K) * K / class_weights(y, K).sum()),
    ("One minus the share is not the reciprocal.", lambda y, K: 1 - shares(y, K)),
    ("That is the square root of the weights.", lambda y, K: np.sqrt(class_weights(y, K))),
    ("Only the classes that occur are counted as classes: divide by all K.",
     lambda y, K: class_weights(y, K) * K / len(np.unique(y))),
    ("That is one weight for each sample: one for each class is wanted.",
     lambda y, K: class_weights(y, K)[y]),
)  # fmt: skip
EXERCISE = Exercise(class_weights, __doc__, CASES, MISTAKES, draw, axis="class",
                    never="large zeros")  # fmt: skip
