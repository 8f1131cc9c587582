"""Layers of other libraries with the same formula, where those libraries are installed."""

from importlib import import_module
from importlib.util import find_spec

from torch import nn


def peers_of(fusion: nn.Module) -> list[nn.Module]:
    """torchmultimodal's layer of the formula of ``fusion``, if there is one and it is here."""
    if find_spec("torchmultimodal") is None:
        return []
    modules = "torchmultimodal.modules.fusions"
    match type(fusion).__name__:
        case "AdaptiveFusion":
            peer = import_module(f"{modules}.attention_fusion").AttentionFusionModule
            return [peer(fusion.dims, fusion.dim)]
        case "ConcatFusion":
            peer = import_module(f"{modules}.concat_fusion").ConcatFusionModule
            return [peer(nn.Linear(sum(fusion.dims.values()), fusion.dim))]
    return []
