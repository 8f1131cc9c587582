"""real_logits, mismatched_logits and fake_logits, floats of one shape, whatever it is: of pictures
beside their captions, of the same pictures beside other captions, of drawn pictures beside the
captions they were drawn from. Returns the discriminator's loss: what is real and matches should
score high; the two kinds that should score low share one weight, half each. D is the logistic
function of a logit, and each term minus a mean logarithm."""

import numpy as np

from mmref.check.adversarial.adversarial_losses import LOG_OF_ZERO, ONE_NUMBER, OVERFLOW
from mmref.check.exercise import Exercise, Wrong, arrays, case, given
from mmref.reference import adversarial
from mmref.reference._shared import softplus
from mmref.reference.adversarial import matching_aware_discriminator_loss

SIDES = "Which of the three should score high, and which low?"
HALVES = "The two kinds that should score low count half each, so both sides weigh the same."
draw = arrays("B", "B", "B", B=5)


def loss(real, mismatched, fake, low=(0.5, 0.5), high=1.0):
    terms = (low[0] * softplus(mismatched).mean(), low[1] * softplus(fake).mean())
    return high * softplus(-real).mean() + sum(terms)


wrong = Wrong(matching_aware_discriminator_loss)
CASES = (
    case("logits near 0", SIDES),
    case("one logit a side", "Does it work for any number of logits?", B=1),
    case("maps of logits", ONE_NUMBER,
         lambda r, w, f: [np.multiply.outer(x, [[1, 2], [3, 4]]) for x in (r, w, f)]),
    case("logits of 1000 and -1000", OVERFLOW,
         lambda r, w, f: (1000 * r, 1000 * w, 1000 * f)),
    given("logits of -50 and 40", LOG_OF_ZERO,
          np.array([-50.0]), np.array([40.0]), np.array([45.0])),
)  # fmt: skip
MISTAKES = (
    (HALVES, lambda r, w, f: loss(r, w, f, (1, 1)), lambda r, w, f: loss(r, w, f, (0.5, 1)),
     lambda r, w, f: loss(r, w, f, (1, 0.5))),
    ("All three kinds must count.", lambda r, w, f: loss(r, w, f, (0, 1)),
     lambda r, w, f: loss(r, w, f, (1, 0)),
     lambda r, w, f: adversarial.minimax_discriminator_loss(r, f) / 2),
    ("A real picture beside another caption should score low: it is real, and does not match.",
     lambda r, w, f: (loss(r, f, f) + loss(w, f, f)) / 2),
    ("What is real and matches counts in full.", lambda r, w, f: loss(r, w, f, high=0.5)),
    (SIDES, lambda r, w, f: loss(-r, -w, -f)),
    ("A loss is minimized: look at its sign.", wrong.then(lambda x: -x)),
    ("The mean of the losses is not the loss of the mean.",
     wrong.of(real_logits=np.mean, mismatched_logits=np.mean, fake_logits=np.mean)),
)  # fmt: skip
EXERCISE = Exercise(matching_aware_discriminator_loss, __doc__, CASES, MISTAKES, draw, axis=None)
