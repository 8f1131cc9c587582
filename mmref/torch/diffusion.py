"""Diffusion: pictures from noise, a step at a time (contract: ``mmref.contract.diffusion``)."""

import math
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from mmref.contract.arrays import check_images, check_range
from mmref.contract.diffusion import (
    GROUPS,
    MOST,
    check_conditions,
    check_denoiser,
    check_guided,
    check_mixed,
    check_noised,
    check_pair,
    check_sampling,
    check_schedule,
    check_step,
    check_timesteps,
    sampled_steps,
)
from mmref.contract.encoders import check_ids
from mmref.contract.settings import check_kind
from mmref.torch._dtype import layer_dtype
from mmref.torch._values import rows_of, values
from mmref.torch.autoencoder import reconstruction_loss
from mmref.torch.multi_head import MultiHeadAttention
from mmref.torch.transformer import LayerNorm, TransformerBlock


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
        ChoiceError: another kind. ValueError: no step, a dtype that is not of floats. TypeError:
        one that is no integer, or no dtype.

    Source
        Nichol and Dhariwal, ICML 2021, equation 17; Ho, Jain and Abbeel, NeurIPS 2020, whose
        linear beta from 0.0001 to 0.02 is that of T = 1000: other T end as noisy.

    >>> noise_schedule(4).round(decimals=3)
    tensor([1.0000, 0.8470, 0.4940, 0.1440, 0.0000])
    """
    check_kind("dtype", dtype, torch.dtype, "a torch.dtype")
    check_schedule(steps, kind, dtype)
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


class Denoiser(nn.Module):
    """A noisy picture, its step and a caption to the velocity: (B, C, S, S) -> (B, C, S, S).

    The picture is folded to half its size and four times its channels. At that size and at half
    of it stand residual blocks, whose scales and shifts (FiLM) come from the step and the
    caption's mean; at the lower size each place looks at the caption's words as well. Then the way
    back, with what was there on the way down beside it.

    Args
        vocabulary_size: number of ids; id 0 is padding and is ignored, wherever it stands.
        size: S, a multiple of 4. width: W, channels at half the size; 2 W at a quarter, where
            words are as wide. A multiple of 8, the groups of the norms.
        blocks: residual blocks at each size and each way, and Transformer blocks for the words.
        heads: of every attention, a divisor of 2 W. channels: C.

    Call
        images: x_t. steps: t (B,), integers. ids: (B, T). drop: (B,) boolean, True = as if there
        were no caption: all words are then one learned vector. None drops no caption.

    Weights start as Keras's: Glorot's uniform, embeddings, places and the empty caption N(0, 1),
    biases 0. The last layer starts with 0, so an untrained one answers 0.

    Errors
        ShapeError: images, steps, ids or drop of a wrong shape or dtype. ValueError: a setting
        that does not go with the others, an id outside the vocabulary (on a GPU, CUDA itself
        stops). TypeError: one of them is no tensor.

    Source
        Ho, Jain and Abbeel, NeurIPS 2020, for the network; Perez et al., AAAI 2018, for FiLM;
        attention to words: Rombach et al., CVPR 2022; drop: Ho and Salimans 2022, arXiv 2207.12598.

    >>> model = Denoiser(50, size=8, width=8, blocks=1)
    >>> model(torch.zeros(2, 3, 8, 8), torch.tensor([1, 9]), torch.tensor([[3, 4], [5, 0]])).shape
    torch.Size([2, 3, 8, 8])
    """

    def __init__(
        self,
        vocabulary_size: int,
        size: int = 32,
        width: int = 32,
        blocks: int = 2,
        heads: int = 4,
        channels: int = 3,
    ) -> None:
        super().__init__()
        sizes = {"vocabulary_size": vocabulary_size, "channels": channels}
        check_denoiser(size, width, blocks, heads, **sizes)
        self.config: dict[str, Any] = {"vocabulary_size": vocabulary_size, "size": size}
        self.config |= {"width": width, "blocks": blocks, "heads": heads, "channels": channels}
        self.shape, self.dim = (channels, size, size), 2 * width
        dim, conditions, places = 2 * width, 4 * width, (size // 4) ** 2
        self.embedding = nn.Embedding(vocabulary_size, dim)
        self.empty = nn.Parameter(torch.randn(dim))
        self.reader = nn.ModuleList(TransformerBlock(dim, heads, 2 * dim) for _ in range(blocks))
        self.time = nn.Linear(dim, conditions)
        self.time_out = nn.Linear(conditions, conditions)
        self.text = nn.Linear(dim, conditions)
        self.stem = nn.Conv2d(4 * channels, width, 3, padding=1)
        self.down = nn.ModuleList(ModulatedBlock(width, width, conditions) for _ in range(blocks))
        self.shrink = nn.Conv2d(width, dim, 4, stride=2, padding=1)
        self.middle = nn.ModuleList(ModulatedBlock(dim, dim, conditions) for _ in range(blocks))
        self.places = nn.Parameter(torch.randn(places, dim))
        self.look = nn.ModuleList(WordAttention(dim, heads) for _ in range(blocks))
        self.grow = nn.ConvTranspose2d(dim, width, 4, stride=2, padding=1)
        self.up = nn.ModuleList(
            ModulatedBlock(width if i else dim, width, conditions) for i in range(blocks)
        )
        self.norm = nn.GroupNorm(GROUPS, width)
        self.paint = nn.Conv2d(width, 4 * channels, 3, padding=1)
        self.apply(start_as_keras)
        nn.init.zeros_(self.paint.weight)

    def read(
        self, ids: torch.Tensor, drop: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The caption's words (B, T, 2 W), each knowing the others, and which count (B, T)."""
        mask = ids != 0
        words = rows_of(self.embedding, "ids", ids, "vocabulary_size")  # (B, T, 2 W)
        order = torch.arange(ids.shape[1], device=ids.device)
        words = words + timestep_embedding(order, self.dim, dtype=words.dtype)
        for block in self.reader:
            words = block(words, mask[:, None])
        if drop is None:
            return words, mask
        words = torch.where(drop[:, None, None], self.empty.to(words.dtype), words)
        return words, mask | drop[:, None]

    def forward(
        self,
        images: torch.Tensor,
        steps: torch.Tensor,
        ids: torch.Tensor,
        drop: torch.Tensor | None = None,
    ) -> torch.Tensor:
        check_images(images, self.shape, torch.Tensor, layer_dtype(self.stem.weight))
        check_ids(ids, torch.Tensor)
        check_conditions(len(images), steps, ids, drop, torch.Tensor)
        words, mask = self.read(ids, drop)
        time = timestep_embedding(steps, self.dim, dtype=self.time.weight.dtype)
        condition = self.time_out(functional.silu(self.time(time)))
        condition = functional.silu(condition + self.text(mean_of(words, mask)))  # (B, 4 W)
        x = self.stem(folded(images))  # (B, W, S / 2, S / 2)
        for block in self.down:
            x = block(x, condition)
        beside, x = x, self.shrink(x)  # (B, 2 W, S / 4, S / 4)
        for block, look in zip(self.middle, self.look, strict=True):
            x = look(block(x, condition), self.places, words, mask)
        x = torch.cat([self.grow(x), beside], dim=1)  # (B, 2 W, S / 2, S / 2)
        for block in self.up:
            x = block(x, condition)
        return unfolded(self.paint(functional.silu(self.norm(x))))  # of (B, 4 C, S / 2, S / 2)


class ModulatedBlock(nn.Module):
    """Two convolutions beside the input, the second one's scaled and shifted by a condition.

    Formula
        h = conv_in(silu(norm_in(x))),  scale, shift = halves of film(condition),
        y = conv_out(silu((1 + scale) norm_out(h) + shift)) + x, or skip(x) for other channels
    """

    def __init__(self, in_channels: int, channels: int, conditions: int) -> None:
        super().__init__()
        self.norm_in = nn.GroupNorm(GROUPS, in_channels)
        self.conv_in = nn.Conv2d(in_channels, channels, 3, padding=1)
        self.film = nn.Linear(conditions, 2 * channels)
        self.norm_out = nn.GroupNorm(GROUPS, channels, affine=False)
        self.conv_out = nn.Conv2d(channels, channels, 3, padding=1)
        self.skip = None if in_channels == channels else nn.Conv2d(in_channels, channels, 1)

    def forward(self, x: torch.Tensor, condition: torch.Tensor) -> torch.Tensor:
        h = self.norm_out(self.conv_in(functional.silu(self.norm_in(x))))
        scale, shift = self.film(condition)[:, :, None, None].chunk(2, dim=1)
        h = self.conv_out(functional.silu((1 + scale) * h + shift))
        return h + (x if self.skip is None else self.skip(x))


class WordAttention(nn.Module):
    """Each place of a map (B, C, H, W) looks at the words (B, T, C), beside what is there."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.norm, self.attention = LayerNorm(dim), MultiHeadAttention(dim, heads)

    def forward(
        self, x: torch.Tensor, places: torch.Tensor, words: torch.Tensor, mask: torch.Tensor
    ) -> torch.Tensor:
        queries = self.norm(x.flatten(2).transpose(1, 2)) + places  # (B, H W, C)
        seen = self.attention(queries, words, mask=mask[:, None])
        return x + seen.transpose(1, 2).reshape(x.shape)


def folded(images: torch.Tensor) -> torch.Tensor:
    """Squares of 2 x 2 pixels as channels: (B, C, H, W) -> (B, 4 C, H / 2, W / 2).

    ``pixel_unshuffle`` is the same, and leaves a batch of no picture as it is.
    """
    x = images.unflatten(3, (-1, 2)).unflatten(2, (-1, 2))  # (B, C, H / 2, 2, W / 2, 2)
    return x.permute(0, 1, 3, 5, 2, 4).flatten(1, 3)


def unfolded(x: torch.Tensor) -> torch.Tensor:
    """The inverse of :func:`folded`."""
    x = x.unflatten(1, (-1, 2, 2)).permute(0, 1, 4, 2, 5, 3)  # (B, C, H / 2, 2, W / 2, 2)
    return x.flatten(4).flatten(2, 3)


def mean_of(words: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """The mean (B, D) of the words (B, T, D) that the mask (B, T) keeps; 0 where there is none."""
    kept = torch.where(mask[:, :, None], words, 0)
    return kept.sum(dim=1) / mask.sum(dim=1, keepdim=True).clamp(min=1)


def start_as_keras(layer: nn.Module) -> None:
    """Glorot's uniform for dense layers and convolutions, biases 0, N(0, 1) for embeddings."""
    if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
        nn.init.xavier_uniform_(layer.weight)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)


def diffusion_loss(
    model: nn.Module,
    images: torch.Tensor,
    ids: torch.Tensor,
    steps: torch.Tensor,
    noise: torch.Tensor,
    schedule: torch.Tensor,
    drop: torch.Tensor | None = None,
) -> torch.Tensor:
    """What a denoiser is trained on: how far it is from the velocity.

    Formula
        L = reconstruction_loss(model(x_t, t, ids, drop), v), x_t and v of x_0 and n at step t

    Args
        model: such as a :class:`Denoiser`. images: x_0 (B, ...). ids, steps, drop: as it takes
        them. noise: n, drawn from N(0, 1), like the images. schedule: (T + 1,), floats.

    Returns
        A number.

    Errors
        As those of :func:`diffused` and of the model; ValueError: a step that the schedule has not;
        TypeError: no module.

    Source
        Ho, Jain and Abbeel, NeurIPS 2020, algorithm 1; on the velocity: Salimans and Ho, 2022.

    >>> model, images = Denoiser(5, size=8, width=8, blocks=1), torch.ones(1, 3, 8, 8)
    >>> given = torch.tensor([[3]]), torch.tensor([2]), torch.zeros_like(images)
    >>> diffusion_loss(model, images, *given, torch.tensor([1.0, 0.5, 0.25]))  # v = -sqrt(0.75)
    tensor(0.7500, grad_fn=<DivBackward0>)
    """
    check_kind("model", model, nn.Module, "a torch.nn.Module")
    check_noised(steps, schedule, torch.Tensor)
    found = values(steps, wait=False)
    if found is not None and found.size:
        check_range("steps", int(found.min()), int(found.max()), len(schedule))
    alpha_bar = schedule[steps]
    predicted = model(diffused(images, noise, alpha_bar), steps, ids, drop)
    return reconstruction_loss(predicted, velocity(images, noise, alpha_bar))


@torch.no_grad()
def sample(
    model: nn.Module,
    ids: torch.Tensor,
    noise: torch.Tensor,
    schedule: torch.Tensor,
    steps: int = 25,
    scale: float = 1.0,
) -> torch.Tensor:
    """Draw pictures of captions, by :func:`ddim_step` from noise to none.

    At every step the model is asked for the velocity, with and without the caption where the scale
    is not 1; the picture it speaks of is cut to [-1, 1].

    Args
        model: such as a :class:`Denoiser`. ids: (B, T). noise: (B, C, S, S), drawn from N(0, 1).
        schedule: (T + 1,), floats. steps: how many, at most T. scale: of :func:`guided`.

    Returns
        Pictures like the noise, in [-1, 1], a function of the noise.

    Errors
        ShapeError: tensors that do not go together, more steps than the schedule has. ValueError:
        no step, a scale below 0. TypeError: no module, no tensor.

    Source
        Song, Meng and Ermon, ICLR 2021, arXiv 2010.02502, with eta = 0.

    >>> model = Denoiser(5, size=8, width=8, blocks=1)
    >>> noise = torch.randn(2, 3, 8, 8)
    >>> sample(model, torch.tensor([[3], [4]]), noise, noise_schedule(10), steps=5).shape
    torch.Size([2, 3, 8, 8])
    """
    check_kind("model", model, nn.Module, "a torch.nn.Module")
    check_sampling(ids, noise, schedule, steps, scale, torch.Tensor)
    given = torch.zeros(len(noise), dtype=torch.bool, device=noise.device)
    x, times = noise, sampled_steps(len(schedule) - 1, steps).tolist()
    for t, earlier in zip(times[:-1], times[1:], strict=True):
        now, before = (torch.full_like(given, n, dtype=torch.long) for n in (t, earlier))
        if scale == 1:
            predicted = model(x, now, ids, given)
        else:
            twice = [torch.cat([a, a]) for a in (x, now, ids)]
            told, untold = model(*twice, torch.cat([given, ~given])).chunk(2)
            predicted = guided(told, untold, scale)
        clean = denoised(x, predicted, schedule[now]).clamp(-1, 1)
        x = ddim_step(x, clean, schedule[now], schedule[before])
    return x
