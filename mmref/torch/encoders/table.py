"""Rows of a table to one vector each, on PyTorch's own layers."""

from typing import Any

import torch
from torch import nn

from mmref.contract.encoders import check_table
from mmref.contract.settings import check_counts, check_number
from mmref.torch._dtype import layer_dtype


class TableEncoder(nn.Module):
    """Two dense layers: rows of numbers (B, K) -> (B, D).

    Formula
        h = dropout(relu(W table + b)),  x = relu(V h + c)

    Args
        width: K, the numbers in a row, as ``mmref.data.folders.Table`` counts its columns.
        dim: D. hidden: width of h. dropout: rate on h.

    The numbers should be standardized: those of a column with mean 0 and deviation 1 in training.

    Errors
        ShapeError: a table of another shape or dtype. TypeError: it is no tensor, or a size is no
        integer. ValueError: a size below 1, or a rate outside [0, 1).

    >>> TableEncoder(5, dim=10)(torch.zeros(2, 5)).shape
    torch.Size([2, 10])
    """

    def __init__(self, width: int, dim: int = 128, hidden: int = 128, dropout: float = 0.0) -> None:
        super().__init__()
        check_counts(width=width, dim=dim, hidden=hidden)
        check_number("dropout", dropout, 0, 1)
        self.config: dict[str, Any] = {"width": width, "dim": dim, "hidden": hidden}
        self.config |= {"dropout": dropout}
        self.width, self.output_dim = width, dim
        self.hidden = nn.Linear(width, hidden)
        self.dropout = nn.Dropout(dropout)
        self.dense = nn.Linear(hidden, dim)

    def forward(self, table: torch.Tensor) -> torch.Tensor:
        check_table(table, self.width, torch.Tensor, layer_dtype(self.dense.weight))
        h = self.dropout(torch.relu(self.hidden(table)))  # (B, H)
        return torch.relu(self.dense(h))  # (B, D)
