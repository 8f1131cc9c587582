"""Somebody else's network as an encoder."""

from typing import Any, Self

import torch
from torch import nn

from mmref.contract.encoders import check_vectors_of
from mmref.contract.settings import check_counts, check_flags, check_kind


class Backbone(nn.Module):
    """Any module that gives a vector for each row, as an encoder: input of B rows -> (B, D).

    Args
        network: called with the input of its modality, whatever that is.
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

    def __init__(self, network: nn.Module, output_dim: int, trainable: bool = True) -> None:
        super().__init__()
        check_kind("network", network, nn.Module, "a torch.nn.Module")
        check_counts(output_dim=output_dim)
        check_flags(trainable=trainable)
        self.network, self.output_dim, self.trainable = network, output_dim, trainable
        if not trainable:
            network.requires_grad_(False).eval()

    @property
    def config(self) -> dict[str, Any]:
        """The arguments that make it again, the network as it is."""
        return {
            "network": self.network,
            "output_dim": self.output_dim,
            "trainable": self.trainable,
        }

    def train(self, mode: bool = True) -> Self:
        super().train(mode)
        if not self.trainable:
            self.network.eval()
        return self

    def forward(self, inputs: Any) -> torch.Tensor:
        features = self.network(inputs)
        check_vectors_of("network(inputs)", features, self.output_dim, inputs, torch.Tensor)
        return features
