"""Fusions that add projected modalities up: weighted, adaptive, and the joined projection."""

from collections.abc import Mapping
from typing import Any

import keras
from keras import ops

from mmref.contract.settings import check_flags
from mmref.keras.fusion.base import Features, Fusion
from mmref.keras.softmax import masked_softmax, softmax
from mmref.types import Tensor


class WeightedSum(Fusion):
    """A weighted sum of projected modalities; a subclass says what their scores a (B, M) are.

    Formula
        h_m = W_m x_m + b_m,  alpha = softmax(a over the present m),  z = sum_m alpha_m h_m
    """

    def __init__(self, dims: Mapping[str, int], dim: int, **kwargs: Any) -> None:
        super().__init__(dims, dim, **kwargs)
        dense, policy = keras.layers.Dense, self.dtype_policy  # the parts keep the precision
        self.projections = {m: dense(dim, name=f"projection_{m}", dtype=policy) for m in dims}

    def build(self, *_: Any) -> None:
        for m, d in self.dims.items():
            self.projections[m].build((None, d))

    def modality_weights(self, features: Features, present: Tensor | None = None) -> Tensor:
        """alpha (B, M): how much each modality counts in each row."""
        if not self.built:  # weights come with the first call, and this may be before it
            self.build()
        return masked_softmax(self.scores(self.present_features(features, present)), present)

    def combine(self, x: dict[str, Tensor], present: Tensor | None) -> Tensor:
        return self.weighted_sum(masked_softmax(self.scores(x), present), x)

    def weighted_sum(self, alpha: Tensor, x: dict[str, Tensor]) -> Tensor:
        """z (B, D), of alpha (B, M), or (M,) where all rows have the same weights.

        alpha_m (W_m x_m + b_m) = W_m (alpha_m x_m) + alpha_m b_m, and the biases of all modalities
        take one small product. Weights that all rows share go to W_m instead of x_m. So the
        projections are read, not called: one that is replaced needs a kernel and a bias.
        """
        projections = self.projections.values()
        biases = [ops.reshape(f.bias, (1, self.dim)) for f in projections]
        z = ops.matmul(alpha, ops.concatenate(biases))  # (B, D) or (D,)
        for i, (f, features) in enumerate(zip(projections, x.values(), strict=True)):
            share, kernel = alpha[..., i : i + 1], f.kernel  # (B, 1) or (1,)
            if len(alpha.shape) == 1:
                kernel = share * kernel
            else:
                features = share * features
            z = z + ops.matmul(features, kernel)  # (B, D)
        return z


@keras.saving.register_keras_serializable("mmref")
class WeightedFusion(WeightedSum):
    """Weighted sum of projected modalities, with one learned weight each.

    Formula
        h_m = W_m x_m + b_m,  alpha = softmax(a over the present m),  z = sum_m alpha_m h_m

    Args
        dims: mapping m -> D_m, in the order of the columns of ``present``. A name is made of
            ASCII letters, digits, ``_`` and ``-``; a few words are taken, such as ``keys``.
        dim: D, the width of z.
        learn_weights: False fixes a = 0, so alpha = 1/M: equal weights.

    Call
        features: mapping m -> (B, D_m). present: boolean (B, M), True = there, or None.
        Returns z (B, D); a row with no modality present is zero.

    Errors
        ModalityError: a missing or extra modality, or a name that is none. ShapeError: a wrong
        shape or dtype.
        TypeError: features are no mapping of arrays, or present is no array.

    Source
        A mixture of experts with a constant gate; cf. Jacobs et al., Neural Computation 3(1), 1991.

    >>> fuse = WeightedFusion({"image": 3, "text": 2}, dim=4)
    >>> tuple(fuse({"image": ops.ones((5, 3)), "text": ops.ones((5, 2))}).shape)
    (5, 4)
    """

    def __init__(
        self, dims: Mapping[str, int], dim: int, learn_weights: bool = True, **kwargs: Any
    ) -> None:
        super().__init__(dims, dim, **kwargs)
        check_flags(learn_weights=learn_weights)
        self.learn_weights = learn_weights

    def build(self, *_: Any) -> None:
        super().build()
        shape = (len(self.dims),)
        self.logits = self.add_weight(
            name="logits", shape=shape, initializer="zeros", trainable=self.learn_weights
        )

    def scores(self, x: dict[str, Tensor]) -> Tensor:
        batch = ops.shape(next(iter(x.values())))[0]
        return ops.broadcast_to(self.logits, (batch, len(self.dims)))  # the same for all rows

    def combine(self, x: dict[str, Tensor], present: Tensor | None) -> Tensor:
        if present is None:  # then the weights are the same for all rows, too
            return self.weighted_sum(softmax(self.logits), x)
        return super().combine(x, present)

    @property
    def config(self) -> dict[str, Any]:
        return super().config | {"learn_weights": self.learn_weights}


@keras.saving.register_keras_serializable("mmref")
class AdaptiveFusion(WeightedSum):
    """Weighted fusion whose weights depend on the input.

    Formula
        a(x) = sum_m V_m x_m + c,  alpha = softmax(a(x) over the present m),
        z = sum_m alpha_m (W_m x_m + b_m)

    Args, call, errors: as :class:`WeightedFusion`. Absent modalities drop out of both sums.

    Source
        Linear experts under a linear gate: Jacobs et al., Neural Computation 3(1), 1991.
    """

    def __init__(self, dims: Mapping[str, int], dim: int, **kwargs: Any) -> None:
        super().__init__(dims, dim, **kwargs)
        gate, count, policy = keras.layers.Dense, len(dims), self.dtype_policy
        self.gates = {m: gate(count, use_bias=False, name=f"gate_{m}", dtype=policy) for m in dims}

    def build(self, *_: Any) -> None:
        super().build()
        for m, d in self.dims.items():
            self.gates[m].build((None, d))
        shape = (len(self.dims),)
        self.gate_bias = self.add_weight(name="gate_bias", shape=shape, initializer="zeros")

    def scores(self, x: dict[str, Tensor]) -> Tensor:
        return sum(gate(x[m]) for m, gate in self.gates.items()) + self.gate_bias


@keras.saving.register_keras_serializable("mmref")
class ConcatFusion(Fusion):
    """One projection of the concatenated modalities.

    Formula
        z = W [x_1; ...; x_M] + b; an absent modality counts as zeros; z = 0 if all are absent

    Args, call, errors: as :class:`WeightedFusion`.
    """

    def __init__(self, dims: Mapping[str, int], dim: int, **kwargs: Any) -> None:
        super().__init__(dims, dim, **kwargs)
        self.projection = keras.layers.Dense(dim, name="projection", dtype=self.dtype_policy)

    def build(self, *_: Any) -> None:
        self.projection.build((None, sum(self.dims.values())))

    def combine(self, x: dict[str, Tensor], present: Tensor | None) -> Tensor:
        z = self.projection(ops.concatenate(list(x.values()), axis=1))  # (B, D)
        if present is None:
            return z
        return ops.where(ops.any(present, axis=1, keepdims=True), z, ops.zeros_like(z))
