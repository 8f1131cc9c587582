"""The Transformer block: attention between steps, then a small network at each step."""

import torch
from torch import nn

from mmref.contract.attention import check_sequence
from mmref.contract.multi_head import check_heads
from mmref.contract.settings import check_choice, check_counts, check_flags, check_number
from mmref.contract.transformer import check_vectors
from mmref.torch._dtype import layer_dtype
from mmref.torch.multi_head import MultiHeadAttention


def gelu(x: torch.Tensor) -> torch.Tensor:
    """x times the probability that a standard normal number is below x.

    >>> gelu(torch.tensor([0.0, 1.0])).round(decimals=4)
    tensor([0.0000, 0.8413])
    """
    return nn.functional.gelu(x)  # the exact one, unless told otherwise


ACTIVATIONS = {"gelu": gelu, "relu": torch.relu}


class LayerNorm(nn.Module):
    """Each vector by itself: mean 0 and variance 1, then a learned scale and shift.

    Formula (mean and variance over the D features of one vector; the variance divides by D)
        y = scale (x - mean) / sqrt(variance + epsilon) + shift

    Args
        dim: D. epsilon: keeps a constant vector finite.

    Call
        x: (..., D). Returns (..., D).

    Errors
        ShapeError: a wrong shape or dtype. TypeError: no tensor.

    Source
        Ba, Kiros and Hinton, 2016, equation 4.

    >>> LayerNorm(2)(torch.tensor([[1.0, 3.0]])).detach().round(decimals=3)
    tensor([[-1.,  1.]])
    """

    def __init__(self, dim: int, epsilon: float = 1e-5) -> None:
        super().__init__()
        check_counts(dim=dim)
        check_number("epsilon", epsilon, 0)
        self.dim, self.epsilon = dim, epsilon
        self.scale = nn.Parameter(torch.ones(dim))
        self.shift = nn.Parameter(torch.zeros(dim))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        check_vectors("x", x, self.dim, torch.Tensor, layer_dtype(self.scale))
        wide = x.to(torch.promote_types(x.dtype, torch.float32))  # float16 has no square of 256
        centered = wide - wide.mean(dim=-1, keepdim=True)
        variance = (centered**2).mean(dim=-1, keepdim=True)
        normal = centered / torch.sqrt(variance + self.epsilon)
        return self.scale * normal.to(x.dtype) + self.shift


class TransformerBlock(nn.Module):
    """Self-attention, then a two-layer network, each with a residual connection and a norm.

    Formula (MHA: multi-head attention of x with itself; FFN(x) = W_2 f(W_1 x + b_1) + b_2)
        norm_first:   y = x + MHA(norm_1(x)),   z = y + FFN(norm_2(y))
        otherwise:    y = norm_1(x + MHA(x)),   z = norm_2(y + FFN(y))

    Args
        dim: D. heads: K, a divisor of D. hidden: F, the width inside; None for 4 D.
        norm_first: pre-norm, or post-norm. activation: f, "gelu" (exact) or "relu".
        epsilon: of the norms.

    Call
        x: (B, T, D). mask: boolean, True = keep: (B, T, T), for padding (B, 1, T), for all examples
        (1, T, T), or (B, K, T, T). Returns (B, T, D).

    Errors
        ShapeError: a wrong shape or dtype. ChoiceError: an unknown activation. TypeError: no
        tensor.

    Source
        Vaswani et al., 2017, section 3.1 (post-norm); Xiong et al., 2020 (pre-norm).

    >>> TransformerBlock(dim=6, heads=2)(torch.ones(4, 5, 6)).shape
    torch.Size([4, 5, 6])
    """

    def __init__(
        self,
        dim: int,
        heads: int,
        hidden: int | None = None,
        norm_first: bool = True,
        activation: str = "gelu",
        epsilon: float = 1e-5,
    ) -> None:
        super().__init__()
        check_heads(dim, heads)
        hidden = 4 * dim if hidden is None else hidden
        check_counts(hidden=hidden)
        check_flags(norm_first=norm_first)
        check_choice("activation", activation, tuple(ACTIVATIONS))
        self.dim, self.norm_first, self.activation = dim, norm_first, activation
        self.attention = MultiHeadAttention(dim, heads)
        self.attention_norm = LayerNorm(dim, epsilon)
        self.widen = nn.Linear(dim, hidden)
        self.narrow = nn.Linear(hidden, dim)
        self.feed_forward_norm = LayerNorm(dim, epsilon)

    def feed_forward(self, x: torch.Tensor) -> torch.Tensor:
        """FFN(x), at each step by itself."""
        return self.narrow(ACTIVATIONS[self.activation](self.widen(x)))  # (B, T, D)

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        dtype = layer_dtype(self.widen.weight)
        check_sequence("x", x, self.dim, torch.Tensor, dtype, batched=True)
        if self.norm_first:
            x = x + self.attention(self.attention_norm(x), mask=mask)
            return x + self.feed_forward(self.feed_forward_norm(x))
        x = self.attention_norm(x + self.attention(x, mask=mask))
        return self.feed_forward_norm(x + self.feed_forward(x))
