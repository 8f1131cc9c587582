"""Fusion: one vector from several modalities (contract: ``mmref.contract.fusion``)."""

from mmref.keras.fusion.cross_attention import CrossAttentionFusion
from mmref.keras.fusion.stand_in import StandInFusion, stand_in
from mmref.keras.fusion.sums import AdaptiveFusion, ConcatFusion, WeightedFusion
from mmref.keras.fusion.tokens import AttentionFusion

__all__ = [
    "AdaptiveFusion",
    "AttentionFusion",
    "ConcatFusion",
    "CrossAttentionFusion",
    "StandInFusion",
    "WeightedFusion",
    "stand_in",
]
