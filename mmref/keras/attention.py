"""Attention: a soft lookup (contract: ``mmref.contract.attention``)."""

from typing import Any

import keras
from keras import ops

from mmref.contract.arrays import check_array
from mmref.contract.attention import check_attention, check_factor, check_sequence
from mmref.contract.settings import check_counts, check_length
from mmref.keras.softmax import masked_softmax, softmax
from mmref.types import Tensor


def attention_weights(
    queries: Tensor, keys: Tensor, mask: Tensor | None = None, scale: float | None = None
) -> Tensor:
    """How much each query attends to each key: (..., Tq, D) and (..., Tk, D) -> (..., Tq, Tk).

    Formula
        alpha_ij = softmax over the kept j of scale q_i . k_j,  with scale = 1 / sqrt(D)

    Arguments, errors: as :func:`dot_product_attention`. Without a mask a row whose scores all
    overflow to -inf is NaN, as in the frameworks' softmax; the reference gives zeros.

    >>> ops.convert_to_numpy(attention_weights(ops.zeros((1, 4)), ops.zeros((2, 4))))
    array([[0.5, 0.5]], dtype=float32)
    """
    check_attention(queries, keys, None, mask)
    check_factor(scale)
    queries, keys = clear_unused(mask, queries, keys)
    scale = queries.shape[-1] ** -0.5 if scale is None else scale
    scores = scale * ops.matmul(queries, ops.swapaxes(keys, -2, -1))  # (..., Tq, Tk)
    return softmax(scores) if mask is None else masked_softmax(scores, mask)


def dot_product_attention(
    queries: Tensor,
    keys: Tensor,
    values: Tensor,
    mask: Tensor | None = None,
    scale: float | None = None,
) -> Tensor:
    """For each query, the average of the values, weighted by how well their keys fit.

    Formula
        C = softmax(scale Q K^T) V over the kept keys,  with scale = 1 / sqrt(D)

    Args
        queries: (..., Tq, D). keys: (..., Tk, D). values: (..., Tk, D_v).
        mask: boolean, True = keep, with the axes of (..., Tq, Tk), each in full or 1: (B, 1, Tk)
            for padding; fewer only after a first of 1, as of :func:`causal_mask`. None keeps all. A
            position that no query keeps has no effect, NaN included.
        scale: a number instead of 1 / sqrt(D).

    Returns (..., Tq, D_v); zeros where the mask keeps nothing.

    Errors
        ShapeError: a wrong shape or dtype, or no key at all. TypeError: no array.

    Source
        Vaswani et al., 2017, equation 1.

    >>> values = ops.convert_to_tensor([[1.0], [3.0]])
    >>> float(dot_product_attention(ops.zeros((1, 4)), ops.zeros((2, 4)), values)[0, 0])
    2.0
    """
    check_attention(queries, keys, values, mask)
    check_array("values", values)
    weights = attention_weights(queries, keys, mask, scale)  # (..., Tq, Tk)
    return ops.matmul(weights, clear_unused(mask, queries, values)[1])  # (..., Tq, D_v)


@keras.saving.register_keras_serializable("mmref")
class AdditiveAttention(keras.layers.Layer):
    """Attention whose scores come from a small network.

    Formula
        s_ij = w . tanh(W q_i + U k_j),  alpha = softmax over the kept j,  c_i = sum_j alpha_ij v_j

    Args
        query_width, key_width: D_q and D_k. hidden: H.

    Call
        queries: (..., Tq, D_q). keys: (..., Tk, D_k). values: (..., Tk, D_v), or None for the
        keys. mask (by keyword): as of :func:`dot_product_attention`. What a Keras mask of the keys
        says of padding is dropped too.
        Returns (..., Tq, D_v); zeros where the mask keeps nothing.

    Errors
        ShapeError: a wrong shape or dtype, or no key at all. TypeError: no array.

    Source
        Bahdanau, Cho and Bengio, 2015, section A.1.2; no biases, as there. (The Keras layer of
        this name has neither W nor U.)

    >>> attend = AdditiveAttention(query_width=3, key_width=5, hidden=4)
    >>> tuple(attend(ops.ones((2, 1, 3)), ops.ones((2, 7, 5))).shape)
    (2, 1, 5)
    """

    def __init__(self, query_width: int, key_width: int, hidden: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        check_counts(query_width=query_width, key_width=key_width, hidden=hidden)
        self.config = {"query_width": query_width, "key_width": key_width, "hidden": hidden}
        dense, policy = keras.layers.Dense, self.dtype_policy  # the parts keep the precision
        self.query_projection = dense(hidden, use_bias=False, name="query", dtype=policy)
        self.key_projection = dense(hidden, use_bias=False, name="key", dtype=policy)

    def build(self, *_: Any) -> None:
        hidden = self.config["hidden"]
        self.query_projection.build((None, self.config["query_width"]))
        self.key_projection.build((None, self.config["key_width"]))
        random = keras.initializers.RandomNormal(stddev=hidden**-0.5)
        self.score_weight = self.add_weight(
            name="score_weight", shape=(hidden,), initializer=random
        )

    def attention_weights(
        self, queries: Tensor, keys: Tensor, mask: Tensor | None = None
    ) -> Tensor:
        """alpha (..., Tq, Tk): how much each query attends to each key."""
        if not self.built:  # weights come with the first call, and this may be before it
            self.build()
        check_sequence("queries", queries, self.config["query_width"])
        check_sequence("keys", keys, self.config["key_width"])
        mask = None if is_padding_of(queries, mask) else mask
        check_attention(queries, keys, None, mask, same_width=False)
        mask = with_padding(mask, keys)
        queries, keys = clear_unused(mask, queries, keys)
        by_query = ops.expand_dims(self.query_projection(queries), -2)  # (..., Tq, 1, H)
        by_key = ops.expand_dims(self.key_projection(keys), -3)  # (..., 1, Tk, H)
        scores = ops.sum(ops.tanh(by_query + by_key) * self.score_weight, axis=-1)
        return masked_softmax(scores, mask)  # (..., Tq, Tk)

    def call(
        self,
        queries: Tensor,
        keys: Tensor,
        values: Tensor | None = None,
        mask: Tensor | None = None,
    ) -> Tensor:
        mask = None if is_padding_of(queries, mask) else mask
        values = keys if values is None else values
        alpha = self.attention_weights(queries, keys, mask)
        check_attention(queries, keys, values, mask, same_width=False)
        mask = with_padding(mask, keys)
        return ops.matmul(alpha, clear_unused(mask, queries, values)[1])  # (..., Tq, D_v)

    def compute_mask(self, *_: Any) -> None:
        """An attention mask is not handed on as if it were padding."""

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | self.config


def causal_mask(length: int, past: int = 0) -> Tensor:
    """Which steps a step may look at: itself and those before, boolean (1, length, past + length).

    Formula
        mask_ij = (j <= past + i): the queries are the last ``length`` of ``past + length`` steps

    The first axis says that it is the same for all examples; without a batch take [0].

    Errors
        ValueError: a length or past below 0. TypeError: one that is no integer.

    >>> ops.convert_to_numpy(causal_mask(2, past=1)[0]).astype(int)
    array([[1, 1, 0],
           [1, 1, 1]])
    """
    check_length("length", length, 0)
    check_length("past", past, 0)
    queries, keys = past + ops.arange(length), ops.arange(past + length)
    return ops.expand_dims(keys, (0, 1)) <= ops.expand_dims(queries, (0, 2))


def clear_unused(mask: Tensor | None, queries: Tensor, keys: Tensor) -> tuple[Tensor, Tensor]:
    """Zeros in queries (..., Tq, D) that keep nothing and in keys (..., Tk, D) nobody keeps.

    A selection, not a product: what is masked may hold NaN, and 0 * NaN is NaN.
    """
    if mask is None:
        return queries, keys
    while len(mask.shape) < 2:
        mask = ops.expand_dims(mask, 0)  # (..., Tq or 1, Tk or 1)
    looking = ops.any(mask, axis=-1, keepdims=True)
    looked_at = ops.expand_dims(ops.any(mask, axis=-2), -1)
    queries = ops.where(looking, queries, ops.zeros_like(queries))
    return queries, ops.where(looked_at, keys, ops.zeros_like(keys))


def with_padding(mask: Tensor | None, keys: Tensor) -> Tensor | None:
    """``mask`` and what a Keras mask of the keys says of padding: both must keep a key."""
    padding = attached_mask(keys)
    if padding is None:
        return mask
    padding = ops.expand_dims(padding, -2)  # (B, 1, Tk)
    if mask is None:
        return padding
    if len(mask.shape) == 4 and len(padding.shape) == 3:
        padding = ops.expand_dims(padding, 1)  # the same for all heads
    return ops.logical_and(mask, padding)


def is_padding_of(x: Tensor, mask: Tensor | None) -> bool:
    """Whether ``mask`` is the Keras mask (B, T) of x, which Keras passes on as an argument."""
    return mask is not None and mask is attached_mask(x)


def attached_mask(x: Tensor) -> Tensor | None:
    """The Keras mask (B, T) that an embedding attached to a tensor; None where it carries none."""
    return getattr(x, "_keras_mask", None)
