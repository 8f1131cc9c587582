"""Fusions that multiply features of different modalities: bilinear, tensor and low-rank."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import keras
from keras import ops

from mmref.contract.fusion import check_pairs, tensor_width
from mmref.contract.settings import check_length
from mmref.keras.fusion.base import Fusion
from mmref.types import Tensor


class ProjectedProducts(Fusion):
    """One projection of products of features; a subclass says which, and how many."""

    def __init__(self, dims: Mapping[str, int], dim: int, **kwargs: Any) -> None:
        super().__init__(dims, dim, **kwargs)
        self.width = self.product_width()
        self.projection = keras.layers.Dense(dim, name="projection", dtype=self.dtype_policy)

    def build(self, *_: Any) -> None:
        self.projection.build((None, self.width))

    def combine(self, x: dict[str, Tensor], present: Tensor | None) -> Tensor:
        return cleared(self.projection(self.products(list(x.values()))), present)


@keras.saving.register_keras_serializable("mmref")
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
    """

    def product_width(self) -> int:
        check_pairs("dims", self.dims)
        return sum(m * n for m, n in combinations(self.dims.values(), 2))

    def products(self, x: list[Tensor]) -> Tensor:
        return ops.concatenate([outer(pair) for pair in combinations(x, 2)], axis=1)


@keras.saving.register_keras_serializable("mmref")
class TensorFusion(ProjectedProducts):
    """The products of features of any of the modalities, projected.

    Formula
        z = W vec([1; x_1] outer [1; x_2] outer ... outer [1; x_M]) + b

    Args, call: as :class:`WeightedFusion`. An absent modality is [1; 0]; z = 0 if all are absent.

    Errors: as :class:`WeightedFusion`. ValueError: the product of the D_m + 1 exceeds a million.

    Source
        Zadeh et al., EMNLP 2017, arXiv:1707.07250.
    """

    def product_width(self) -> int:
        return tensor_width("dims", self.dims)

    def products(self, x: list[Tensor]) -> Tensor:
        return outer([ops.pad(x_m, ((0, 0), (1, 0)), constant_values=1) for x_m in x])


@keras.saving.register_keras_serializable("mmref")
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
    """

    def __init__(self, dims: Mapping[str, int], dim: int, rank: int = 4, **kwargs: Any) -> None:
        super().__init__(dims, dim, **kwargs)
        check_length("rank", rank)
        self.rank = rank
        bound = (1.5 * rank ** (-1 / len(dims))) ** 0.5  # of the variance bound^2 / 3
        self.projections = {
            m: keras.layers.Dense(
                rank * dim,
                kernel_initializer=uniform(bound / d**0.5),
                bias_initializer=uniform(bound),
                name=f"projection_{m}",
                dtype=self.dtype_policy,
            )
            for m, d in dims.items()
        }

    def build(self, *_: Any) -> None:
        for m, d in self.dims.items():
            self.projections[m].build((None, d))
        self.bias = self.add_weight(name="bias", shape=(self.dim,), initializer="zeros")

    def combine(self, x: dict[str, Tensor], present: Tensor | None) -> Tensor:
        products = 1
        for m, factor in self.projections.items():
            products = products * factor(x[m])  # (B, R D)
        z = ops.sum(ops.reshape(products, (-1, self.rank, self.dim)), axis=1) + self.bias
        return cleared(z, present)

    @property
    def config(self) -> dict[str, Any]:
        return super().config | {"rank": self.rank}


def uniform(bound: float) -> keras.initializers.Initializer:
    return keras.initializers.RandomUniform(-bound, bound)


def outer(x: Sequence[Tensor]) -> Tensor:
    """The outer product of each row's vectors, as one vector: the last one's index fastest."""
    t = x[0]
    for x_m in x[1:]:
        width = t.shape[1] * x_m.shape[1]
        # einsum: the gradient of a broadcast product sums a (B, D, D') array for each factor.
        t = ops.reshape(ops.einsum("bi,bj->bij", t, x_m), (-1, width))
    return t


def cleared(z: Tensor, present: Tensor | None) -> Tensor:
    """z, and zero in rows where no modality is present."""
    if present is None:
        return z
    return ops.where(ops.any(present, axis=1, keepdims=True), z, ops.zeros_like(z))
