"""Cross-attention fusion: each modality looks into the others."""

from collections.abc import Mapping
from typing import Any

import keras
from keras import ops

from mmref.keras.fusion.tokens import Kept, TokenFusion
from mmref.keras.multi_head import MultiHeadAttention
from mmref.types import Tensor


@keras.saving.register_keras_serializable("mmref")
class CrossAttentionFusion(TokenFusion):
    """The vectors of each modality attend to those of all others; then means are taken.

    Formula (h_i = W_m x_i + b_m for vector i of modality m)
        y_i = h_i + MultiHead_m(h_i, the kept h_j of all other present modalities)
        z_m = the mean of y_i over the kept vectors of m,  z = the mean of z_m over the present m
        y_i = h_i where no other modality is present

    Args
        dims, dim: as of :class:`WeightedFusion`. heads: K, a divisor of ``dim``.

    Call, errors: as of :class:`AttentionFusion`. With one vector of one other modality there is
    nothing to choose: queries and keys have no effect, and no gradient.

    Source
        Co-attention: Lu et al., "ViLBERT", NeurIPS 2019; crossmodal attention: Tsai et al., ACL
        2019. There a part of a block that is stacked.

    >>> fuse = CrossAttentionFusion({"image": 3, "text": 2}, dim=4, heads=2)
    >>> tuple(fuse({"image": ops.ones((5, 9, 3)), "text": ops.ones((5, 7, 2))}).shape)
    (5, 4)
    """

    def __init__(self, dims: Mapping[str, int], dim: int, heads: int = 1, **kwargs: Any) -> None:
        super().__init__(dims, dim, **kwargs)
        self.heads = heads
        self.attentions = {
            m: MultiHeadAttention(dim, heads, name=f"attention_{m}", dtype=self.dtype_policy)
            for m in dims
        }

    def build(self, *_: Any) -> None:
        super().build()
        for attend in self.attentions.values():
            attend.build()

    def combine(self, x: dict[str, Tensor], kept: Kept) -> Tensor:
        h = [f(x[m]) for m, f in self.projections.items()]  # (B, T_m, D) each
        means = []
        for i, attend in enumerate(self.attentions.values()):
            means.append(_mean(self.looked(attend, h, kept, i), None if kept is None else kept[i]))
        there = None
        if kept is not None:
            there = ops.stack([ops.any(keep, axis=1) for keep in kept], axis=1)
        return _mean(ops.stack(means, axis=1), there)

    def looked(self, attend: keras.Layer, h: list[Tensor], kept: Kept, i: int) -> Tensor:
        """y (B, T_m, D) of modality number i."""
        if len(h) == 1:
            return h[i]
        others = ops.concatenate(h[:i] + h[i + 1 :], axis=1)
        if kept is None:
            return h[i] + attend(h[i], others)
        mask = ops.expand_dims(ops.concatenate(kept[:i] + kept[i + 1 :], axis=1), 1)
        found = attend(h[i], others, mask=mask)  # the output's bias where the mask keeps nothing
        return h[i] + ops.where(ops.any(mask, axis=2, keepdims=True), found, ops.zeros_like(found))

    @property
    def config(self) -> dict[str, Any]:
        return super().config | {"heads": self.heads}


def _mean(x: Tensor, keep: Tensor | None) -> Tensor:
    """(B, T, D) and (B, T): the mean (B, D) over the kept, 0 of none."""
    keep = ops.ones_like(x[..., :1]) if keep is None else ops.cast(keep, x.dtype)[..., None]
    return ops.sum(x * keep, axis=1) / ops.maximum(ops.sum(keep, axis=1), 1)
