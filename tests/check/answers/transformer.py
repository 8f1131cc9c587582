"""Answers to the exercises on layer norm and GELU."""

import math

import numpy as np

NORM, GELU = "layer_norm_gradient", "gelu_gradient"


def norm(g, x, scale, shift, epsilon, variance=np.var):
    s = np.sqrt(variance(x, axis=-1, keepdims=True) + epsilon)
    n, h = (x - x.mean(axis=-1, keepdims=True)) / s, g * scale
    d_x = (h - h.mean(-1, keepdims=True) - n * (h * n).mean(-1, keepdims=True)) / s
    others = tuple(range(g.ndim - 1))
    return d_x, (g * n).sum(axis=others), g.sum(axis=others)


def norm_by_jacobian(grad, x, scale, shift, epsilon):
    """Vector after vector: J = (I - 1 1^T / D - n n^T / D) / s."""
    D = x.shape[-1]
    d_x, d_scale, d_shift = np.zeros(x.shape), np.zeros(D), np.zeros(D)
    for i in np.ndindex(x.shape[:-1]):
        centered = x[i] - x[i].mean()
        s = math.sqrt((centered**2).mean() + epsilon)
        n = centered / s
        jacobian = (np.eye(D) - 1 / D - np.outer(n, n) / D) / s
        d_x[i] = jacobian @ (grad[i] * scale)
        d_scale, d_shift = d_scale + grad[i] * n, d_shift + grad[i]
    return [d_x, d_scale, d_shift]


def norm_by_torch(grad, *arrays):
    import torch

    *arrays, epsilon = arrays
    x, scale, shift = leaves = [torch.tensor(a).requires_grad_() for a in arrays]
    y = torch.nn.functional.layer_norm(x, scale.shape, scale, shift, epsilon)
    y.backward(torch.tensor(grad))
    return tuple(leaf.grad.numpy() for leaf in leaves)


def norm_by_differences(g, x, scale, shift, epsilon):
    def loss(x):
        variance = x.var(axis=-1, keepdims=True)
        return (
            g * scale * (x - x.mean(axis=-1, keepdims=True)) / np.sqrt(variance + epsilon)
        ).sum()

    d_x = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[i] = 1e-6
        d_x[i] = (loss(x + step) - loss(x - step)) / 2e-6
    return d_x, *norm(g, x, scale, shift, epsilon)[1:]


def of_squares(x, **options):
    return (x**2).mean(**options) - x.mean(**options) ** 2


def over(axes):
    """scale's and shift's gradients summed over other axes."""

    def wrong(g, x, *rest):
        d_x, _, _ = norm(g, x, *rest)
        n = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + rest[-1])
        return d_x, (g * n).sum(axis=axes), g.sum(axis=axes)

    return wrong


def norm_of(change):
    """The right gradients, each changed."""
    return lambda *args: tuple(change(d) for d in norm(*args))


def probability(x):
    return np.reshape([0.5 * math.erfc(-a / math.sqrt(2)) for a in x.ravel().tolist()], x.shape)


def gelu(g, x, below=probability):
    return g * (below(x) + x * np.exp(-0.5 * x * x) / math.sqrt(2 * math.pi))


def gelu_by_torch(grad, x):
    import torch

    leaf = torch.tensor(x).requires_grad_()
    torch.nn.functional.gelu(leaf).backward(torch.tensor(grad))
    return leaf.grad.numpy()


def value(x):
    return x * probability(x)


def by_a_polynomial(x):
    """Abramowitz and Stegun 7.1.26, right to seven digits."""
    t = 1 / (1 + 0.3275911 * abs(x) / math.sqrt(2))
    factors = 0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429
    tail = sum(a * t ** (i + 1) for i, a in enumerate(factors)) * np.exp(-0.5 * x * x)
    return 0.5 + 0.5 * np.sign(x) * (1 - tail)


def gelu_of(change):
    return lambda g, x: change(gelu(g, x))


RIGHT = [
    (NORM, norm),
    (NORM, norm_by_jacobian),
    (NORM, norm_by_torch),
    (GELU, gelu),
    (GELU, gelu_by_torch),
]
WRONG = [
    (NORM, lambda *args: norm(*args, variance=of_squares), "far from zero", "all digits cancel"),
    (NORM, lambda *args: norm(*args, variance=lambda x, **o: x[..., :1] ** 2), "three terms"),
    (NORM, lambda g, x, a, b, e: norm(g, x, abs(a), b, e), "two sequences"),
    (NORM, over(-1), "two sequences", "expected the shape (5,), got (2, 3)"),
    (NORM, over((0, 1)), "a single vector", "your code raised"),
    (NORM, over(0), "two sequences", "An axis too many"),
    (NORM, lambda *args: norm(*args)[::-1], "The order asked for is: d_x, d_scale, d_shift"),
    (NORM, lambda *args: norm(*args)[0], "expected 3 results, got a NumPy array"),
    (NORM, norm_by_differences, "a numerical difference"),
    (NORM, norm_of(lambda d: d.squeeze()), "every axis of length 1", "squeezed"),
    (NORM, norm_of(lambda d: d.clip(-100, 100)), "clipped"),
    (NORM, norm_of(lambda d: d[..., :5]), "longer axes", "known beforehand"),
    (NORM, norm_of(lambda d: d.astype("float32").astype(float)), "is there float32"),
    (NORM, lambda g, x, a, b, e: norm(g, x, a, b, max(e, 1e-3)), "three terms"),
    (NORM, lambda g, x, a, b, e: norm(g, x, a, b, max(e, 1e-6)), "far from zero", "constant that"),
    (NORM, lambda g, x, a, b, e: norm(g, x, a, b, 0.0), "under the root"),
    (GELU, lambda g, x: gelu(g, x, by_a_polynomial), "Right to 7 digits"),
    (GELU, lambda g, x: gelu(g, x, lambda x: 1 / (1 + np.exp(-1.702 * x))), "three rows"),
    (GELU, lambda g, x: g * (value(x + 1e-5) - value(x - 1e-5)) / 2e-5, "a numerical difference"),
    (GELU, lambda g, x: gelu(g, x.clip(-3, 3)), "near 6 and -6"),
    (GELU, lambda g, x: gelu(g, abs(x)), "three rows"),
    (GELU, lambda g, x: np.where(x == 0, 0, gelu(g, x)), "A 0 is a number"),
    (GELU, lambda g, x: np.maximum(gelu(g, x), 0), "three rows"),
    (GELU, lambda g, x: gelu(g[:3], x[:3]), "hint"),
    (GELU, gelu_of(lambda d: d.squeeze()), "three axes", "squeezed"),
    (GELU, gelu_of(lambda d: (d,)), "a tuple"),
    (GELU, gelu_of(lambda d: d.astype("float32").astype(float)), "is there float32"),
]  # fmt: skip
