"""grad, the gradient of what follows with respect to the loss, a number; then logits (B, K), the
student's; teacher (B, K), the teacher's logits; temperature T, a positive number. The loss is T^2 /
B times the sum over all rows and classes of q (log q - log p), with p = softmax(logits / T) and q =
softmax(teacher / T) in each row. Returns the gradient with respect to the logits alone (B, K)."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, case, plus

FACTOR = "T^2 in front, and 1 / T from logits / T inside: T is left."
MEAN = "The loss is a mean over the rows: B stands below."
SOFT = "p and q are softened: the softmax of logits / T, the student's and the teacher's alike."
TURNED = "More weight on a class than the teacher has means a larger loss: p - q."
STABLE = "A constant added to a row of logits changes no probability."


def draw(rng, B=4, K=3, T=2.5):
    return np.array(rng.uniform(0.5, 2)).round(2), *(rng.normal(size=(2, B, K)).round(2)), T


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def student_gradient(
    grad, logits, teacher, temperature, power=1, mean=True, soft=(1, 1), sign=1.0, hard=False
):
    """The gradient, or a wrong one."""
    p, q = (softmax(z / temperature**s) for z, s in zip((logits, teacher), soft, strict=True))
    if hard:
        q = np.eye(q.shape[1])[q.argmax(axis=1)]
    return sign * grad * temperature**power * (p - q) / (len(logits) if mean else 1)


wrong = Wrong(student_gradient)
CASES = (
    case("four rows, T = 2.5", FACTOR),
    case("T = 1", TURNED, T=1.0),
    case("T = 10", SOFT, T=10.0),
    case("one row", MEAN, B=1),
    case("logits near 800", STABLE, {"logits": plus(800.0)}),
)
MISTAKES = (
    (FACTOR, wrong(power=2), wrong(power=0), wrong(power=-1)),
    (MEAN, wrong(mean=False)),
    (SOFT, wrong(soft=(0, 1)), wrong(soft=(1, 0)), wrong(soft=(0, 0)), wrong(hard=True)),
)
EXERCISE = Exercise(student_gradient, __doc__, CASES, MISTAKES, draw)
