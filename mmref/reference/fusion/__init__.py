"""Fusion: one vector from several modalities.

The functions share one contract (``mmref.contract.fusion``): ``features`` maps modality name to
(B, D_m), ``present`` is a boolean (B, M), True = the modality is there. An absent modality
has no effect, whatever its features hold, NaN included. Modalities are ordered as declared
in ``weights`` (in ``features``, where one ``weight`` serves all: ``concat_fusion``,
``bilinear_fusion``, ``tensor_fusion``).
"""

from mmref.reference.fusion.cross_attention import (
    cross_attention_fusion,
    cross_attention_fusion_gradient,
)
from mmref.reference.fusion.decisions import (
    decision_fusion,
    decision_fusion_gradient,
    hybrid_fusion,
    hybrid_fusion_gradient,
)
from mmref.reference.fusion.gates import (
    film_fusion,
    film_fusion_gradient,
    gated_fusion,
    gated_fusion_gradient,
)
from mmref.reference.fusion.products import (
    bilinear_fusion,
    bilinear_fusion_gradient,
    low_rank_fusion,
    low_rank_fusion_gradient,
    tensor_fusion,
    tensor_fusion_gradient,
)
from mmref.reference.fusion.stand_in import stand_in, stand_in_gradient
from mmref.reference.fusion.sums import (
    adaptive_fusion,
    adaptive_fusion_gradient,
    concat_fusion,
    concat_fusion_gradient,
    weighted_fusion,
    weighted_fusion_gradient,
)
from mmref.reference.fusion.tokens import attention_fusion, attention_fusion_gradient

__all__ = [
    "adaptive_fusion",
    "adaptive_fusion_gradient",
    "attention_fusion",
    "attention_fusion_gradient",
    "bilinear_fusion",
    "bilinear_fusion_gradient",
    "concat_fusion",
    "concat_fusion_gradient",
    "cross_attention_fusion",
    "cross_attention_fusion_gradient",
    "decision_fusion",
    "decision_fusion_gradient",
    "film_fusion",
    "film_fusion_gradient",
    "gated_fusion",
    "gated_fusion_gradient",
    "hybrid_fusion",
    "hybrid_fusion_gradient",
    "low_rank_fusion",
    "low_rank_fusion_gradient",
    "stand_in",
    "stand_in_gradient",
    "tensor_fusion",
    "tensor_fusion_gradient",
    "weighted_fusion",
    "weighted_fusion_gradient",
]
