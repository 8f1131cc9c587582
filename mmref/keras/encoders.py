"""Encoders: from one modality to one vector, on Keras's own layers."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from mmref.contract.arrays import check_images
from mmref.contract.encoders import check_ids, check_size
from mmref.contract.settings import check_counts, check_scale
from mmref.errors import ChoiceError, ShapeError
from mmref.keras._numbers import numbers
from mmref.keras.softmax import masked_softmax
from mmref.types import Pair, Shape, Tensor

CELLS = ("bag", "lstm", "gru")


@keras.saving.register_keras_serializable("mmref")
class ImageEncoder(keras.layers.Layer):
    """Convolution blocks, then a dense layer: images (B, H, W, C) -> (B, D).

    Each block is conv 3x3 (same padding), max-pool 2x2, batch norm, ReLU; the flattened map
    goes through one dense layer with ReLU.

    Args
        size: (H, W); each is halved by every block and must divide evenly.
        channels: output channels of the blocks, e.g. (32, 64, 128).
        dim: D. in_channels: C. dropout: rate on the flattened map.

    Errors
        ShapeError: a size the blocks do not divide, or images of another shape or dtype.

    NaN: TensorFlow's max-pool takes the largest number and passes over NaN, where PyTorch gives
    NaN. On that backend an image of NaN alone becomes zeros.
    """

    def __init__(
        self,
        size: Pair,
        channels: Sequence[int] = (32, 64, 128),
        dim: int = 128,
        in_channels: int = 3,
        dropout: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_size(size, channels)
        check_counts(dim=dim, in_channels=in_channels)
        self.config: dict[str, Any] = {"size": tuple(size), "channels": tuple(channels), "dim": dim}
        self.config |= {"in_channels": in_channels, "dropout": dropout}
        self.image_shape, self.output_dim = (*size, in_channels), dim
        policy = self.dtype_policy  # the parts keep the precision
        self.blocks = [
            ConvBlock(c, name=f"block_{i}", dtype=policy) for i, c in enumerate(channels)
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
        return self.dense(self.dropout(self.flatten(x), training=training))  # (B, D)

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

    def __init__(self, channels: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.channels = channels
        policy = self.dtype_policy
        self.conv = keras.layers.Conv2D(channels, 3, padding="same", name="conv", dtype=policy)
        # PyTorch's defaults: Keras's own are epsilon 1e-3 and momentum 0.99 (of the old value).
        self.norm = keras.layers.BatchNormalization(
            momentum=0.9, epsilon=1e-5, name="norm", dtype=policy
        )
        self.pool = keras.layers.MaxPooling2D(2, dtype=policy)

    def build(self, shape: Shape) -> None:
        self.conv.build(shape)
        self.norm.build((*shape[:-1], self.channels))

    def call(self, x: Tensor, training: bool | None = None) -> Tensor:
        return ops.relu(self.norm(self.pool(self.conv(x)), training=training))

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"channels": self.channels}


@keras.saving.register_keras_serializable("mmref")
class TextEncoder(keras.layers.Layer):
    """Embeddings, then a bag or a recurrence, then a dense layer: ids (B, T) -> (B, D).

    Args
        vocabulary_size: number of ids; id 0 is padding and is ignored, wherever it stands.
        embedding: width of the embeddings. hidden: width of the recurrent state.
        dim: D.
        cell: "bag" averages the embeddings; "lstm" and "gru" give their last valid state.
        dropout: rate on the pooled vector.
        embedding_scale: standard deviation of the embeddings before training. 1 is what PyTorch's
            own layer starts from, Keras's from 0.03. On few data it matters: choose it on a
            validation split.

    A text of padding alone gives a zero vector before the dense layer.

    Errors
        ChoiceError: an unknown cell. ShapeError: a size is not a positive integer, embedding_scale
        not a positive number, ids are not (B, T) integers with T > 0, or one is outside the
        vocabulary.
        Compiled code (``fit``, ``predict``) has no values to look at: there a negative id counts
        from the end of the vocabulary, and too large a one is the backend's to refuse.
    """

    def __init__(
        self,
        vocabulary_size: int,
        embedding: int = 128,
        hidden: int = 128,
        dim: int = 128,
        cell: str = "lstm",
        dropout: float = 0.0,
        embedding_scale: float = 1.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if cell not in CELLS:
            raise ChoiceError("cell", cell, CELLS)
        check_counts(vocabulary_size=vocabulary_size, embedding=embedding, hidden=hidden, dim=dim)
        check_scale(embedding_scale=embedding_scale)
        self.config: dict[str, Any] = {"vocabulary_size": vocabulary_size, "embedding": embedding}
        self.config |= {"hidden": hidden, "dim": dim, "cell": cell, "dropout": dropout}
        self.config |= {"embedding_scale": embedding_scale}
        self.output_dim = dim
        policy = self.dtype_policy  # the parts keep the precision
        # PyTorch's N(0, 1), scaled. Keras's own U(-0.05, 0.05) makes another model of a bag.
        self.embedding = keras.layers.Embedding(
            vocabulary_size,
            embedding,
            embeddings_initializer=keras.initializers.RandomNormal(stddev=embedding_scale),
            name="embedding",
            dtype=policy,
        )
        layer = {"bag": None, "lstm": keras.layers.LSTM, "gru": keras.layers.GRU}[cell]
        self.recurrence = layer and layer(hidden, name="recurrence", dtype=policy)
        self.dropout = keras.layers.Dropout(dropout, dtype=policy)
        self.dense = keras.layers.Dense(dim, activation="relu", name="dense", dtype=policy)

    def build(self, *_: Any) -> None:
        width = self.config["embedding"]
        self.embedding.build((None, None))
        if self.recurrence:
            self.recurrence.build((None, None, width))
            width = self.config["hidden"]
        self.dense.build((None, width))

    def call(self, ids: Tensor, training: bool | None = None) -> Tensor:
        check_ids(ids)
        if ids.shape[0] == 0:  # TensorFlow's LSTM would stop at an empty batch
            return ops.zeros((0, self.output_dim), dtype=self.compute_dtype)
        self.check_range(ids)
        mask = ops.not_equal(ids, 0)  # (B, T)
        x = self.embedding(ids)  # (B, T, E)
        if self.recurrence is None:
            share = masked_softmax(ops.zeros_like(x[:, :, 0]), mask)  # 1 / length where valid
            x = ops.sum(ops.expand_dims(share, -1) * x, axis=1)  # (B, E)
        else:
            x = self.recurrence(x, mask=mask, training=training)  # (B, H)
        return self.dense(self.dropout(x, training=training))  # (B, D)

    @property
    def input_signature(self) -> list:
        """What it takes, for ``export``: texts of any length."""
        return [keras.InputSpec(shape=(None, None), dtype="int64")]

    def check_range(self, ids: Tensor) -> None:
        """Raise where an id is outside the vocabulary, if there are values to look at."""
        found, size = numbers(ids), self.config["vocabulary_size"]
        if found is None or not found.size:
            return
        low, high = found.min(), found.max()
        if low < 0 or high >= size:
            raise ShapeError("ids", f"0 to {size - 1}", f"{low} to {high}")

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | self.config
