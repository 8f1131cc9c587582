"""Fusions in which modalities multiply each other's components: the gated unit, and FiLM."""

from collections.abc import Mapping
from typing import Any

import keras
import ml_dtypes
from keras import ops

from mmref.contract.fusion import content_of
from mmref.contract.settings import check_flags
from mmref.keras.fusion.base import Fusion
from mmref.keras.softmax import softmax
from mmref.types import Tensor


@keras.saving.register_keras_serializable("mmref")
class GatedFusion(Fusion):
    """Gated multimodal unit: in each component of z, gates say how much each modality counts.

    Formula
        h_m = tanh(W_m x_m),  s_m = G_m [x_1; ...; x_M],  z = sum_m alpha_m * h_m,
        alpha = softmax of the s_m over the present m, in each component of its own;
        independent: alpha_m = sigmoid(s_m) where m is present

    Args
        dims: mapping m -> D_m, in the order of the columns of ``present``.
        dim: D, the width of z.
        independent: gates that do not compete.

    Call
        features: mapping m -> (B, D_m). present: boolean (B, M), True = there, or None; an absent
        modality counts as zeros in what the gates see.
        Returns z (B, D); a row with no modality present is zero.

    Errors: as :class:`WeightedFusion`. ChoiceError: independent is neither True nor False.

    Source
        Arevalo et al., 2017, arXiv:1702.01992; see :func:`mmref.reference.fusion.gated_fusion`.
    """

    def __init__(
        self, dims: Mapping[str, int], dim: int, independent: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(dims, dim, **kwargs)
        check_flags(independent=independent)
        self.independent = independent
        dense, policy = keras.layers.Dense, self.dtype_policy
        self.projections = {
            m: dense(dim, use_bias=False, name=f"projection_{m}", dtype=policy) for m in dims
        }
        self.gates = dense(len(dims) * dim, use_bias=False, name="gates", dtype=policy)

    def build(self, *_: Any) -> None:
        for m, d in self.dims.items():
            self.projections[m].build((None, d))
        self.gates.build((None, sum(self.dims.values())))

    def combine(self, x: dict[str, Tensor], present: Tensor | None) -> Tensor:
        h = ops.tanh(ops.stack([f(x[m]) for m, f in self.projections.items()], axis=1))  # (B, M, D)
        scores = self.gates(ops.concatenate(list(x.values()), axis=1))
        scores = ops.reshape(scores, (-1, len(self.dims), self.dim))
        if self.independent:
            alpha = ops.sigmoid(scores)  # h is 0 where absent, and where a row has nothing
        else:
            if present is not None:
                low = ml_dtypes.finfo(keras.backend.standardize_dtype(scores.dtype)).min
                scores = ops.where(present[:, :, None], scores, ops.full_like(scores, low))
            alpha = softmax(scores, axis=1)
        return ops.sum(alpha * h, axis=1)

    @property
    def config(self) -> dict[str, Any]:
        return super().config | {"independent": self.independent}


@keras.saving.register_keras_serializable("mmref")
class FiLMFusion(Fusion):
    """FiLM: the other modalities scale and shift each component of one, the content.

    Formula
        h = W_c x_c + b_c,  z = gamma * h + beta,
        [gamma - 1; beta] = sum over the other present m of (W_m x_m + b_m)

    Args
        dims, dim: as :class:`WeightedFusion`.
        content: c; None means the first of ``dims``.

    Call
        features, present: as :class:`WeightedFusion`.
        Returns z (B, D): h where nothing but the content is present, beta where the content is
        absent, zero where no modality is present.

    Errors: as :class:`WeightedFusion`. ChoiceError: a content that is no modality.

    Source
        Perez et al., AAAI 2018, arXiv:1709.07871, equation 2.
    """

    def __init__(
        self, dims: Mapping[str, int], dim: int, content: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(dims, dim, **kwargs)
        self.content = content_of(dims, content)
        dense, policy = keras.layers.Dense, self.dtype_policy
        widths = {m: dim if m == self.content else 2 * dim for m in dims}
        self.projections = {m: dense(widths[m], name=f"projection_{m}", dtype=policy) for m in dims}

    def build(self, *_: Any) -> None:
        for m, d in self.dims.items():
            self.projections[m].build((None, d))

    def combine(self, x: dict[str, Tensor], present: Tensor | None) -> Tensor:
        f = {m: project(x[m]) for m, project in self.projections.items()}
        if present is not None:  # what is absent says nothing: its bias drops out as well
            f = {
                m: ops.where(present[:, i : i + 1], f[m], ops.zeros_like(f[m]))
                for i, m in enumerate(f)
            }
        h = f.pop(self.content)  # (B, D)
        if not f:
            return h
        scale, shift = ops.split(sum(f.values()), 2, axis=1)  # gamma - 1 and beta, (B, D) each
        return (1 + scale) * h + shift

    @property
    def config(self) -> dict[str, Any]:
        return super().config | {"content": self.content}
