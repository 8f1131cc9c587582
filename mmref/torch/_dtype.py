"""Which dtype a layer needs, and what a device is."""

import torch


def layer_dtype(parameter: torch.Tensor) -> torch.dtype | None:
    """The dtype that a layer with this parameter needs; None under autocast, which casts.

    >>> layer_dtype(torch.nn.Linear(3, 2).weight)
    torch.float32
    """
    if parameter.is_meta or torch.is_autocast_enabled(parameter.device.type):
        return None
    return parameter.dtype


def check_device(device: torch.device | str | None) -> None:
    """Raise ValueError unless PyTorch knows such a device.

    >>> check_device("nope")
    Traceback (most recent call last):
        ...
    ValueError: device: expected a torch.device, the name of one, or None, got 'nope'
    """
    try:
        torch.empty(0, device=device)
    except (RuntimeError, TypeError) as error:
        expected = "a torch.device, the name of one, or None"
        raise ValueError(f"device: expected {expected}, got {device!r}") from error
