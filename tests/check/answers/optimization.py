"""Answers to the exercises on optimizers, by other routes."""

import numpy as np

SGD, BACK, ADAM, RATES = "sgd_steps", "sgd_steps_gradient", "adam_steps", "warmup_cosine"


def by_sums(weights, gradients, rates, momentum):
    """Each velocity as the sum that it is."""
    path, w = [], np.array(weights)
    for t in range(len(gradients)):
        shares = momentum ** np.arange(t, -1, -1.0)
        v = np.tensordot(shares, gradients[: t + 1], 1)
        w = w - rates[t] * (gradients[t] + momentum * v)
        path.append(w)
    return np.array(path)


def by_factors(grad, weights, gradients, rate, momentum):
    """A gradient of step s is in w_t with the sum of all powers up to t - s."""
    d = np.zeros_like(gradients)
    for s in range(len(grad)):
        for t in range(s, len(grad)):
            d[s] -= rate * sum(momentum**i for i in range(t - s + 1)) * grad[t]
    return grad.sum(axis=0), d


def by_means(weights, gradients, rate, decay, inside=False):
    """Each mean as the weighted mean that it is."""
    path, w = [], np.array(weights)
    for t in range(1, len(gradients) + 1):
        mean = []
        for beta, values in ((0.9, gradients), (0.999, gradients**2)):
            shares = beta ** np.arange(t - 1, -1, -1.0)
            mean.append(np.tensordot(shares / shares.sum(), values[:t], 1))
        root = np.sqrt(mean[1] + 1e-8) if inside else np.sqrt(mean[1]) + 1e-8
        w = w - rate * decay * w - rate * mean[0] / root
        path.append(w)
    return np.array(path)


def by_half_angle(steps, warmup, peak):
    rates = [(t + 1) / (warmup + 1) for t in range(warmup)]
    rates += [np.cos(np.pi / 2 * i / (steps - warmup)) ** 2 for i in range(steps - warmup)]
    return peak * np.array(rates)


RIGHT = [(SGD, by_sums), (BACK, by_factors), (ADAM, by_means), (RATES, by_half_angle)]
WRONG = [
    (SGD, lambda w, g, r, mu: by_sums(w, g, r, mu)[-1], "expected the shape"),
    (SGD, lambda w, g, r, mu: by_sums(w, g, r, 0 * mu), "momentum has no effect"),
    (BACK, lambda *given: by_factors(*given)[::-1], "weights"),
    (BACK, lambda g, w, d, r, mu: by_factors(g, w, d, r, 0.0), "four steps"),
    (ADAM, lambda w, g, r, d: by_means(w, g, r, d, inside=True), "a small constant"),
    (ADAM, lambda w, g, r, d: by_means(w, g, r, 0.0), "decay"),
    (RATES, lambda T, W, peak: by_half_angle(T, W, peak)[1:], "expected the shape"),
]
