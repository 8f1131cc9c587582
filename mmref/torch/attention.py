"""Attention: a soft lookup (contract: ``mmref.contract.attention``)."""

import torch
from torch import nn

from mmref.contract.arrays import check_array
from mmref.contract.attention import check_attention, check_factor, check_sequence
from mmref.contract.settings import check_counts, check_length
from mmref.torch._dtype import check_device, layer_dtype
from mmref.torch.softmax import masked_softmax


def attention_weights(
    queries: torch.Tensor,
    keys: torch.Tensor,
    mask: torch.Tensor | None = None,
    scale: float | None = None,
) -> torch.Tensor:
    """How much each query attends to each key: (..., Tq, D) and (..., Tk, D) -> (..., Tq, Tk).

    Formula
        alpha_ij = softmax over the kept j of scale q_i . k_j,  with scale = 1 / sqrt(D)

    Arguments, errors: as :func:`dot_product_attention`. Without a mask a row whose scores all
    overflow to -inf is NaN, as in the frameworks' softmax; the reference gives zeros.

    >>> attention_weights(torch.zeros(1, 4), torch.zeros(2, 4))
    tensor([[0.5000, 0.5000]])
    """
    check_attention(queries, keys, None, mask, torch.Tensor, dtype_of=layer_dtype)
    check_factor(scale)
    queries, keys = clear_unused(mask, queries, keys)
    scale = queries.shape[-1] ** -0.5 if scale is None else scale
    scores = scale * queries @ keys.transpose(-2, -1)  # (..., Tq, Tk)
    return torch.softmax(scores, dim=-1) if mask is None else masked_softmax(scores, mask)


def dot_product_attention(
    queries: torch.Tensor,
    keys: torch.Tensor,
    values: torch.Tensor,
    mask: torch.Tensor | None = None,
    scale: float | None = None,
) -> torch.Tensor:
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
        ShapeError: a wrong shape or dtype, or no key at all. TypeError: no tensor.

    Source
        Vaswani et al., 2017, equation 1.

    >>> dot_product_attention(torch.zeros(1, 4), torch.zeros(2, 4), torch.tensor([[1.0], [3.0]]))
    tensor([[2.]])
    """
    check_attention(queries, keys, values, mask, torch.Tensor, dtype_of=layer_dtype)
    check_array("values", values, torch.Tensor)
    weights = attention_weights(queries, keys, mask, scale)  # (..., Tq, Tk)
    return weights @ clear_unused(mask, queries, values)[1]  # (..., Tq, D_v)


class AdditiveAttention(nn.Module):
    """Attention whose scores come from a small network.

    Formula
        s_ij = w . tanh(W q_i + U k_j),  alpha = softmax over the kept j,  c_i = sum_j alpha_ij v_j

    Args
        query_width, key_width: D_q and D_k. hidden: H.

    Call
        queries: (..., Tq, D_q). keys: (..., Tk, D_k). values: (..., Tk, D_v), or None for the
        keys. mask: as of :func:`dot_product_attention`.
        Returns (..., Tq, D_v); zeros where the mask keeps nothing.

    Errors
        ShapeError: a wrong shape or dtype, or no key at all. TypeError: no tensor.

    Source
        Bahdanau, Cho and Bengio, 2015, section A.1.2; no biases, as there.

    >>> attend = AdditiveAttention(query_width=3, key_width=5, hidden=4)
    >>> attend(torch.ones(2, 1, 3), torch.ones(2, 7, 5)).shape
    torch.Size([2, 1, 5])
    """

    def __init__(self, query_width: int, key_width: int, hidden: int) -> None:
        super().__init__()
        check_counts(query_width=query_width, key_width=key_width, hidden=hidden)
        self.query_projection = nn.Linear(query_width, hidden, bias=False)
        self.key_projection = nn.Linear(key_width, hidden, bias=False)
        self.score_weight = nn.Parameter(torch.randn(hidden) * hidden**-0.5)

    def attention_weights(
        self, queries: torch.Tensor, keys: torch.Tensor, mask: torch.Tensor | None = None
    ) -> torch.Tensor:
        """alpha (..., Tq, Tk): how much each query attends to each key."""
        dtype = layer_dtype(self.score_weight)
        check_sequence("queries", queries, self.query_projection.in_features, torch.Tensor, dtype)
        check_sequence("keys", keys, self.key_projection.in_features, torch.Tensor, dtype)
        check_attention(queries, keys, None, mask, torch.Tensor, False, layer_dtype)
        queries, keys = clear_unused(mask, queries, keys)
        by_query = self.query_projection(queries).unsqueeze(-2)  # (..., Tq, 1, H)
        by_key = self.key_projection(keys).unsqueeze(-3)  # (..., 1, Tk, H)
        scores = torch.tanh(by_query + by_key) @ self.score_weight  # (..., Tq, Tk)
        return masked_softmax(scores, mask)

    def forward(
        self,
        queries: torch.Tensor,
        keys: torch.Tensor,
        values: torch.Tensor | None = None,
        mask: torch.Tensor | None = None,
    ) -> torch.Tensor:
        values = keys if values is None else values
        alpha = self.attention_weights(queries, keys, mask)
        check_attention(queries, keys, values, mask, torch.Tensor, False, layer_dtype)
        return alpha @ clear_unused(mask, queries, values)[1]  # (..., Tq, D_v)


def causal_mask(
    length: int, past: int = 0, device: torch.device | str | None = None
) -> torch.Tensor:
    """Which steps a step may look at: itself and those before, boolean (1, length, past + length).

    Formula
        mask_ij = (j <= past + i): the queries are the last ``length`` of ``past + length`` steps

    The first axis says that it is the same for all examples; without a batch take [0].

    Errors
        ValueError: a length or past below 0, an unknown device. TypeError: one that is no integer.

    >>> causal_mask(2, past=1)[0]
    tensor([[ True,  True, False],
            [ True,  True,  True]])
    """
    check_length("length", length, 0)
    check_length("past", past, 0)
    check_device(device)
    return torch.ones(1, length, past + length, dtype=torch.bool, device=device).tril(past)


def clear_unused(
    mask: torch.Tensor | None, queries: torch.Tensor, keys: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Zeros in queries (..., Tq, D) that keep nothing and in keys (..., Tk, D) nobody keeps.

    A selection, not a product: what is masked may hold NaN, and 0 * NaN is NaN.
    """
    if mask is None:
        return queries, keys
    mask = torch.atleast_2d(mask)  # (..., Tq or 1, Tk or 1)
    queries = queries.masked_fill(~mask.any(dim=-1, keepdim=True), 0)
    return queries, keys.masked_fill(~mask.any(dim=-2).unsqueeze(-1), 0)
