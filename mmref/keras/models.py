"""Models composed of encoders and a fusion."""

from collections.abc import Mapping
from typing import Any, Self

import keras
import numpy as np
from keras import ops

from mmref.contract.fusion import (
    PRESENT,
    check_no_decision,
    check_present,
    decides,
    dropout_rates,
)
from mmref.contract.models import (
    check_decision,
    check_modalities,
    check_model_inputs,
    check_parts,
    present_columns,
)
from mmref.contract.settings import check_counts
from mmref.keras._export import Model
from mmref.keras._looking import check_loss, looked_at
from mmref.types import Tensor, Tensors


def present_of(
    inputs: Tensors, fusion: keras.Layer, present: Tensor | None = None
) -> Tensor | None:
    """Which modalities a row has, (B, M) in the fusion's order: of the inputs, or as given."""
    columns = present_columns(inputs, fusion.dims, present)
    return present if columns is None else ops.stack(columns, axis=1)


def taken_by(encoders: Mapping[str, keras.Layer]) -> dict[str, Any] | None:
    """What each encoder takes, for ``export``; None where one of them does not tell."""
    taken: dict[str, Any] = {m: getattr(f, "input_signature", None) for m, f in encoders.items()}
    return None if None in taken.values() else {m: s for m, (s,) in taken.items()}


class FusionModel(Model):
    """Encode each modality, fuse, and read the result off with a dense layer.

    A fusion that decides gives the outputs itself: then there is no such layer, and head is None.
    A subclass says what the outputs are called.
    """

    def __init__(
        self,
        encoders: Mapping[str, keras.Layer],
        fusion: keras.Layer,
        outputs: int,
        dropout: float = 0.0,
        modality_dropout: Mapping[str, float] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_parts(encoders, fusion, dropout, keras.Layer, "a keras.Layer")
        # In the fusion's order, in which files hold them: by number, not by name.
        self.encoders, self.fusion = {m: encoders[m] for m in fusion.dims}, fusion
        self.dropout = keras.layers.Dropout(dropout, dtype=self.dtype_policy)
        self.modality_dropout = dropout_rates(fusion.dims, modality_dropout)
        self.seed_generator = keras.random.SeedGenerator()
        self.count, self.head = outputs, None
        if not decides(fusion):
            self.head = keras.layers.Dense(outputs, name="head", dtype=self.dtype_policy)

    def build(self, inputs_shape: Any, present_shape: Any = None) -> None:
        check_modalities(inputs_shape, self.encoders)  # Keras builds before it calls
        shapes = [(f, inputs_shape[m]) for m, f in self.encoders.items()]
        shapes.append((self.fusion, {m: (None, d) for m, d in self.fusion.dims.items()}))
        if self.head is not None:
            shapes.append((self.head, (None, self.fusion.dim)))
        for layer, shape in shapes:
            if not layer.built:  # one that was loaded from a file already is
                layer.build(shape)

    def load_weights(self, filepath: Any, skip_mismatch: bool = False, **options: Any) -> None:
        """``keras.Model.load_weights``, all or nothing: Keras would write what fits, then raise."""
        # Copies: on PyTorch what is converted shares its memory with the weight.
        before = [(weight, np.array(ops.convert_to_numpy(weight))) for weight in self.weights]
        try:
            super().load_weights(filepath, skip_mismatch, **options)
        except Exception:
            for weight, array in before:
                weight.assign(array)
            raise

    def features(self, inputs: Tensors, training: bool | None = None) -> dict[str, Tensor]:
        """x_m (B, D_m) for each modality: what the fusion sees."""
        check_model_inputs(inputs, self.encoders)
        return {m: f(inputs[m], training=training) for m, f in self.encoders.items()}

    def present(self, inputs: Tensors, present: Tensor | None = None) -> Tensor | None:
        """Which modalities a row has, (B, M) in the fusion's order: of the inputs, or as given."""
        return present_of(inputs, self.fusion, present)

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
        present = self.present(inputs, present)
        if training and self.modality_dropout:
            present = self.drop_modalities(features, present)
        # By name: what is no tensor Keras itself refuses in another place, and names no argument.
        z = self.fusion(features, present=present)  # (B, D)
        if self.head is None:
            return z
        return self.head(self.dropout(z, training=training))  # (B, K)

    def fit(self, x: Any = None, y: Any = None, *arguments: Any, **options: Any) -> Any:
        """``keras.Model.fit``, which first looks at arrays and labels that it is given."""
        check_loss(self, options.get("class_weight"))
        x = looked_at(self, "x", x, y, training=True)
        if isinstance(options.get("validation_data"), tuple | list):
            looked_at(self, "validation_data", *options["validation_data"][:2])
        return super().fit(x, y, *arguments, **options)

    def evaluate(self, x: Any = None, y: Any = None, *arguments: Any, **options: Any) -> Any:
        """``keras.Model.evaluate``, likewise."""
        check_loss(self)
        return super().evaluate(looked_at(self, "x", x, y), y, *arguments, **options)

    def predict(self, x: Any, *arguments: Any, **options: Any) -> Any:
        """``keras.Model.predict``, likewise."""
        return super().predict(looked_at(self, "x", x), *arguments, **options)

    @property
    def input_signature(self) -> list | None:
        """What it takes, for ``export``: a mapping of the modalities."""
        taken = taken_by(self.encoders)
        return None if taken is None else [taken]

    def export(self, filepath: str, *arguments: Any, present: bool = False, **options: Any) -> None:
        """``keras.Model.export``; with ``present=True`` what it writes takes "present" too."""
        if present:
            signature = self.input_signature
            if signature is None:
                raise TypeError("encoders: expected layers with an input_signature, got others")
            there = {m: keras.InputSpec(shape=(None,), dtype="bool") for m in self.encoders}
            options["input_signature"] = [signature[0] | {PRESENT: there}]
        super().export(filepath, *arguments, **options)

    @property
    def config(self) -> dict[str, Any]:
        """The arguments that make it again, its parts as they are."""
        return {
            "encoders": dict(self.encoders),
            "fusion": self.fusion,
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
        encoders = {m: restore(f) for m, f in config["encoders"].items()}
        return cls(**config | {"encoders": encoders, "fusion": restore(config["fusion"])})


@keras.saving.register_keras_serializable("mmref")
class FusionClassifier(FusionModel):
    """Encode each modality, fuse, classify.

    Formula
        x_m = encoder_m(input_m),  z = fusion({m: x_m}, present),  logits = U dropout(z) + d
        z itself is the logits of a fusion that decides, such as a DecisionFusion

    Args
        encoders: mapping m -> layer with ``output_dim``, returning (B, output_dim). One that says
            what it takes in ``input_signature``, as ours do, can be exported.
        fusion: a fusion over exactly these modalities (contract: ``mmref.contract.fusion``).
        num_classes: K, of which a row has one, or any number; the loss says which.
        dropout: rate on the fused vector.
        modality_dropout: mapping of every m -> p_m in [0, 1): in training m is marked absent with
            probability p_m, so that no encoder is left untrained because another one is quicker
            (Neverova, Wolf, Taylor and Nebout, "ModDrop", TPAMI 38(8), 2016). A row that would
            lose all its modalities keeps all: with everything present, m is absent at the rate
            p_m - prod_k p_k.

    Call
        inputs: mapping m -> input of encoder m; and, where some are missing, "present" -> mapping
        of every m -> boolean (B,), True = there.
        present: the same as one boolean (B, M) in the fusion's order, instead of that; or None.
        An absent modality still needs a row in its input: zeros, or a text of padding. In
        evaluation mode what that row holds has no effect; in training mode the encoder's batch
        norm sees it.
        Returns logits (B, K), never probabilities.

    Training
        What to compile for what ``mmref.torch.fit`` calls the loss, with ``keras.losses``; the
        losses, class weights included, and their gradients are the same numbers.
        "cross_entropy": ``SparseCategoricalCrossentropy(from_logits=True)``,
        ``metrics=["accuracy"]``, and ``fit(..., class_weight={0: 2.0, ...})``.
        "binary_cross_entropy": ``BinaryCrossentropy(from_logits=True)``. For a weight of each of
        the K labels, ``weights = ops.array([...])``, a function takes its place: ``def loss(y, s):
        return ops.mean(weights * ops.binary_crossentropy(y, s, from_logits=True), axis=-1)``. The
        share of right labels: ``def accuracy(y, s): return ops.mean(ops.equal(y > 0.5, s > 0),
        axis=-1)``; Keras's own metrics take probabilities.
        ``fit``, ``evaluate`` and ``predict`` look at arrays, and at all of ``Batches``, before
        they begin, and report what the loss would hide; of other batches, at the loss and at
        ``class_weight`` alone.

    Files
        ``save`` writes a Keras file; whoever loads it imports ``mmref.keras`` first. ``export``
        writes what runs without this package, called as f(inputs), with "present" among the
        inputs if exported with ``present=True``.

    Errors
        ModalityError: encoders, fusion, modality_dropout, inputs or inputs["present"] name
        different modalities. ShapeError: present is not boolean (B, M), or one of its columns not
        (B,). ValueError: a rate outside [0, 1), num_classes below 1, an encoder whose output_dim
        is not the fusion's, present given twice, or, after a fusion that decides, a num_classes
        that is not its dim, or dropout. TypeError: what is no mapping, encoder or fusion, or an
        input of None.
        ``fit`` and its like: ValueError for an input that is not finite (by modality and row), a
        row with no modality present, labels that are no class, a loss that takes the logits for
        probabilities, or the binary one after a fusion that decides for one class, a class_weight
        of no class or below 0; ShapeError or TypeError for texts, None, labels of another shape or
        dtype, or a class_weight that is no mapping.
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
        check_counts(num_classes=num_classes)
        check_decision(fusion, num_classes, dropout)
        super().__init__(encoders, fusion, num_classes, dropout, modality_dropout, **kwargs)

    @property
    def config(self) -> dict[str, Any]:
        return super().config | {"num_classes": self.count}


@keras.saving.register_keras_serializable("mmref")
class FusionRegressor(FusionModel):
    """Encode each modality, fuse, predict numbers.

    Formula
        x_m = encoder_m(input_m),  z = fusion({m: x_m}, present),  y = U dropout(z) + d

    Args
        num_targets: K, how many numbers a row has. The others: as :class:`FusionClassifier`.

    Call, files, errors: as :class:`FusionClassifier`; ValueError for a fusion that decides between
    classes. Returns y (B, K), (B, 1) for one number.
    Training: "mse" and "mae" of ``mmref.torch.fit`` are ``keras.losses.MeanSquaredError()`` and
    ``MeanAbsoluteError()``; ``metrics=["mae"]``.
    """

    def __init__(
        self,
        encoders: Mapping[str, keras.Layer],
        fusion: keras.Layer,
        num_targets: int = 1,
        dropout: float = 0.0,
        modality_dropout: Mapping[str, float] | None = None,
        **kwargs: Any,
    ) -> None:
        check_counts(num_targets=num_targets)
        check_no_decision(fusion)
        super().__init__(encoders, fusion, num_targets, dropout, modality_dropout, **kwargs)

    @property
    def config(self) -> dict[str, Any]:
        return super().config | {"num_targets": self.count}
