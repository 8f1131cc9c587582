"""Fusion: one vector from several modalities (contract: ``mmref.contract.fusion``)."""

from mmref.keras.fusion.cross_attention import CrossAttentionFusion
from mmref.keras.fusion.decisions import DecisionFusion, HybridFusion
from mmref.keras.fusion.gates import FiLMFusion, GatedFusion
from mmref.keras.fusion.products import BilinearFusion, LowRankFusion, TensorFusion
from mmref.keras.fusion.stand_in import StandInFusion, stand_in
from mmref.keras.fusion.sums import AdaptiveFusion, ConcatFusion, WeightedFusion
from mmref.keras.fusion.tokens import AttentionFusion

__all__ = [
    "AdaptiveFusion",
    "AttentionFusion",
    "BilinearFusion",
    "ConcatFusion",
    "CrossAttentionFusion",
    "DecisionFusion",
    "FiLMFusion",
    "GatedFusion",
    "HybridFusion",
    "LowRankFusion",
    "StandInFusion",
    "TensorFusion",
    "WeightedFusion",
    "stand_in",
]
