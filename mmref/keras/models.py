"""Models composed of encoders and a fusion."""

from collections.abc import Mapping
from typing import Any, Self

import keras
from keras import ops

from mmref.contract.encoders import check_encoders
from mmref.contract.fusion import check_fusion, check_present, dropout_rates
from mmref.contract.settings import check_counts, check_mapping, check_number
from mmref.errors import ModalityError
from mmref.keras._export import Model
from mmref.types import Tensor, Tensors


@keras.saving.register_keras_serializable("mmref")
class FusionClassifier(Model):
    """Encode each modality, fuse, classify.

    Formula
        x_m = encoder_m(input_m),  z = fusion({m: x_m}, present),  logits = U dropout(z) + d

    Args
        encoders: mapping m -> layer with ``output_dim``, returning (B, output_dim). One that says
            what it takes in ``input_signature``, as ours do, can be exported.
        fusion: a fusion over exactly these modalities (contract: ``mmref.contract.fusion``).
        num_classes: K.
        dropout: rate on the fused vector.
        modality_dropout: mapping of every m -> p_m in [0, 1): in training m is marked absent with
            probability p_m, so that no encoder is left untrained because another one is quicker
            (Neverova, Wolf, Taylor and Nebout, "ModDrop", TPAMI 38(8), 2016). A row that would
            lose all its modalities keeps all: with everything present, m is absent at the rate
            p_m - prod_k p_k.

    Call
        inputs: mapping m -> input of encoder m. present: boolean (B, M), True = there, or None.
        An absent modality still needs a row in its input. In evaluation mode what that row
        holds has no effect; in training mode the encoder's batch norm sees it.
        Returns logits (B, K), never probabilities.

    Files
        ``save`` writes a Keras file; whoever loads it imports ``mmref.keras`` first. ``export``
        writes what runs without this package, called as f(inputs), or as f(inputs, present) if
        exported with ``present=True``.

    Errors
        ModalityError: encoders, fusion, modality_dropout or inputs name different modalities.
        ShapeError: present is not boolean (B, M). ValueError: a rate outside [0, 1), or
        num_classes is below 1. TypeError: what is no mapping, encoder or fusion.
    """

    def __init__(
        self,
        encoders: Mapping[str, keras.Layer],
        fusion: keras.Layer,
        num_classes: int,
        dropout: float = 0.0,
        modality_dropout: Mapping[str, float] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_encoders(encoders, keras.Layer, "a keras.Layer")
        check_fusion(fusion)
        check_counts(num_classes=num_classes)
        check_number("dropout", dropout, 0, 1)
        if set(encoders) != set(fusion.dims):
            raise ModalityError("encoders", fusion.dims, encoders)
        # In the fusion's order, in which files hold them: by number, not by name.
        self.encoders, self.fusion = {m: encoders[m] for m in fusion.dims}, fusion
        self.dropout = keras.layers.Dropout(dropout, dtype=self.dtype_policy)
        self.modality_dropout = dropout_rates(fusion.dims, modality_dropout)
        self.seed_generator = keras.random.SeedGenerator()
        self.head = keras.layers.Dense(num_classes, name="head", dtype=self.dtype_policy)

    def build(self, inputs_shape: Any, present_shape: Any = None) -> None:
        self.check_modalities(inputs_shape)  # Keras builds before it calls
        shapes = [(f, inputs_shape[m]) for m, f in self.encoders.items()]
        shapes.append((self.fusion, {m: (None, d) for m, d in self.fusion.dims.items()}))
        shapes.append((self.head, (None, self.fusion.dim)))
        for layer, shape in shapes:
            if not layer.built:  # one that was loaded from a file already is
                layer.build(shape)

    def features(self, inputs: Tensors, training: bool | None = None) -> dict[str, Tensor]:
        """x_m (B, D_m) for each modality: what the fusion sees."""
        self.check_modalities(inputs)
        return {m: f(inputs[m], training=training) for m, f in self.encoders.items()}

    def check_modalities(self, inputs: Tensors) -> None:
        """Raise unless there is an input, or its shape, for each encoder and no other."""
        check_mapping("inputs", inputs)
        if set(inputs) != set(self.encoders):
            raise ModalityError("inputs", self.encoders, inputs)

    def drop_modalities(self, features: Tensors, present: Tensor | None = None) -> Tensor:
        """``present`` (B, M) with some modalities marked absent; a row never loses its last."""
        x = next(iter(features.values()))
        if present is not None:  # before `logical_and` casts and broadcasts it
            check_present(present, x.shape[0], len(self.fusion.dims))
        rates = ops.array([self.modality_dropout[m] for m in self.fusion.dims], dtype="float32")
        shape = (ops.shape(x)[0], len(self.fusion.dims))
        kept = keras.random.uniform(shape, dtype="float32", seed=self.seed_generator) >= rates
        if present is None:
            present = ops.ones(shape, dtype="bool")
        kept = ops.logical_and(kept, present)  # (B, M)
        return ops.where(ops.any(kept, axis=1, keepdims=True), kept, present)

    def call(
        self, inputs: Tensors, present: Tensor | None = None, training: bool | None = None
    ) -> Tensor:
        features = self.features(inputs, training)
        if training and self.modality_dropout:
            present = self.drop_modalities(features, present)
        # By name: what is no tensor Keras itself refuses in another place, and names no argument.
        z = self.fusion(features, present=present)  # (B, D)
        return self.head(self.dropout(z, training=training))  # (B, K)

    @property
    def input_signature(self) -> list | None:
        """What it takes, for ``export``: a mapping of the modalities."""
        taken: dict[str, Any] = {
            m: getattr(f, "input_signature", None) for m, f in self.encoders.items()
        }
        if None in taken.values():
            return None
        return [{m: s for m, (s,) in taken.items()}]

    def export(self, filepath: str, *arguments: Any, present: bool = False, **options: Any) -> None:
        """``keras.Model.export``; with ``present=True`` what it writes takes ``present`` too."""
        if present:
            signature = self.input_signature
            if signature is None:
                raise TypeError("encoders: expected layers with an input_signature, got others")
            there = keras.InputSpec(shape=(None, len(self.fusion.dims)), dtype="bool")
            options["input_signature"] = [*signature, there]
        super().export(filepath, *arguments, **options)

    @property
    def config(self) -> dict[str, Any]:
        """The arguments that make it again, its parts as they are."""
        return {
            "encoders": dict(self.encoders),
            "fusion": self.fusion,
            "num_classes": self.head.units,
            "dropout": self.dropout.rate,
            "modality_dropout": dict(self.modality_dropout),
        }

    def get_config(self) -> dict[str, Any]:
        serialize = keras.saving.serialize_keras_object
        parts = {
            "encoders": {m: serialize(f) for m, f in self.encoders.items()},
            "fusion": serialize(self.fusion),
        }
        return super().get_config() | self.config | parts

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        restore = keras.saving.deserialize_keras_object
        config["encoders"] = {m: restore(f) for m, f in config["encoders"].items()}
        config["fusion"] = restore(config["fusion"])
        return cls(**config)
