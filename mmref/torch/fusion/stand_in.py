"""A learned stand-in for an absent modality, and a fusion that is given it."""

from typing import Any

import torch
from torch import nn

from mmref.contract.fusion import check_fusion, check_stand_in, decides
from mmref.torch.fusion.base import Features, Fusion


def stand_in(features: torch.Tensor, vector: torch.Tensor, present: torch.Tensor) -> torch.Tensor:
    """The features of one modality, a learned vector in every row that lacks it.

    Formula
        x_b where row b has the modality, e where it has not

    Args
        features: x (B, D_m). vector: e (D_m,). present: boolean (B,), True = there. Or features
        (..., D_m) and present (...), such as the steps of sequences.

    Returns what features are like.

    Errors
        ShapeError: a wrong shape or dtype. TypeError: no tensor.

    >>> stand_in(torch.zeros(2, 1), torch.tensor([5.0]), torch.tensor([True, False])).tolist()
    [[0.0], [5.0]]
    """
    check_stand_in(features, vector, present, torch.Tensor)
    return torch.where(present.unsqueeze(-1), features, vector)


class StandInFusion(Fusion):
    """Another fusion, given a learned vector in the place of each absent modality.

    Formula
        x_m = e_m in the rows without modality m, then fusion(x) as if all were present; z = 0 in a
        row with no modality

    Args
        fusion: any fusion, in whose order the modalities are. The e_m begin as zeros: as what
        absence is to a fusion without stand-ins.

    Call, errors: as of :class:`WeightedFusion`.

    >>> from mmref.torch import ConcatFusion
    >>> fuse = StandInFusion(ConcatFusion({"image": 3, "text": 2}, dim=4))
    >>> [tuple(vector.shape) for vector in fuse.stand_ins.values()]
    [(3,), (2,)]
    """

    def __init__(self, fusion: nn.Module) -> None:
        check_fusion(fusion)
        super().__init__(fusion.dims, fusion.dim)
        self.fusion = fusion
        zeros = {m: nn.Parameter(torch.zeros(d)) for m, d in self.dims.items()}
        self.stand_ins = nn.ParameterDict(zeros)

    def combine(self, x: Features, present: torch.Tensor | None) -> torch.Tensor:
        if present is None:
            return self.fusion(x)
        columns = zip(self.dims, present.unbind(dim=1), strict=True)
        filled = {m: stand_in(x[m], self.stand_ins[m], there) for m, there in columns}
        return self.fusion(filled).masked_fill(~present.any(dim=1, keepdim=True), 0)

    @property
    def decides(self) -> bool:
        """Whether the fusion inside does: then a model needs no layer after this one, too."""
        return decides(self.fusion)

    @property
    def config(self) -> dict[str, Any]:
        return {"fusion": self.fusion}
