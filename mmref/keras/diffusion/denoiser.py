"""A network that hears of a step and of a caption, and takes noise away."""

from typing import Any

import keras
from keras import ops

from mmref.contract.arrays import check_images
from mmref.contract.diffusion import (
    GROUPS,
    check_conditions,
    check_denoiser,
)
from mmref.contract.encoders import check_ids
from mmref.keras._export import Model
from mmref.keras._values import check_indices
from mmref.keras.diffusion.formulas import timestep_embedding
from mmref.keras.multi_head import MultiHeadAttention
from mmref.keras.transformer import LayerNorm, TransformerBlock
from mmref.types import Tensor


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
        if images.shape[0] == 0:  # TensorFlow's convolution would stop at an empty batch
            return ops.zeros(images.shape, dtype=self.compute_dtype)
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
