"""Fusion: one vector from several modalities (contract: ``mmref.contract.fusion``)."""

from mmref.torch.fusion.gates import FiLMFusion, GatedFusion
from mmref.torch.fusion.products import BilinearFusion, LowRankFusion, TensorFusion
from mmref.torch.fusion.sums import AdaptiveFusion, ConcatFusion, WeightedFusion

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
