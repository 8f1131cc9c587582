"""Channels to mean 0 and deviation 1."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from mmref.contract.arrays import check_finite, check_numbers
from mmref.contract.data import to_array
from mmref.contract.settings import check_choice
from mmref.data.transforms._layout import FIRST, LAST, to_last
from mmref.errors import ShapeError
from mmref.types import Array

_CHUNK = 256  # images at a time: squares in float64 of all of them would fill the memory


@dataclass(frozen=True)
class Normalization:
    """(x - mean) / std for each channel, and back: x = z std + mean.

    mean, std: one number for each channel; std above 0. ``fit`` measures them; a pretrained
    network comes with its own.
    layout: of the images that will come.

    Fit it to the training part alone: with the test part's mean, the test part is no longer new.

    >>> train = np.float32([[0, 4], [2, 4]]).reshape(2, 1, 1, 2)
    >>> normalize = Normalization.fit(train)
    >>> normalize
    Normalization(mean=(1.0, 4.0), std=(1.0, 1.0), layout='channels_last')
    >>> normalize(train).ravel()
    array([-1.,  0.,  1.,  0.], dtype=float32)
    >>> bool((normalize.inverse(normalize(train)) == train).all())
    True
    """

    mean: tuple[float, ...]
    std: tuple[float, ...]
    layout: str = LAST

    def __post_init__(self) -> None:
        check_choice("layout", self.layout, (LAST, FIRST))
        for name in ("mean", "std"):
            values = to_array(name, getattr(self, name))
            check_numbers(name, values)
            if values.ndim != 1 or not values.size:
                raise ShapeError(name, "(C,), C at least 1", values.shape)
            check_finite(name, values)
            object.__setattr__(self, name, tuple(values.astype(float).tolist()))
        if len(self.mean) != len(self.std):
            raise ShapeError("std", f"(C,) = ({len(self.mean)},), as mean", (len(self.std),))
        if min(self.std) <= 0:
            raise ValueError(f"std: expected numbers above 0, got {self.std}")

    @classmethod
    def fit(cls, images: Array, layout: str = LAST) -> Self:
        """Measure mean and deviation of each channel of float32 images.

        A channel that is the same everywhere gets the deviation 1, and so becomes 0.
        """
        last = to_last(images, layout, np.float32)
        if not last.size:
            raise ShapeError("images", "at least one pixel", images.shape)
        mean = last.mean((0, 1, 2), dtype=np.float64)
        parts = (last[start : start + _CHUNK] for start in range(0, len(last), _CHUNK))
        squares = sum(((part - mean) ** 2).sum((0, 1, 2)) for part in parts)
        std = np.sqrt(squares / (last.size / len(mean)))
        # The mean itself is rounded: what is left of a level channel is not quite 0.
        level = std <= 1e-7 * np.abs(mean)
        return cls(tuple(mean), tuple(np.where(level, 1.0, std)), layout)

    def __call__(self, images: Array) -> Array:
        """Return (images - mean) / std, float32."""
        mean, std = self._shaped(images)
        return (images - mean) / std

    def inverse(self, images: Array) -> Array:
        """Return images * std + mean, float32: what a figure can show."""
        mean, std = self._shaped(images)
        return images * std + mean

    def _shaped(self, images):
        to_last(images, self.layout, np.float32, channels=len(self.mean))
        shape = (-1,) if self.layout == LAST else (-1, 1, 1)
        return (np.float32(v).reshape(shape) for v in (self.mean, self.std))
