"""real_logits and fake_logits, floats of one shape, whatever it is. Returns three numbers: the
discriminator's loss -mean log D(real) - mean log(1 - D(fake)), and two losses of the generator, the
minimax one mean log(1 - D(fake)) and the non-saturating one -mean log D(fake). D is the logistic
function of a logit."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, arrays, case, given
from mmref.reference import adversarial
from mmref.reference._shared import sigmoid

SIDES = "Which examples should score high, and which low?"
ONE_NUMBER = "One number for the batch, whatever its shape."
OVERFLOW = "At a logit of 1000, e^s overflows: each term has a form that is safe for both signs."
LOG_OF_ZERO = "D rounds to 0 or 1 here, and the logarithm of 0 is infinite. Stay with the logits."
draw = arrays("B", "B", B=5)


def adversarial_losses(real_logits, fake_logits):
    discriminator = adversarial.minimax_discriminator_loss(real_logits, fake_logits)
    minimax = adversarial.minimax_generator_loss(fake_logits)
    return discriminator, minimax, adversarial.non_saturating_generator_loss(fake_logits)


def of_mean_probabilities(r, f):
    real, fake = sigmoid(r).mean(), sigmoid(f).mean()
    return -np.log(real) - np.log(1 - fake), np.log(1 - fake), -np.log(fake)


wrong = Wrong(adversarial_losses)
CASES = (
    case("logits near 0", SIDES),
    case("one logit a side", "Does it work for any number of logits?", B=1),
    case("logits of shape (B, 1)", ONE_NUMBER, lambda r, f: (r[:, None], f[:, None])),
    case("a map of logits for each", ONE_NUMBER,
         lambda r, f: (np.multiply.outer(r, [[1, 2], [3, 4]]), f[:, None, None] + np.eye(2))),
    case("logits of 1000 and -1000", OVERFLOW, lambda r, f: (1000 * r, 1000 * f)),
    given("a real logit of -50", LOG_OF_ZERO, np.array([-50.0]), np.array([40.0])),
)  # fmt: skip
MISTAKES = (
    (SIDES, lambda r, f: (adversarial_losses(f, r)[0], *adversarial_losses(r, f)[1:])),
    ("The generator minimizes too: look at the sign of its two losses.",
     wrong.then(lambda d, m, n: (d, -m, -n))),
    ("The first of the generator's losses is the minimax one, the second non-saturating.",
     wrong.then(lambda d, m, n: (d, n, m))),
    ("The discriminator's loss has a mean over the real and a mean over the fakes: both count in "
     "full.", wrong.then(lambda d, m, n: (d / 2, m, n))),
    ("The discriminator's loss has a mean over the real and a mean over the fakes.",
     wrong.then(lambda d, m, n: (d + m, m, n))),
    ("Means, not sums, over the batch.", lambda r, f: [r.size * x for x in wrong.right(r, f)]),
    ("The mean of the losses is not the loss of the mean.",
     wrong.of(real_logits=np.mean, fake_logits=np.mean), of_mean_probabilities),
)  # fmt: skip
EXERCISE = Exercise(adversarial_losses, __doc__, CASES, MISTAKES, draw, axis=None,
                    outputs=("discriminator", "minimax", "non_saturating"))  # fmt: skip
