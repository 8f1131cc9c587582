"""Images as sequences: patches as tokens, and the smallest Vision Transformer."""

from typing import Any

import keras
from keras import ops

from mmref.contract.arrays import check_images
from mmref.contract.multi_head import check_heads
from mmref.contract.settings import check_count, check_counts
from mmref.contract.vision import check_patches
from mmref.keras.transformer import LayerNorm, TransformerBlock
from mmref.types import Pair, Tensor


@keras.saving.register_keras_serializable("mmref")
class PatchEmbedding(keras.layers.Layer):
    """Cut images into squares and project each: a token for every patch.

    Formula
        t_n = W x_n + b,  x_n the pixels of patch n in the order row, column, channel; patches in
        reading order. The same numbers as a convolution whose stride is its kernel's size.

    Args
        size: (H, W). patch: P, dividing both. dim: D. in_channels: C.

    Call
        images: (B, H, W, C). Returns (B, N, D) with N = H W / P^2.

    Errors
        ShapeError: a wrong shape or dtype. ValueError: a size that the patch does not divide.
        TypeError: no array.

    Source
        Dosovitskiy et al., 2021, equation 1.

    >>> tuple(PatchEmbedding((8, 12), patch=4, dim=10)(ops.zeros((2, 8, 12, 3))).shape)
    (2, 6, 10)
    """

    def __init__(
        self, size: Pair, patch: int, dim: int, in_channels: int = 3, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        check_patches(size, patch)
        check_counts(dim=dim, in_channels=in_channels)
        self.config: dict[str, Any] = {"size": tuple(size), "patch": patch, "dim": dim}
        self.config |= {"in_channels": in_channels}
        self.image_shape, self.patch = (*size, in_channels), patch
        self.projection = keras.layers.Dense(dim, name="projection", dtype=self.dtype_policy)

    def build(self, *_: Any) -> None:
        self.projection.build((None, self.patch * self.patch * self.image_shape[2]))

    def call(self, images: Tensor) -> Tensor:
        check_images(images, self.image_shape)
        (height, width, channels), patch = self.image_shape, self.patch
        rows, columns = height // patch, width // patch
        x = ops.reshape(images, (-1, rows, patch, columns, patch, channels))
        x = ops.transpose(x, (0, 1, 3, 2, 4, 5))  # (B, rows, columns, P, P, C)
        # (B, N, D)
        return self.projection(ops.reshape(x, (-1, rows * columns, patch * patch * channels)))

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | self.config


@keras.saving.register_keras_serializable("mmref")
class VisionTransformer(keras.layers.Layer):
    """Patches, learned positions, Transformer blocks, and the mean: images -> (B, D).

    The smallest one: no class token, no dropout, pre-norm blocks. An encoder like any other.

    Args
        size: (H, W). patch: P, dividing both. dim: D. blocks: how many. heads: K, a divisor of D.
        in_channels: C.

    Call
        images: (B, H, W, C). Returns (B, D). ``tokens(images)`` gives (B, N, D) before the mean.

    Errors
        ShapeError: a wrong shape or dtype. TypeError: no array.

    Source
        Dosovitskiy et al., 2021; the mean in place of the class token is in their appendix D.3.

    >>> encoder = VisionTransformer((8, 8), patch=4, dim=10, blocks=1, heads=2)
    >>> tuple(encoder(ops.zeros((2, 8, 8, 3))).shape)
    (2, 10)
    """

    def __init__(
        self,
        size: Pair,
        patch: int = 4,
        dim: int = 64,
        blocks: int = 2,
        heads: int = 4,
        in_channels: int = 3,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_count("blocks", blocks, 0)
        check_heads(dim, heads)
        policy = self.dtype_policy  # the parts keep the precision
        self.embedding = PatchEmbedding(
            size, patch, dim, in_channels, name="embedding", dtype=policy
        )
        self.blocks = [
            TransformerBlock(dim, heads, name=f"block_{i}", dtype=policy) for i in range(blocks)
        ]
        self.norm = LayerNorm(dim, name="norm", dtype=policy)
        self.config: dict[str, Any] = {"size": tuple(size), "patch": patch, "dim": dim}
        self.config |= {"blocks": blocks, "heads": heads, "in_channels": in_channels}
        self.output_dim = dim

    def build(self, *_: Any) -> None:
        self.embedding.build()
        for block in self.blocks:
            block.build()
        self.norm.build()
        (height, width), patch = self.config["size"], self.config["patch"]
        shape = ((height // patch) * (width // patch), self.output_dim)
        random = keras.initializers.RandomNormal(stddev=0.02)
        self.positions = self.add_weight(name="positions", shape=shape, initializer=random)

    def tokens(self, images: Tensor) -> Tensor:
        """One vector for every patch (B, N, D), in reading order."""
        if not self.built:  # weights come with the first call, and this may be before it
            self.build()
        x = self.embedding(images=images) + self.positions
        for block in self.blocks:
            x = block(x)
        return self.norm(x)

    def call(self, images: Tensor) -> Tensor:
        return ops.mean(self.tokens(images), axis=1)  # (B, D)

    @property
    def input_signature(self) -> list:
        """What it takes, for ``export``."""
        shape = (None, *self.embedding.image_shape)
        return [keras.InputSpec(shape=shape, dtype=self.variable_dtype)]

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | self.config
