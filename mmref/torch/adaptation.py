"""Adapting a dense layer that is frozen (contract: ``mmref.contract.adaptation``)."""

from typing import Any

import torch
from torch import nn

from mmref.contract.adaptation import check_adapted, check_factors, check_rank
from mmref.contract.settings import check_flags, check_kind
from mmref.torch._dtype import layer_dtype


class LowRankAdapter(nn.Module):
    """A dense layer that is frozen, and beside it a product of two thin matrices that learns.

    Formula
        h = W x + b + (alpha / R) B A x

    Args
        base: a ``torch.nn.Linear``, W (O, D) and b (O,) or none. It is not copied: put the adapter
            where the layer stood.
        rank: R. alpha: how much the product counts; None for R, and so for 1.
        trainable: True lets W and b learn as well; else they are frozen.

    ``down``, A (R, D), begins as a dense layer's weight does; ``up``, B (O, R), with 0, so that at
    first nothing changes.

    Call
        x: (..., D). Returns (..., O).

    Errors
        ShapeError: x of another shape or dtype. TypeError: no ``Linear``, no tensor. ValueError: a
        rank below 1, an alpha that is not positive.

    Source
        Hu et al., "LoRA", ICLR 2022, arXiv 2106.09685, equation 3 and section 4.1; their A is
        drawn from a normal distribution.

    >>> base = nn.Linear(4, 3)
    >>> adapter, x = LowRankAdapter(base, rank=2), torch.ones(5, 4)
    >>> bool((adapter(x) == base(x)).all()), sum(p.numel() for p in adapter.parameters() if
    ... p.requires_grad)
    (True, 14)
    """

    def __init__(
        self, base: nn.Linear, rank: int, alpha: float | None = None, trainable: bool = False
    ) -> None:
        super().__init__()
        check_kind("base", base, nn.Linear, "a torch.nn.Linear")
        self.rank, self.alpha = rank, check_rank(rank, alpha)
        check_flags(trainable=trainable)
        if not trainable:
            base.requires_grad_(False)
        self.base, self.trainable = base, trainable
        like = {"device": base.weight.device, "dtype": base.weight.dtype}
        self.down = nn.Parameter(torch.empty(rank, base.in_features, **like))
        self.up = nn.Parameter(torch.zeros(base.out_features, rank, **like))
        nn.init.kaiming_uniform_(self.down, a=5**0.5)  # as torch.nn.Linear begins

    @property
    def config(self) -> dict[str, Any]:
        """The arguments that make it again, the layer as it is."""
        own = {"base": self.base, "rank": self.rank, "alpha": self.alpha}
        return own | {"trainable": self.trainable}

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        check_adapted(x, self.base.in_features, torch.Tensor, layer_dtype(self.down))
        narrow = nn.functional.linear(x, self.down)  # (..., R)
        return self.base(x) + self.alpha / self.rank * nn.functional.linear(narrow, self.up)

    def merged(self) -> nn.Linear:
        """A dense layer of its own that says what both say."""
        has_bias = self.base.bias is not None
        layer = nn.Linear(
            self.base.in_features, self.base.out_features, has_bias,
            self.down.device, self.down.dtype,
        )  # fmt: skip
        with torch.no_grad():
            weight = merge_low_rank(self.base.weight, self.down, self.up, self.alpha)
            layer.weight.copy_(weight)
            if has_bias:
                layer.bias.copy_(self.base.bias)
        return layer


def low_rank_adapter(
    x: torch.Tensor, weight: torch.Tensor, down: torch.Tensor, up: torch.Tensor, alpha: float
) -> torch.Tensor:
    """A dense layer, and beside it a product of two thin matrices.

    Formula
        h = W x + (alpha / R) B A x

    Args
        x: (..., D), floats.
        weight: W (O, D), which stays as it was.
        down: A (R, D), random at the start. up: B (O, R), 0 at the start, so that h = W x.
        alpha: how much the product counts, a positive number.

    Returns
        h (..., O).

    Errors
        ShapeError: no floats, other shapes, R of 0. TypeError: no tensor, an alpha that is no
        number. ValueError: one that is not positive.

    Source
        Hu et al., "LoRA", ICLR 2022, arXiv 2106.09685, equation 3 and section 4.1.

    >>> x, weight = torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0, 0.0], [0.0, 1.0]])
    >>> low_rank_adapter(x, weight, torch.tensor([[1.0, 1.0]]), torch.tensor([[0.5], [-1.0]]), 2.0)
    tensor([[ 6., -4.]])
    """
    check_factors(weight, down, up, alpha, torch.Tensor)
    check_adapted(x, weight.shape[1], torch.Tensor, weight.dtype)
    return x @ weight.T + alpha / len(down) * (x @ down.T) @ up.T


def merge_low_rank(
    weight: torch.Tensor, down: torch.Tensor, up: torch.Tensor, alpha: float
) -> torch.Tensor:
    """One matrix in place of the layer and its adapter.

    Formula
        W' = W + (alpha / R) B A

    Args, errors: as :func:`low_rank_adapter`.

    Returns
        W' (O, D): with it a dense layer says what both said.

    Source
        Hu et al., ICLR 2022, arXiv 2106.09685, section 4.1.

    >>> merge_low_rank(torch.eye(2), torch.ones(1, 2), torch.tensor([[0.5], [-1.0]]), 2.0)
    tensor([[ 2.,  1.],
            [-2., -1.]])
    """
    check_factors(weight, down, up, alpha, torch.Tensor)
    return weight + alpha / len(down) * up @ down
