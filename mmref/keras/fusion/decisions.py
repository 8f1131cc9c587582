"""Fusions of decisions: each modality decides between the classes, and a rule joins them."""

from collections.abc import Mapping, Sequence
from math import log
from typing import Any, Self

import keras
import ml_dtypes
from keras import ops

from mmref.contract.fusion import check_inner, check_rule
from mmref.keras.fusion.base import Features, Fusion
from mmref.keras.fusion.sums import ConcatFusion
from mmref.keras.softmax import masked_softmax
from mmref.types import Tensor


class Deciding(Fusion):
    """Every modality decides for itself; ``combine`` of a subclass joins the decisions."""

    decides = True  # z are log-probabilities of classes: a model needs no layer after it

    def __init__(self, dims: Mapping[str, int], dim: int, **kwargs: Any) -> None:
        super().__init__(dims, dim, **kwargs)
        dense, policy = keras.layers.Dense, self.dtype_policy  # the parts keep the precision
        self.projections = {m: dense(dim, name=f"projection_{m}", dtype=policy) for m in dims}

    def build(self, *_: Any) -> None:
        for m, d in self.dims.items():
            self.projections[m].build((None, d))

    def decisions(self, features: Features, present: Tensor | None = None) -> Tensor:
        """p_m (B, M, K): what each modality says by itself; zeros where it is absent."""
        if not self.built:  # weights come with the first call, and this may be before it
            self.build()
        h, there = self.scores(self.present_features(features, present), present)
        p = ops.exp(ops.log_softmax(h, axis=-1))
        return p if there is None else ops.where(there[:, :, None], p, ops.zeros_like(p))

    def scores(self, x: dict[str, Tensor], present: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """h_m = W_m x_m + b_m of all decisions, (B, M, K), and which there are, (B, M)."""
        return ops.stack([f(x[m]) for m, f in self.projections.items()], axis=1), present


def mixture(h: Tensor, there: Tensor | None, a: Tensor | None = None) -> Tensor:
    """log sum_m alpha_m softmax(h_m), alpha = softmax(a) over those there; (B, M, K) to (B, K)."""
    log_p = ops.log_softmax(h, axis=-1)
    if there is None and a is None:
        return ops.logsumexp(log_p, axis=1) - log(h.shape[1])
    a = ops.zeros_like(h[:, :, 0]) if a is None else ops.broadcast_to(a, ops.shape(h)[:2])
    if there is not None:  # a finite -inf: a row without any stays finite
        low = ml_dtypes.finfo(keras.backend.standardize_dtype(h.dtype)).min
        a = ops.where(there, a, ops.full_like(a, low))
    z = ops.logsumexp(log_p + ops.log_softmax(a, axis=-1)[:, :, None], axis=1)
    return z if there is None else some(z, there)


def some(z: Tensor, there: Tensor) -> Tensor:
    """z (B, K), zero in rows where nothing is there."""
    return ops.where(ops.any(there, axis=1, keepdims=True), z, ops.zeros_like(z))


@keras.saving.register_keras_serializable("mmref")
class DecisionFusion(Deciding):
    """Every modality decides for itself; a rule makes one decision of all.

    Formula
        p_m = softmax(W_m x_m + b_m), the decision of modality m; over the n present m,
        "mean" (the sum rule)  p(k) = sum_m p_m(k) / n
        "weighted"             p(k) = sum_m alpha_m p_m(k), alpha = softmax(a), learned, a = 0 first
        "product"              p(k) proportional to prod_m p_m(k) / prior(k)^(n - 1)
        z_k = log p(k)

    Args
        dims: mapping m -> D_m, in the order of the columns of ``present``.
        dim: K, the number of classes.
        rule: "mean", "weighted" or "product". A vote has no gradient and cannot be trained: let the
            largest of ``decisions(features, present)`` vote, after training by another rule.
        prior: K positive numbers whose sum is 1, for "product" alone: how frequent the classes
            are; None: equally.

    Call
        features: mapping m -> (B, D_m). present: boolean (B, M), True = there, or None.
        Returns z (B, K), log-probabilities: softmax(z) = p, and a softmax-cross-entropy takes z.
        A row with no modality present is zero, which a softmax makes uniform.
        A FusionClassifier of it adds no layer of its own: K is its num_classes, dropout is 0.

    Errors
        As :class:`WeightedFusion`. ValueError: a rule that is none, or a prior that is none.

    Source
        Kittler, Hatef, Duin and Matas, "On Combining Classifiers", TPAMI 20(3), 1998.

    >>> fuse = DecisionFusion({"image": 3, "text": 2}, dim=4)
    >>> tuple(fuse({"image": ops.ones((5, 3)), "text": ops.ones((5, 2))}).shape)
    (5, 4)
    """

    def __init__(
        self,
        dims: Mapping[str, int],
        dim: int,
        rule: str = "mean",
        prior: Sequence[float] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(dims, dim, **kwargs)
        self.prior, self.rule = check_rule(rule, prior, dim), rule
        self.logits: Tensor | None = None

    def build(self, *_: Any) -> None:
        super().build()
        if self.rule == "weighted":
            shape = (len(self.dims),)
            self.logits = self.add_weight(name="logits", shape=shape, initializer="zeros")

    def combine(self, x: dict[str, Tensor], present: Tensor | None) -> Tensor:
        h, _ = self.scores(x, present)  # (B, M, K)
        if self.rule != "product":
            return mixture(h, present, self.logits)
        # log p_m and h_m differ by what all classes have in common: the log-softmax removes it.
        scores = h if present is None else ops.where(present[:, :, None], h, ops.zeros_like(h))
        scores = ops.sum(scores, axis=1)  # (B, K)
        if self.prior is not None:
            others: Any = len(self.dims) - 1
            if present is not None:
                others = ops.sum(ops.cast(present, h.dtype), axis=1, keepdims=True) - 1
            scores = scores - others * ops.log(ops.convert_to_tensor(self.prior, h.dtype))
        z = ops.log_softmax(scores, axis=-1)
        return z if present is None else some(z, present)

    def modality_weights(self, features: Features, present: Tensor | None = None) -> Tensor:
        """alpha (B, M): how much each decision counts in each row; all alike, unless learned."""
        if not self.built:
            self.build()
        x = next(iter(self.present_features(features, present).values()))
        shape = (ops.shape(x)[0], len(self.dims))
        if self.logits is None:
            return masked_softmax(ops.zeros(shape, self.compute_dtype), present)
        return masked_softmax(ops.broadcast_to(self.logits, shape), present)

    @property
    def config(self) -> dict[str, Any]:
        return super().config | {"rule": self.rule, "prior": self.prior}


@keras.saving.register_keras_serializable("mmref")
class HybridFusion(Deciding):
    """Decisions of all modalities and one of their fused features, averaged.

    Formula
        p_m = softmax(W_m x_m + b_m),  p_0 = softmax(U f(x) + d) of a feature fusion f,
        z_k = log of the mean of p_0(k) and the p_m(k) of the present m

    Args
        dims, dim: as :class:`DecisionFusion`.
        fusion: f, of the same modalities; None: a ConcatFusion(dims, dim).

    Call, errors: as :class:`DecisionFusion`; ``decisions`` gives p_m, p_0 as the last of (B, M + 1,
    K). ValueError: a fusion of other modalities, or one that decides.
    """

    def __init__(
        self, dims: Mapping[str, int], dim: int, fusion: keras.Layer | None = None, **kwargs: Any
    ) -> None:
        super().__init__(dims, dim, **kwargs)
        policy = self.dtype_policy
        self.fusion = ConcatFusion(dims, dim, dtype=policy) if fusion is None else fusion
        check_inner(self.dims, self.fusion)
        self.head = keras.layers.Dense(dim, name="head", dtype=policy)

    def build(self, *_: Any) -> None:
        super().build()
        if not self.fusion.built:  # one that was loaded from a file already is
            self.fusion.build({m: (None, d) for m, d in self.dims.items()})
        self.head.build((None, self.fusion.dim))

    def scores(self, x: dict[str, Tensor], present: Tensor | None) -> tuple[Tensor, Tensor | None]:
        h, _ = super().scores(x, present)
        h_0 = self.head(self.fusion(x, present=present))  # (B, K)
        h = ops.concatenate([h, h_0[:, None]], axis=1)
        if present is None:
            return h, None
        return h, ops.concatenate([present, ops.any(present, axis=1, keepdims=True)], axis=1)

    def combine(self, x: dict[str, Tensor], present: Tensor | None) -> Tensor:
        return mixture(*self.scores(x, present))

    @property
    def config(self) -> dict[str, Any]:
        return super().config | {"fusion": self.fusion}

    def get_config(self) -> dict[str, Any]:
        fusion = keras.saving.serialize_keras_object(self.fusion)
        return super().get_config() | {"fusion": fusion}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        fusion = keras.saving.deserialize_keras_object(config["fusion"])
        return cls(**config | {"fusion": fusion})
