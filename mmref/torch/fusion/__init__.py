"""Fusion: one vector from several modalities (contract: ``mmref.contract.fusion``)."""

from mmref.torch.fusion.cross_attention import CrossAttentionFusion
from mmref.torch.fusion.decisions import DecisionFusion, HybridFusion
from mmref.torch.fusion.gates import FiLMFusion, GatedFusion
from mmref.torch.fusion.products import BilinearFusion, LowRankFusion, TensorFusion
from mmref.torch.fusion.stand_in import StandInFusion, stand_in
from mmref.torch.fusion.sums import AdaptiveFusion, ConcatFusion, WeightedFusion
from mmref.torch.fusion.tokens import AttentionFusion

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
