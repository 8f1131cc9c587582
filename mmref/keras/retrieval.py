"""Two encoders into one space, where what belongs together is near."""

import math
from collections.abc import Mapping
from typing import Any, Self

import keras
from keras import ops

from mmref.contract.arrays import check_array, check_shape
from mmref.contract.contrastive import TEMPERATURE
from mmref.contract.models import check_modalities, check_model_inputs
from mmref.contract.retrieval import LEAST, check_beside, check_dual, check_groups
from mmref.contract.settings import check_choice
from mmref.keras._export import Model
from mmref.keras.autoencoder import built, restored, serialized
from mmref.keras.contrastive import info_nce, unit_vectors
from mmref.keras.models import taken_by
from mmref.types import Tensor, Tensors

WHAT = "a keras.Layer"


@keras.saving.register_keras_serializable("mmref")
class DualEncoder(Model):
    """Encode two modalities, bring both to one width, and to length 1.

    Formula
        u_m = W_m x_m / |W_m x_m|,  x_m = encoder_m(input_m)
        temperature = max(e^-a, 0.01), a learned

    Args
        encoders: mapping of two modalities, m -> layer with ``output_dim``.
        dim: D, width of the common space.
        temperature: where it begins, at least 0.01.

    Call
        inputs: mapping m -> input of encoder m. Returns (B, 2, D), in the encoders' order.
        ``encode(m, inputs)`` gives (B, D) of one modality alone: pictures to be found, or words to
        find them by. ``contrast(outputs, groups)`` is :func:`info_nce` at the model's temperature;
        groups: integers (B,), where rows of one group are right answers to each other; None: none.

    Training
        ``compile(optimizer)`` without a loss, then ``fit(inputs, groups)`` or ``fit(inputs)``: the
        loss is ``contrast``.

    Errors
        ModalityError: not two modalities, or inputs of others. ChoiceError: a modality that is
        none. ShapeError: more rows of one modality than of the other, outputs that are not
        (B, 2, D), groups that are not integers (B,).
        ValueError: dim below 1, a temperature below 0.01. TypeError: what is no encoder.

    Source
        Radford et al., ICML 2021, arXiv 2103.00020, section 2.3 and figure 3; the bound on the
        temperature: section 2.5.

    >>> from mmref.keras import TableEncoder, TextEncoder
    >>> encoders = {"image": TableEncoder(12, 8), "text": TextEncoder(9, 6, 6, 8, "bag")}
    >>> model = DualEncoder(encoders, dim=4)
    >>> inputs = {"image": ops.ones((2, 12)), "text": ops.array([[3, 4], [5, 0]])}
    >>> tuple(model(inputs).shape)
    (2, 2, 4)
    """

    def __init__(
        self,
        encoders: Mapping[str, keras.Layer],
        dim: int,
        temperature: float = TEMPERATURE,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_dual(encoders, dim, temperature, keras.Layer, WHAT)
        self.encoders, self.dim, self.begins = dict(encoders), dim, temperature
        self.projections = {
            m: keras.layers.Dense(
                dim, use_bias=False, name=f"{m}_projection", dtype=self.dtype_policy
            )
            for m in encoders
        }

    def build(self, inputs_shape: Any = None) -> None:
        if self.built:
            return
        if inputs_shape is not None:
            check_modalities(inputs_shape, self.encoders)  # Keras builds before it calls
        for m, encoder in self.encoders.items():
            built(encoder, (inputs_shape or {}).get(m))
            built(self.projections[m], (None, encoder.output_dim))
        start = keras.initializers.Constant(-math.log(self.begins))
        self.log_scale = self.add_weight(shape=(), initializer=start, name="log_scale")

    @property
    def temperature(self) -> Tensor:
        """A positive number, at least 0.01; its gradient reaches ``log_scale`` there, too."""
        at_most = -math.log(LEAST)
        a = ops.convert_to_tensor(self.log_scale)
        over = ops.stop_gradient(ops.relu(a - at_most))  # else it could never come back
        return ops.exp(over - a)

    def encode(self, modality: str, inputs: Any, training: bool | None = None) -> Tensor:
        """Vectors (B, D) of length 1."""
        check_choice("modality", modality, tuple(self.encoders))
        if not self.built:  # weights come with the first call, and this may be before it
            self.build()
        features = self.encoders[modality](inputs, training=training)
        return unit_vectors(self.projections[modality](features))

    def contrast(self, outputs: Tensor, groups: Tensor | None = None) -> Tensor:
        """The loss of what the model returned."""
        check_array("outputs", outputs)
        check_shape("outputs", outputs, "B", 2, self.dim)
        positives = None
        if groups is not None:
            check_groups(groups, outputs.shape[0])
            positives = ops.equal(ops.expand_dims(groups, 1), groups)
        return info_nce(outputs[:, 0], outputs[:, 1], self.temperature, positives)

    def compute_loss(
        self,
        x: Any = None,
        y: Tensor | None = None,
        y_pred: Tensor | None = None,
        sample_weight: Tensor | None = None,
        training: bool = True,
    ) -> Tensor:
        """What Keras's ``fit`` minimizes: ``contrast``."""
        return self.contrast(y_pred, y)

    def call(self, inputs: Tensors, training: bool | None = None) -> Tensor:
        check_model_inputs(inputs, self.encoders)
        one, other = (self.encode(m, inputs[m], training) for m in self.encoders)
        check_beside(self.encoders, one.shape[0], other.shape[0])
        return ops.stack([one, other], axis=1)

    @property
    def input_signature(self) -> list | None:
        """What it takes, for ``export``: a mapping of the modalities."""
        taken = taken_by(self.encoders)
        return None if taken is None else [taken]

    def get_config(self) -> dict[str, Any]:
        parts = {"encoders": serialized(**self.encoders)}
        return super().get_config() | parts | {"dim": self.dim, "temperature": self.begins}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        encoders = restored(config["encoders"], *config["encoders"])
        return cls(**config | {"encoders": encoders})
