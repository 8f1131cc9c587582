"""Somebody else's network as an encoder."""

from typing import Any, Self

import torch
from torch import nn

from mmref.contract.encoders import check_vectors_of
from mmref.contract.settings import check_counts, check_flags, check_kind


class Backbone(nn.Module):
    """Any module that gives a vector for each row, as an encoder: input of B rows -> (B, D).

    Args
        module: called with the input of its modality, whatever that is.
        output_dim: D, the width of what it returns.
        trainable: False keeps its weights as they are, and the module itself in evaluation mode:
            its dropout rests, and its batch norm uses and keeps its running statistics.

    ``mmref.convert`` leaves its weights alone: it moves all others of a model, and those of the
    module go their own way between frameworks.

    Errors
        ShapeError: the module returns anything but floats (B, output_dim). TypeError: what is no
        module, or returns no tensor. ValueError: output_dim below 1.

    >>> features = nn.Sequential(nn.Flatten(), nn.Linear(12, 7))
    >>> Backbone(features, output_dim=7)(torch.ones(2, 3, 4)).shape
    torch.Size([2, 7])
    """

    def __init__(self, module: nn.Module, output_dim: int, trainable: bool = True) -> None:
        super().__init__()
        check_kind("module", module, nn.Module, "a torch.nn.Module")
        check_counts(output_dim=output_dim)
        check_flags(trainable=trainable)
        self.module, self.output_dim, self.trainable = module, output_dim, trainable
        if not trainable:
            module.requires_grad_(False).eval()

    def train(self, mode: bool = True) -> Self:
        super().train(mode)
        if not self.trainable:
            self.module.eval()
        return self

    def forward(self, inputs: Any) -> torch.Tensor:
        features = self.module(inputs)
        check_vectors_of("module(inputs)", features, self.output_dim, inputs, torch.Tensor)
        return features
