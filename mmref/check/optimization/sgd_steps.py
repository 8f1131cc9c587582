"""weights (P,), gradients (T, P), rates (T,), momentum, a number from 0 to below 1. The velocity v
begins at 0, and is momentum times the old one plus the gradient. With Nesterov's look ahead a step
is not along v, but along the gradient plus momentum times the new v; its length is that times the
rate of the step. Returns the weights after each step (T, P)."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, arrays, case

AHEAD = "The step is along gradient plus momentum times the new velocity."
VELOCITY = "The velocity keeps momentum times itself, and takes up the whole gradient."
RATE = "The velocity holds gradients; the rate multiplies what is taken from the weights."
PATH = "Returned are the weights after each step, not before it."
draw = arrays("P", "TP", lambda rng, T, **_: rng.uniform(0.01, 0.3, T), "momentum",
              P=3, T=4, momentum=0.9)  # fmt: skip


def sgd_steps(weights, gradients, rates, momentum, ahead=True, old=False, inside=False, damp=1.0):
    """The path with Nesterov's momentum, or a wrong one."""
    w, v, path = weights, np.zeros_like(weights), []
    for g, rate in zip(gradients, rates, strict=True):
        own, outer = (rate, 1.0) if inside else (1.0, rate)
        before, v = v, momentum * v + damp * own * g
        w = w - outer * (own * g + momentum * (before if old else v) if ahead else v)
        path.append(w)
    return np.array(path)


wrong = Wrong(sgd_steps)
CASES = (
    case("one step", AHEAD, T=1),
    case("no momentum", "Then it is gradient descent.", momentum=0.0),
    case("four steps", VELOCITY),
    case("little momentum", RATE, momentum=0.3),
)
MISTAKES = (
    (AHEAD, wrong(ahead=False), wrong(old=True)),
    (VELOCITY, wrong(damp=0.1)),
    (RATE, wrong(inside=True)),
    (PATH, lambda w, g, r, mu: np.concatenate([w[None], sgd_steps(w, g, r, mu)[:-1]])),
    ("Each step has its own rate.", lambda w, g, r, mu: sgd_steps(w, g, np.full(len(r), r[0]), mu)),
)  # fmt: skip
EXERCISE = Exercise(sgd_steps, __doc__, CASES, MISTAKES, draw, axis="step")
