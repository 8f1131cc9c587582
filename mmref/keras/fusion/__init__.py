"""Fusion: one vector from several modalities (contract: ``mmref.contract.fusion``)."""

from mmref.keras.fusion.decisions import DecisionFusion, HybridFusion
from mmref.keras.fusion.sums import AdaptiveFusion, ConcatFusion, WeightedFusion

__all__ = ["AdaptiveFusion", "ConcatFusion", "DecisionFusion", "HybridFusion", "WeightedFusion"]
