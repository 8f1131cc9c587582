"""What every fusion is (contract: ``mmref.contract.fusion``)."""

from collections.abc import Mapping, MutableMapping
from typing import Any

import keras
import numpy as np
from keras import ops

from mmref.contract.fusion import check_dims, check_features, check_order_code, order_code
from mmref.types import Array, Tensor

Features = Mapping[str, Tensor]


class Fusion(keras.layers.Layer):
    """What all fusions do first: check the features, and clear what is absent.

    A fusion is its ``combine``: of the features x_m (B, D_m), in declared order and zero where
    absent, and of ``present``, it makes z (B, D).

    A file of weights holds the declared order, and loads into a fusion of the same order only
    (ModalityError, which ``load_weights`` of a model quotes in a ValueError of Keras's own). One
    without an order loads as it is.
    """

    def __init__(self, dims: Mapping[str, int], dim: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.dims, self.dim = check_dims(dims, dim), dim
        self._saved_order: Array | None = None

    def call(self, features: Features, present: Tensor | None = None) -> Tensor:
        return self.combine(self.present_features(features, present), present)

    def present_features(
        self, features: Features, present: Tensor | None = None
    ) -> dict[str, Tensor]:
        """Checked features in declared order, the rows of an absent modality set to zero."""
        check_features(self.dims, features, present)
        if present is None:
            return {m: features[m] for m in self.dims}
        # where, not multiplication: an absent row may hold NaN, and 0 * NaN is NaN.
        return {
            m: ops.where(present[:, i : i + 1], features[m], ops.zeros_like(features[m]))
            for i, m in enumerate(self.dims)
        }

    def save_own_variables(self, store: MutableMapping) -> None:
        super().save_own_variables(store)
        store["order"] = np.array(order_code(self.dims))

    def load_own_variables(self, store: MutableMapping) -> None:
        arrays = {key: store[key] for key in store.keys()}  # noqa: SIM118  Keras's is no mapping
        # Keras asks one that refused again, with an empty store: it must refuse once more.
        self._saved_order = arrays.pop("order", None) if arrays else self._saved_order
        if self._saved_order is not None:
            check_order_code(self.dims, self._saved_order)
        super().load_own_variables(arrays)

    @property
    def config(self) -> dict[str, Any]:
        """The arguments that make it again."""
        return {"dims": dict(self.dims), "dim": self.dim}

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | self.config
