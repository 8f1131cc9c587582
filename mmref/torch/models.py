"""Models composed of encoders and a fusion."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from mmref.contract.encoders import check_encoders
from mmref.contract.fusion import check_fusion, check_present, dropout_rates
from mmref.contract.settings import check_counts, check_mapping, check_number
from mmref.errors import ModalityError


class FusionClassifier(nn.Module):
    """Encode each modality, fuse, classify.

    Formula
        x_m = encoder_m(input_m),  z = fusion({m: x_m}, present),  logits = U dropout(z) + d

    Args
        encoders: mapping m -> module with ``output_dim``, returning (B, output_dim).
        fusion: a fusion over exactly these modalities (contract: ``mmref.contract.fusion``).
        num_classes: K.
        dropout: rate on the fused vector.
        modality_dropout: mapping of every m -> p_m in [0, 1): in training m is marked absent with
            probability p_m, so that no encoder is left untrained because another one is quicker
            (Neverova, Wolf, Taylor and Nebout, "ModDrop", TPAMI 38(8), 2016). A row that would
            lose all its modalities keeps all: with everything present, m is absent at the rate
            p_m - prod_k p_k.

    Call
        inputs: mapping m -> input of encoder m. present: boolean (B, M), True = there, or None.
        An absent modality still needs a row in its input. In evaluation mode what that row
        holds has no effect; in training mode the encoder's batch norm sees it.
        Returns logits (B, K), never probabilities.

    Errors
        ModalityError: encoders, fusion, modality_dropout or inputs name different modalities.
        ShapeError: present is not boolean (B, M). ValueError: a rate outside [0, 1), or
        num_classes is below 1. TypeError: what is no mapping, encoder or fusion.
    """

    def __init__(
        self,
        encoders: Mapping[str, nn.Module],
        fusion: nn.Module,
        num_classes: int,
        dropout: float = 0.0,
        modality_dropout: Mapping[str, float] | None = None,
    ) -> None:
        super().__init__()
        check_encoders(encoders, nn.Module, "a torch.nn.Module")
        check_fusion(fusion)
        check_counts(num_classes=num_classes)
        check_number("dropout", dropout, 0, 1)
        if set(encoders) != set(fusion.dims):
            raise ModalityError("encoders", fusion.dims, encoders)
        self.encoders = nn.ModuleDict(encoders)
        self.fusion = fusion
        self.dropout = nn.Dropout(dropout)
        self.modality_dropout = dropout_rates(fusion.dims, modality_dropout)
        self.head = nn.Linear(fusion.dim, num_classes)

    @property
    def config(self) -> dict[str, Any]:
        """The arguments that make it again, its parts as they are."""
        return {
            "encoders": dict(self.encoders),
            "fusion": self.fusion,
            "num_classes": self.head.out_features,
            "dropout": self.dropout.p,
            "modality_dropout": dict(self.modality_dropout),
        }

    def features(self, inputs: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """x_m (B, D_m) for each modality: what the fusion sees."""
        check_mapping("inputs", inputs)
        if set(inputs) != set(self.encoders):
            raise ModalityError("inputs", self.encoders, inputs)
        return {m: encoder(inputs[m]) for m, encoder in self.encoders.items()}

    def drop_modalities(
        self, features: Mapping[str, torch.Tensor], present: torch.Tensor | None = None
    ) -> torch.Tensor:
        """``present`` (B, M) with some modalities marked absent; a row never loses its last."""
        x = next(iter(features.values()))
        rates = torch.tensor([self.modality_dropout[m] for m in self.fusion.dims], device=x.device)
        kept = torch.rand(len(x), len(rates), device=x.device) >= rates  # (B, M)
        if present is None:
            present = torch.ones_like(kept)
        check_present(present, len(x), len(rates), torch.Tensor)  # before `&` broadcasts it
        kept = kept & present
        return torch.where(kept.any(dim=1, keepdim=True), kept, present)

    def forward(
        self, inputs: Mapping[str, torch.Tensor], present: torch.Tensor | None = None
    ) -> torch.Tensor:
        features = self.features(inputs)
        if self.training and self.modality_dropout:
            present = self.drop_modalities(features, present)
        z = self.fusion(features, present)  # (B, D)
        return self.head(self.dropout(z))  # (B, K)
