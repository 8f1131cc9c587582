"""Images to a map of vectors, one for each place, on Keras's own layers."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from mmref.contract.arrays import check_images
from mmref.contract.encoders import check_map
from mmref.keras.encoders.image import ConvBlock
from mmref.types import Pair, Tensor


@keras.saving.register_keras_serializable("mmref")
class MapEncoder(keras.layers.Layer):
    """Convolution blocks, then a vector for each place of the map: (B, H, W, C) -> (B, N, D).

    Each block is conv 3x3 (same padding), max-pool 2x2, batch norm, ReLU, as an
    :class:`ImageEncoder`'s. With ``dim``, one more conv 3x3 with ReLU makes D channels. A learned
    vector for each place says where it is. Decoders look at the places, :class:`LocalFusion` fuses
    at each, and a fusion that takes sequences takes them.

    Args
        size: (H, W); each is halved by every block and must divide evenly.
        channels: output channels of the blocks, one at least, e.g. (16, 32): two blocks make 8 x 8
            places of 32 x 32 pixels.
        dim: D; None for the channels of the last block, without another conv. in_channels: C.
        momentum: of batch norm, as :class:`ImageEncoder` has it.

    Call
        images: (B, H, W, C). Returns (B, N, D), the N places in reading order; so does ``tokens``,
        as a :class:`VisionTransformer`'s. ``grid`` is (rows, columns) of the map.

    Errors
        ValueError: a size the blocks do not divide, no block. ShapeError: images of another shape
        or dtype. TypeError: images are no array.

    >>> encoder = MapEncoder((32, 32), (8, 16), dim=10)
    >>> tuple(encoder(ops.zeros((2, 32, 32, 3))).shape)
    (2, 64, 10)
    """

    def __init__(
        self,
        size: Pair,
        channels: Sequence[int] = (16, 32),
        dim: int | None = None,
        in_channels: int = 3,
        momentum: float = 0.1,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_map(size, channels, dim, in_channels, momentum)
        self.config: dict[str, Any] = {"size": tuple(size), "channels": tuple(channels), "dim": dim}
        self.config |= {"in_channels": in_channels, "momentum": momentum}
        factor = 2 ** len(channels)
        self.image_shape, self.output_dim = (*size, in_channels), dim or channels[-1]
        self.grid = (size[0] // factor, size[1] // factor)
        policy = self.dtype_policy  # the parts keep the precision
        self.blocks = [
            ConvBlock(c, momentum, name=f"block_{i}", dtype=policy) for i, c in enumerate(channels)
        ]
        self.widen = None
        if dim is not None:
            self.widen = keras.layers.Conv2D(dim, 3, padding="same", name="widen", dtype=policy)

    def build(self, *_: Any) -> None:
        height, width, channels = self.image_shape
        for block, out in zip(self.blocks, self.config["channels"], strict=True):
            block.build((None, height, width, channels))
            height, width, channels = height // 2, width // 2, out
        if self.widen is not None:
            self.widen.build((None, height, width, channels))
        random = keras.initializers.RandomNormal(stddev=0.1)
        shape = (height * width, self.output_dim)
        self.positions = self.add_weight(name="positions", shape=shape, initializer=random)

    def tokens(self, images: Tensor) -> Tensor:
        """One vector for every place (B, N, D), in reading order."""
        check_images(images, self.image_shape)
        if not self.built:  # weights come with the first call, and this may be before it
            self.build()
        places = self.grid[0] * self.grid[1]
        if images.shape[0] == 0:  # TensorFlow's convolution would stop at an empty batch
            return ops.zeros((0, places, self.output_dim), dtype=self.compute_dtype)
        x = images
        for block in self.blocks:
            x = block(x)  # (B, H / 2, W / 2, C'); it hears of training from Keras
        if self.widen is not None:
            x = ops.relu(self.widen(x))
        x = ops.reshape(x, (-1, places, self.output_dim))
        spoiled = ops.any(ops.isnan(images), axis=(1, 2, 3))  # the pools may have passed over it
        x = ops.where(ops.expand_dims(spoiled, (1, 2)), float("nan"), x)
        return x + self.positions  # (B, N, D)

    def call(self, images: Tensor) -> Tensor:
        return self.tokens(images)

    @property
    def input_signature(self) -> list:
        """What it takes, for ``export``."""
        return [keras.InputSpec(shape=(None, *self.image_shape), dtype=self.variable_dtype)]

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | self.config
