"""A text asks, an image answers: one query attends to the tokens of an image."""

from collections.abc import Mapping
from typing import Any, Self

import keras
from keras import ops

from mmref.contract.encoders import check_encoders
from mmref.contract.lookup import check_as_many, check_image_and_text
from mmref.contract.settings import check_counts
from mmref.keras._export import Model
from mmref.keras.multi_head import MultiHeadAttention
from mmref.types import Tensor, Tensors


@keras.saving.register_keras_serializable("mmref")
class LookupClassifier(Model):
    """Encode the text as a query, look it up among the tokens of the image, classify.

    Formula
        q = text(ids),  c = attention of q to tokens(images),  logits = U [q; c] + d

    Args
        encoders: mapping with "image", whose ``tokens`` gives (B, N, D), and "text", an encoder
            with an ``output_dim`` of its own.
        num_classes: the number of answers. heads: K, a divisor of D.

    Call
        inputs: mapping "image" -> images (B, H, W, C), "text" -> ids (B, T).
        Returns logits (B, num_classes). ``attention_weights(inputs)`` gives (B, K, N), what each
        head looks at.

    Errors
        ModalityError: encoders or inputs are not "image" and "text". ShapeError: a wrong shape.
        TypeError: what is no encoder.
    """

    def __init__(
        self, encoders: Mapping[str, keras.Layer], num_classes: int, heads: int = 1, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        check_image_and_text("encoders", encoders, "encoder")
        check_encoders(encoders, keras.Layer, "a keras.Layer")
        check_counts(num_classes=num_classes)
        self.encoders = {m: encoders[m] for m in ("image", "text")}  # files number them
        dim, policy = encoders["image"].output_dim, self.dtype_policy
        self.query = keras.layers.Dense(dim, name="query", dtype=policy)
        self.attention = MultiHeadAttention(dim, heads, name="attention", dtype=policy)
        self.head = keras.layers.Dense(num_classes, name="head", dtype=policy)

    def build(self, *_: Any) -> None:
        dim, width = (self.encoders[m].output_dim for m in ("image", "text"))
        shapes = [(f, None) for f in self.encoders.values()] + [(self.query, (None, width))]
        shapes += [(self.attention, None), (self.head, (None, width + dim))]
        for layer, shape in shapes:
            if not layer.built:  # one that was loaded from a file already is
                layer.build(shape)

    def look(self, inputs: Tensors) -> tuple[Tensor, Tensor, Tensor]:
        """The text (B, D_text), its query (B, 1, D), and the tokens (B, N, D)."""
        check_image_and_text("inputs", inputs, "array")
        text = self.encoders["text"](inputs["text"])
        tokens = self.encoders["image"].tokens(inputs["image"])
        check_as_many(text, tokens)
        return text, ops.expand_dims(self.query(text), 1), tokens

    def attention_weights(self, inputs: Tensors) -> Tensor:
        """alpha (B, K, N): how much each head attends to each token."""
        if not self.built:  # weights come with the first call, and this may be before it
            self.build()
        _, query, tokens = self.look(inputs)
        return ops.squeeze(self.attention.attention_weights(query, tokens), axis=2)

    def call(self, inputs: Tensors) -> Tensor:
        text, query, tokens = self.look(inputs)
        context = ops.squeeze(self.attention(query, tokens), axis=1)  # (B, D)
        return self.head(ops.concatenate([text, context], axis=1))

    @property
    def input_signature(self) -> list:
        """What it takes, for ``export``."""
        return [{m: f.input_signature[0] for m, f in self.encoders.items()}]

    def get_config(self) -> dict[str, Any]:
        serialize = keras.saving.serialize_keras_object
        return super().get_config() | {
            "encoders": {m: serialize(f) for m, f in self.encoders.items()},
            "num_classes": self.head.units,
            "heads": self.attention.heads,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        restore = keras.saving.deserialize_keras_object
        config["encoders"] = {m: restore(f) for m, f in config["encoders"].items()}
        return cls(**config)
