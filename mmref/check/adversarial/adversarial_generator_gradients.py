"""fake_logits (B,). Returns two arrays (B,): the gradients, with respect to the logits, of the
minimax loss mean log(1 - D) and of the non-saturating loss -mean log D, to all their digits where
they are small, too."""

import numpy as np

from mmref.check.adversarial.adversarial_losses import OVERFLOW
from mmref.check.exercise import Exercise, Wrong, arrays, case, given
from mmref.reference import adversarial
from mmref.reference._shared import sigmoid

SURE = "Which of the two gradients is still there, and which one is gone?"
DIGITS = "Where D is nearly 1, the difference 1 - D leaves nothing of it; sigmoid has a symmetry."
draw = arrays("B", B=6)


def adversarial_generator_gradients(fake_logits):
    (minimax,) = adversarial.minimax_generator_loss_gradient(1.0, fake_logits)
    (other,) = adversarial.non_saturating_generator_loss_gradient(1.0, fake_logits)
    return minimax, other


wrong = Wrong(adversarial_generator_gradients)
CASES = (
    case("logits near 0", "Differentiate each term of the mean by its own logit."),
    case("one logit", "Does it work for any number of logits?", B=1),
    case("logits of 1000 and -1000", OVERFLOW, lambda f: (1000 * f,)),
    case("a sure discriminator: logits of -30", SURE, lambda f: (f - 30,)),
    given("logits of 60 and -60", DIGITS, np.array([60.0, -60.0])),
)
MISTAKES = (
    ("These are the gradients of a sum: the losses are means.",
     lambda f: tuple(f.size * gradient for gradient in adversarial_generator_gradients(f))),
    ("Which way does the generator want its logits to go? Look at the signs.",
     wrong.then(lambda m, n: (-m, -n))),
    ("The minimax loss is log(1 - D), not -log(1 - D): the generator lowers it.",
     wrong.then(lambda m, n: (-m, n))),
    ("These are derivatives by the probability D; the chain has one more link, D(1 - D).",
     lambda f: (-1 / sigmoid(-f) / f.size, -1 / sigmoid(f) / f.size)),
)  # fmt: skip
# the smaller gradient of a sure discriminator has its digits, too
EXERCISE = Exercise(adversarial_generator_gradients, __doc__, CASES, MISTAKES, draw,
                    outputs=("minimax", "non_saturating"), axis="logit", atol=1e-30)  # fmt: skip
