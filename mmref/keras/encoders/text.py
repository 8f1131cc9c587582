"""Texts to one vector each, on Keras's own layers."""

from typing import Any

import keras
from keras import ops

from mmref.contract.encoders import check_ids
from mmref.contract.settings import check_choice, check_counts, check_number, check_scale
from mmref.keras._values import check_indices
from mmref.keras.softmax import masked_softmax
from mmref.types import Tensor

CELLS = ("bag", "lstm", "gru")


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
        ChoiceError: an unknown cell. ShapeError: ids are not (B, T) integers with T > 0.
        ValueError: a size is below 1, embedding_scale is not positive, or an id is outside the
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
        check_choice("cell", cell, CELLS)
        check_counts(vocabulary_size=vocabulary_size, embedding=embedding, hidden=hidden, dim=dim)
        check_number("dropout", dropout, 0, 1)
        check_scale(embedding_scale=embedding_scale)
        self.config: dict[str, Any] = {"vocabulary_size": vocabulary_size, "embedding": embedding}
        self.config |= {"hidden": hidden, "dim": dim, "cell": cell, "dropout": dropout}
        self.config |= {"embedding_scale": embedding_scale}
        self.output_dim, self.words_dim = dim, embedding if cell == "bag" else hidden
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
        self.recurrence = layer and layer(
            hidden, return_sequences=True, name="recurrence", dtype=policy
        )
        self.dropout = keras.layers.Dropout(dropout, dtype=policy)
        self.dense = keras.layers.Dense(dim, activation="relu", name="dense", dtype=policy)

    def build(self, *_: Any) -> None:
        self.embedding.build((None, None))
        if self.recurrence:
            self.recurrence.build((None, None, self.config["embedding"]))
        self.dense.build((None, self.words_dim))

    def words(self, ids: Tensor, training: bool | None = None) -> tuple[Tensor, Tensor]:
        """What was read at each word, (B, T, ``words_dim``), and which are words (B, T): the states
        of the recurrence, which padding leaves as they were, or the embeddings of a bag."""
        check_ids(ids)
        check_indices("ids", ids, self.config["vocabulary_size"], "vocabulary_size")
        mask = ops.not_equal(ids, 0)  # (B, T)
        if self.recurrence is None:
            return self.embedding(ids), mask  # (B, T, E)
        if ids.shape[0] == 0:  # TensorFlow's LSTM would stop at an empty batch
            return ops.zeros((0, ids.shape[1], self.words_dim), dtype=self.compute_dtype), mask
        return self.recurrence(self.embedding(ids), mask=mask, training=training), mask

    def pooled(self, words: Tensor, mask: Tensor, training: bool | None = None) -> Tensor:
        """The text's vector (B, D), from what :meth:`words` gave."""
        if self.recurrence is None:
            share = masked_softmax(ops.zeros_like(words[:, :, 0]), mask)  # 1 / length where valid
            x = ops.sum(ops.expand_dims(share, -1) * words, axis=1)  # (B, E)
        else:
            x = words[:, -1]  # (B, H)
        return self.dense(self.dropout(x, training=training))  # (B, D)

    def call(self, ids: Tensor, training: bool | None = None) -> Tensor:
        return self.pooled(*self.words(ids, training), training)

    @property
    def input_signature(self) -> list:
        """What it takes, for ``export``: texts of any length."""
        return [keras.InputSpec(shape=(None, None), dtype="int64")]

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | self.config
