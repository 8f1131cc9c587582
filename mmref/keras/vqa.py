"""A map of an image's places, and a fusion at each of them: for questions about pictures."""

from collections.abc import Sequence
from typing import Any, Self

import keras
from keras import ops

from mmref.contract.arrays import check_images
from mmref.contract.vqa import check_local, check_map, check_places
from mmref.keras.encoders.image import ConvBlock
from mmref.keras.fusion.base import Features, Fusion
from mmref.types import Pair, Tensor


@keras.saving.register_keras_serializable("mmref")
class MapEncoder(keras.layers.Layer):
    """Images to a vector for each place: (B, H, W, C) -> (B, N, D).

    Formula
        f the map of the blocks of :class:`ImageEncoder`, (B, H', W', D);  x_n = f_n + p_n,
        n the places of the map in reading order, p a learned vector for each

    Args
        size: (H, W); each is halved by every block and must divide evenly.
        channels: output channels of the blocks; the last is D.
        in_channels: C. momentum: as of :class:`ImageEncoder`.

    A fusion that takes sequences takes what it gives, and :class:`LocalFusion`.

    Errors
        ValueError: a size the blocks do not divide. ShapeError: images of another shape or dtype.

    NaN: as of :class:`ImageEncoder`.

    >>> tuple(MapEncoder((32, 32), (8, 16))(ops.zeros((2, 32, 32, 3))).shape)
    (2, 64, 16)
    """

    def __init__(
        self,
        size: Pair,
        channels: Sequence[int] = (16, 32, 64),
        in_channels: int = 3,
        momentum: float = 0.1,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_map(size, channels, in_channels, momentum)
        self.config: dict[str, Any] = {"size": tuple(size), "channels": tuple(channels)}
        self.config |= {"in_channels": in_channels, "momentum": momentum}
        self.image_shape, self.output_dim = (*size, in_channels), channels[-1]
        factor = 2 ** len(channels)
        self.places = (size[0] // factor) * (size[1] // factor)
        policy = self.dtype_policy  # the parts keep the precision
        self.blocks = [
            ConvBlock(c, momentum, name=f"block_{i}", dtype=policy) for i, c in enumerate(channels)
        ]

    def build(self, *_: Any) -> None:
        height, width, channels = self.image_shape
        for block, out in zip(self.blocks, self.config["channels"], strict=True):
            block.build((None, height, width, channels))
            height, width, channels = height // 2, width // 2, out
        random = keras.initializers.RandomNormal(stddev=0.1)
        shape = (self.places, self.output_dim)
        self.positions = self.add_weight(name="positions", shape=shape, initializer=random)

    def call(self, images: Tensor, training: bool | None = None) -> Tensor:
        check_images(images, self.image_shape)
        if images.shape[0] == 0:  # TensorFlow's convolution would stop at an empty batch
            return ops.zeros((0, self.places, self.output_dim), dtype=self.compute_dtype)
        x = images
        for block in self.blocks:
            x = block(x, training=training)  # (B, H / 2, W / 2, C')
        x = ops.reshape(x, (-1, self.places, self.output_dim)) + self.positions  # (B, N, D)
        spoiled = ops.any(ops.isnan(images), axis=(1, 2, 3))  # the pools may have passed over it
        return ops.where(ops.reshape(spoiled, (-1, 1, 1)), float("nan"), x)

    @property
    def input_signature(self) -> list:
        """What it takes, for ``export``."""
        return [keras.InputSpec(shape=(None, *self.image_shape), dtype=self.variable_dtype)]

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | self.config


@keras.saving.register_keras_serializable("mmref")
class LocalFusion(Fusion):
    """Another fusion at each place of one modality, and the largest that any place gives.

    Formula (x_n is place n of the modality ``over``)
        z = max over n of relu(fusion(x_n, all others)), in each component

    Args
        fusion: any that gives a vector, in whose order the modalities are; the same weights at all
            places. over: the modality that has places.

    Call
        features: mapping with (B, N, D_m) of ``over``, (B, D_m) of the others. present: boolean
        (B, M), True = there, or None.
        Returns z (B, D); a row with no modality present is zero. ``strongest(features, present)``
        gives (B, N), the share of the components of z whose maximum is at each place.

    Errors
        As of :class:`WeightedFusion`. ChoiceError: ``over`` is no modality. ValueError: a fusion
        that decides.

    Source
        FiLM at each place and a maximum over them: Perez et al., AAAI 2018, arXiv:1709.07871.
    """

    def __init__(self, fusion: keras.Layer, over: str = "image", **kwargs: Any) -> None:
        check_local(fusion, over)
        super().__init__(fusion.dims, fusion.dim, **kwargs)
        self.fusion, self.over = fusion, over

    def build(self, *_: Any) -> None:
        if not self.fusion.built:
            self.fusion.build({m: (None, d) for m, d in self.dims.items()})

    def call(self, features: Features, present: Tensor | None = None) -> Tensor:
        found = self.at_places(features, present)  # (B, N, D)
        if found.shape[0] == 0:  # TensorFlow knows no maximum of an empty batch
            return found[:, 0]
        return ops.max(found, axis=1)

    def at_places(self, features: Features, present: Tensor | None = None) -> Tensor:
        """relu(fusion(x_n, all others)) of each place: (B, N, D)."""
        check_places(self.dims, self.over, features, present)
        places = features[self.over].shape[1]
        flat = {
            m: ops.reshape(features[m], (-1, d))
            if m == self.over
            else ops.repeat(features[m], places, axis=0)
            for m, d in self.dims.items()
        }
        there = None if present is None else ops.repeat(present, places, axis=0)
        found = ops.relu(self.fusion(flat, present=there))
        return ops.reshape(found, (-1, places, self.dim))

    def strongest(self, features: Features, present: Tensor | None = None) -> Tensor:
        """(B, N): the share of the components of z whose maximum is at each place; of several
        places alike the first counts, and of a component that is 0 everywhere none."""
        found = self.at_places(features, present)  # (B, N, D)
        where = ops.one_hot(ops.argmax(found, axis=1), found.shape[1], axis=1, dtype=found.dtype)
        counted = ops.cast(ops.max(found, axis=1, keepdims=True) > 0, found.dtype)
        return ops.mean(where * counted, axis=2)

    @property
    def config(self) -> dict[str, Any]:
        return {"fusion": self.fusion, "over": self.over}

    def get_config(self) -> dict[str, Any]:
        fusion = keras.saving.serialize_keras_object(self.fusion)
        return super().get_config() | {"fusion": fusion, "over": self.over}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        fusion = keras.saving.deserialize_keras_object(config["fusion"])
        return cls(**config | {"fusion": fusion})
