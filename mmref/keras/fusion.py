"""Fusion: one vector from several modalities (contract: ``mmref.contract.fusion``)."""

from collections.abc import Mapping, MutableMapping
from typing import Any

import keras
import numpy as np
from keras import ops

from mmref.contract.fusion import check_dims, check_features, check_order_code, order_code
from mmref.contract.settings import check_flags
from mmref.keras.softmax import masked_softmax, softmax
from mmref.types import Array, Tensor

Features = Mapping[str, Tensor]


class Fusion(keras.layers.Layer):
    """What all fusions do first: check the features, and clear what is absent.

    A fusion is its ``combine``: of the features x_m (B, D_m), in declared order and zero where
    absent, and of ``present``, it makes z (B, D).

    A file of weights holds the declared order, and loads into a fusion of the same order only
    (ModalityError, which ``load_weights`` of a model quotes in a ValueError of Keras's own). One
    without an order loads as it is.
    """

    def __init__(self, dims: Mapping[str, int], dim: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.dims, self.dim = check_dims(dims, dim), dim
        self._saved_order: Array | None = None

    def call(self, features: Features, present: Tensor | None = None) -> Tensor:
        return self.combine(self.present_features(features, present), present)

    def present_features(
        self, features: Features, present: Tensor | None = None
    ) -> dict[str, Tensor]:
        """Checked features in declared order, the rows of an absent modality set to zero."""
        check_features(self.dims, features, present)
        if present is None:
            return {m: features[m] for m in self.dims}
        # where, not multiplication: an absent row may hold NaN, and 0 * NaN is NaN.
        return {
            m: ops.where(present[:, i : i + 1], features[m], ops.zeros_like(features[m]))
            for i, m in enumerate(self.dims)
        }

    def save_own_variables(self, store: MutableMapping) -> None:
        super().save_own_variables(store)
        store["order"] = np.array(order_code(self.dims))

    def load_own_variables(self, store: MutableMapping) -> None:
        arrays = {key: store[key] for key in store.keys()}  # noqa: SIM118  Keras's is no mapping
        # Keras asks one that refused again, with an empty store: it must refuse once more.
        self._saved_order = arrays.pop("order", None) if arrays else self._saved_order
        if self._saved_order is not None:
            check_order_code(self.dims, self._saved_order)
        super().load_own_variables(arrays)

    @property
    def config(self) -> dict[str, Any]:
        """The arguments that make it again."""
        return {"dims": dict(self.dims), "dim": self.dim}

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | self.config


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
