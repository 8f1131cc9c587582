"""Diffusion: pictures from noise, a step at a time (contract: ``mmref.contract.diffusion``)."""

from typing import Any, Self

import keras
import numpy as np
from keras import ops

from mmref.contract.arrays import check_images
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
from mmref.keras._export import Model
from mmref.keras._values import check_indices
from mmref.keras.autoencoder import reconstruction_loss
from mmref.keras.multi_head import MultiHeadAttention
from mmref.keras.transformer import LayerNorm, TransformerBlock
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


@keras.saving.register_keras_serializable("mmref")
class Denoiser(Model):
    """A noisy picture, its step and a caption to the velocity: (B, S, S, C) -> (B, S, S, C).

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

    Weights start as Glorot's uniform, embeddings, places and the empty caption N(0, 1), biases 0.
    The last layer starts with 0, so an untrained one answers 0.

    Errors
        ShapeError: images, steps, ids or drop of a wrong shape or dtype. ValueError: a setting
        that does not go with the others, an id outside the vocabulary; compiled code does not look.
        TypeError: one of them is no array.

    Source
        Ho, Jain and Abbeel, NeurIPS 2020, for the network; Perez et al., AAAI 2018, for FiLM;
        attention to words: Rombach et al., CVPR 2022; drop: Ho and Salimans 2022, arXiv 2207.12598.

    >>> model = Denoiser(50, size=8, width=8, blocks=1)
    >>> tuple(model(ops.zeros((2, 8, 8, 3)), ops.array([1, 9]), ops.array([[3, 4], [5, 0]])).shape)
    (2, 8, 8, 3)
    """

    def __init__(
        self,
        vocabulary_size: int,
        size: int = 32,
        width: int = 32,
        blocks: int = 2,
        heads: int = 4,
        channels: int = 3,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        sizes = {"vocabulary_size": vocabulary_size, "channels": channels}
        check_denoiser(size, width, blocks, heads, **sizes)
        self.config: dict[str, Any] = {"vocabulary_size": vocabulary_size, "size": size}
        self.config |= {"width": width, "blocks": blocks, "heads": heads, "channels": channels}
        self.dim, conditions, policy = 2 * width, 4 * width, self.dtype_policy
        layers, dim = keras.layers, self.dim

        def conv(name, out, kernel=3, stride=1, kind=layers.Conv2D, **options):
            return kind(out, kernel, stride, "same", name=name, dtype=policy, **options)

        def dense(name, out):
            return layers.Dense(out, name=name, dtype=policy)

        def modulated(name, first, out):
            return [
                ModulatedBlock(
                    out if i else first, out, conditions, name=f"{name}_{i}", dtype=policy
                )
                for i in range(blocks)
            ]

        start = keras.initializers.RandomNormal(stddev=1.0)
        self.embedding = layers.Embedding(
            vocabulary_size, dim, embeddings_initializer=start, name="embedding", dtype=policy
        )
        self.reader = [
            TransformerBlock(dim, heads, 2 * dim, name=f"reader_{i}", dtype=policy)
            for i in range(blocks)
        ]
        self.time, self.time_out = dense("time", conditions), dense("time_out", conditions)
        self.text = dense("text", conditions)
        self.stem = conv("stem", width)
        self.down, self.up = modulated("down", width, width), modulated("up", dim, width)
        self.middle = modulated("middle", dim, dim)
        self.shrink = conv("shrink", dim, 4, 2)
        self.look = [
            WordAttention(dim, heads, name=f"look_{i}", dtype=policy) for i in range(blocks)
        ]
        self.grow = conv("grow", width, 4, 2, layers.Conv2DTranspose)
        self.norm = group_norm("norm", policy)
        self.paint = conv("paint", 4 * channels, kernel_initializer="zeros")

    def build(self, *_: Any) -> None:
        if self.built:
            return
        half, quarter = (self.config["size"] // n for n in (2, 4))
        width, dim = self.config["width"], self.dim
        wide, low = (None, half, half, width), (None, quarter, quarter, dim)
        normal = keras.initializers.RandomNormal
        self.empty = self.add_weight(name="empty", shape=(dim,), initializer=normal(stddev=1.0))
        self.places = self.add_weight(
            name="places", shape=(quarter * quarter, dim), initializer=normal(stddev=1.0)
        )
        shapes: list[tuple] = [
            (self.embedding, (None,)),
            (self.time, (None, dim)),
            (self.text, (None, dim)),
        ]
        shapes += [(self.time_out, (None, 4 * width))]
        shapes += [(self.stem, (None, half, half, 4 * self.config["channels"]))]
        shapes += [(layer, wide) for layer in (*self.down, self.shrink, self.norm, self.paint)]
        shapes += [(layer, low) for layer in (*self.middle, *self.look, self.grow)]
        shapes += [(layer, wide) for layer in self.up[1:]] + [(self.up[0], (*wide[:3], dim))]
        shapes += [(layer, None) for layer in self.reader]
        for layer, shape in shapes:
            layer.build(shape)

    def read(self, ids: Tensor, drop: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """The caption's words (B, T, 2 W), each knowing the others, and which count (B, T)."""
        mask = ops.not_equal(ids, 0)
        words = self.embedding(ids)  # (B, T, 2 W)
        order = ops.arange(ids.shape[1], dtype="int32")
        words = words + timestep_embedding(order, self.dim, dtype=self.compute_dtype)
        for block in self.reader:
            words = block(words, mask=mask[:, None])
        if drop is None:
            return words, mask
        words = ops.where(drop[:, None, None], ops.cast(self.empty, words.dtype), words)
        return words, ops.logical_or(mask, drop[:, None])

    def call(
        self, images: Tensor, steps: Tensor, ids: Tensor, drop: Tensor | None = None
    ) -> Tensor:
        size, channels = self.config["size"], self.config["channels"]
        check_images(images, (size, size, channels))
        check_ids(ids)
        check_conditions(images.shape[0], steps, ids, drop)
        check_indices("ids", ids, self.config["vocabulary_size"], "vocabulary_size")
        words, mask = self.read(ids, drop)
        time = timestep_embedding(steps, self.dim, dtype=self.compute_dtype)
        condition = self.time_out(ops.silu(self.time(time)))
        condition = ops.silu(condition + self.text(mean_of(words, mask)))  # (B, 4 W)
        x = self.stem(folded(images))  # (B, S / 2, S / 2, W)
        for block in self.down:
            x = block(x, condition)
        beside, x = x, self.shrink(x)  # (B, S / 4, S / 4, 2 W)
        for block, look in zip(self.middle, self.look, strict=True):
            x = look(block(x, condition), self.places, words, mask)
        x = ops.concatenate([self.grow(x), beside], axis=-1)  # (B, S / 2, S / 2, 2 W)
        for block in self.up:
            x = block(x, condition)
        return unfolded(self.paint(ops.silu(self.norm(x))))  # of (B, S / 2, S / 2, 4 C)

    @property
    def input_signature(self) -> list:
        """What it takes, for ``export``."""
        size, channels = self.config["size"], self.config["channels"]
        kinds = [((), "int64"), ((None,), "int64"), ((), "bool")]  # steps, ids, drop
        images = keras.InputSpec(shape=(None, size, size, channels), dtype=self.variable_dtype)
        return [images, *(keras.InputSpec(shape=(None, *s), dtype=d) for s, d in kinds)]

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | self.config


@keras.saving.register_keras_serializable("mmref")
class ModulatedBlock(keras.layers.Layer):
    """Two convolutions beside the input, the second one's scaled and shifted by a condition.

    Formula
        h = conv_in(silu(norm_in(x))),  scale, shift = halves of film(condition),
        y = conv_out(silu((1 + scale) norm_out(h) + shift)) + x, or skip(x) for other channels
    """

    def __init__(self, in_channels: int, channels: int, conditions: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.config = {"in_channels": in_channels, "channels": channels, "conditions": conditions}
        layers, policy, self.skip = keras.layers, self.dtype_policy, None
        self.norm_in = group_norm("norm_in", policy)
        self.conv_in = layers.Conv2D(channels, 3, padding="same", name="conv_in", dtype=policy)
        self.film = layers.Dense(2 * channels, name="film", dtype=policy)
        self.norm_out = group_norm("norm_out", policy, center=False, scale=False)
        self.conv_out = layers.Conv2D(channels, 3, padding="same", name="conv_out", dtype=policy)
        if in_channels != channels:
            self.skip = layers.Conv2D(channels, 1, name="skip", dtype=policy)

    def build(self, shape: Any) -> None:
        inside = (*shape[:-1], self.config["channels"])
        for layer in (self.norm_in, self.conv_in, self.skip):
            if layer is not None:
                layer.build(shape)
        self.film.build((None, self.config["conditions"]))
        self.norm_out.build(inside)
        self.conv_out.build(inside)

    def call(self, x: Tensor, condition: Tensor) -> Tensor:
        h = self.norm_out(self.conv_in(ops.silu(self.norm_in(x))))
        scale, shift = ops.split(self.film(condition)[:, None, None], 2, axis=-1)
        h = self.conv_out(ops.silu((1 + scale) * h + shift))
        return h + (x if self.skip is None else self.skip(x))

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | self.config


@keras.saving.register_keras_serializable("mmref")
class WordAttention(keras.layers.Layer):
    """Each place of a map (B, H, W, C) looks at the words (B, T, C), beside what is there."""

    def __init__(self, dim: int, heads: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.dim, self.heads, policy = dim, heads, self.dtype_policy
        self.norm = LayerNorm(dim, name="norm", dtype=policy)
        self.attention = MultiHeadAttention(dim, heads, name="attention", dtype=policy)

    def build(self, *_: Any) -> None:
        self.norm.build()
        self.attention.build()

    def call(self, x: Tensor, places: Tensor, words: Tensor, kept: Tensor) -> Tensor:
        height, width = x.shape[1:3]
        rows = ops.reshape(x, (-1, height * width, self.dim))
        queries = self.norm(rows) + ops.cast(places, x.dtype)  # (B, H W, C)
        seen = self.attention(queries, words, mask=kept[:, None])
        return x + ops.reshape(seen, (-1, height, width, self.dim))

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"dim": self.dim, "heads": self.heads}


def group_norm(name: str, policy: Any, **options: Any) -> keras.Layer:
    """With PyTorch's epsilon: Keras's own is 1e-3."""
    return keras.layers.GroupNormalization(GROUPS, epsilon=1e-5, name=name, dtype=policy, **options)


def folded(images: Tensor) -> Tensor:
    """Squares of 2 x 2 pixels as channels: (B, H, W, C) -> (B, H / 2, W / 2, 4 C), in the order
    channel, row, column, which is that of PyTorch's pixel_unshuffle."""
    height, width, channels = images.shape[1:]
    x = ops.reshape(images, (-1, height // 2, 2, width // 2, 2, channels))
    x = ops.transpose(x, (0, 1, 3, 5, 2, 4))
    return ops.reshape(x, (-1, height // 2, width // 2, 4 * channels))


def unfolded(x: Tensor) -> Tensor:
    """The inverse of :func:`folded`."""
    height, width, channels = x.shape[1:]
    x = ops.reshape(x, (-1, height, width, channels // 4, 2, 2))
    x = ops.transpose(x, (0, 1, 4, 2, 5, 3))
    return ops.reshape(x, (-1, 2 * height, 2 * width, channels // 4))


def mean_of(words: Tensor, mask: Tensor) -> Tensor:
    """The mean (B, D) of the words (B, T, D) that the mask (B, T) keeps; 0 where there is none."""
    kept = ops.where(mask[:, :, None], words, ops.zeros_like(words))
    count = ops.maximum(ops.sum(ops.cast(mask, words.dtype), axis=1, keepdims=True), 1)
    return ops.sum(kept, axis=1) / count


def diffusion_loss(
    model: keras.Layer,
    images: Tensor,
    ids: Tensor,
    steps: Tensor,
    noise: Tensor,
    schedule: Tensor,
    drop: Tensor | None = None,
) -> Tensor:
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
        TypeError: no layer.

    Source
        Ho, Jain and Abbeel, NeurIPS 2020, algorithm 1; on the velocity: Salimans and Ho, 2022.

    >>> model, images = Denoiser(5, size=8, width=8, blocks=1), ops.ones((1, 8, 8, 3))
    >>> given = ops.array([[3]]), ops.array([2]), ops.zeros_like(images)
    >>> float(diffusion_loss(model, images, *given, ops.array([1.0, 0.5, 0.25])))  # v = -sqrt(0.75)
    0.75
    """
    check_kind("model", model, keras.Layer, "a keras.Layer")
    check_noised(steps, schedule)
    check_indices("steps", steps, schedule.shape[0], "")
    alpha_bar = ops.take(schedule, steps, axis=0)
    predicted = model(diffused(images, noise, alpha_bar), steps, ids, drop)
    return reconstruction_loss(predicted, velocity(images, noise, alpha_bar))


def sample(
    model: keras.Layer,
    ids: Tensor,
    noise: Tensor,
    schedule: Tensor,
    steps: int = 25,
    scale: float = 1.0,
) -> Tensor:
    """Draw pictures of captions, by :func:`ddim_step` from noise to none.

    At every step the model is asked for the velocity, with and without the caption where the scale
    is not 1; the picture it speaks of is cut to [-1, 1].

    Args
        model: such as a :class:`Denoiser`. ids: (B, T). noise: (B, S, S, C), drawn from N(0, 1).
        schedule: (T + 1,), floats. steps: how many, at most T. scale: of :func:`guided`.

    Returns
        Pictures like the noise, in [-1, 1], a function of the noise.

    Errors
        ShapeError: arrays that do not go together, more steps than the schedule has. ValueError:
        no step, a scale below 0. TypeError: no layer, no array.

    Source
        Song, Meng and Ermon, ICLR 2021, arXiv 2010.02502, with eta = 0.

    >>> model = Denoiser(5, size=8, width=8, blocks=1)
    >>> noise = keras.random.normal((2, 8, 8, 3))
    >>> tuple(sample(model, ops.array([[3], [4]]), noise, noise_schedule(10), steps=5).shape)
    (2, 8, 8, 3)
    """
    check_kind("model", model, keras.Layer, "a keras.Layer")
    check_sampling(ids, noise, schedule, steps, scale)
    ones, x = ops.ones(noise.shape[:1], dtype="int32"), noise
    given = ones == 0
    times = sampled_steps(schedule.shape[0] - 1, steps).tolist()
    for t, earlier in zip(times[:-1], times[1:], strict=True):
        now = t * ones
        if scale == 1:
            predicted = model(x, now, ids, given)
        else:
            twice = [ops.concatenate([a, a]) for a in (x, now, ids)]
            both = model(*twice, ops.concatenate([given, ops.logical_not(given)]))
            told, untold = ops.split(both, 2)
            predicted = guided(told, untold, scale)
        predicted = ops.stop_gradient(predicted)  # or PyTorch would keep all steps
        alpha_bar, previous = (ops.take(schedule, a, axis=0) for a in (now, earlier * ones))
        clean = ops.clip(denoised(x, predicted, alpha_bar), -1, 1)
        x = ddim_step(x, clean, alpha_bar, previous)
    return x


@keras.saving.register_keras_serializable("mmref")
class Diffusion(keras.Model):
    """A denoiser and its schedule, for ``fit``: Keras's own, on :func:`diffusion_loss`.

    Args
        denoiser: such as a :class:`Denoiser`. steps, kind: of :func:`noise_schedule`.

    Call ``compile(optimizer)``, without a loss; a moving average of the weights is the optimizer's,
    ``use_ema=True``. ``fit`` takes a mapping, or batches of such: images, ids, steps, noise and
    drop as :func:`diffusion_loss` names them, and nothing to predict. Called on one, it gives the
    predicted velocity. PyTorch's wing has no such class: its loop calls ``diffusion_loss``.

    Errors
        TypeError: a denoiser that is no layer. ChoiceError, ValueError: as :func:`noise_schedule`.

    >>> model = Diffusion(Denoiser(5, size=8, width=8, blocks=1), steps=10)
    >>> model.compile(keras.optimizers.Adam(1e-3, use_ema=True))
    >>> batch = {"images": np.ones((2, 8, 8, 3), "float32"), "ids": np.array([[3], [4]])}
    >>> batch |= {"noise": np.zeros((2, 8, 8, 3), "float32"), "steps": np.array([1, 10])}
    >>> history = model.fit(batch | {"drop": np.array([False, True])}, verbose=0).history
    >>> 0 < history["loss"][0] < 1  # of 0, the mean of v^2 = 1 - alpha-bar
    True
    """

    def __init__(
        self, denoiser: keras.Layer, steps: int = 200, kind: str = "cosine", **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        check_kind("denoiser", denoiser, keras.Layer, "a keras.Layer")
        check_schedule(steps, kind)
        self.denoiser, self.config = denoiser, {"steps": steps, "kind": kind}
        if isinstance(denoiser, Denoiser):
            denoiser.build()  # it knows its sizes; another one is built by its first call

    def call(self, batch: dict[str, Tensor], training: bool | None = None) -> Tensor:
        noisy = diffused(batch["images"], batch["noise"], self._alpha_bar(batch))
        return self.denoiser(noisy, batch["steps"], batch["ids"], batch["drop"])

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, *_: Any, **__: Any
    ) -> Tensor:
        """:func:`diffusion_loss`, of what was predicted for the batch ``x``."""
        target = velocity(x["images"], x["noise"], self._alpha_bar(x))
        return reconstruction_loss(y_pred, target)

    def build_from_config(self, config: dict[str, Any]) -> None:
        """Nothing to do: the denoiser, made again before, has all weights."""

    def _alpha_bar(self, batch):
        images = batch["images"]
        schedule = noise_schedule(
            **self.config, dtype=keras.backend.standardize_dtype(images.dtype)
        )
        return ops.take(schedule, batch["steps"], axis=0)

    def get_config(self) -> dict[str, Any]:
        made = keras.saving.serialize_keras_object(self.denoiser)
        return super().get_config() | self.config | {"denoiser": made}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        made = keras.saving.deserialize_keras_object(config["denoiser"])
        return cls(**config | {"denoiser": made})
