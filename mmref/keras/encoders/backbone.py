"""Somebody else's network as an encoder."""

import inspect
from typing import Any, Self

import keras

from mmref.contract.encoders import check_vectors_of
from mmref.contract.settings import check_counts, check_flags, check_kind
from mmref.types import Tensor


@keras.saving.register_keras_serializable("mmref")
class Backbone(keras.layers.Layer):
    """Any layer or model that gives a vector for each row, as an encoder: input -> (B, D).

    Args
        network: called with the input of its modality, whatever that is.
        output_dim: D, the width of what it returns.
        trainable: False keeps its weights as they are, and the layer itself in evaluation mode:
            its dropout rests, and its batch norm uses and keeps its running statistics.

    ``mmref.convert`` leaves its weights alone: it moves all others of a model, and those of the
    layer go their own way between frameworks.

    Errors
        ShapeError: the layer returns anything but floats (B, output_dim). TypeError: what is no
        layer, or returns no array. ValueError: output_dim below 1.

    >>> from keras import layers, ops
    >>> features = keras.Sequential([layers.Flatten(), layers.Dense(7)])
    >>> tuple(Backbone(features, output_dim=7)(ops.ones((2, 3, 4))).shape)
    (2, 7)
    """

    def __init__(
        self, network: keras.Layer, output_dim: int, trainable: bool = True, **kwargs: Any
    ) -> None:
        check_flags(trainable=trainable)
        super().__init__(trainable=trainable, **kwargs)
        check_kind("network", network, keras.Layer, "a keras.Layer")
        check_counts(output_dim=output_dim)
        self.network, self.output_dim = network, output_dim
        if not trainable:
            network.trainable = False
        self._has_modes = "training" in inspect.signature(network.call).parameters

    def build(self, shape: Any) -> None:
        if shape is not None and not self.network.built:
            self.network.build(shape)

    def call(self, inputs: Any, training: bool | None = None) -> Tensor:
        mode = {"training": bool(training and self.trainable)} if self._has_modes else {}
        features = self.network(inputs, **mode)
        check_vectors_of("network(inputs)", features, self.output_dim, inputs)
        return features

    @property
    def input_signature(self) -> list | None:
        """What it takes, for ``export``, where the layer says so."""
        taken = getattr(self.network, "input_signature", None)
        inputs = getattr(self.network, "inputs", None)
        if taken is None and inputs is not None and len(inputs) == 1:
            taken = [keras.InputSpec(shape=x.shape, dtype=x.dtype) for x in inputs]
        return taken

    @property
    def config(self) -> dict[str, Any]:
        """The arguments that make it again, the network as it is."""
        return {
            "network": self.network,
            "output_dim": self.output_dim,
            "trainable": self.trainable,
        }

    def get_config(self) -> dict[str, Any]:
        network = keras.saving.serialize_keras_object(self.network)
        return super().get_config() | self.config | {"network": network}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        network = keras.saving.deserialize_keras_object(config["network"])
        return cls(**config | {"network": network})
