"""Batch normalization: every channel with mean 0 and variance 1, then a learned scale and shift."""

from typing import Any

import keras
from keras import ops

from mmref.contract.arrays import own_dtype
from mmref.contract.normalization import check_channels, check_enough, check_statistics
from mmref.contract.settings import check_counts, check_flags, check_number
from mmref.types import Tensor


@keras.saving.register_keras_serializable("mmref")
class BatchNorm2d(keras.layers.Layer):
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
        images: (B, ..., C), any number of axes from 2 on; ``training`` chooses the form.
        Returns the same shape.

    Errors
        ShapeError: a wrong shape or dtype, or too few numbers in a channel for a variance.
        ChoiceError: an unbiased that is not True or False. A stored variance below 0, or 0 with
        an epsilon of 0, is not looked for: NaN or infinity.
        TypeError: images are no array.

    Source
        Ioffe and Szegedy, ICML 2015, arXiv 1502.03167.

    >>> ops.convert_to_numpy(BatchNorm2d(1, epsilon=0.0)(ops.array([[1.0], [3.0]]), training=True))
    array([[-1.],
           [ 1.]], dtype=float32)
    """

    def __init__(
        self,
        channels: int,
        epsilon: float = 1e-5,
        momentum: float = 0.1,
        unbiased: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_counts(channels=channels)
        check_number("epsilon", epsilon, 0)
        check_number("momentum", momentum, 0, 1, closed=True)
        check_flags(unbiased=unbiased)
        self.channels, self.epsilon = channels, epsilon
        self.momentum, self.unbiased = momentum, unbiased

    def build(self, *_: Any) -> None:
        shape = (self.channels,)
        stored = {"shape": shape, "trainable": False}
        self.scale = self.add_weight(shape=shape, initializer="ones", name="scale")
        self.shift = self.add_weight(shape=shape, initializer="zeros", name="shift")
        self.mean = self.add_weight(initializer="zeros", name="mean", **stored)
        self.variance = self.add_weight(initializer="ones", name="variance", **stored)

    def call(self, images: Tensor, training: bool | None = False) -> Tensor:
        check_channels(images, self.channels, axis=-1)
        held = self.scale, self.shift, self.mean, self.variance
        scale, shift, mean, variance = (ops.cast(v, images.dtype) for v in held)
        if not training:
            return _normalized(images, scale, shift, mean, variance, self.epsilon)
        check_enough(images, self.unbiased, axis=-1)
        mean, variance = _statistics(images)
        self._store(images, mean, variance)
        return _normalized(images, scale, shift, mean, variance, self.epsilon)

    def _store(self, images, mean, variance):
        if self.unbiased:
            count = ops.cast(ops.size(images) / self.channels, variance.dtype)
            variance = variance * count / (count - 1)
        for stored, new in ((self.mean, mean), (self.variance, variance)):
            old = ops.convert_to_tensor(stored)
            stored.assign(old + self.momentum * (ops.cast(new, old.dtype) - old))

    def get_config(self) -> dict[str, Any]:
        config = {"channels": self.channels, "epsilon": self.epsilon}
        config |= {"momentum": self.momentum, "unbiased": self.unbiased}
        return super().get_config() | config


def batch_norm(
    images: Tensor,
    scale: Tensor,
    shift: Tensor,
    mean: Tensor | None = None,
    variance: Tensor | None = None,
    epsilon: float = 1e-5,
) -> Tensor:
    """scale (x - mu) / sqrt(v + epsilon) + shift for images (B, ..., C), the rest (C,).

    mean and variance: running statistics; without them the batch's own are taken.

    Errors: TypeError if they are no arrays; ShapeError for a wrong shape or dtype; ValueError for a
    mean without a variance, or a negative epsilon.

    >>> x = ops.array([[1.0], [3.0]])
    >>> ops.convert_to_numpy(batch_norm(x, ops.ones(1), ops.zeros(1), epsilon=0.0))
    array([[-1.],
           [ 1.]], dtype=float32)
    """
    check_statistics(images, {"scale": scale, "shift": shift}, mean, variance, -1, None, own_dtype)
    check_number("epsilon", epsilon, 0)
    if mean is None:
        mean, variance = _statistics(images)
    return _normalized(images, scale, shift, mean, variance, epsilon)


def _normalized(images, scale, shift, mean, variance, epsilon):
    return scale * (images - mean) / ops.sqrt(variance + epsilon) + shift


def _statistics(images):
    axes = tuple(range(len(images.shape) - 1))
    return ops.mean(images, axis=axes), ops.var(images, axis=axes)
