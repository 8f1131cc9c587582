"""Rows of a table to one vector each, on Keras's own layers."""

from typing import Any

import keras

from mmref.contract.encoders import check_table
from mmref.contract.settings import check_counts, check_number
from mmref.types import Tensor


@keras.saving.register_keras_serializable("mmref")
class TableEncoder(keras.layers.Layer):
    """Two dense layers: rows of numbers (B, K) -> (B, D).

    Formula
        h = dropout(relu(W table + b)),  x = relu(V h + c)

    Args
        width: K, the numbers in a row, as ``mmref.data.folders.Table`` counts its columns.
        dim: D. hidden: width of h. dropout: rate on h.

    The numbers should be standardized: those of a column with mean 0 and deviation 1 in training.

    Errors
        ShapeError: a table of another shape or dtype. TypeError: it is no array, or a size is no
        integer. ValueError: a size below 1, or a rate outside [0, 1).

    >>> from keras import ops
    >>> tuple(TableEncoder(5, dim=10)(ops.zeros((2, 5))).shape)
    (2, 10)
    """

    def __init__(
        self, width: int, dim: int = 128, hidden: int = 128, dropout: float = 0.0, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        check_counts(width=width, dim=dim, hidden=hidden)
        check_number("dropout", dropout, 0, 1)
        self.config: dict[str, Any] = {"width": width, "dim": dim, "hidden": hidden}
        self.config |= {"dropout": dropout}
        self.output_dim, policy = dim, self.dtype_policy  # the parts keep the precision
        self.hidden = keras.layers.Dense(hidden, activation="relu", name="hidden", dtype=policy)
        self.dropout = keras.layers.Dropout(dropout, dtype=policy)
        self.dense = keras.layers.Dense(dim, activation="relu", name="dense", dtype=policy)

    def build(self, *_: Any) -> None:
        self.hidden.build((None, self.config["width"]))
        self.dense.build((None, self.config["hidden"]))

    def call(self, table: Tensor, training: bool | None = None) -> Tensor:
        check_table(table, self.config["width"])
        h = self.dropout(self.hidden(table), training=training)  # (B, H)
        return self.dense(h)  # (B, D)

    @property
    def input_signature(self) -> list:
        """What it takes, for ``export``."""
        return [keras.InputSpec(shape=(None, self.config["width"]), dtype=self.variable_dtype)]

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | self.config
