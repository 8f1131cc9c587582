"""Multi-head attention (contract: ``mmref.contract.multi_head``)."""

import torch
from torch import nn
from torch.nn import functional

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
from mmref.torch._dtype import layer_dtype
from mmref.torch.attention import (
    attention_weights,
    causal_mask,
    clear_unused,
    dot_product_attention,
)


class MultiHeadAttention(nn.Module):
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
        mask: boolean, True = keep: (B, Tq, Tk), for padding (B, 1, Tk), for all examples
        (1, Tq, Tk); or for each head, (B, K, Tq, Tk). None keeps all.
        Returns (B, Tq, D); a query that keeps nothing gives b_o. For second derivatives call it
        under ``torch.nn.attention.sdpa_kernel(SDPBackend.MATH)``: the fused kernel has none.

    Errors
        ShapeError: a wrong shape or dtype, no key at all. ValueError: heads that do not divide D.
        TypeError: no tensor.

    Source
        Vaswani et al., 2017, section 3.2.2; the heads' matrices are stacked.

    >>> attend = MultiHeadAttention(dim=6, heads=2)
    >>> attend(torch.ones(4, 5, 6)).shape
    torch.Size([4, 5, 6])
    """

    def __init__(
        self, dim: int, heads: int, key_width: int | None = None, value_width: int | None = None
    ) -> None:
        super().__init__()
        check_heads(dim, heads)
        key_width = dim if key_width is None else key_width
        value_width = key_width if value_width is None else value_width
        check_counts(key_width=key_width, value_width=value_width)
        self.heads, self.widths = heads, (dim, key_width, value_width)
        self.query_projection = nn.Linear(dim, dim)
        self.key_projection = nn.Linear(key_width, dim)
        self.value_projection = nn.Linear(value_width, dim)
        self.output_projection = nn.Linear(dim, dim)

    def attention_weights(
        self,
        queries: torch.Tensor,
        keys: torch.Tensor | None = None,
        mask: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """alpha (B, K, Tq, Tk): how much each query attends to each key, head by head."""
        check_sequence("queries", queries, self.widths[0], torch.Tensor, batched=True)
        keys = queries if keys is None else keys
        check_sequence("keys", keys, self.widths[1], torch.Tensor, batched=True)
        values = keys.new_zeros(*keys.shape[:2], self.widths[2])
        q, k, _, mask = self.split(queries, keys, values, mask)
        return attention_weights(q, k, mask)

    def forward(
        self,
        queries: torch.Tensor,
        keys: torch.Tensor | None = None,
        values: torch.Tensor | None = None,
        mask: torch.Tensor | None = None,
    ) -> torch.Tensor:
        keys = queries if keys is None else keys
        values = keys if values is None else values
        q, k, v, mask = self.split(queries, keys, values, mask)
        # dot_product_attention in one kernel, which never stores the weights.
        context = functional.scaled_dot_product_attention(q, k, v, mask)  # (B, K, Tq, D / K)
        return self.output_projection(context.transpose(1, 2).flatten(2))  # (B, Tq, D)

    def decode(
        self, x: torch.Tensor, cache: tuple[torch.Tensor, torch.Tensor] | None = None
    ) -> tuple[torch.Tensor, tuple[torch.Tensor, torch.Tensor]]:
        """Causal self-attention of new steps (B, T, D): the output and the next cache.

        ``cache`` holds keys and values of the steps before, (B, K, past, D / K) each, or is None.
        """
        dtype = layer_dtype(self.output_projection.weight)
        check_new_steps("x", x, self.widths[0], torch.Tensor, dtype)
        queries, keys, values, _ = self.split(x, x, x)
        if cache is not None:
            check_cache(cache, len(x), self.heads, queries.shape[-1], torch.Tensor)
            keys = torch.cat([cache[0], keys], dim=2)  # (B, K, past + T, D / K)
            values = torch.cat([cache[1], values], dim=2)
        mask = causal_mask(x.shape[1], past=keys.shape[2] - x.shape[1], device=x.device)
        context = dot_product_attention(queries, keys, values, mask)
        return self.output_projection(context.transpose(1, 2).flatten(2)), (keys, values)

    def split(
        self,
        queries: torch.Tensor,
        keys: torch.Tensor,
        values: torch.Tensor,
        mask: torch.Tensor | None = None,
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor | None]:
        """Each head's queries, keys and values (B, K, T, D / K); the mask with four axes."""
        dtype = layer_dtype(self.output_projection.weight)
        inputs, kind = (queries, keys, values), torch.Tensor
        check_multi_head(*inputs, self.widths, self.heads, mask, kind, dtype, layer_dtype)
        if mask is not None:
            mask = mask.unsqueeze(1) if mask.ndim == 3 else mask  # (B, 1, Tq, Tk)
            some_head = mask.any(dim=1) if mask.ndim == 4 else mask
            queries, keys = clear_unused(some_head, queries, keys)
            values = clear_unused(some_head, queries, values)[1]
        q = self.query_projection(queries)
        k = self.key_projection(keys)
        v = self.value_projection(values)
        cut = (self.heads, -1)  # as split_heads does, which would check what was checked above
        return *(x.unflatten(-1, cut).transpose(1, 2) for x in (q, k, v)), mask


def split_heads(x: torch.Tensor, heads: int) -> torch.Tensor:
    """(B, T, D) -> (B, K, T, D / K): head h gets the h-th block of features."""
    check_split(x, heads, torch.Tensor)
    return x.unflatten(-1, (heads, x.shape[-1] // heads)).transpose(1, 2)


def merge_heads(x: torch.Tensor) -> torch.Tensor:
    """(B, K, T, D / K) -> (B, T, D), the inverse of :func:`split_heads`."""
    check_merge(x, torch.Tensor)
    return x.transpose(1, 2).flatten(2)
