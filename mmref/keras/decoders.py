"""One vector to one modality, on Keras's own layers: an encoder's way back."""

from typing import Any

import keras

from mmref.contract.dcgan import check_dcgan
from mmref.contract.decoders import check_code
from mmref.contract.settings import check_counts
from mmref.keras._export import Model
from mmref.keras.dcgan import build_blocks, painter, up_blocks
from mmref.types import Tensor


@keras.saving.register_keras_serializable("mmref")
class ImageDecoder(Model):
    """A vector to an image: (B, D) -> (B, S, S, C), in [0, 1].

    A transposed convolution makes a 4 x 4 map; each further one halves the channels and doubles
    the size, with batch norm and ReLU between; the last one ends in the logistic function.

    Args
        dim: D. size: S, a power of 2 from 8. channels: C.
        width: channels of the last map before the image; the 4 x 4 map has width * S / 8.

    Errors
        ShapeError: a code that is not floats (B, D). ValueError: a size that is no such power.
        TypeError: no array.

    >>> tuple(ImageDecoder(10, size=16, width=4)(keras.ops.zeros((2, 10))).shape)
    (2, 16, 16, 3)
    """

    def __init__(
        self, dim: int, size: int = 32, width: int = 32, channels: int = 3, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        check_dcgan(size, 1, width, dim=dim, channels=channels)
        self.config = {"dim": dim, "size": size, "width": width, "channels": channels}
        self.input_dim, policy = dim, self.dtype_policy
        self.blocks = up_blocks(width, size, policy)
        self.paint = painter(channels, "sigmoid", policy)

    def build(self, *_: Any) -> None:
        if self.built:
            return
        self.paint.build(build_blocks(self.blocks, (None, 1, 1, self.input_dim)))

    def call(self, code: Tensor, training: bool | None = None) -> Tensor:
        check_code(code, self.input_dim)
        x = code[:, None, None]  # (B, 1, 1, D)
        for block in self.blocks:
            x = block(x, training=training)  # (B, 4, 4, width * S / 8), then twice the size
        return self.paint(x)  # (B, S, S, C)

    @property
    def input_signature(self) -> list:
        """What it takes, for ``export``."""
        return [keras.InputSpec(shape=(None, self.input_dim), dtype=self.variable_dtype)]

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | self.config


@keras.saving.register_keras_serializable("mmref")
class TableDecoder(keras.layers.Layer):
    """Two dense layers: a vector to rows of numbers, (B, D) -> (B, K).

    Formula
        h = relu(W code + b),  table = V h + c

    Args
        dim: D. width: K, the numbers in a row. hidden: width of h.

    Errors
        ShapeError: a code that is not floats (B, D). ValueError: a size below 1. TypeError: no
        array, or a size that is no integer.

    >>> tuple(TableDecoder(3, 5)(keras.ops.zeros((2, 3))).shape)
    (2, 5)
    """

    def __init__(self, dim: int, width: int, hidden: int = 128, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        check_counts(dim=dim, width=width, hidden=hidden)
        self.config = {"dim": dim, "width": width, "hidden": hidden}
        self.input_dim, policy = dim, self.dtype_policy
        self.hidden = keras.layers.Dense(hidden, "relu", name="hidden", dtype=policy)
        self.dense = keras.layers.Dense(width, name="dense", dtype=policy)

    def build(self, *_: Any) -> None:
        self.hidden.build((None, self.input_dim))
        self.dense.build((None, self.config["hidden"]))

    def call(self, code: Tensor) -> Tensor:
        check_code(code, self.input_dim)
        return self.dense(self.hidden(code))  # (B, K)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | self.config
