"""Multi-head attention (contract: ``mmref.contract.multi_head``)."""

from typing import Any

import keras
from keras import ops

from mmref.contract.attention import check_sequence
from mmref.contract.multi_head import (
    check_cache,
    check_heads,
    check_merge,
    check_multi_head,
    check_new_steps,
    check_split,
)
from mmref.contract.settings import check_counts
from mmref.keras.attention import (
    attached_mask,
    attention_weights,
    causal_mask,
    clear_unused,
    dot_product_attention,
    is_padding_of,
    with_padding,
)
from mmref.types import Tensor


@keras.saving.register_keras_serializable("mmref")
class MultiHeadAttention(keras.layers.Layer):
    """Several attentions side by side, each on projections of its own.

    Formula (h = 1 ... K; the rows of W_q, W_k, W_v belong to the heads, D / K rows each)
        C_h = softmax(Q_h K_h^T / sqrt(D / K)) V_h,  with Q_h = rows of W_q q + b_q, K_h, V_h alike
        output = [C_1, ..., C_K] W_o^T + b_o

    Args
        dim: D, the width of queries and output. heads: K, a divisor of D.
        key_width: D_k, None for D. value_width: D_v, None for D_k.

    Call
        queries: (B, Tq, D). keys: (B, Tk, D_k), None for the queries (self-attention). values:
        (B, Tk, D_v), None for the keys.
        mask (by keyword): boolean, True = keep: (B, Tq, Tk), for padding (B, 1, Tk), for all
        examples (1, Tq, Tk); or for each head, (B, K, Tq, Tk). None keeps all. What a Keras mask of
        the keys says of padding is dropped in any case.
        Returns (B, Tq, D); a query that keeps nothing gives b_o.

    Errors
        ShapeError: a wrong shape or dtype, no key at all. ValueError: heads that do not divide D.
        TypeError: no array.

    Source
        Vaswani et al., 2017, section 3.2.2; the heads' matrices are stacked.

    >>> attend = MultiHeadAttention(dim=6, heads=2)
    >>> tuple(attend(ops.ones((4, 5, 6))).shape)
    (4, 5, 6)
    """

    def __init__(
        self,
        dim: int,
        heads: int,
        key_width: int | None = None,
        value_width: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_heads(dim, heads)
        key_width = dim if key_width is None else key_width
        value_width = key_width if value_width is None else value_width
        check_counts(key_width=key_width, value_width=value_width)
        self.heads, self.widths = heads, (dim, key_width, value_width)
        dense, policy = keras.layers.Dense, self.dtype_policy  # the parts keep the precision
        self.query_projection = dense(dim, name="query", dtype=policy)
        self.key_projection = dense(dim, name="key", dtype=policy)
        self.value_projection = dense(dim, name="value", dtype=policy)
        self.output_projection = dense(dim, name="output", dtype=policy)

    def build(self, *_: Any) -> None:
        dim, key_width, value_width = self.widths
        self.query_projection.build((None, dim))
        self.key_projection.build((None, key_width))
        self.value_projection.build((None, value_width))
        self.output_projection.build((None, dim))

    def attention_weights(
        self, queries: Tensor, keys: Tensor | None = None, mask: Tensor | None = None
    ) -> Tensor:
        """alpha (B, K, Tq, Tk): how much each query attends to each key, head by head."""
        if not self.built:  # weights come with the first call, and this may be before it
            self.build()
        check_sequence("queries", queries, self.widths[0], batched=True)
        keys = queries if keys is None else keys
        check_sequence("keys", keys, self.widths[1], batched=True)
        values = ops.repeat(ops.zeros_like(keys[..., :1]), self.widths[2], axis=-1)
        q, k, _, mask = self.split(queries, keys, values, mask)
        return attention_weights(q, k, mask)

    def call(
        self,
        queries: Tensor,
        keys: Tensor | None = None,
        values: Tensor | None = None,
        mask: Tensor | None = None,
    ) -> Tensor:
        mask = None if is_padding_of(queries, mask) else mask
        keys = queries if keys is None else keys
        values = keys if values is None else values
        q, k, v, mask = self.split(queries, keys, values, mask)
        context = dot_product_attention(q, k, v, mask)  # (B, K, Tq, D / K)
        return self.output_projection(merge_heads(context))  # (B, Tq, D)

    def decode(
        self, x: Tensor, cache: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Causal self-attention of new steps (B, T, D): the output and the next cache.

        ``cache`` holds keys and values of the steps before, (B, K, past, D / K) each, or is None.
        """
        if not self.built:
            self.build()
        check_new_steps("x", x, self.widths[0])
        queries, keys, values, _ = self.split(x, x, x)
        if cache is not None:
            check_cache(cache, x.shape[0], self.heads, queries.shape[-1])
            keys = ops.concatenate([cache[0], keys], axis=2)  # (B, K, past + T, D / K)
            values = ops.concatenate([cache[1], values], axis=2)
        mask = causal_mask(x.shape[1], past=keys.shape[2] - x.shape[1])
        context = dot_product_attention(queries, keys, values, mask)
        return self.output_projection(merge_heads(context)), (keys, values)

    def split(
        self, queries: Tensor, keys: Tensor, values: Tensor, mask: Tensor | None = None
    ) -> tuple[Tensor, Tensor, Tensor, Tensor | None]:
        """Each head's queries, keys and values (B, K, T, D / K); the mask with four axes."""
        check_multi_head(queries, keys, values, self.widths, self.heads, mask)
        mask = with_padding(mask, keys)
        if mask is not None:
            mask = ops.expand_dims(mask, 1) if len(mask.shape) == 3 else mask  # (B, 1, Tq, Tk)
            some_head = ops.any(mask, axis=1) if len(mask.shape) == 4 else mask
            queries, keys = clear_unused(some_head, queries, keys)
            values = clear_unused(some_head, queries, values)[1]
        return (
            split_heads(self.query_projection(queries), self.heads),
            split_heads(self.key_projection(keys), self.heads),
            split_heads(self.value_projection(values), self.heads),
            mask,
        )

    def compute_mask(self, queries: Tensor, previous_mask: Tensor | None = None) -> Tensor | None:
        """Padding stays padding; an attention mask is not handed on as if it were padding."""
        return attached_mask(queries)

    def get_config(self) -> dict[str, Any]:
        dim, key_width, value_width = self.widths
        config = {"dim": dim, "heads": self.heads, "key_width": key_width}
        return super().get_config() | config | {"value_width": value_width}


def split_heads(x: Tensor, heads: int) -> Tensor:
    """(B, T, D) -> (B, K, T, D / K): head h gets the h-th block of features."""
    check_split(x, heads)
    return ops.stack(ops.split(x, heads, axis=-1), axis=1)


def merge_heads(x: Tensor) -> Tensor:
    """(B, K, T, D / K) -> (B, T, D), the inverse of :func:`split_heads`."""
    check_merge(x)
    return ops.concatenate(ops.unstack(x, x.shape[1], axis=1), axis=-1)
