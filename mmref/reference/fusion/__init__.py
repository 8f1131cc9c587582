"""Fusion: one vector from several modalities.

The functions share one contract (``mmref.contract.fusion``): ``features`` maps modality name to
(B, D_m), ``present`` is a boolean (B, M), True = the modality is there. An absent modality
has no effect, whatever its features hold, NaN included. Modalities are ordered as declared
in ``weights`` (in ``features``, for ``concat_fusion``).
"""

from mmref.reference.fusion.decisions import (
    decision_fusion,
    decision_fusion_gradient,
    hybrid_fusion,
    hybrid_fusion_gradient,
)
from mmref.reference.fusion.sums import (
    adaptive_fusion,
    adaptive_fusion_gradient,
    concat_fusion,
    concat_fusion_gradient,
    weighted_fusion,
    weighted_fusion_gradient,
)

__all__ = [
    "adaptive_fusion",
    "adaptive_fusion_gradient",
    "concat_fusion",
    "concat_fusion_gradient",
    "decision_fusion",
    "decision_fusion_gradient",
    "hybrid_fusion",
    "hybrid_fusion_gradient",
    "weighted_fusion",
    "weighted_fusion_gradient",
]
