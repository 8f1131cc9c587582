"""Answers to the exercises on the losses of a GAN."""

import numpy as np

L, G = "adversarial_losses", "adversarial_generator_gradients"
S = "least_squares_discriminator_loss_optimum"
M = "matching_aware_discriminator_loss"


def losses(r, f, softplus=lambda s: np.logaddexp(0, s)):
    d = softplus(-r).mean() + softplus(f).mean()
    return d, -softplus(f).mean(), softplus(-f).mean()


def of_clipped_probabilities(*logits):
    d, e = (np.clip(1 / (1 + np.exp(-s)), 1e-12, 1 - 1e-12) for s in logits)
    return -np.log(d).mean() - np.log(1 - e).mean(), np.log(1 - e).mean(), -np.log(e).mean()


def squashed(change):
    """The losses, their logits changed."""
    return lambda r, f: losses(change(r), change(f))


def gradients(f):
    d = (1 + np.tanh(f / 2)) / 2
    e = np.exp(-np.abs(f)) / (1 + np.exp(-np.abs(f)))  # the smaller side has its digits
    return -np.where(f < 0, e, d) / f.size, -np.where(f < 0, 1 - d, e) / f.size


def by_difference(f):
    d = 1 / (1 + np.exp(-f))
    return -d / len(f), (d - 1) / len(f)


def score(p, q, b, a):
    return a + (b - a) * (p / (p + q))


def matching(r, w, f, softplus=lambda s: np.logaddexp(0, s)):
    low = np.concatenate([w.ravel(), f.ravel()])  # of one size: their mean is half of each
    return softplus(-r).mean() + softplus(low).mean()


RIGHT = [(M, matching), (L, losses), (G, gradients), (S, score)]
WRONG = [
    (M, lambda r, w, f: matching(r, w, f, lambda s: np.log(1 + np.exp(s))), "1000 and -1000"),
    (M, lambda r, w, f: matching(r, w, f) * r.size / len(r), "maps of logits"),
    (L, of_clipped_probabilities, "1000 and -1000", "overflows"),
    (L, lambda r, f: losses(r, f, lambda s: np.log(1 + np.exp(s) + 1e-7)), "a small constant"),
    (L, squashed(lambda s: np.clip(s, -500, 500)), "1000 and -1000"),
    (L, squashed(lambda s: np.clip(s, -40, 30)), "1000 and -1000"),
    (L, lambda r, f: tuple(x * r.size / len(r) for x in losses(r, f)), "a map of logits"),
    (L, lambda r, f: losses(r, r)[:1] + losses(r, f)[1:], "which low"),
    (G, by_difference, "60 and -60", "nothing"),
    (G, lambda f: gradients(np.clip(f, -50, 50)), "1000 and -1000"),
    (G, lambda f: tuple(-abs(g) - 1e-20 for g in gradients(f)), "1000 and -1000"),
    (S, lambda p, q, b, a: np.where((p == 0) | (q == 0), 0.5, score(p, q, b, a)), "its target"),
    (S, lambda p, q, b, a: score(p, q + 1e-30, b, a), "near 1e-200", "as small as these"),
    (S, lambda p, q, b, a: score(p / p.sum(), q / q.sum(), b, a), "derivative"),
    (S, lambda p, q, b, a: score(p, q, max(a, b), min(a, b)), "targets -2000 and 5000"),
    (S, lambda p, q, b, a: np.clip(score(p, q, b, a), -1, 1), "targets -2000 and 5000", "whatever"),
]  # fmt: skip
