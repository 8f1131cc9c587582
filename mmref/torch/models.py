"""Models composed of encoders and a fusion."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from mmref.contract.fusion import check_no_decision, check_present, decides, dropout_rates
from mmref.contract.models import (
    check_decision,
    check_model_inputs,
    check_parts,
    present_columns,
)
from mmref.contract.settings import check_counts


def present_of(
    inputs: Mapping[str, Any], fusion: nn.Module, present: torch.Tensor | None = None
) -> torch.Tensor | None:
    """Which modalities a row has, (B, M) in the fusion's order: of the inputs, or as given."""
    columns = present_columns(inputs, fusion.dims, present, torch.Tensor)
    return present if columns is None else torch.stack(columns, dim=1)


class FusionModel(nn.Module):
    """Encode each modality, fuse, and read the result off with a dense layer.

    A fusion that decides gives the outputs itself: then there is no such layer, and head is None.
    A subclass says what the outputs are called.
    """

    def __init__(
        self,
        encoders: Mapping[str, nn.Module],
        fusion: nn.Module,
        outputs: int,
        dropout: float = 0.0,
        modality_dropout: Mapping[str, float] | None = None,
    ) -> None:
        super().__init__()
        check_parts(encoders, fusion, dropout, nn.Module, "a torch.nn.Module")
        self.encoders = nn.ModuleDict(encoders)
        self.fusion = fusion
        self.dropout = nn.Dropout(dropout)
        self.modality_dropout = dropout_rates(fusion.dims, modality_dropout)
        self.count = outputs
        self.head = None if decides(fusion) else nn.Linear(fusion.dim, outputs)

    @property
    def config(self) -> dict[str, Any]:
        """The arguments that make it again, its parts as they are."""
        return {
            "encoders": dict(self.encoders),
            "fusion": self.fusion,
            "dropout": self.dropout.p,
            "modality_dropout": dict(self.modality_dropout),
        }

    def _load_from_state_dict(
        self, state_dict: dict[str, Any], prefix: str, *arguments: Any
    ) -> None:
        order = state_dict.get(f"{prefix}fusion._extra_state")
        if order is not None:  # before the encoders, which come first, are written
            self.fusion.set_extra_state(order)
        super()._load_from_state_dict(state_dict, prefix, *arguments)

    def features(self, inputs: Mapping[str, Any]) -> dict[str, torch.Tensor]:
        """x_m (B, D_m) for each modality: what the fusion sees."""
        check_model_inputs(inputs, self.encoders)
        return {m: encoder(inputs[m]) for m, encoder in self.encoders.items()}

    def present(
        self, inputs: Mapping[str, Any], present: torch.Tensor | None = None
    ) -> torch.Tensor | None:
        """Which modalities a row has, (B, M) in the fusion's order: of the inputs, or as given."""
        return present_of(inputs, self.fusion, present)

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
        self, inputs: Mapping[str, Any], present: torch.Tensor | None = None
    ) -> torch.Tensor:
        features = self.features(inputs)
        present = self.present(inputs, present)
        if self.training and self.modality_dropout:
            present = self.drop_modalities(features, present)
        z = self.fusion(features, present)  # (B, D)
        return z if self.head is None else self.head(self.dropout(z))  # (B, K)


class FusionClassifier(FusionModel):
    """Encode each modality, fuse, classify.

    Formula
        x_m = encoder_m(input_m),  z = fusion({m: x_m}, present),  logits = U dropout(z) + d
        z itself is the logits of a fusion that decides, such as a DecisionFusion

    Args
        encoders: mapping m -> module with ``output_dim``, returning (B, output_dim).
        fusion: a fusion over exactly these modalities (contract: ``mmref.contract.fusion``).
        num_classes: K, of which a row has one, or any number; the loss says which.
        dropout: rate on the fused vector.
        modality_dropout: mapping of every m -> p_m in [0, 1): in training m is marked absent with
            probability p_m, so that no encoder is left untrained because another one is quicker
            (Neverova, Wolf, Taylor and Nebout, "ModDrop", TPAMI 38(8), 2016). A row that would
            lose all its modalities keeps all: with everything present, m is absent at the rate
            p_m - prod_k p_k.

    Call
        inputs: mapping m -> input of encoder m; and, where some are missing, "present" -> mapping
        of every m -> boolean (B,), True = there.
        present: the same as one boolean (B, M) in the fusion's order, instead of that; or None.
        An absent modality still needs a row in its input: zeros, or a text of padding. In
        evaluation mode what that row holds has no effect; in training mode the encoder's batch
        norm sees it.
        Returns logits (B, K), never probabilities.

    Errors
        ModalityError: encoders, fusion, modality_dropout, inputs or inputs["present"] name
        different modalities. ShapeError: present is not boolean (B, M), or one of its columns not
        (B,). ValueError: a rate outside [0, 1), num_classes below 1, an encoder whose output_dim
        is not the fusion's, present given twice, or, after a fusion that decides, a num_classes
        that is not its dim, or dropout. TypeError: what is no mapping, encoder or fusion, or an
        input of None.

    >>> from mmref.torch import ConcatFusion, TableEncoder
    >>> encoders = {"left": TableEncoder(2, 4), "right": TableEncoder(3, 5)}
    >>> model = FusionClassifier(encoders, ConcatFusion({"left": 4, "right": 5}, 6), 3)
    >>> inputs = {"left": torch.ones(2, 2), "right": torch.zeros(2, 3)}
    >>> there = {"left": torch.tensor([True, True]), "right": torch.tensor([True, False])}
    >>> model(inputs | {"present": there}).shape
    torch.Size([2, 3])
    """

    def __init__(
        self,
        encoders: Mapping[str, nn.Module],
        fusion: nn.Module,
        num_classes: int,
        dropout: float = 0.0,
        modality_dropout: Mapping[str, float] | None = None,
    ) -> None:
        check_counts(num_classes=num_classes)
        check_decision(fusion, num_classes, dropout)
        super().__init__(encoders, fusion, num_classes, dropout, modality_dropout)

    @property
    def config(self) -> dict[str, Any]:
        return super().config | {"num_classes": self.count}


class FusionRegressor(FusionModel):
    """Encode each modality, fuse, predict numbers.

    Formula
        x_m = encoder_m(input_m),  z = fusion({m: x_m}, present),  y = U dropout(z) + d

    Args
        num_targets: K, how many numbers a row has. The others: as :class:`FusionClassifier`.

    Call, errors: as :class:`FusionClassifier`; ValueError for a fusion that decides between
    classes. Returns y (B, K), (B, 1) for one number.
    """

    def __init__(
        self,
        encoders: Mapping[str, nn.Module],
        fusion: nn.Module,
        num_targets: int = 1,
        dropout: float = 0.0,
        modality_dropout: Mapping[str, float] | None = None,
    ) -> None:
        check_counts(num_targets=num_targets)
        check_no_decision(fusion)
        super().__init__(encoders, fusion, num_targets, dropout, modality_dropout)

    @property
    def config(self) -> dict[str, Any]:
        return super().config | {"num_targets": self.count}
