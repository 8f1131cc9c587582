"""A fusion with one dense layer more, in PyTorch."""

import torch
from torch import nn


class Deepened(nn.Module):
    """relu(V z + c) in the place of z: what comes after no longer reads z off linearly."""

    def __init__(self, fusion):
        super().__init__()
        self.fusion, self.dims, self.dim = fusion, fusion.dims, fusion.dim
        self.dense = nn.Linear(fusion.dim, fusion.dim)

    def forward(self, features, present=None):
        return torch.relu(self.dense(self.fusion(features, present)))
