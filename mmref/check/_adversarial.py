"""Exercises on the losses of a GAN: their values, their gradients, and the best scores."""

import numpy as np

from mmref.check._compare import compare_function
from mmref.check._run import Case, Exercise
from mmref.reference import adversarial

OVERFLOW = "At a logit of 1000, e^s overflows: each term has a form that is safe for both signs."
LOG_OF_ZERO = "D rounds to 0 or 1 here, and the logarithm of 0 is infinite. Stay with the logits."
DIGITS = "Where D is nearly 1, the difference 1 - D leaves nothing of it; sigmoid has a symmetry."
MEAN_FIRST = "The mean of the losses is not the loss of the mean."
SIDES = "Which examples should score high, and which low?"


def loss_cases():
    rng = np.random.default_rng(60)
    r, f = rng.normal(size=(2, 5)).round(2)
    yield _case("logits near 0", (r, f), SIDES)
    yield _case("one logit a side", (r[:1], f[:1]), "Does it work for any number of logits?")
    yield _case("logits of shape (B, 1)", (r[:, None], f[:, None]), "One number for the batch.")
    yield _case("logits of 1000 and -1000", (1000 * r, 1000 * f), OVERFLOW)
    yield _case("a real logit of -50", (np.array([-50.0]), np.array([40.0])), LOG_OF_ZERO)


def gradient_cases():
    rng = np.random.default_rng(61)
    f = rng.normal(size=6).round(2)
    yield _case("logits near 0", (f,), "Differentiate each term of the mean by its own logit.")
    yield _case("one logit", (f[:1],), "Does it work for any number of logits?")
    yield _case("logits of 1000 and -1000", (1000 * f,), OVERFLOW)
    yield _case(
        "a sure discriminator: logits of -30",
        (f - 30,),
        "Which of the two gradients is still there, and which one is gone?",
    )
    yield _case("logits of 40 and -40", (np.array([40.0, -40.0]),), DIGITS)


def score_cases():
    p, q = np.array([0.5, 0.1, 0.4, 0.2]), np.array([0.1, 0.3, 0.2, 0.2])
    hint = "At one x, the loss is p/2 (s - b)^2 + q/2 (s - a)^2. Where is its derivative 0?"
    yield _case("targets 1 and 0", (p, q, 1.0, 0.0), hint, "x")
    between = "The best score lies between the two targets, whatever they are."
    yield _case("targets 1 and -1", (p, q, 1.0, -1.0), between, "x")
    apart = "Where only one of the two lives, the best score is its target."
    yield _case("p and q apart", (p * [1, 0, 1, 0], q * [0, 1, 0, 1], 0.9, 0.2), apart, "x")
    small = "Densities may be as small as these: a constant added below outweighs them."
    yield _case("densities near 1e-20", (1e-20 * p, 1e-20 * q, 1.0, 0.0), small, "x")


def _case(words, args, hint, axis="logit"):
    return Case(words, args, hint, axis=axis)


def _losses(r, f):
    return (
        adversarial.minimax_discriminator_loss(r, f),
        adversarial.minimax_generator_loss(f),
        adversarial.non_saturating_generator_loss(f),
    )


def _gradients(f):
    (first,) = adversarial.minimax_generator_loss_gradient(1.0, f)
    (second,) = adversarial.non_saturating_generator_loss_gradient(1.0, f)
    return first, second


def _score(p, q, real_target, fake_target):
    return (real_target * p + fake_target * q) / (p + q)


def _sigmoid(s):
    return np.exp(-np.logaddexp(0, -s))


LOSS_MISTAKES = (
    (SIDES, lambda r, f: _losses(f, r)[:1] + _losses(r, f)[1:]),
    (
        "The generator minimizes too: look at the sign of its two losses.",
        lambda r, f: (_losses(r, f)[0], *(-g for g in _losses(r, f)[1:])),
    ),
    (
        "The first of the generator's losses is the minimax one, the second non-saturating.",
        lambda r, f: (_losses(r, f)[0], *_losses(r, f)[:0:-1]),
    ),
    (
        "The discriminator's loss has a mean over the real and a mean over the fakes: both count "
        "in full.",
        lambda r, f: (_losses(r, f)[0] / 2, *_losses(r, f)[1:]),
    ),
    (
        "The discriminator's loss has a mean over the real and a mean over the fakes.",
        lambda r, f: (np.mean(np.logaddexp(0, -r)), *_losses(r, f)[1:]),
    ),
    ("Means, not sums, over the batch.", lambda r, f: tuple(r.size * x for x in _losses(r, f))),
    (
        MEAN_FIRST,
        lambda r, f: _losses(r.mean(keepdims=True), f.mean(keepdims=True)),
    ),
    (
        MEAN_FIRST,
        lambda r, f: (
            -np.log(_sigmoid(r).mean()) - np.log(_sigmoid(-f).mean()),
            np.log(_sigmoid(-f).mean()),
            -np.log(_sigmoid(f).mean()),
        ),
    ),
)

GRADIENT_MISTAKES = (
    (
        "These are the gradients of a sum: the losses are means.",
        lambda f: tuple(g * f.size for g in _gradients(f)),
    ),
    (
        "Which way does the generator want its logits to go? Look at the signs.",
        lambda f: tuple(-g for g in _gradients(f)),
    ),
    ("The minimax loss comes first.", lambda f: _gradients(f)[::-1]),
    (
        "The minimax loss is log(1 - D), not -log(1 - D): the generator lowers it.",
        lambda f: (-_gradients(f)[0], _gradients(f)[1]),
    ),
    (
        "These are derivatives by the probability D; the chain has one more link, D(1 - D).",
        lambda f: (-1 / _sigmoid(-f) / f.size, -1 / _sigmoid(f) / f.size),
    ),
)

SCORE_MISTAKES = (
    ("Which target belongs to p?", lambda p, q, b, a: _score(p, q, a, b)),
    ("The two targets are arguments.", lambda p, q, b, a: p / (p + q)),
    (
        "Scores are no probabilities: they go from one target to the other, not from 0 to 1.",
        lambda p, q, b, a: np.clip(_score(p, q, b, a), 0, 1),
    ),
    (
        "That is the minimax discriminator's logit. What is squared here?",
        lambda p, q, b, a: np.log(p) - np.log(q),
    ),
    ("The mean of the targets is best only where p = q.", lambda p, q, b, a: 0 * p + (a + b) / 2),
    ("The weights p and q do not sum to 1.", lambda p, q, b, a: b * p + a * q),
)

EXERCISES = {
    "gan_losses": Exercise(
        "gan_losses(real_logits, fake_logits)",
        "real_logits and fake_logits of one shape. Returns three numbers: the discriminator's loss "
        "-mean log D(real) - mean log(1 - D(fake)), and two losses of the generator, the minimax "
        "one mean log(1 - D(fake)) and the non-saturating one -mean log D(fake).",
        compare_function(
            "gan_losses(real_logits, fake_logits)",
            _losses,
            loss_cases,
            LOSS_MISTAKES,
            ("discriminator", "minimax", "non_saturating"),
        ),
    ),
    "generator_gradients": Exercise(
        "generator_gradients(fake_logits)",
        "fake_logits (B,). Returns two arrays (B,): the gradients, with respect to the logits, of "
        "the minimax loss mean log(1 - D) and of the non-saturating loss -mean log D.",
        compare_function(
            "generator_gradients(fake_logits)",
            _gradients,
            gradient_cases,
            GRADIENT_MISTAKES,
            ("minimax", "non_saturating"),
            atol=1e-30,  # the smaller gradient of a sure discriminator has its digits, too
        ),
    ),
    "least_squares_score": Exercise(
        "least_squares_score(p, q, real_target, fake_target)",
        "Densities p and q (N,) of the real and the generated examples at N points, never both 0. "
        "Returns the scores (N,) that minimize the least-squares discriminator loss with these "
        "targets, real_target and fake_target.",
        compare_function(
            "least_squares_score(p, q, real_target, fake_target)",
            _score,
            score_cases,
            SCORE_MISTAKES,
        ),
    ),
}
