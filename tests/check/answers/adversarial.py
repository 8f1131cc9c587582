"""Answers to the exercises on the losses of a GAN."""

import numpy as np


def softplus(s):
    return np.logaddexp(0, s)


def sigmoid(s):
    return np.exp(-softplus(-s))


def losses(r, f, softplus=softplus):
    d = softplus(-r).mean() + softplus(f).mean()
    return d, -softplus(f).mean(), softplus(-f).mean()


def losses_in_two_forms(real_logits, fake_logits):
    def log_sigmoid(s):
        return np.minimum(s, 0) - np.log1p(np.exp(-np.abs(s)))

    real, fake = (float(log_sigmoid(s).mean()) for s in (real_logits, -fake_logits))
    return -real - fake, fake, -float(log_sigmoid(fake_logits).mean())


def of_probabilities(d, e):
    """The losses by the probabilities D of the real and the fakes."""
    return -np.log(d).mean() - np.log(1 - e).mean(), np.log(1 - e).mean(), -np.log(e).mean()


def naive(s):
    return 1 / (1 + np.exp(-s))


def clipped(s):
    return np.clip(sigmoid(s), 1e-12, 1 - 1e-12)


def squashed(change):
    """The losses, their logits changed."""
    return lambda r, f: losses(change(r), change(f))


def gradients(f, d=sigmoid):
    return -d(f) / len(f), -d(-f) / len(f)


def gradients_by_tanh(f):
    d = (1 + np.tanh(f / 2)) / 2
    e = np.exp(-np.abs(f)) / (1 + np.exp(-np.abs(f)))  # the smaller side has its digits
    return -np.where(f < 0, e, d) / f.size, -np.where(f < 0, 1 - d, e) / f.size


def gradients_by_differences(f, step=1e-5):
    found = [], []
    for e in step * np.eye(len(f)):
        up, down = losses(f, f + e), losses(f, f - e)
        for k in (0, 1):
            found[k].append((up[k + 1] - down[k + 1]) / (2 * step))
    return np.array(found[0]), np.array(found[1])


def score(p, q, real_target, fake_target):
    return (real_target * p + fake_target * q) / (p + q)


def score_by_discriminator(p, q, b, a):
    return a + (b - a) * (p / (p + q))


L, G = "adversarial_losses", "adversarial_generator_gradients"
S = "least_squares_discriminator_loss_optimum"
RIGHT = [
    (L, losses), (L, losses_in_two_forms), (G, gradients), (G, gradients_by_tanh),
    (S, score), (S, score_by_discriminator),
]  # fmt: skip
WRONG = [
    (L, lambda r, f: of_probabilities(naive(r), naive(f)), "1000 and -1000", "inf", "overflows"),
    (L, lambda r, f: of_probabilities(clipped(r), clipped(f)), "1000 and -1000", "overflows"),
    (L, lambda r, f: losses(r, f, lambda s: np.log(1 + np.exp(s))), "1000", "got inf"),
    (L, lambda r, f: losses(r, f, lambda s: np.log(1 + np.exp(s) + 1e-7)), "a small constant"),
    (L, squashed(lambda s: np.clip(s, -500, 500)), "1000 and -1000"),
    (L, squashed(lambda s: np.clip(s, -40, 30)), "1000 and -1000"),
    (L, squashed(lambda s: s[:4]), "logits near 0"),
    (L, squashed(lambda s: s[:6]), "longer axes"),
    (L, squashed(lambda s: s[s != 0]), "zeros among the numbers", "like any other"),
    (L, lambda r, f: tuple(x * r.size / len(r) for x in losses(r, f)), "a map of logits"),
    (L, lambda r, f: losses(r, r)[:1] + losses(r, f)[1:], "which low"),
    (L, lambda r, f: losses(r, f)[:2], "expected 3 results, got 2 values"),
    (L, lambda r, f: (softplus(-r) + softplus(f), -softplus(f), softplus(-f)), "the shape ()"),
    (L, lambda r, f: losses(r, 0 * f), "fake_logits has no effect"),
    (G, lambda f: gradients(f)[::-1], "minimax[0]", "is: minimax, non_saturating"),
    (G, lambda f: gradients(f, lambda s: np.exp(s) / (1 + np.exp(s))), "1000", "both signs"),
    (G, lambda f: (-naive(f) / len(f), naive(f) / len(f) - 1 / len(f)), "60 and -60", "nothing"),
    (G, lambda f: gradients(np.clip(f, -50, 50)), "1000 and -1000"),
    (G, gradients_by_differences, "a numerical difference"),
    (G, lambda f: tuple(g.mean() for g in gradients(f)), "expected the shape (6,), got ()"),
    (G, lambda f: tuple(-abs(g) - 1e-20 for g in gradients(f)), "1000 and -1000"),
    (S, lambda p, q, b, a: p / (p + q), "targets 1 and -1", "target has no effect"),
    (S, lambda p, q, b, a: np.where((p == 0) | (q == 0), 0.5, score(p, q, b, a)), "its target"),
    (S, lambda p, q, b, a: score(p, q + 1e-30, b, a), "near 1e-200", "as small as these"),
    (S, lambda p, q, b, a: score(p / p.sum(), q / q.sum(), b, a), "derivative"),
    (S, lambda p, q, b, a: score(p, q, max(a, b), min(a, b)), "targets -2000 and 5000"),
    (S, lambda p, q, b, a: np.clip(score(p, q, b, a), -1, 1), "targets -2000 and 5000", "whatever"),
    (S, lambda p, q, b, a: np.sum(score(p, q, b, a)), "got ()"),
]  # fmt: skip
