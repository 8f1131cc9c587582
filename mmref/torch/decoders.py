"""One vector to one modality, on PyTorch's own layers: an encoder's way back."""

from typing import Any

import torch
from torch import nn

from mmref.contract.dcgan import check_dcgan
from mmref.contract.decoders import check_code
from mmref.contract.settings import check_counts
from mmref.torch._dtype import layer_dtype
from mmref.torch.dcgan import start_weights, up_blocks


class ImageDecoder(nn.Module):
    """A vector to an image: (B, D) -> (B, C, S, S), in [0, 1].

    A transposed convolution makes a 4 x 4 map; each further one halves the channels and doubles
    the size, with batch norm and ReLU between; the last one ends in the logistic function.

    Args
        dim: D. size: S, a power of 2 from 8. channels: C.
        width: channels of the last map before the image; the 4 x 4 map has width * S / 8.

    Errors
        ShapeError: a code that is not floats (B, D). ValueError: a size that is no such power.
        TypeError: no tensor.

    >>> ImageDecoder(10, size=16, width=4)(torch.zeros(2, 10)).shape
    torch.Size([2, 3, 16, 16])
    """

    def __init__(self, dim: int, size: int = 32, width: int = 32, channels: int = 3) -> None:
        super().__init__()
        check_dcgan(size, 1, width, dim=dim, channels=channels)
        self.config: dict[str, Any] = {"dim": dim, "size": size}
        self.config |= {"width": width, "channels": channels}
        self.input_dim = dim
        self.blocks = nn.ModuleList(up_blocks(dim, width, size))
        self.paint = nn.ConvTranspose2d(width, channels, 4, stride=2, padding=1)
        self.apply(start_weights)

    def forward(self, code: torch.Tensor) -> torch.Tensor:
        check_code(code, self.input_dim, torch.Tensor, layer_dtype(self.paint.weight))
        x = code[:, :, None, None]  # (B, D, 1, 1)
        for block in self.blocks:
            x = block(x)  # (B, width * S / 8, 4, 4), then half the channels at twice the size
        return torch.sigmoid(self.paint(x))  # (B, C, S, S)


class TableDecoder(nn.Module):
    """Two dense layers: a vector to rows of numbers, (B, D) -> (B, K).

    Formula
        h = relu(W code + b),  table = V h + c

    Args
        dim: D. width: K, the numbers in a row. hidden: width of h.

    Errors
        ShapeError: a code that is not floats (B, D). ValueError: a size below 1. TypeError: no
        tensor, or a size that is no integer.

    >>> TableDecoder(3, 5)(torch.zeros(2, 3)).shape
    torch.Size([2, 5])
    """

    def __init__(self, dim: int, width: int, hidden: int = 128) -> None:
        super().__init__()
        check_counts(dim=dim, width=width, hidden=hidden)
        self.config: dict[str, Any] = {"dim": dim, "width": width, "hidden": hidden}
        self.input_dim = dim
        self.hidden = nn.Linear(dim, hidden)
        self.dense = nn.Linear(hidden, width)

    def forward(self, code: torch.Tensor) -> torch.Tensor:
        check_code(code, self.input_dim, torch.Tensor, layer_dtype(self.dense.weight))
        return self.dense(torch.relu(self.hidden(code)))  # (B, K)
