"""A fusion at each place of a map: for questions about pictures."""

from typing import Any, Self

import keras
from keras import ops

from mmref.contract.vqa import check_local, check_places
from mmref.keras.fusion.base import Features, Fusion
from mmref.types import Tensor


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
