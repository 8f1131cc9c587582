"""Answers to gan_losses, generator_gradients and least_squares_score."""

import numpy as np

from tests.unit.check_answers.tables import right, wrong


def softplus(s):
    return np.logaddexp(0, s)


def sigmoid(s):
    return np.exp(-softplus(-s))


@right("gan_losses")
def losses(real_logits, fake_logits, r=softplus, f=softplus):
    d = r(-real_logits).mean() + f(fake_logits).mean()
    return d, -softplus(fake_logits).mean(), softplus(-fake_logits).mean()


@right("gan_losses")
def losses_in_two_forms(real_logits, fake_logits):
    def log_sigmoid(s):
        return np.minimum(s, 0) - np.log1p(np.exp(-np.abs(s)))

    real, fake = log_sigmoid(real_logits).mean(), log_sigmoid(-fake_logits).mean()
    return -real - fake, fake, -log_sigmoid(fake_logits).mean()


@wrong("gan_losses", "logits near 0", "score high")
def sides_swapped(r, f):
    return losses(f, r)[0], *losses(r, f)[1:]


@wrong("gan_losses", "look at the sign")
def generator_maximizes(r, f):
    d, a, b = losses(r, f)
    return d, -a, -b


@wrong("gan_losses", "the second non-saturating")
def order_of_the_generator(r, f):
    d, a, b = losses(r, f)
    return d, b, a


@wrong("gan_losses", "both count in full")
def discriminator_halved(r, f):
    d, a, b = losses(r, f)
    return d / 2, a, b


@wrong("gan_losses", "a mean over the real and a mean over the fakes")
def discriminator_half_missing(r, f):
    return softplus(-r).mean(), *losses(r, f)[1:]


@wrong("gan_losses", "not sums")
def losses_summed(r, f):
    return tuple(r.size * x for x in losses(r, f))


@wrong("gan_losses", "not the loss of the mean")
def mean_of_the_probabilities(r, f):
    d, e = sigmoid(r).mean(), sigmoid(f).mean()
    return -np.log(d) - np.log(1 - e), np.log(1 - e), -np.log(e)


@wrong("gan_losses", "not the loss of the mean")
def mean_of_the_logits(r, f):
    return losses(r.mean(), f.mean())


@wrong("gan_losses", "logits of 1000 and -1000", "got inf", "overflows")
def logarithm_of_probabilities(r, f):
    d, e = 1 / (1 + np.exp(-r)), 1 / (1 + np.exp(-f))
    return (
        -np.log(d).mean() - np.log(1 - e).mean(),
        np.log(1 - e).mean(),
        -np.log(e).mean(),
    )


@wrong("gan_losses", "logits of 1000 and -1000")
def probabilities_clipped(r, f):
    d, e = (np.clip(sigmoid(s), 1e-12, 1 - 1e-12) for s in (r, f))
    return (
        -np.log(d).mean() - np.log1p(-e).mean(),
        np.log1p(-e).mean(),
        -np.log(e).mean(),
    )


@wrong("gan_losses", "expected 3 arrays, got 2 values")
def two_losses_only(r, f):
    return losses(r, f)[:2]


@wrong("gan_losses", "expected the shape ()")
def losses_by_example(r, f):
    return softplus(-r) + softplus(f), -softplus(f), softplus(-f)


@right("generator_gradients")
def gradients(f):
    return -sigmoid(f) / len(f), -sigmoid(-f) / len(f)


@right("generator_gradients")
def gradients_by_tanh(f):
    d = (1 + np.tanh(f / 2)) / 2
    # 1 - d would be 0 too early, below -36; here it is the larger of the two that matters.
    return -sigmoid(f) / f.size, -np.where(f < 0, 1 - d, sigmoid(-f)) / f.size


@wrong("generator_gradients", "of a sum")
def gradients_of_sums(f):
    return -sigmoid(f), -sigmoid(-f)


@wrong("generator_gradients", "Look at the signs")
def gradients_upward(f):
    return sigmoid(f) / len(f), sigmoid(-f) / len(f)


@wrong("generator_gradients", "minimax loss comes first")
def gradients_in_the_other_order(f):
    return gradients(f)[::-1]


@wrong("generator_gradients", "the generator lowers it")
def minimax_of_the_discriminator(f):
    a, b = gradients(f)
    return -a, b


@wrong("generator_gradients", "one more link")
def by_the_probability(f):
    return -1 / (1 - sigmoid(f)) / len(f), -1 / sigmoid(f) / len(f)


@wrong("generator_gradients", "1000", "got nan", "safe for both signs")
def gradients_that_overflow(f):
    d = np.exp(f) / (1 + np.exp(f))
    return -d / len(f), -(1 - d) / len(f)


@wrong("generator_gradients", "logits of 40 and -40", "leaves nothing")
def gradients_that_cancel(f):
    d = 1 / (1 + np.exp(-f))
    return -d / f.size, -(1 - d) / f.size


@wrong("generator_gradients", "expected the shape (6,), got ()")
def gradients_averaged(f):
    return -sigmoid(f).mean(), -sigmoid(-f).mean()


@right("least_squares_score")
def score(p, q, real_target, fake_target):
    return (real_target * p + fake_target * q) / (p + q)


@right("least_squares_score")
def score_by_discriminator(p, q, b, a):
    d = p / (p + q)
    return a + (b - a) * d


@wrong("least_squares_score", "belongs to p")
def targets_swapped(p, q, b, a):
    return score(p, q, a, b)


@wrong("least_squares_score", "targets 1 and -1", "are arguments")
def targets_ignored(p, q, b, a):
    return p / (p + q)


@wrong("least_squares_score", "minimax discriminator")
def the_logit(p, q, b, a):
    return np.log(p) - np.log(q)


@wrong("least_squares_score", "only where p = q")
def mean_of_targets(p, q, b, a):
    return np.full(p.shape, (a + b) / 2)


@wrong("least_squares_score", "do not sum to 1")
def not_normalized(p, q, b, a):
    return b * p + a * q


@wrong("least_squares_score", "p and q apart", "is its target")
def score_with_epsilon(p, q, b, a):
    return np.where((p == 0) | (q == 0), 0.5, score(p, q, b, a))


@wrong("least_squares_score", "densities near 1e-20", "as small as these")
def score_with_something_added(p, q, b, a):
    return (b * p + a * q) / (p + q + 1e-12)


@wrong("least_squares_score", "targets 1 and -1", "no probabilities")
def score_clipped(p, q, b, a):
    return np.clip(score(p, q, b, a), 0, 1)


@wrong("least_squares_score", "got ()")
def score_summed(p, q, b, a):
    return np.sum(score(p, q, b, a))
