"""weights (P,), gradients (T, P), rate and decay, numbers. AdamW from these weights, with the
gradient of each step given: beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, added behind the correction
of the second mean; in each step the weights also shrink by rate times decay of what they were.
Returns the weights after each step (T, P)."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, arrays, case, times

MEANS = "Each mean keeps its share of the old one, and takes up the rest of the new."
CORRECTED = "Both means began at 0: divide each by 1 - beta^t, where t counts from 1."
DECAY = "The decay shrinks the weights; it does not pass through the means."
PLACE = "Epsilon is added to the root, after the second mean was corrected."
RATE = "The decay is multiplied by the rate, too."
PATH = "Returned are the weights after each step, not before it."
draw = arrays("P", "TP", "rate", "decay", P=3, T=4, rate=0.1, decay=0.5)


def adam_steps(weights, gradients, rate, decay, b1=0.9, b2=0.999, eps=1e-8, first=1, of=(1, 1),
               l2=0, shrink=np.multiply, squared=np.square, inside=False):  # fmt: skip
    """The path of AdamW, or of a wrong one."""
    w, m, q, path = weights, 0.0, 0.0, []
    for t, g in enumerate(gradients, start=first):
        h = g + l2 * decay * w
        m, q = b1 * m + (1 - b1) * h, b2 * q + (1 - b2) * squared(h)
        a, b = (1 - beta**t if on else 1.0 for beta, on in zip((b1, b2), of, strict=True))
        s = np.sqrt(q + eps) if inside else np.sqrt(q / b) + eps
        w = (1 - shrink(rate, decay) * (not l2)) * w - rate * m / a / s
        path.append(w)
    return np.array(path)


wrong = Wrong(adam_steps)
CASES = (
    case("one step", CORRECTED, T=1, decay=0.0),
    case("four steps, no decay", MEANS, decay=0.0),
    case("four steps with decay", DECAY),
    case("another rate", RATE, rate=0.01),
    case("tiny gradients", PLACE, {"gradients": times(1e-8)}),
)
MISTAKES = (
    (CORRECTED, wrong(of=(0, 0)), wrong(of=(1, 0)), wrong(of=(0, 1)), wrong(first=2)),
    (MEANS, wrong(b1=0.1, b2=0.001), wrong(b2=0.9), wrong(squared=np.abs)),
    (DECAY, wrong(l2=1)),
    (RATE, wrong(shrink=lambda rate, decay: decay)),
    (PLACE, wrong(inside=True), wrong(eps=0.0)),
    (PATH, lambda w, g, rate, decay: np.concatenate([w[None], adam_steps(w, g, rate, decay)[:-1]])),
    ("The steps go against the gradient, one after the other: the last one is not all there is.",
     lambda w, g, rate, decay: np.repeat(adam_steps(w, g, rate, decay)[-1:], len(g), 0)),
)  # fmt: skip
EXERCISE = Exercise(adam_steps, __doc__, CASES, MISTAKES, draw, axis="step")
