"""What every fusion is (contract: ``mmref.contract.fusion``)."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from mmref.contract.fusion import (
    check_dims,
    check_features,
    check_order_code,
    order_code,
    plainly_fit,
)
from mmref.torch._dtype import layer_dtype

Features = Mapping[str, torch.Tensor]


def columns(table: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """Each column (B, 1) of a table (B, M); ``table.split(1, dim=1)`` takes twice as long."""
    return table.unsqueeze(2).unbind(dim=1)


class Fusion(nn.Module):
    """What all fusions do first: check the features, and clear what is absent.

    A fusion is its ``combine``: of the features x_m (B, D_m), in declared order and zero where
    absent, and of ``present``, it makes z (B, D).

    A ``state_dict`` holds the declared order, and loads into a fusion of the same order only
    (ModalityError). One without an order loads as it is.
    """

    def __init__(self, dims: Mapping[str, int], dim: int) -> None:
        super().__init__()
        self.dims, self.dim = check_dims(dims, dim), dim

    def forward(self, features: Features, present: torch.Tensor | None = None) -> torch.Tensor:
        return self.combine(self.present_features(features, present), present)

    @property
    def some_weight(self) -> torch.Tensor:
        """A weight, whose dtype the features must have."""
        return next(self.parameters())

    def check(
        self, features: Features, present: torch.Tensor | None = None, sequences: bool = False
    ) -> None:
        """Raise unless the features fit, and ``present``; ``sequences``: (B, T_m, D_m), too."""
        weight = self.some_weight
        if not plainly_fit(self.dims, features, present, torch.Tensor, weight.dtype):
            dtype = layer_dtype(weight)  # not asked before: it takes as long as the glance
            check_features(self.dims, features, present, torch.Tensor, dtype, sequences)

    def present_features(
        self, features: Features, present: torch.Tensor | None = None
    ) -> dict[str, torch.Tensor]:
        """Checked features in declared order, the rows of an absent modality set to zero."""
        self.check(features, present)
        if present is None:
            return {m: features[m] for m in self.dims}
        # A choice, not a product: an absent row may hold NaN, and 0 * NaN is NaN.
        there = zip(self.dims, columns(present), strict=True)
        zero = self.some_weight.new_zeros(())  # once: a number would become a tensor each time
        return {m: torch.where(column, features[m], zero) for m, column in there}

    @property
    def config(self) -> dict[str, Any]:
        """The arguments that make it again."""
        return {"dims": dict(self.dims), "dim": self.dim}

    def get_extra_state(self) -> torch.Tensor:
        """The declared order; a tensor, as safetensors takes nothing else."""
        return torch.tensor(order_code(self.dims), device="cpu")

    def set_extra_state(self, state: torch.Tensor) -> None:
        check_order_code(self.dims, state.tolist())

    def _load_from_state_dict(
        self, state_dict: dict[str, Any], prefix: str, *arguments: Any
    ) -> None:
        order = state_dict.setdefault(f"{prefix}_extra_state", self.get_extra_state())
        self.set_extra_state(order)  # before any weight is written
        super()._load_from_state_dict(state_dict, prefix, *arguments)
