"""Diffusion: a picture drowns in noise by a rule; the way back is learned, and walked in steps.

alpha-bar_t is the share of the picture's variance that is left after t steps, 1 - alpha-bar_t that
of the noise. Functions take each row's alpha-bar, as ``schedule[t]`` gives it.
"""

import numpy as np

from mmref.contract.diffusion import (
    MOST,
    check_guided,
    check_mixed,
    check_pair,
    check_schedule,
    check_step,
    check_timesteps,
)
from mmref.reference._shared import as_array, as_gradient
from mmref.reference.positions import sinusoidal_positions
from mmref.types import Array


def noise_schedule(steps: int, kind: str = "cosine") -> Array:
    """How much of the picture's variance each step leaves: alpha-bar_0 to alpha-bar_T, (T + 1,).

    Formula
        alpha-bar_t = prod_(s = 1 ... t) (1 - beta_s), alpha-bar_0 = 1
        cosine:  beta_t = min(1 - f(t) / f(t - 1), 0.999),
                 f(t) = cos(pi / 2 (t / T + 0.008) / 1.008)^2
        linear:  beta_t from 0.1 / T to 20 / T, evenly, at most 0.999

    Args
        steps: T. kind: "cosine" or "linear".

    Returns
        Falls from 1. Without the bound on beta_t, cosine would be f(t) / f(0), and 0 at T, from
        where no step leads back.

    Errors
        ChoiceError: another kind. ValueError: no step. TypeError: a number that is no integer.

    Source
        Nichol and Dhariwal, "Improved denoising diffusion probabilistic models", ICML 2021,
        equation 17 and below; Ho, Jain and Abbeel, "Denoising diffusion probabilistic models",
        NeurIPS 2020, whose linear beta from 0.0001 to 0.02 is that of T = 1000: other T end as
        noisy.

    >>> noise_schedule(4).round(3)
    array([1.   , 0.847, 0.494, 0.144, 0.   ])
    """
    check_schedule(steps, kind)
    if kind == "cosine":
        f = np.cos(np.pi / 2 * (np.arange(steps + 1) / steps + 0.008) / 1.008) ** 2
        beta = 1 - f[1:] / f[:-1]
    else:
        beta = np.linspace(0.1, 20, steps) / steps
    return np.concatenate([[1.0], np.cumprod(1 - np.minimum(beta, MOST))])


def diffused(clean: Array, noise: Array, alpha_bar: Array) -> Array:
    """The picture after t steps of noise, at once.

    Formula
        x_t = sqrt(alpha-bar_t) x_0 + sqrt(1 - alpha-bar_t) n, n drawn from N(0, 1)

    Args
        clean, noise: x_0 and n (B, ...), floats of one shape and dtype.
        alpha_bar: (B,), each row's alpha-bar_t, as ``schedule[t]`` gives it; from 0 to 1, where
            its own derivative is infinite at both ends.

    Returns
        x_t (B, ...).

    Errors
        ShapeError: no floats, two shapes or dtypes, alpha_bar that is not (B,).

    Source
        Ho, Jain and Abbeel, NeurIPS 2020, equation 4. Their epsilon is our n.

    >>> diffused(np.ones((1, 2)), np.array([[0.0, 1.0]]), np.array([0.64]))
    array([[0.8, 1.4]])
    """
    x, n, signal, spread = _mixed(alpha_bar, clean=clean, noise=noise)
    return signal * x + spread * n


def diffused_gradient(
    grad: Array, clean: Array, noise: Array, alpha_bar: Array
) -> tuple[Array, ...]:
    """Gradients with respect to clean, noise and alpha_bar.

    Formula (a = alpha-bar)
        sqrt(a) g,  sqrt(1 - a) g,  sum over a row of g (x_0 / (2 sqrt(a)) - n / (2 sqrt(1 - a)))
    """
    x, n, signal, spread = _mixed(alpha_bar, clean=clean, noise=noise)
    g = as_gradient(grad, x.shape)
    return signal * g, spread * g, _sums(g * (x / (2 * signal) - n / (2 * spread)))


def velocity(clean: Array, noise: Array, alpha_bar: Array) -> Array:
    """What a network predicts that is to be good at every step: noise less picture.

    Formula
        v = sqrt(alpha-bar_t) n - sqrt(1 - alpha-bar_t) x_0
        With alpha-bar_t = cos^2 of an angle, x_t turns from x_0 to n, and v is its derivative by
        the angle. v is n where there is no noise yet, and -x_0 where there is no picture.

    Args, Returns and Errors as those of :func:`diffused`.

    Source
        Salimans and Ho, "Progressive distillation for fast sampling of diffusion models", ICLR
        2022, arXiv 2202.00512, appendix D.

    >>> velocity(np.ones((1, 2)), np.array([[0.0, 1.0]]), np.array([0.64])).round(9)
    array([[-0.6,  0.2]])
    """
    x, n, signal, spread = _mixed(alpha_bar, clean=clean, noise=noise)
    return signal * n - spread * x


def velocity_gradient(
    grad: Array, clean: Array, noise: Array, alpha_bar: Array
) -> tuple[Array, ...]:
    """Gradients with respect to clean, noise and alpha_bar.

    Formula (a = alpha-bar)
        -sqrt(1 - a) g,  sqrt(a) g,  sum over a row of g (n / (2 sqrt(a)) + x_0 / (2 sqrt(1 - a)))
    """
    x, n, signal, spread = _mixed(alpha_bar, clean=clean, noise=noise)
    g = as_gradient(grad, x.shape)
    return -spread * g, signal * g, _sums(g * (n / (2 * signal) + x / (2 * spread)))


def denoised(noisy: Array, predicted: Array, alpha_bar: Array) -> Array:
    """The picture that a velocity speaks of.

    Formula
        x_0 = sqrt(alpha-bar_t) x_t - sqrt(1 - alpha-bar_t) v: no number is divided by, as small as
        alpha-bar_t may be

    Args
        noisy, predicted: x_t and v (B, ...), floats of one shape and dtype. alpha_bar: (B,).

    Errors
        As those of :func:`diffused`.

    Source
        Salimans and Ho, ICLR 2022, arXiv 2202.00512, appendix D.

    >>> denoised(np.array([[1.4]]), np.array([[0.2]]), np.array([0.64])).round(9)
    array([[1.]])
    """
    x, v, signal, spread = _mixed(alpha_bar, noisy=noisy, predicted=predicted)
    return signal * x - spread * v


def denoised_gradient(
    grad: Array, noisy: Array, predicted: Array, alpha_bar: Array
) -> tuple[Array, ...]:
    """Gradients with respect to noisy, predicted and alpha_bar.

    Formula (a = alpha-bar)
        sqrt(a) g,  -sqrt(1 - a) g,  sum over a row of g (x_t / (2 sqrt(a)) + v / (2 sqrt(1 - a)))
    """
    x, v, signal, spread = _mixed(alpha_bar, noisy=noisy, predicted=predicted)
    g = as_gradient(grad, x.shape)
    return signal * g, -spread * g, _sums(g * (x / (2 * signal) + v / (2 * spread)))


def denoised_from_noise(noisy: Array, noise: Array, alpha_bar: Array) -> Array:
    """The picture, where the noise in it is known or predicted.

    Formula
        x_0 = (x_t - sqrt(1 - alpha-bar_t) n) / sqrt(alpha-bar_t)

    Args
        noisy, noise: x_t and n (B, ...), floats of one shape and dtype. alpha_bar: (B,), above 0.

    Errors
        As those of :func:`diffused`.

    Source
        Ho, Jain and Abbeel, NeurIPS 2020, equation 15.

    >>> denoised_from_noise(np.array([[1.4]]), np.array([[1.0]]), np.array([0.64])).round(9)
    array([[1.]])
    """
    x, n, signal, spread = _mixed(alpha_bar, noisy=noisy, noise=noise)
    return (x - spread * n) / signal


def denoised_from_noise_gradient(
    grad: Array, noisy: Array, noise: Array, alpha_bar: Array
) -> tuple[Array, ...]:
    """Gradients with respect to noisy, noise and alpha_bar.

    Formula (a = alpha-bar)
        g / sqrt(a),  -sqrt((1 - a) / a) g,
        sum over a row of g (n / sqrt(1 - a) - x_0 / sqrt(a)) / (2 sqrt(a))
    """
    x, n, signal, spread = _mixed(alpha_bar, noisy=noisy, noise=noise)
    g = as_gradient(grad, x.shape)
    clean = (x - spread * n) / signal
    slope = (n / spread - clean / signal) / (2 * signal)
    return g / signal, -spread / signal * g, _sums(g * slope)


def noise_from_velocity(noisy: Array, predicted: Array, alpha_bar: Array) -> Array:
    """The noise that a velocity speaks of.

    Formula
        n = sqrt(1 - alpha-bar_t) x_t + sqrt(alpha-bar_t) v

    Args
        noisy, predicted: x_t and v (B, ...), floats of one shape and dtype. alpha_bar: (B,).

    Errors
        As those of :func:`diffused`.

    Source
        Salimans and Ho, ICLR 2022, arXiv 2202.00512, appendix D.

    >>> noise_from_velocity(np.array([[1.4]]), np.array([[0.2]]), np.array([0.64])).round(9)
    array([[1.]])
    """
    x, v, signal, spread = _mixed(alpha_bar, noisy=noisy, predicted=predicted)
    return spread * x + signal * v


def noise_from_velocity_gradient(
    grad: Array, noisy: Array, predicted: Array, alpha_bar: Array
) -> tuple[Array, ...]:
    """Gradients with respect to noisy, predicted and alpha_bar.

    Formula (a = alpha-bar)
        sqrt(1 - a) g,  sqrt(a) g,  sum over a row of g (v / (2 sqrt(a)) - x_t / (2 sqrt(1 - a)))
    """
    x, v, signal, spread = _mixed(alpha_bar, noisy=noisy, predicted=predicted)
    g = as_gradient(grad, x.shape)
    return spread * g, signal * g, _sums(g * (v / (2 * signal) - x / (2 * spread)))


def ddim_step(
    noisy: Array,
    clean: Array,
    alpha_bar: Array,
    alpha_bar_previous: Array,
    noise: Array | None = None,
    eta: float = 0.0,
) -> Array:
    """One step back to less noise, over as many steps of the schedule as you like.

    Formula (a, a' = alpha-bar, alpha-bar_previous)
        n = (x_t - sqrt(a) x_0) / sqrt(1 - a),
        s = eta sqrt((1 - a') / (1 - a)) sqrt(1 - a / a'),
        x' = sqrt(a') x_0 + sqrt(1 - a' - s^2) n + s noise

    Args
        noisy, clean: x_t, and the x_0 that was predicted (B, ...), floats of one shape and dtype.
        alpha_bar: a (B,), from 0 to below 1. alpha_bar_previous: a' (B,), above a; at 1 its own
            derivative is infinite.
        noise: drawn from N(0, 1), (B, ...); None with an eta of 0, which needs none.
        eta: from 0, no noise, to 1: the step of Ho et al., drawn from
            N(:func:`posterior_mean`, :func:`posterior_variance`).

    Returns
        x' (B, ...).

    Errors
        ShapeError: arrays that do not go together. ValueError: an eta outside [0, 1], or above 0
        without noise. TypeError: an eta that is no number.

    Source
        Song, Meng and Ermon, "Denoising diffusion implicit models", ICLR 2021, arXiv 2010.02502,
        equations 12 and 16. Their alpha is our alpha-bar.

    >>> x, a = np.array([[1.4]]), np.array([0.64])
    >>> ddim_step(x, np.ones((1, 1)), a, np.ones(1))  # without noise: what was predicted
    array([[1.]])
    """
    x, x0, a, b, n = _step(noisy, clean, alpha_bar, alpha_bar_previous, noise, eta)
    drawn = (x - np.sqrt(a) * x0) / np.sqrt(1 - a)
    variance = eta**2 * _variance(a, b)
    held = np.maximum(1 - b - variance, 0)  # rounding may leave less than nothing
    return np.sqrt(b) * x0 + np.sqrt(held) * drawn + np.sqrt(variance) * n


def ddim_step_gradient(
    grad: Array,
    noisy: Array,
    clean: Array,
    alpha_bar: Array,
    alpha_bar_previous: Array,
    noise: Array | None = None,
    eta: float = 0.0,
) -> tuple[Array, ...]:
    """Gradients with respect to noisy, clean, alpha_bar, alpha_bar_previous and a given noise.

    Formula (h = sqrt(1 - a' - s^2); d_a, d_b are derivatives by a and a'; sums over a row)
        noisy:  h g / sqrt(1 - a)        clean:  (sqrt(a') - h sqrt(a / (1 - a))) g
        noise:  s g
        a:   sum g (h d_a n + d_a h n + d_a s noise),
             d_a n = (n / sqrt(1 - a) - x_0 / sqrt(a)) / (2 sqrt(1 - a))
        a':  sum g (x_0 / (2 sqrt(a')) + d_b h n + d_b s noise)
        d h = -(d a' + d s^2) / (2 h),  d s = d s^2 / (2 s)
        d_a s^2 = -eta^2 (1 - a')^2 / (a' (1 - a)^2)
        d_b s^2 = eta^2 (a (1 - a') / a'^2 - (1 - a / a')) / (1 - a)
    """
    x, x0, a, b, n = _step(noisy, clean, alpha_bar, alpha_bar_previous, noise, eta)
    g = as_gradient(grad, x.shape)
    spread = np.sqrt(1 - a)
    drawn = (x - np.sqrt(a) * x0) / spread
    variance = eta**2 * _variance(a, b)
    h, s = np.sqrt(1 - b - variance), np.sqrt(variance)
    by_a = -(eta**2) * (1 - b) ** 2 / (b * (1 - a) ** 2)  # of the variance
    by_b = eta**2 * (a * (1 - b) / b**2 - (1 - a / b)) / (1 - a)
    drawn_by_a = (drawn / spread - x0 / np.sqrt(a)) / (2 * spread)
    d_a = h * drawn_by_a - by_a / (2 * h) * drawn
    d_b = x0 / (2 * np.sqrt(b)) - (1 + by_b) / (2 * h) * drawn
    if eta:
        d_a, d_b = d_a + by_a / (2 * s) * n, d_b + by_b / (2 * s) * n
    found = (h / spread * g, (np.sqrt(b) - h * np.sqrt(a) / spread) * g, _sums(g * d_a))
    return (*found, _sums(g * d_b), *(() if noise is None else (s * g,)))


def posterior_mean(
    noisy: Array, clean: Array, alpha_bar: Array, alpha_bar_previous: Array
) -> Array:
    """Where x_(t - 1) is on average, of a picture that is known with and without noise.

    Formula (a, a' = alpha-bar, alpha-bar_previous)
        m = (sqrt(a') (1 - a / a') x_0 + sqrt(a / a') (1 - a') x_t) / (1 - a)

    Args
        As of :func:`ddim_step`.

    Returns
        m (B, ...).

    Errors
        ShapeError: arrays that do not go together.

    Source
        Ho, Jain and Abbeel, NeurIPS 2020, equation 7. Their alpha_t is a / a', their beta_t
        1 - a / a'.

    >>> a, b = np.array([0.25]), np.array([0.5])
    >>> posterior_mean(np.ones((1, 1)), np.zeros((1, 1)), a, b).round(4)
    array([[0.4714]])
    """
    x, x0, a, b, _ = _step(noisy, clean, alpha_bar, alpha_bar_previous)
    return (np.sqrt(b) * (1 - a / b) * x0 + np.sqrt(a / b) * (1 - b) * x) / (1 - a)


def posterior_mean_gradient(
    grad: Array, noisy: Array, clean: Array, alpha_bar: Array, alpha_bar_previous: Array
) -> tuple[Array, ...]:
    """Gradients with respect to noisy, clean, alpha_bar and alpha_bar_previous.

    Formula (sums over a row)
        noisy:  sqrt(a / a') (1 - a') / (1 - a) g     clean:  sqrt(a') (1 - a / a') / (1 - a) g
        a:   sum g (m - x_0 / sqrt(a') + (1 - a') x_t / (2 sqrt(a a'))) / (1 - a)
        a':  sum g ((1 + a / a') x_0 - sqrt(a) (1 / a' + 1) x_t) / (2 sqrt(a') (1 - a))
    """
    x, x0, a, b, _ = _step(noisy, clean, alpha_bar, alpha_bar_previous)
    g = as_gradient(grad, x.shape)
    of_x, of_x0 = np.sqrt(a / b) * (1 - b) / (1 - a), np.sqrt(b) * (1 - a / b) / (1 - a)
    mean = of_x0 * x0 + of_x * x
    d_a = (mean - x0 / np.sqrt(b) + (1 - b) * x / (2 * np.sqrt(a * b))) / (1 - a)
    d_b = ((1 + a / b) * x0 - np.sqrt(a) * (1 / b + 1) * x) / (2 * np.sqrt(b) * (1 - a))
    return of_x * g, of_x0 * g, _sums(g * d_a), _sums(g * d_b)


def posterior_variance(alpha_bar: Array, alpha_bar_previous: Array) -> Array:
    """How far x_(t - 1) is from its mean.

    Formula (a, a' = alpha-bar, alpha-bar_previous)
        variance = (1 - a') / (1 - a) (1 - a / a')

    Args
        alpha_bar: a (B,), from 0 to below 1. alpha_bar_previous: a' (B,), above a.

    Returns
        (B,), at least 0.

    Errors
        ShapeError: no floats (B,), or two shapes or dtypes.

    Source
        Ho, Jain and Abbeel, NeurIPS 2020, equation 7: their beta-tilde.

    >>> posterior_variance(np.array([0.25]), np.array([0.5])).round(4)
    array([0.3333])
    """
    a, b = np.asarray(alpha_bar), np.asarray(alpha_bar_previous)
    check_pair(a, b)
    return _variance(a, b)


def posterior_variance_gradient(
    grad: Array, alpha_bar: Array, alpha_bar_previous: Array
) -> tuple[Array, Array]:
    """Gradients with respect to alpha_bar and alpha_bar_previous.

    Formula
        -g (1 - a')^2 / (a' (1 - a)^2),  g (a (1 - a') / a'^2 - (1 - a / a')) / (1 - a)
    """
    a, b = np.asarray(alpha_bar), np.asarray(alpha_bar_previous)
    check_pair(a, b)
    g = as_gradient(grad, a.shape)
    d_a = -((1 - b) ** 2) / (b * (1 - a) ** 2)
    return g * d_a, g * (a * (1 - b) / b**2 - (1 - a / b)) / (1 - a)


def guided(conditional: Array, unconditional: Array, scale: float) -> Array:
    """Classifier-free guidance: away from what any caption gives, toward what this one does.

    Formula
        g = u + w (c - u): w = 0 forgets the caption, w = 1 follows it, above 1 it is exaggerated

    Args
        conditional, unconditional: c and u, predictions with and without the caption (B, ...),
            floats of one shape and dtype. scale: w, at least 0.

    Errors
        ShapeError: no floats, or two shapes or dtypes. ValueError: a scale below 0. TypeError: a
        scale that is no number.

    Source
        Ho and Salimans, "Classifier-free diffusion guidance", 2022, arXiv 2207.12598, equation 6.
        Their w is our w - 1: they write (1 + w) c - w u.

    >>> guided(np.array([[3.0]]), np.array([[1.0]]), 2.0)
    array([[5.]])
    """
    c, u = as_array("conditional", conditional), as_array("unconditional", unconditional)
    check_guided(c, u, scale)
    return u + scale * (c - u)


def guided_gradient(
    grad: Array, conditional: Array, unconditional: Array, scale: float
) -> tuple[Array, Array]:
    """Gradients with respect to conditional and unconditional: w g and (1 - w) g."""
    c, u = as_array("conditional", conditional), as_array("unconditional", unconditional)
    check_guided(c, u, scale)
    g = as_gradient(grad, c.shape)
    return scale * g, (1 - scale) * g


def timestep_embedding(steps: Array, dim: int, base: float = 10000.0) -> Array:
    """The rows of :func:`sinusoidal_positions` that belong to these steps: (B,) -> (B, dim).

    Formula
        e[2i] = sin(t w_i),  e[2i + 1] = cos(t w_i),  w_i = base^(-2i / D)

    Args
        steps: t (B,), integers from 0. dim: D, even. base: positive.

    Errors
        ShapeError: steps that are not integers (B,). ValueError: a dim that is odd or below 1, a
        base that is not positive. TypeError: one that is no number.

    Source
        Vaswani et al., "Attention is all you need", 2017, section 3.5; of steps: Ho, Jain and
        Abbeel, NeurIPS 2020, who write all sines first.

    >>> timestep_embedding(np.array([0, 1]), 2)[0]
    array([0., 1.])
    """
    t = np.asarray(steps)
    check_timesteps(t, dim, base)
    return sinusoidal_positions(int(t.max(initial=0)) + 1, dim, base)[t]


def _mixed(alpha_bar, **given):
    """Two arrays (B, ...), sqrt(alpha-bar) and sqrt(1 - alpha-bar) against their axes."""
    arrays = {name: as_array(name, array) for name, array in given.items()}
    share = as_array("alpha_bar", alpha_bar)
    check_mixed(share, **arrays)
    first, second = arrays.values()
    wide = _wide(share, first)
    return first, second, np.sqrt(wide), np.sqrt(1 - wide)


def _step(noisy, clean, alpha_bar, alpha_bar_previous, noise=None, eta=0.0):
    """The arrays of a step, the shares against the axes of the pictures; noise that is not there
    is 0."""
    x, x0 = as_array("noisy", noisy), as_array("clean", clean)
    a, b = as_array("alpha_bar", alpha_bar), as_array("alpha_bar_previous", alpha_bar_previous)
    n = None if noise is None else as_array("noise", noise)
    check_step(x, x0, a, b, n, eta)
    return x, x0, _wide(a, x), _wide(b, x), np.zeros_like(x) if n is None else n


def _variance(a, b):
    return (1 - b) / (1 - a) * (1 - a / b)


def _wide(share, like):
    return share.reshape(-1, *[1] * (like.ndim - 1))


def _sums(array):
    """The sum of each row: (B, ...) -> (B,)."""
    return array.sum(axis=tuple(range(1, array.ndim)))
