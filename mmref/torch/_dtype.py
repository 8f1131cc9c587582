"""Which dtype a layer needs."""

import torch


def layer_dtype(parameter: torch.Tensor) -> torch.dtype | None:
    """The dtype that a layer with this parameter needs; None under autocast, which casts.

    >>> layer_dtype(torch.nn.Linear(3, 2).weight)
    torch.float32
    """
    if parameter.is_meta or torch.is_autocast_enabled(parameter.device.type):
        return None
    return parameter.dtype
