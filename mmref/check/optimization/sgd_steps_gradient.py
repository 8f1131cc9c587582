"""grad (T, P), the gradients of a loss with respect to the weights after each step of gradient
descent with momentum; then weights (P,), those before the first step; gradients (T, P), what the
steps were given; rate and momentum, numbers. v_t = momentum v_(t-1) + g_t, and w_t = w_(t-1) - rate
v_t. Returns the gradients of the loss with respect to the weights (P,) and to the gradients (T,
P)."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, arrays, case

START = "The first weights are a part of all later ones."
LATER = "A gradient moves the weights after its own step and after all later ones."
KEPT = "In each later step the velocity still holds momentum times what it held."
draw = arrays("TP", "P", "TP", "rate", "momentum", T=4, P=3, rate=0.1, momentum=0.9)


def back(grad, weights, gradients, rate, momentum, sums=True, kept=True, earlier=False):
    """The gradients, or wrong ones: of the last step alone, without what the velocity keeps."""
    later = np.cumsum(grad[::-1], axis=0)[::-1] if sums else grad  # of w_t, with all that follow
    later = np.cumsum(grad, axis=0) if earlier else later
    dg, dv = np.zeros_like(grad), np.zeros_like(weights)
    for t in reversed(range(len(grad))):
        dv = -rate * later[t] + momentum * dv * kept
        dg[t] = dv
    return grad.sum(axis=0) if sums else grad[-1], dg


wrong = Wrong(back)
CASES = (
    case("one step", "One step is weights minus rate times gradient.", T=1),
    case("no momentum", LATER, momentum=0.0),
    case("four steps", KEPT),
    case("another rate", "Each gradient was multiplied by the rate.", rate=0.3),
)
MISTAKES = (
    (LATER, wrong(sums=False), wrong(earlier=True)),
    (KEPT, wrong(kept=False)),
    (START, lambda *given: (given[0][0], back(*given)[1])),
    ("A step goes against its gradient.", lambda *given: (back(*given)[0], -back(*given)[1])),
)
EXERCISE = Exercise(back, __doc__, CASES, MISTAKES, draw, outputs=("weights", "gradients"))
