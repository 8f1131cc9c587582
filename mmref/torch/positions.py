"""Positions: attention itself does not know the order of its keys."""

import torch

from mmref.contract.positions import check_positions
from mmref.contract.settings import check_kind
from mmref.torch._dtype import check_device


def sinusoidal_positions(
    length: int,
    dim: int,
    base: float = 10000.0,
    dtype: torch.dtype = torch.float32,
    device: torch.device | str | None = None,
) -> torch.Tensor:
    """One vector for each step, of sines and cosines of falling frequency: (length, dim).

    Formula
        P[t, 2i] = sin(t w_i),  P[t, 2i + 1] = cos(t w_i),  w_i = base^(-2i / D)

    Errors
        ValueError: a length below 0, a dim that is odd or below 1, a base that is not positive,
        a dtype that is not of floats, an unknown device. TypeError: one that is no number, or no
        dtype.

    Source
        Vaswani et al., 2017, section 3.5.

    >>> sinusoidal_positions(2, 2)[0]
    tensor([0., 1.])
    """
    check_kind("dtype", dtype, torch.dtype, "a torch.dtype")
    check_positions(length, dim, base, dtype)
    check_device(device)
    # In float64 throughout: the angles are as large as T.
    even = torch.arange(0, dim, 2, dtype=torch.float64, device=device)
    steps = torch.arange(length, dtype=torch.float64, device=device)
    angles = steps[:, None] * base ** (-even / dim)  # (T, D / 2)
    waves = torch.stack([angles.sin(), angles.cos()], dim=-1)  # (T, D / 2, 2)
    return waves.flatten(1).to(dtype)
