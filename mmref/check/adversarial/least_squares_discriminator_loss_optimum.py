"""Densities p and q (N,) of the real and the generated examples at N points, never both 0. Returns
the scores (N,) that minimize the least-squares discriminator loss with these targets, real_target
and fake_target."""

import numpy as np

from mmref.check.exercise import Exercise, case

DERIVATIVE = "At one x, the loss is p/2 (s - b)^2 + q/2 (s - a)^2. Where is its derivative 0?"
BETWEEN = "The best score lies between the two targets, whatever they are."
ALONE = "Where only one of the two lives, the best score is its target."
SMALL = "Densities may be as small as these: a constant added below outweighs them."


def draw(rng, N=4, targets=(1.0, 0.0)):
    return *rng.uniform(0.05, 1, (2, N)).round(2), *targets


def least_squares_discriminator_loss_optimum(p, q, real_target, fake_target):
    return (real_target * p + fake_target * q) / (p + q)


CASES = (
    case("targets 1 and 0", DERIVATIVE),
    case("targets 1 and -1", BETWEEN, targets=(1.0, -1.0)),
    case("targets -2000 and 5000", BETWEEN, targets=(-2000.0, 5000.0)),
    case("p and q apart", ALONE, {"p": lambda p: p * (np.arange(len(p)) % 2 == 0),
         "q": lambda q: q * (np.arange(len(q)) % 2 == 1)}, targets=(0.9, 0.2)),
    case("densities near 1e-200", SMALL, lambda p, q, *targets: (1e-200 * p, 1e-200 * q, *targets)),
)  # fmt: skip
MISTAKES = (
    ("Which target belongs to p?",
     lambda p, q, b, a: least_squares_discriminator_loss_optimum(p, q, a, b)),
    ("Scores are no probabilities: they go from one target to the other, not from 0 to 1.",
     lambda *args: np.clip(least_squares_discriminator_loss_optimum(*args), 0, 1)),
    ("That is the minimax discriminator's logit. What is squared here?",
     lambda p, q, b, a: np.log(p) - np.log(q)),
    ("The mean of the targets is best only where p = q.", lambda p, q, b, a: 0 * p + (a + b) / 2),
    ("The weights p and q do not sum to 1.", lambda p, q, b, a: b * p + a * q),
)  # fmt: skip
# p and q are never both 0
EXERCISE = Exercise(least_squares_discriminator_loss_optimum, __doc__, CASES, MISTAKES, draw,
                    axis="point", never="zeros")  # fmt: skip
