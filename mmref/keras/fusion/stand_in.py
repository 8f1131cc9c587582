"""A learned stand-in for an absent modality, and a fusion that is given it."""

from typing import Any, Self

import keras
from keras import ops

from mmref.contract.fusion import check_fusion, check_stand_in, decides
from mmref.keras.fusion.base import Features, Fusion
from mmref.types import Tensor


def stand_in(features: Tensor, vector: Tensor, present: Tensor) -> Tensor:
    """The features of one modality, a learned vector in every row that lacks it.

    Formula
        x_b where row b has the modality, e where it has not

    Args
        features: x (B, D_m). vector: e (D_m,). present: boolean (B,), True = there. Or features
        (..., D_m) and present (...), such as the steps of sequences.

    Returns what features are like.

    Errors
        ShapeError: a wrong shape or dtype. TypeError: no array.

    >>> x = stand_in(ops.zeros((2, 1)), ops.array([5.0]), ops.array([True, False]))
    >>> ops.convert_to_numpy(x).tolist()
    [[0.0], [5.0]]
    """
    check_stand_in(features, vector, present)
    return ops.where(ops.expand_dims(present, -1), features, vector)


@keras.saving.register_keras_serializable("mmref")
class StandInFusion(Fusion):
    """Another fusion, given a learned vector in the place of each absent modality.

    Formula
        x_m = e_m in the rows without modality m, then fusion(x) as if all were present; z = 0 in a
        row with no modality

    Args
        fusion: any fusion, in whose order the modalities are. The e_m begin as zeros: as what
        absence is to a fusion without stand-ins.

    Call, errors: as of :class:`WeightedFusion`.
    """

    def __init__(self, fusion: keras.Layer, **kwargs: Any) -> None:
        check_fusion(fusion)
        super().__init__(fusion.dims, fusion.dim, **kwargs)
        self.fusion = fusion

    def build(self, *_: Any) -> None:
        if not self.fusion.built:
            self.fusion.build({m: (None, d) for m, d in self.dims.items()})
        self.stand_ins = {
            m: self.add_weight(name=f"stand_in_{m}", shape=(d,), initializer="zeros")
            for m, d in self.dims.items()
        }

    def combine(self, x: Features, present: Tensor | None) -> Tensor:
        if present is None:
            return self.fusion(x)
        filled = {
            m: stand_in(x[m], self.stand_ins[m], present[:, i]) for i, m in enumerate(self.dims)
        }
        z = self.fusion(filled)
        return ops.where(ops.any(present, axis=1, keepdims=True), z, ops.zeros_like(z))

    @property
    def decides(self) -> bool:
        """Whether the fusion inside does: then a model needs no layer after this one, too."""
        return decides(self.fusion)

    @property
    def config(self) -> dict[str, Any]:
        return {"fusion": self.fusion}

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"fusion": keras.saving.serialize_keras_object(self.fusion)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        fusion = keras.saving.deserialize_keras_object(config["fusion"])
        return cls(**config | {"fusion": fusion})
