"""Images to one vector each, on Keras's own layers."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from mmref.contract.arrays import check_images
from mmref.contract.encoders import check_size
from mmref.contract.settings import check_counts, check_number
from mmref.types import Pair, Shape, Tensor


@keras.saving.register_keras_serializable("mmref")
class ImageEncoder(keras.layers.Layer):
    """Convolution blocks, then a dense layer: images (B, H, W, C) -> (B, D).

    Each block is conv 3x3 (same padding), max-pool 2x2, batch norm, ReLU; the flattened map
    goes through one dense layer with ReLU.

    Args
        size: (H, W); each is halved by every block and must divide evenly.
        channels: output channels of the blocks, e.g. (32, 64, 128).
        dim: D. in_channels: C. dropout: rate on the flattened map.
        momentum: share that a batch's statistics have in the running ones of batch norm, as
            PyTorch counts it (Keras's own ``momentum`` is the rest). With few steps an epoch, say
            ten, take 0.3: the running ones then lag less behind the weights. In a study of 310
            images, five steps an epoch, accuracy in evaluation mode reached that of the same
            weights in training mode after 9 or 10 epochs with 0.1, after 2 to 4 with 0.3; in the
            end both were as good (``benchmarks/studies/batch_norm.py``).

    Errors
        ValueError: a size the blocks do not divide. ShapeError: images of another shape or dtype.

    NaN: TensorFlow's max-pool passes over it, where PyTorch's does not. An image that holds one
    becomes a vector of NaN all the same, so that the loss tells.
    """

    def __init__(
        self,
        size: Pair,
        channels: Sequence[int] = (32, 64, 128),
        dim: int = 128,
        in_channels: int = 3,
        dropout: float = 0.0,
        momentum: float = 0.1,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_size(size, channels)
        check_counts(dim=dim, in_channels=in_channels)
        check_number("dropout", dropout, 0, 1)
        check_number("momentum", momentum, 0, 1, closed=True)
        self.config: dict[str, Any] = {"size": tuple(size), "channels": tuple(channels), "dim": dim}
        self.config |= {"in_channels": in_channels, "dropout": dropout, "momentum": momentum}
        self.image_shape, self.output_dim = (*size, in_channels), dim
        policy = self.dtype_policy  # the parts keep the precision
        self.blocks = [
            ConvBlock(c, momentum, name=f"block_{i}", dtype=policy) for i, c in enumerate(channels)
        ]
        self.dropout = keras.layers.Dropout(dropout, dtype=policy)
        self.flatten = keras.layers.Flatten(dtype=policy)
        self.dense = keras.layers.Dense(dim, activation="relu", name="dense", dtype=policy)

    def build(self, *_: Any) -> None:
        height, width, channels = self.image_shape
        for block, out in zip(self.blocks, self.config["channels"], strict=True):
            block.build((None, height, width, channels))
            height, width, channels = height // 2, width // 2, out
        self.dense.build((None, height * width * channels))

    def call(self, images: Tensor, training: bool | None = None) -> Tensor:
        check_images(images, self.image_shape)
        if images.shape[0] == 0:  # TensorFlow's convolution would stop at an empty batch
            return ops.zeros((0, self.output_dim), dtype=self.compute_dtype)
        x = images
        for block in self.blocks:
            x = block(x, training=training)  # (B, H / 2, W / 2, C')
        x = self.dense(self.dropout(self.flatten(x), training=training))  # (B, D)
        spoiled = ops.any(ops.isnan(images), axis=(1, 2, 3))  # the pools may have passed over it
        return ops.where(ops.expand_dims(spoiled, 1), float("nan"), x)

    @property
    def input_signature(self) -> list:
        """What it takes, for ``export``."""
        return [keras.InputSpec(shape=(None, *self.image_shape), dtype=self.variable_dtype)]

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | self.config


@keras.saving.register_keras_serializable("mmref")
class ConvBlock(keras.layers.Layer):
    """conv 3x3 - max-pool 2x2 - batch norm - ReLU: (B, H, W, C) -> (B, H/2, W/2, C').

    Pooling first leaves batch norm and ReLU a quarter of the work.
    """

    def __init__(self, channels: int, momentum: float = 0.1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.channels, self.momentum = channels, momentum
        policy = self.dtype_policy
        self.conv = keras.layers.Conv2D(channels, 3, padding="same", name="conv", dtype=policy)
        # PyTorch's: Keras's own are epsilon 1e-3 and momentum 0.99, the share of the old value.
        self.norm = keras.layers.BatchNormalization(
            momentum=1 - momentum, epsilon=1e-5, name="norm", dtype=policy
        )
        self.pool = keras.layers.MaxPooling2D(2, dtype=policy)

    def build(self, shape: Shape) -> None:
        self.conv.build(shape)
        self.norm.build((*shape[:-1], self.channels))

    def call(self, x: Tensor, training: bool | None = None) -> Tensor:
        return ops.relu(self.norm(self.pool(self.conv(x)), training=training))

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"channels": self.channels, "momentum": self.momentum}
