"""Batch normalization: every channel with mean 0 and variance 1, then a learned scale and shift."""

import torch
from torch import nn

from mmref.contract.normalization import check_channels, check_enough, check_statistics
from mmref.contract.settings import check_counts, check_flags, check_number
from mmref.torch._dtype import layer_dtype


class BatchNorm2d(nn.Module):
    """Normalize each channel by the batch in training, by running statistics afterward.

    Formula (for each channel; m numbers of the batch are in it)
        in training   mu = sum x / m,  v = sum (x - mu)^2 / m, and the stored
                      mean <- (1 - momentum) mean + momentum mu,  variance likewise
        afterward     mu, v = mean, variance
        y = scale (x - mu) / sqrt(v + epsilon) + shift

    Args
        channels: C.
        epsilon: 1e-5 in PyTorch's layer, 1e-3 in Keras's.
        momentum: the weight of the new. Keras's momentum, 0.99, is that of the old: here 0.01.
        unbiased: store v m / (m - 1), as PyTorch does and Keras does not.

    Call
        images: (B, C, ...) of the layer's dtype, any number of axes from 2 on; ``train()`` and
        ``eval()`` choose the form. Returns the same shape.

    Errors
        ShapeError: a wrong shape or dtype, or too few numbers in a channel for a variance.
        ChoiceError: an unbiased that is not True or False. A stored variance below 0, or 0 with
        an epsilon of 0, is not looked for: NaN or infinity.
        TypeError: images are no tensor.

    Source
        Ioffe and Szegedy, ICML 2015, arXiv 1502.03167.

    >>> BatchNorm2d(1, epsilon=0.0)(torch.tensor([[1.0], [3.0]])).detach()
    tensor([[-1.],
            [ 1.]])
    """

    def __init__(
        self, channels: int, epsilon: float = 1e-5, momentum: float = 0.1, unbiased: bool = True
    ) -> None:
        super().__init__()
        check_counts(channels=channels)
        check_number("epsilon", epsilon, 0)
        check_number("momentum", momentum, 0, 1, closed=True)
        check_flags(unbiased=unbiased)
        self.epsilon, self.momentum, self.unbiased = epsilon, momentum, unbiased
        self.scale = nn.Parameter(torch.ones(channels))
        self.shift = nn.Parameter(torch.zeros(channels))
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("variance", torch.ones(channels))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        dtype = layer_dtype(self.scale)
        check_channels(images, len(self.scale), 1, torch.Tensor, dtype)
        if not self.training:
            return _normalized(
                images, self.scale, self.shift, self.mean, self.variance, self.epsilon
            )
        check_enough(images, self.unbiased)
        axes = (0, *range(2, images.ndim))
        with torch.no_grad():
            variance = images.var(axes, correction=int(self.unbiased))
            self.mean.lerp_(images.mean(axes).to(self.mean.dtype), self.momentum)
            self.variance.lerp_(variance.to(self.variance.dtype), self.momentum)
        return _normalized(images, self.scale, self.shift, None, None, self.epsilon)


def batch_norm(
    images: torch.Tensor,
    scale: torch.Tensor,
    shift: torch.Tensor,
    mean: torch.Tensor | None = None,
    variance: torch.Tensor | None = None,
    epsilon: float = 1e-5,
) -> torch.Tensor:
    """scale (x - mu) / sqrt(v + epsilon) + shift for images (B, C, ...), the rest (C,).

    mean and variance: running statistics; without them the batch's own are taken.

    Errors: TypeError if they are no tensors; ShapeError for a wrong shape or dtype; ValueError for
    a mean without a variance, or a negative epsilon.

    >>> batch_norm(torch.tensor([[1.0], [3.0]]), torch.ones(1), torch.zeros(1), epsilon=0.0)
    tensor([[-1.],
            [ 1.]])
    """
    check_statistics(
        images, {"scale": scale, "shift": shift}, mean, variance, 1, torch.Tensor, layer_dtype
    )
    check_number("epsilon", epsilon, 0)
    return _normalized(images, scale, shift, mean, variance, epsilon)


def _normalized(images, scale, shift, mean, variance, epsilon):
    if mean is None:
        axes = (0, *range(2, images.ndim))
        mean, variance = images.mean(axes), images.var(axes, correction=0)
    wide = (-1, *[1] * (images.ndim - 2))  # (C,) against (B, C, ...)
    normal = (images - mean.view(wide)) / torch.sqrt(variance.view(wide) + epsilon)
    return scale.view(wide) * normal + shift.view(wide)
