"""The formulas of diffusion: noise in, and out again."""

import math

import torch

from mmref.contract.diffusion import (
    MOST,
    check_guided,
    check_mixed,
    check_pair,
    check_schedule,
    check_step,
    check_timesteps,
)
from mmref.contract.settings import check_kind
from mmref.torch._dtype import check_device


def noise_schedule(
    steps: int,
    kind: str = "cosine",
    dtype: torch.dtype = torch.float32,
    device: torch.device | str | None = None,
) -> torch.Tensor:
    """How much of the picture's variance each step leaves: alpha-bar_0 to alpha-bar_T, (T + 1,).

    Formula
        alpha-bar_t = prod_(s = 1 ... t) (1 - beta_s), alpha-bar_0 = 1
        cosine:  beta_t = min(1 - f(t) / f(t - 1), 0.999),
                 f(t) = cos(pi / 2 (t / T + 0.008) / 1.008)^2
        linear:  beta_t from 0.1 / T to 20 / T, evenly, at most 0.999

    Args
        steps: T. kind: "cosine" or "linear". dtype, device: of the result.

    Errors
        ChoiceError: another kind. ValueError: no step, a dtype that is not of floats, an unknown
        device. TypeError: one that is no integer, or no dtype.

    Source
        Nichol and Dhariwal, ICML 2021, equation 17; Ho, Jain and Abbeel, NeurIPS 2020, whose
        linear beta from 0.0001 to 0.02 is that of T = 1000: other T end as noisy.

    >>> noise_schedule(4).round(decimals=3)
    tensor([1.0000, 0.8470, 0.4940, 0.1440, 0.0000])
    """
    check_kind("dtype", dtype, torch.dtype, "a torch.dtype")
    check_schedule(steps, kind, dtype)
    check_device(device)
    if kind == "cosine":
        t = torch.arange(steps + 1, dtype=torch.float64, device=device) / steps
        f = torch.cos(math.pi / 2 * (t + 0.008) / 1.008) ** 2
        beta = 1 - f[1:] / f[:-1]
    else:
        beta = torch.linspace(0.1, 20, steps, dtype=torch.float64, device=device) / steps
    kept = torch.cumprod(1 - beta.clamp(max=MOST), dim=0)
    return torch.cat([kept.new_ones(1), kept]).to(dtype)


def diffused(clean: torch.Tensor, noise: torch.Tensor, alpha_bar: torch.Tensor) -> torch.Tensor:
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
        tensor.

    Source
        Ho, Jain and Abbeel, NeurIPS 2020, equation 4. Their epsilon is our n.

    >>> diffused(torch.ones(1, 2), torch.tensor([[0.0, 1.0]]), torch.tensor([0.64]))
    tensor([[0.8000, 1.4000]])
    """
    check_mixed(alpha_bar, torch.Tensor, clean=clean, noise=noise)
    signal, spread = _shares(alpha_bar, clean)
    return signal * clean + spread * noise


def velocity(clean: torch.Tensor, noise: torch.Tensor, alpha_bar: torch.Tensor) -> torch.Tensor:
    """What a network predicts that is to be good at every step: noise less picture.

    Formula
        v = sqrt(alpha-bar_t) n - sqrt(1 - alpha-bar_t) x_0

    Args, Returns and Errors as those of :func:`diffused`.

    Source
        Salimans and Ho, ICLR 2022, arXiv 2202.00512, appendix D.

    >>> velocity(torch.ones(1, 2), torch.tensor([[0.0, 1.0]]), torch.tensor([0.64]))
    tensor([[-0.6000,  0.2000]])
    """
    check_mixed(alpha_bar, torch.Tensor, clean=clean, noise=noise)
    signal, spread = _shares(alpha_bar, clean)
    return signal * noise - spread * clean


def denoised(noisy: torch.Tensor, predicted: torch.Tensor, alpha_bar: torch.Tensor) -> torch.Tensor:
    """The picture that a velocity speaks of.

    Formula
        x_0 = sqrt(alpha-bar_t) x_t - sqrt(1 - alpha-bar_t) v

    Args
        noisy, predicted: x_t and v (B, ...), floats of one shape and dtype. alpha_bar: (B,).

    Errors
        As those of :func:`diffused`.

    Source
        Salimans and Ho, ICLR 2022, arXiv 2202.00512, appendix D.

    >>> given = torch.tensor([[1.4]]), torch.tensor([[0.2]])
    >>> found = denoised(*given, torch.tensor([0.64]))
    >>> found.round(decimals=4)
    tensor([[1.]])
    """
    check_mixed(alpha_bar, torch.Tensor, noisy=noisy, predicted=predicted)
    signal, spread = _shares(alpha_bar, noisy)
    return signal * noisy - spread * predicted


def denoised_from_noise(
    noisy: torch.Tensor, noise: torch.Tensor, alpha_bar: torch.Tensor
) -> torch.Tensor:
    """The picture, where the noise in it is known or predicted.

    Formula
        x_0 = (x_t - sqrt(1 - alpha-bar_t) n) / sqrt(alpha-bar_t)

    Args
        noisy, noise: x_t and n (B, ...), floats of one shape and dtype. alpha_bar: (B,), above 0.

    Errors
        As those of :func:`diffused`.

    Source
        Ho, Jain and Abbeel, NeurIPS 2020, equation 15.

    >>> given = torch.tensor([[1.4]]), torch.tensor([[1.0]])
    >>> found = denoised_from_noise(*given, torch.tensor([0.64]))
    >>> found.round(decimals=4)
    tensor([[1.]])
    """
    check_mixed(alpha_bar, torch.Tensor, noisy=noisy, noise=noise)
    signal, spread = _shares(alpha_bar, noisy)
    return (noisy - spread * noise) / signal


def noise_from_velocity(
    noisy: torch.Tensor, predicted: torch.Tensor, alpha_bar: torch.Tensor
) -> torch.Tensor:
    """The noise that a velocity speaks of.

    Formula
        n = sqrt(1 - alpha-bar_t) x_t + sqrt(alpha-bar_t) v

    Args
        noisy, predicted: x_t and v (B, ...), floats of one shape and dtype. alpha_bar: (B,).

    Errors
        As those of :func:`diffused`.

    Source
        Salimans and Ho, ICLR 2022, arXiv 2202.00512, appendix D.

    >>> given = torch.tensor([[1.4]]), torch.tensor([[0.2]])
    >>> found = noise_from_velocity(*given, torch.tensor([0.64]))
    >>> found.round(decimals=4)
    tensor([[1.]])
    """
    check_mixed(alpha_bar, torch.Tensor, noisy=noisy, predicted=predicted)
    signal, spread = _shares(alpha_bar, noisy)
    return spread * noisy + signal * predicted


def _shares(alpha_bar, like):
    """sqrt(alpha-bar) and sqrt(1 - alpha-bar), against the axes (B, ...) of ``like``."""
    wide = alpha_bar.reshape(-1, *[1] * (like.ndim - 1))
    return wide.sqrt(), (1 - wide).sqrt()


def ddim_step(
    noisy: torch.Tensor,
    clean: torch.Tensor,
    alpha_bar: torch.Tensor,
    alpha_bar_previous: torch.Tensor,
    noise: torch.Tensor | None = None,
    eta: float = 0.0,
) -> torch.Tensor:
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
        ShapeError: tensors that do not go together. ValueError: an eta outside [0, 1], or above 0
        without noise. TypeError: no tensor, or no number.

    Source
        Song, Meng and Ermon, ICLR 2021, arXiv 2010.02502, equations 12 and 16. Their alpha is our
        alpha-bar.

    >>> x, a = torch.tensor([[1.4]]), torch.tensor([0.64])
    >>> ddim_step(x, torch.ones(1, 1), a, torch.ones(1))  # without noise: what was predicted
    tensor([[1.]])
    """
    check_step(noisy, clean, alpha_bar, alpha_bar_previous, noise, eta, torch.Tensor)
    signal, spread = _shares(alpha_bar, noisy)
    wide = [a.reshape(spread.shape) for a in (alpha_bar, alpha_bar_previous)]
    drawn = (noisy - signal * clean) / spread
    if not eta or noise is None:
        return wide[1].sqrt() * clean + (1 - wide[1]).sqrt() * drawn
    variance = eta**2 * _posterior_variance(*wide)
    held = (1 - wide[1] - variance).clamp(min=0)  # rounding may leave less than nothing
    return wide[1].sqrt() * clean + held.sqrt() * drawn + variance.sqrt() * noise


def posterior_mean(
    noisy: torch.Tensor,
    clean: torch.Tensor,
    alpha_bar: torch.Tensor,
    alpha_bar_previous: torch.Tensor,
) -> torch.Tensor:
    """Where x_(t - 1) is on average, of a picture that is known with and without noise.

    Formula (a, a' = alpha-bar, alpha-bar_previous)
        m = (sqrt(a') (1 - a / a') x_0 + sqrt(a / a') (1 - a') x_t) / (1 - a)

    Args
        As of :func:`ddim_step`.

    Returns
        m (B, ...).

    Errors
        ShapeError: tensors that do not go together. TypeError: no tensor.

    Source
        Ho, Jain and Abbeel, NeurIPS 2020, equation 7. Their alpha_t is a / a', their beta_t
        1 - a / a'.

    >>> a, b = torch.tensor([0.25]), torch.tensor([0.5])
    >>> posterior_mean(torch.ones(1, 1), torch.zeros(1, 1), a, b)
    tensor([[0.4714]])
    """
    check_step(noisy, clean, alpha_bar, alpha_bar_previous, kind=torch.Tensor)
    shape = (-1, *[1] * (noisy.ndim - 1))
    a, b = alpha_bar.reshape(shape), alpha_bar_previous.reshape(shape)
    mixed = b.sqrt() * (1 - a / b) * clean + (a / b).sqrt() * (1 - b) * noisy
    return mixed / (1 - a)


def posterior_variance(alpha_bar: torch.Tensor, alpha_bar_previous: torch.Tensor) -> torch.Tensor:
    """How far x_(t - 1) is from its mean.

    Formula (a, a' = alpha-bar, alpha-bar_previous)
        variance = (1 - a') / (1 - a) (1 - a / a')

    Args
        alpha_bar: a (B,), from 0 to below 1. alpha_bar_previous: a' (B,), above a.

    Returns
        (B,), at least 0.

    Errors
        ShapeError: no floats (B,), or two shapes or dtypes. TypeError: no tensor.

    Source
        Ho, Jain and Abbeel, NeurIPS 2020, equation 7: their beta-tilde.

    >>> posterior_variance(torch.tensor([0.25]), torch.tensor([0.5]))
    tensor([0.3333])
    """
    check_pair(alpha_bar, alpha_bar_previous, torch.Tensor)
    return _posterior_variance(alpha_bar, alpha_bar_previous)


def _posterior_variance(a, b):
    return (1 - b) / (1 - a) * (1 - a / b)


def guided(conditional: torch.Tensor, unconditional: torch.Tensor, scale: float) -> torch.Tensor:
    """Classifier-free guidance: away from what any caption gives, toward what this one does.

    Formula
        g = u + w (c - u): w = 0 forgets the caption, w = 1 follows it, above 1 it is exaggerated

    Args
        conditional, unconditional: c and u, predictions with and without the caption (B, ...),
            floats of one shape and dtype. scale: w, at least 0.

    Errors
        ShapeError: no floats, or two shapes or dtypes. ValueError: a scale below 0. TypeError: no
        tensor, or no number.

    Source
        Ho and Salimans 2022, arXiv 2207.12598, equation 6. Their w is our w - 1: they write
        (1 + w) c - w u.

    >>> guided(torch.tensor([[3.0]]), torch.tensor([[1.0]]), 2.0)
    tensor([[5.]])
    """
    check_guided(conditional, unconditional, scale, torch.Tensor)
    return unconditional + scale * (conditional - unconditional)


def timestep_embedding(
    steps: torch.Tensor,
    dim: int,
    base: float = 10000.0,
    dtype: torch.dtype = torch.float32,
) -> torch.Tensor:
    """The rows of :func:`sinusoidal_positions` that belong to these steps: (B,) -> (B, dim).

    Formula
        e[2i] = sin(t w_i),  e[2i + 1] = cos(t w_i),  w_i = base^(-2i / D)

    Args
        steps: t (B,), integers. dim: D, even. base: positive. dtype: of the result.

    Errors
        ShapeError: steps that are not integers (B,). ValueError: a dim that is odd or below 1, a
        base that is not positive, a dtype that is not of floats. TypeError: one that is no
        number, no dtype or no tensor.

    Source
        Vaswani et al., 2017, section 3.5; of steps: Ho, Jain and Abbeel, NeurIPS 2020, who write
        all sines first.

    >>> timestep_embedding(torch.tensor([0, 1]), 2)[0]
    tensor([0., 1.])
    """
    check_kind("dtype", dtype, torch.dtype, "a torch.dtype")
    check_timesteps(steps, dim, base, dtype, torch.Tensor)
    even = torch.arange(0, dim, 2, dtype=torch.float64, device=steps.device)
    angles = steps[:, None] * base ** (-even / dim)  # (B, D / 2), in float64 as t may be large
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1).to(dtype)
