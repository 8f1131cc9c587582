"""Fusion: one vector from several modalities (contract: ``mmref.contract.fusion``)."""

from mmref.keras.fusion.gates import FiLMFusion, GatedFusion
from mmref.keras.fusion.products import BilinearFusion, LowRankFusion, TensorFusion
from mmref.keras.fusion.sums import AdaptiveFusion, ConcatFusion, WeightedFusion

__all__ = [
    "AdaptiveFusion",
    "BilinearFusion",
    "ConcatFusion",
    "FiLMFusion",
    "GatedFusion",
    "LowRankFusion",
    "TensorFusion",
    "WeightedFusion",
]
