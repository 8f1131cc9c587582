"""The formulas of diffusion: noise in, and out again."""

import keras
import numpy as np
from keras import ops

from mmref.contract.diffusion import (
    MOST,
    check_guided,
    check_mixed,
    check_pair,
    check_schedule,
    check_step,
    check_timesteps,
)
from mmref.types import Tensor


def noise_schedule(steps: int, kind: str = "cosine", dtype: str = "float32") -> Tensor:
    """How much of the picture's variance each step leaves: alpha-bar_0 to alpha-bar_T, (T + 1,).

    Formula
        alpha-bar_t = prod_(s = 1 ... t) (1 - beta_s), alpha-bar_0 = 1
        cosine:  beta_t = min(1 - f(t) / f(t - 1), 0.999),
                 f(t) = cos(pi / 2 (t / T + 0.008) / 1.008)^2
        linear:  beta_t from 0.1 / T to 20 / T, evenly, at most 0.999

    Args
        steps: T. kind: "cosine" or "linear". dtype: of the result.

    Errors
        ChoiceError: another kind. ValueError: no step, a dtype that is not of floats. TypeError:
        one that is no integer.

    Source
        Nichol and Dhariwal, ICML 2021, equation 17; Ho, Jain and Abbeel, NeurIPS 2020, whose
        linear beta from 0.0001 to 0.02 is that of T = 1000: other T end as noisy.

    >>> ops.convert_to_numpy(noise_schedule(4)).round(3)
    array([1.   , 0.847, 0.494, 0.144, 0.   ], dtype=float32)
    """
    check_schedule(steps, kind, dtype)
    # A constant, so NumPy will do; in float64, as a product of so many factors.
    if kind == "cosine":
        f = np.cos(np.pi / 2 * (np.arange(steps + 1) / steps + 0.008) / 1.008) ** 2
        beta = 1 - f[1:] / f[:-1]
    else:
        beta = np.linspace(0.1, 20, steps) / steps
    kept = np.cumprod(1 - np.minimum(beta, MOST))
    return ops.convert_to_tensor(np.concatenate([[1.0], kept]), dtype=dtype)


def diffused(clean: Tensor, noise: Tensor, alpha_bar: Tensor) -> Tensor:
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
        ShapeError: no floats, two shapes or dtypes, alpha_bar that is not (B,). TypeError: no
        array.

    Source
        Ho, Jain and Abbeel, NeurIPS 2020, equation 4. Their epsilon is our n.

    >>> given = ops.ones((1, 2)), ops.array([[0.0, 1.0]])
    >>> found = diffused(*given, ops.array([0.64]))
    >>> ops.convert_to_numpy(found).round(4)
    array([[0.8, 1.4]], dtype=float32)
    """
    check_mixed(alpha_bar, clean=clean, noise=noise)
    signal, spread = _shares(alpha_bar, clean)
    return signal * clean + spread * noise


def velocity(clean: Tensor, noise: Tensor, alpha_bar: Tensor) -> Tensor:
    """What a network predicts that is to be good at every step: noise less picture.

    Formula
        v = sqrt(alpha-bar_t) n - sqrt(1 - alpha-bar_t) x_0

    Args, Returns and Errors as those of :func:`diffused`.

    Source
        Salimans and Ho, ICLR 2022, arXiv 2202.00512, appendix D.

    >>> given = ops.ones((1, 2)), ops.array([[0.0, 1.0]])
    >>> found = velocity(*given, ops.array([0.64]))
    >>> ops.convert_to_numpy(found).round(4)
    array([[-0.6,  0.2]], dtype=float32)
    """
    check_mixed(alpha_bar, clean=clean, noise=noise)
    signal, spread = _shares(alpha_bar, clean)
    return signal * noise - spread * clean


def denoised(noisy: Tensor, predicted: Tensor, alpha_bar: Tensor) -> Tensor:
    """The picture that a velocity speaks of.

    Formula
        x_0 = sqrt(alpha-bar_t) x_t - sqrt(1 - alpha-bar_t) v

    Args
        noisy, predicted: x_t and v (B, ...), floats of one shape and dtype. alpha_bar: (B,).

    Errors
        As those of :func:`diffused`.

    Source
        Salimans and Ho, ICLR 2022, arXiv 2202.00512, appendix D.

    >>> given = ops.array([[1.4]]), ops.array([[0.2]])
    >>> found = denoised(*given, ops.array([0.64]))
    >>> ops.convert_to_numpy(found).round(4)
    array([[1.]], dtype=float32)
    """
    check_mixed(alpha_bar, noisy=noisy, predicted=predicted)
    signal, spread = _shares(alpha_bar, noisy)
    return signal * noisy - spread * predicted


def denoised_from_noise(noisy: Tensor, noise: Tensor, alpha_bar: Tensor) -> Tensor:
    """The picture, where the noise in it is known or predicted.

    Formula
        x_0 = (x_t - sqrt(1 - alpha-bar_t) n) / sqrt(alpha-bar_t)

    Args
        noisy, noise: x_t and n (B, ...), floats of one shape and dtype. alpha_bar: (B,), above 0.

    Errors
        As those of :func:`diffused`.

    Source
        Ho, Jain and Abbeel, NeurIPS 2020, equation 15.

    >>> given = ops.array([[1.4]]), ops.array([[1.0]])
    >>> found = denoised_from_noise(*given, ops.array([0.64]))
    >>> ops.convert_to_numpy(found).round(4)
    array([[1.]], dtype=float32)
    """
    check_mixed(alpha_bar, noisy=noisy, noise=noise)
    signal, spread = _shares(alpha_bar, noisy)
    return (noisy - spread * noise) / signal


def noise_from_velocity(noisy: Tensor, predicted: Tensor, alpha_bar: Tensor) -> Tensor:
    """The noise that a velocity speaks of.

    Formula
        n = sqrt(1 - alpha-bar_t) x_t + sqrt(alpha-bar_t) v

    Args
        noisy, predicted: x_t and v (B, ...), floats of one shape and dtype. alpha_bar: (B,).

    Errors
        As those of :func:`diffused`.

    Source
        Salimans and Ho, ICLR 2022, arXiv 2202.00512, appendix D.

    >>> given = ops.array([[1.4]]), ops.array([[0.2]])
    >>> found = noise_from_velocity(*given, ops.array([0.64]))
    >>> ops.convert_to_numpy(found).round(4)
    array([[1.]], dtype=float32)
    """
    check_mixed(alpha_bar, noisy=noisy, predicted=predicted)
    signal, spread = _shares(alpha_bar, noisy)
    return spread * noisy + signal * predicted


def _shares(alpha_bar, like):
    """sqrt(alpha-bar) and sqrt(1 - alpha-bar), against the axes (B, ...) of ``like``."""
    wide = _wide(alpha_bar, like)
    return ops.sqrt(wide), ops.sqrt(1 - wide)


def _wide(share, like):
    return ops.reshape(share, (-1, *[1] * (len(like.shape) - 1)))


def ddim_step(
    noisy: Tensor,
    clean: Tensor,
    alpha_bar: Tensor,
    alpha_bar_previous: Tensor,
    noise: Tensor | None = None,
    eta: float = 0.0,
) -> Tensor:
    """One step back to less noise, over as many steps of the schedule as you like.

    Formula (a, a' = alpha-bar, alpha-bar_previous)
        n = (x_t - sqrt(a) x_0) / sqrt(1 - a),
        s = eta sqrt((1 - a') / (1 - a)) sqrt(1 - a / a'),
        x' = sqrt(a') x_0 + sqrt(1 - a' - s^2) n + s noise

    Args
        noisy, clean: x_t, and the x_0 that was predicted (B, ...), floats of one shape and dtype.
        alpha_bar: a (B,), from 0 to below 1. alpha_bar_previous: a' (B,), above a.
        noise: drawn from N(0, 1), (B, ...); None with an eta of 0, which needs none.
        eta: from 0, no noise, to 1: the step of Ho et al., drawn from
            N(:func:`posterior_mean`, :func:`posterior_variance`).

    Returns
        x' (B, ...).

    Errors
        ShapeError: arrays that do not go together. ValueError: an eta outside [0, 1], or above 0
        without noise. TypeError: no array, or no number.

    Source
        Song, Meng and Ermon, ICLR 2021, arXiv 2010.02502, equations 12 and 16. Their alpha is our
        alpha-bar.

    >>> x, a = ops.array([[1.4]]), ops.array([0.64])
    >>> earlier = ddim_step(x, ops.ones((1, 1)), a, ops.ones(1))  # no noise: as predicted
    >>> ops.convert_to_numpy(earlier).round(4)
    array([[1.]], dtype=float32)
    """
    check_step(noisy, clean, alpha_bar, alpha_bar_previous, noise, eta)
    signal, spread = _shares(alpha_bar, noisy)
    a, b = _wide(alpha_bar, noisy), _wide(alpha_bar_previous, noisy)
    drawn = (noisy - signal * clean) / spread
    if not eta or noise is None:
        return ops.sqrt(b) * clean + ops.sqrt(1 - b) * drawn
    variance = eta**2 * _posterior_variance(a, b)
    held = ops.relu(1 - b - variance)  # rounding may leave less than nothing
    return ops.sqrt(b) * clean + ops.sqrt(held) * drawn + ops.sqrt(variance) * noise


def posterior_mean(
    noisy: Tensor,
    clean: Tensor,
    alpha_bar: Tensor,
    alpha_bar_previous: Tensor,
) -> Tensor:
    """Where x_(t - 1) is on average, of a picture that is known with and without noise.

    Formula (a, a' = alpha-bar, alpha-bar_previous)
        m = (sqrt(a') (1 - a / a') x_0 + sqrt(a / a') (1 - a') x_t) / (1 - a)

    Args
        As of :func:`ddim_step`.

    Returns
        m (B, ...).

    Errors
        ShapeError: arrays that do not go together. TypeError: no array.

    Source
        Ho, Jain and Abbeel, NeurIPS 2020, equation 7. Their alpha_t is a / a', their beta_t
        1 - a / a'.

    >>> a, b = ops.array([0.25]), ops.array([0.5])
    >>> ops.convert_to_numpy(posterior_mean(ops.ones((1, 1)), ops.zeros((1, 1)), a, b)).round(4)
    array([[0.4714]], dtype=float32)
    """
    check_step(noisy, clean, alpha_bar, alpha_bar_previous)
    a, b = _wide(alpha_bar, noisy), _wide(alpha_bar_previous, noisy)
    mixed = ops.sqrt(b) * (1 - a / b) * clean + ops.sqrt(a / b) * (1 - b) * noisy
    return mixed / (1 - a)


def posterior_variance(alpha_bar: Tensor, alpha_bar_previous: Tensor) -> Tensor:
    """How far x_(t - 1) is from its mean.

    Formula (a, a' = alpha-bar, alpha-bar_previous)
        variance = (1 - a') / (1 - a) (1 - a / a')

    Args
        alpha_bar: a (B,), from 0 to below 1. alpha_bar_previous: a' (B,), above a.

    Returns
        (B,), at least 0.

    Errors
        ShapeError: no floats (B,), or two shapes or dtypes. TypeError: no array.

    Source
        Ho, Jain and Abbeel, NeurIPS 2020, equation 7: their beta-tilde.

    >>> ops.convert_to_numpy(posterior_variance(ops.array([0.25]), ops.array([0.5]))).round(4)
    array([0.3333], dtype=float32)
    """
    check_pair(alpha_bar, alpha_bar_previous)
    return _posterior_variance(alpha_bar, alpha_bar_previous)


def _posterior_variance(a, b):
    return (1 - b) / (1 - a) * (1 - a / b)


def guided(conditional: Tensor, unconditional: Tensor, scale: float) -> Tensor:
    """Classifier-free guidance: away from what any caption gives, toward what this one does.

    Formula
        g = u + w (c - u): w = 0 forgets the caption, w = 1 follows it, above 1 it is exaggerated

    Args
        conditional, unconditional: c and u, predictions with and without the caption (B, ...),
            floats of one shape and dtype. scale: w, at least 0.

    Errors
        ShapeError: no floats, or two shapes or dtypes. ValueError: a scale below 0. TypeError: no
        array, or no number.

    Source
        Ho and Salimans 2022, arXiv 2207.12598, equation 6. Their w is our w - 1: they write
        (1 + w) c - w u.

    >>> ops.convert_to_numpy(guided(ops.array([[3.0]]), ops.array([[1.0]]), 2.0)).round(4)
    array([[5.]], dtype=float32)
    """
    check_guided(conditional, unconditional, scale)
    return unconditional + scale * (conditional - unconditional)


def timestep_embedding(
    steps: Tensor,
    dim: int,
    base: float = 10000.0,
    dtype: str = "float32",
) -> Tensor:
    """The rows of :func:`sinusoidal_positions` that belong to these steps: (B,) -> (B, dim).

    Formula
        e[2i] = sin(t w_i),  e[2i + 1] = cos(t w_i),  w_i = base^(-2i / D)

    Args
        steps: t (B,), integers. dim: D, even. base: positive. dtype: of the result.

    Errors
        ShapeError: steps that are not integers (B,). ValueError: a dim that is odd or below 1, a
        base that is not positive, a dtype that is not of floats. TypeError: one that is no
        number or no array.

    Source
        Vaswani et al., 2017, section 3.5; of steps: Ho, Jain and Abbeel, NeurIPS 2020, who write
        all sines first.

    >>> ops.convert_to_numpy(timestep_embedding(ops.array([0, 1]), 2))[0]
    array([0., 1.], dtype=float32)
    """
    check_timesteps(steps, dim, base, dtype)
    # In float64, as t may be large; JAX, which has none, is left with float32.
    wide = "float32" if keras.backend.backend() == "jax" else "float64"
    rates = ops.convert_to_tensor(base ** (-np.arange(0, dim, 2) / dim), dtype=wide)
    angles = ops.cast(steps, wide)[:, None] * rates  # (B, D / 2)
    waves = ops.stack([ops.sin(angles), ops.cos(angles)], axis=-1)
    return ops.cast(ops.reshape(waves, (-1, dim)), dtype)
