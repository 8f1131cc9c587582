"""Fusions of vectors one by one; attention fusion scores them and averages by the scores."""

from collections.abc import Mapping
from typing import Any

import keras
from keras import ops

from mmref.contract.fusion import check_features, check_masks
from mmref.contract.settings import check_counts, check_flags
from mmref.keras.fusion.base import Features, Fusion
from mmref.keras.softmax import masked_softmax
from mmref.types import Tensor

Kept = list[Tensor] | None  # (B, T_m) for each modality; None where all are kept


class TokenFusion(Fusion):
    """A fusion of vectors one by one, of which a modality may bring a sequence.

    A subclass is its ``combine``: of the vectors x_m (B, T_m, D_m), in declared order and zero
    where absent or masked, and of which are kept, it makes z (B, D).
    """

    def __init__(self, dims: Mapping[str, int], dim: int, **kwargs: Any) -> None:
        super().__init__(dims, dim, **kwargs)
        dense, policy = keras.layers.Dense, self.dtype_policy  # the parts keep the precision
        self.projections = {m: dense(dim, name=f"projection_{m}", dtype=policy) for m in dims}

    def build(self, *_: Any) -> None:
        for m, d in self.dims.items():
            self.projections[m].build((None, d))

    def call(
        self, features: Features, present: Tensor | None = None, masks: Features | None = None
    ) -> Tensor:
        return self.combine(*self.vectors(features, present, masks))

    def vectors(
        self, features: Features, present: Tensor | None = None, masks: Features | None = None
    ) -> tuple[dict[str, Tensor], Kept]:
        """Checked vectors (B, T_m, D_m), cleared where they count for nothing, and the kept."""
        check_features(self.dims, features, present, sequences=True)
        if masks is not None:
            check_masks(masks, features)
        x = {m: features[m] for m in self.dims}
        x = {m: f if len(f.shape) == 3 else ops.expand_dims(f, 1) for m, f in x.items()}
        if present is None and not masks:
            return x, None
        kept = []
        for i, m in enumerate(self.dims):
            keep = ops.ones_like(x[m][:, :, 0], dtype="bool")
            keep = keep if masks is None else masks.get(m, keep)
            keep = keep if present is None else ops.logical_and(keep, present[:, i : i + 1])
            # where, not multiplication: an absent row may hold NaN, and 0 * NaN is NaN.
            x[m] = ops.where(ops.expand_dims(keep, 2), x[m], ops.zeros_like(x[m]))
            kept.append(keep)
        return x, kept


@keras.saving.register_keras_serializable("mmref")
class AttentionFusion(TokenFusion):
    """The vectors of all modalities in one space, averaged by scores of their own.

    Formula (x_i is vector i, of modality m)
        h_i = W_m x_i + b_m      a_i = v . tanh(U_m x_i + c_m)      z = sum_i alpha_i h_i
        joint: alpha = softmax(a) over all kept vectors of all present modalities
        separate: alpha = softmax(a) over the kept vectors of each modality by itself, so that the
        weights of a row sum to the number of modalities it has

    Args
        dims, dim: as of :class:`WeightedFusion`.
        hidden: H, None for ``dim``. joint: joint or separate normalization.

    Call
        features: mapping m -> (B, D_m), one vector, or (B, T_m, D_m), a sequence.
        present: boolean (B, M), True = there, or None.
        masks: mapping m -> boolean (B, T_m), True = keep, of modalities with a sequence; None, or a
        modality it leaves out, keeps all. One that keeps nothing in a row is absent there.
        Returns z (B, D); a row with no modality present is zero.

    Errors
        As of :class:`WeightedFusion`.

    Source
        Scores and average of one sequence: Yang et al., NAACL 2016, equations 5-7.

    >>> fuse = AttentionFusion({"image": 3, "text": 2}, dim=4)
    >>> tuple(fuse({"image": ops.ones((5, 9, 3)), "text": ops.ones((5, 2))}).shape)
    (5, 4)
    """

    def __init__(
        self,
        dims: Mapping[str, int],
        dim: int,
        hidden: int | None = None,
        joint: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(dims, dim, **kwargs)
        self.hidden, self.joint = dim if hidden is None else hidden, joint
        check_counts(hidden=self.hidden)
        check_flags(joint=joint)
        dense, policy = keras.layers.Dense, self.dtype_policy
        self.scorers = {m: dense(self.hidden, name=f"scorer_{m}", dtype=policy) for m in dims}

    def build(self, *_: Any) -> None:
        super().build()
        for m, d in self.dims.items():
            self.scorers[m].build((None, d))
        # Not zeros: with v = 0 the scorers have no gradient. So scores begin with a variance below
        # 1, and the weights near equal.
        random = keras.initializers.RandomNormal(stddev=self.hidden**-0.5)
        shape = (self.hidden,)
        self.score_weight = self.add_weight(name="score_weight", shape=shape, initializer=random)

    def attention_weights(
        self, features: Features, present: Tensor | None = None, masks: Features | None = None
    ) -> dict[str, Tensor]:
        """alpha: mapping m -> (B, T_m), how much each vector counts in each row."""
        if not self.built:  # weights come with the first call, and this may be before it
            self.build()
        return dict(
            zip(self.dims, self.weigh(*self.vectors(features, present, masks)), strict=True)
        )

    def modality_weights(
        self, features: Features, present: Tensor | None = None, masks: Features | None = None
    ) -> Tensor:
        """(B, M): how much the vectors of each modality count together."""
        weights = self.attention_weights(features, present, masks)
        return ops.stack([ops.sum(alpha, axis=1) for alpha in weights.values()], axis=1)

    def weigh(self, x: dict[str, Tensor], kept: Kept) -> list[Tensor]:
        """alpha (B, T_m) of each modality."""
        inside = [scorer(x[m]) for m, scorer in self.scorers.items()]
        if not self.joint:
            scores = [self.score(a) for a in inside]
            masks = [None] * len(scores) if kept is None else kept
            return [masked_softmax(a, mask) for a, mask in zip(scores, masks, strict=True)]
        scores = self.score(ops.concatenate(inside, axis=1))  # (B, N)
        alpha = masked_softmax(scores, None if kept is None else ops.concatenate(kept, axis=1))
        weights, start = [], 0
        for a in inside:
            weights.append(alpha[:, start : start + ops.shape(a)[1]])
            start = start + ops.shape(a)[1]
        return weights

    def score(self, inside: Tensor) -> Tensor:
        return ops.sum(ops.tanh(inside) * self.score_weight, axis=-1)

    def combine(self, x: dict[str, Tensor], kept: Kept) -> Tensor:
        """Each modality's vectors are averaged before they are projected: T_m times less work."""
        z: Any = 0
        for f, alpha, vectors in zip(
            self.projections.values(), self.weigh(x, kept), x.values(), strict=True
        ):
            mean = ops.squeeze(ops.matmul(ops.expand_dims(alpha, 1), vectors), 1)  # (B, D_m)
            z = z + ops.matmul(mean, f.kernel) + ops.sum(alpha, axis=1, keepdims=True) * f.bias
        return z

    @property
    def config(self) -> dict[str, Any]:
        return super().config | {"hidden": self.hidden, "joint": self.joint}
