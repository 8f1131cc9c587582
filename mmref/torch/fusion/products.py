"""Fusions that multiply features of different modalities: bilinear, tensor and low-rank."""

import functools
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import torch
from torch import nn

from mmref.contract.fusion import check_pairs, tensor_width
from mmref.contract.settings import check_length
from mmref.torch.fusion.base import Fusion


class ProjectedProducts(Fusion):
    """One projection of products of features; a subclass says which, and makes it."""

    projection: nn.Linear

    @property
    def some_weight(self) -> torch.Tensor:
        return self.projection.weight

    def combine(self, x: dict[str, torch.Tensor], present: torch.Tensor | None) -> torch.Tensor:
        return cleared(self.projection(self.products(list(x.values()))), present)


class BilinearFusion(ProjectedProducts):
    """Products of each feature with each feature of every other modality, projected.

    Formula
        z = W [vec(x_1 x_2^T); vec(x_1 x_3^T); ...; vec(x_{M-1} x_M^T)] + b

    Args, call: as :class:`WeightedFusion`, of at least two modalities. An absent one counts as
        zeros, so z = b where one modality alone is present; zero where none is.

    Errors: as :class:`WeightedFusion`. ModalityError: fewer than two modalities.

    Source
        For a pair it is ``torch.nn.Bilinear``; cf. Tenenbaum and Freeman, Neural Computation
        12(6), 2000.

    >>> fuse = BilinearFusion({"image": 3, "text": 2, "audio": 5}, dim=4)
    >>> fuse.projection.weight.shape  # 3 * 2 + 3 * 5 + 2 * 5
    torch.Size([4, 31])
    """

    def __init__(self, dims: Mapping[str, int], dim: int) -> None:
        super().__init__(dims, dim)
        check_pairs("dims", dims)
        self.projection = nn.Linear(sum(m * n for m, n in combinations(dims.values(), 2)), dim)

    def products(self, x: list[torch.Tensor]) -> torch.Tensor:
        return torch.cat([outer(pair) for pair in combinations(x, 2)], dim=1)


class TensorFusion(ProjectedProducts):
    """The products of features of any of the modalities, projected.

    Formula
        z = W vec([1; x_1] outer [1; x_2] outer ... outer [1; x_M]) + b

    Args, call: as :class:`WeightedFusion`. An absent modality is [1; 0]; z = 0 if all are absent.

    Errors: as :class:`WeightedFusion`. ValueError: the product of the D_m + 1 exceeds a million.

    Source
        Zadeh et al., EMNLP 2017, arXiv:1707.07250.

    >>> fuse = TensorFusion({"image": 3, "text": 2, "audio": 5}, dim=4)
    >>> fuse.projection.weight.shape  # 4 * 3 * 6
    torch.Size([4, 72])
    """

    def __init__(self, dims: Mapping[str, int], dim: int) -> None:
        super().__init__(dims, dim)
        self.projection = nn.Linear(tensor_width("dims", dims), dim)

    def products(self, x: list[torch.Tensor]) -> torch.Tensor:
        return outer([nn.functional.pad(x_m, (1, 0), value=1.0) for x_m in x])


class LowRankFusion(Fusion):
    """Tensor fusion whose tensor is a sum of R products of one matrix for each modality.

    Formula
        z = sum_r f_1^r * ... * f_M^r + b,  f_m^r = W_m^r x_m + b_m^r

    Args
        dims, dim: as :class:`WeightedFusion`.
        rank: R.

    Call: as :class:`WeightedFusion`. An absent modality's factors are the b_m^r.

    Errors: as :class:`WeightedFusion`, and for a rank below 1.

    Initial values: uniform, so that for features of variance 1 each factor has the mean square
    R^(-1/M), half of it from its bias. Then z has the mean square 1 for any R and M, and one of
    the order of 2^-k where k modalities are absent.

    Source
        Liu et al., ACL 2018, arXiv:1806.00064.

    >>> fuse = LowRankFusion({"image": 3, "text": 2}, dim=4, rank=5)
    >>> fuse.projections["image"].weight.shape  # (R D, D_m)
    torch.Size([20, 3])
    """

    def __init__(self, dims: Mapping[str, int], dim: int, rank: int = 4) -> None:
        super().__init__(dims, dim)
        check_length("rank", rank)
        self.rank = rank
        self.projections = nn.ModuleDict({m: nn.Linear(d, rank * dim) for m, d in dims.items()})
        self.bias = nn.Parameter(torch.zeros(dim))
        bound = (1.5 * rank ** (-1 / len(dims))) ** 0.5  # of the variance bound^2 / 3
        for m, d in dims.items():
            nn.init.uniform_(self.projections[m].weight, -bound / d**0.5, bound / d**0.5)
            nn.init.uniform_(self.projections[m].bias, -bound, bound)

    @property
    def some_weight(self) -> torch.Tensor:
        return self.bias

    def combine(self, x: dict[str, torch.Tensor], present: torch.Tensor | None) -> torch.Tensor:
        factors = (factor(x[m]) for m, factor in self.projections.items())  # (B, R D) each
        products = functools.reduce(torch.mul, factors)
        z = products.unflatten(1, (self.rank, self.dim)).sum(dim=1) + self.bias
        return cleared(z, present)

    @property
    def config(self) -> dict[str, Any]:
        return super().config | {"rank": self.rank}


def outer(x: Sequence[torch.Tensor]) -> torch.Tensor:
    """The outer product of each row's vectors, as one vector: the last one's index fastest."""
    t = x[0]
    for x_m in x[1:]:
        t = (t[:, :, None] * x_m[:, None]).flatten(1)
    return t


def cleared(z: torch.Tensor, present: torch.Tensor | None) -> torch.Tensor:
    """z, and zero in rows where no modality is present."""
    return z if present is None else z.masked_fill(~present.any(dim=1, keepdim=True), 0)
