"""Fusion: one vector from several modalities (contract: ``mmref.contract.fusion``)."""

from collections.abc import Mapping
from typing import Any

import keras
from keras import ops

from mmref.contract.fusion import check_dims, check_features
from mmref.keras.softmax import masked_softmax
from mmref.types import Tensor, Tensors


@keras.saving.register_keras_serializable("mmref")
class WeightedFusion(keras.layers.Layer):
    """Weighted sum of projected modalities, with one learned weight each.

    Formula
        h_m = W_m x_m + b_m,  alpha = softmax(a over the present m),  z = sum_m alpha_m h_m

    Args
        dims: mapping m -> D_m, in the order of the columns of ``present``.
        dim: D, the width of z.
        learn_weights: False fixes a = 0, so alpha = 1/M: equal weights.

    Call
        features: mapping m -> (B, D_m). present: boolean (B, M), True = there, or None.
        Returns z (B, D); a row with no modality present is zero.

    Errors
        ModalityError: a missing or extra modality. ShapeError: a wrong shape or dtype.
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
        super().__init__(**kwargs)
        self.dims, self.dim, self.learn_weights = check_dims(dims, dim), dim, learn_weights
        dense, policy = keras.layers.Dense, self.dtype_policy  # the parts keep the precision
        self.projections = {m: dense(dim, name=f"projection_{m}", dtype=policy) for m in dims}

    def build(self, *_: Any) -> None:
        for m, d in self.dims.items():
            self.projections[m].build((None, d))
        self.logits = self.add_weight(
            name="logits",
            shape=(len(self.dims),),
            initializer="zeros",
            trainable=self.learn_weights,
        )

    def modality_weights(self, features: Tensors, present: Tensor | None = None) -> Tensor:
        """alpha (B, M): how much each modality counts in each row."""
        if not self.built:  # weights come with the first call, and this may be before it
            self.build()
        x = present_features(self.dims, features, present)
        batch = ops.shape(next(iter(x.values())))[0]
        logits = ops.broadcast_to(self.logits, (batch, len(self.dims)))
        return masked_softmax(logits, present)

    def call(self, features: Tensors, present: Tensor | None = None) -> Tensor:
        x = present_features(self.dims, features, present)
        alpha = self.modality_weights(x, present)  # (B, M)
        h = ops.stack([f(x[m]) for m, f in self.projections.items()], axis=1)  # (B, M, D)
        return ops.sum(ops.expand_dims(alpha, -1) * h, axis=1)  # (B, D)

    def get_config(self) -> dict[str, Any]:
        config = {"dims": dict(self.dims), "dim": self.dim, "learn_weights": self.learn_weights}
        return super().get_config() | config


@keras.saving.register_keras_serializable("mmref")
class AdaptiveFusion(keras.layers.Layer):
    """Weighted fusion whose weights depend on the input.

    Formula
        a(x) = sum_m V_m x_m + c,  alpha = softmax(a(x) over the present m),
        z = sum_m alpha_m (W_m x_m + b_m)

    Args, call, errors: as :class:`WeightedFusion`. Absent modalities drop out of both sums.

    Source
        Linear experts under a linear gate: Jacobs et al., Neural Computation 3(1), 1991.
    """

    def __init__(self, dims: Mapping[str, int], dim: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.dims, self.dim = check_dims(dims, dim), dim
        dense, policy = keras.layers.Dense, self.dtype_policy  # the parts keep the precision
        self.projections = {m: dense(dim, name=f"projection_{m}", dtype=policy) for m in dims}
        self.gates = {
            m: dense(len(dims), use_bias=False, name=f"gate_{m}", dtype=policy) for m in dims
        }

    def build(self, *_: Any) -> None:
        for m, d in self.dims.items():
            self.projections[m].build((None, d))
            self.gates[m].build((None, d))
        self.gate_bias = self.add_weight(
            shape=(len(self.dims),), initializer="zeros", name="gate_bias"
        )

    def modality_weights(self, features: Tensors, present: Tensor | None = None) -> Tensor:
        """alpha (B, M): how much each modality counts in each row."""
        if not self.built:  # weights come with the first call, and this may be before it
            self.build()
        x = present_features(self.dims, features, present)
        logits = sum(gate(x[m]) for m, gate in self.gates.items()) + self.gate_bias
        return masked_softmax(logits, present)

    def call(self, features: Tensors, present: Tensor | None = None) -> Tensor:
        x = present_features(self.dims, features, present)
        alpha = self.modality_weights(x, present)  # (B, M)
        h = ops.stack([f(x[m]) for m, f in self.projections.items()], axis=1)  # (B, M, D)
        return ops.sum(ops.expand_dims(alpha, -1) * h, axis=1)  # (B, D)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"dims": dict(self.dims), "dim": self.dim}


@keras.saving.register_keras_serializable("mmref")
class ConcatFusion(keras.layers.Layer):
    """One projection of the concatenated modalities.

    Formula
        z = W [x_1; ...; x_M] + b; an absent modality counts as zeros; z = 0 if all are absent

    Args, call, errors: as :class:`WeightedFusion`.
    """

    def __init__(self, dims: Mapping[str, int], dim: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.dims, self.dim = check_dims(dims, dim), dim
        self.projection = keras.layers.Dense(dim, name="projection", dtype=self.dtype_policy)

    def build(self, *_: Any) -> None:
        self.projection.build((None, sum(self.dims.values())))

    def call(self, features: Tensors, present: Tensor | None = None) -> Tensor:
        x = present_features(self.dims, features, present)
        z = self.projection(ops.concatenate(list(x.values()), axis=1))  # (B, D)
        if present is None:
            return z
        return ops.where(ops.any(present, axis=1, keepdims=True), z, ops.zeros_like(z))

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"dims": dict(self.dims), "dim": self.dim}


def present_features(
    dims: Mapping[str, int], features: Tensors, present: Tensor | None = None
) -> dict[str, Tensor]:
    """Checked features in declared order, the rows of an absent modality set to zero."""
    check_features(dims, features, present)
    if present is None:
        return {m: features[m] for m in dims}
    # where, not multiplication: an absent row may hold NaN, and 0 * NaN is NaN.
    return {
        m: ops.where(present[:, i : i + 1], features[m], ops.zeros_like(features[m]))
        for i, m in enumerate(dims)
    }
