"""Picture and text in, a picture out: a generator told by fused modalities, and its judge."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Self

import keras
from keras import ops

from mmref.contract.arrays import check_images, check_rows
from mmref.contract.dcgan import check_noise
from mmref.contract.models import check_modalities, check_model_inputs
from mmref.contract.pipeline import check_drawing, check_scored, check_told
from mmref.contract.settings import check_flags, check_number
from mmref.keras._export import Model
from mmref.keras.autoencoder import built, reparameterize, restored, serialized
from mmref.keras.dcgan import build_blocks, down_blocks, painter, start_weights, up_blocks
from mmref.keras.diffusion.denoiser import WordAttention
from mmref.keras.models import present_of, taken_by
from mmref.types import Tensor, Tensors

WHAT = "a keras.Layer"


class Told(NamedTuple):
    """What a generator was told: a Gaussian, (B, Z) twice, and the words (B, T, H) with a mask."""

    mean: Tensor
    log_variance: Tensor
    words: Tensor | None
    mask: Tensor | None


@keras.saving.register_keras_serializable("mmref")
class FusionGenerator(Model):
    """Modalities and noise to an image: (B, Z) -> (B, S, S, C), in [-1, 1].

    Formula
        f = fusion({m: encoder_m(input_m)}, present)
        mean, log_variance = two dense layers of f,  c = mean + e^(log_variance / 2) n
        a map 4 x 4 of (noise, c) is doubled as a DCGAN's; at a quarter of the size each place
        looks at the words that the text's encoder read, by multi-head attention

    Args
        encoders: mapping m -> layer with ``output_dim``. fusion: one over exactly these.
        text: the modality whose words are looked at, of a ``TextEncoder``; None for none.
        latent: Z, width of the noise. condition: width of c. heads: of the attention.
        size: S, a power of 2 from 16 (from 8 without words). channels: C.
        width: channels of the last map before the image; the 4 x 4 map has width * S / 8.

    Call
        inputs, present: as :class:`FusionClassifier`. noise: drawn from N(0, 1). augment: n, like
        it (B, condition); None for 0. ``read(inputs, present)`` gives mean, log_variance, words and
        their mask, for :func:`gaussian_kl`; ``draw(told, noise, augment)`` goes on from there.

    Convolutions start as N(0, 0.02), dense layers by Glorot's uniform, places N(0, 1).

    Errors
        ModalityError: encoders, fusion and inputs name different modalities. ShapeError: noise or
        augment of a wrong shape or dtype. ValueError: sizes that do not go together. ChoiceError:
        a text that is no modality. TypeError: no layer, or one that tells of no words.

    Source
        Reed et al., ICML 2016, arXiv 1605.05396, for the network; conditioning augmentation: Zhang
        et al., ICCV 2017, arXiv 1612.03242, section 3.2; attention to words: Xu et al., CVPR 2018,
        arXiv 1711.10485, section 3.1.

    >>> from mmref.keras import ImageEncoder, TextEncoder, WeightedFusion
    >>> encoders = {"image": ImageEncoder((16, 16), (4,), 8), "text": TextEncoder(9, 6, 6, 8)}
    >>> fusion = WeightedFusion({"image": 8, "text": 8}, 8)
    >>> draw = FusionGenerator(encoders, fusion, latent=5, size=16, width=4, heads=2)
    >>> inputs = {"image": ops.zeros((2, 16, 16, 3)), "text": ops.array([[3, 4], [5, 0]])}
    >>> tuple(draw(inputs, ops.zeros((2, 5))).shape)
    (2, 16, 16, 3)
    """

    def __init__(
        self,
        encoders: Mapping[str, keras.Layer],
        fusion: keras.Layer,
        text: str | None = "text",
        latent: int = 32,
        condition: int = 32,
        size: int = 32,
        width: int = 32,
        heads: int = 4,
        channels: int = 3,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        counts = {"latent": latent, "condition": condition, "channels": channels}
        check_drawing(encoders, fusion, text, size, width, keras.Layer, WHAT, **counts)
        self.config: dict[str, Any] = {"text": text, "size": size, "width": width, "heads": heads}
        self.config |= counts
        layers, policy = keras.layers, self.dtype_policy  # the parts keep the precision
        # In the fusion's order, in which files hold them: by number, not by name.
        self.encoders, self.fusion = {m: encoders[m] for m in fusion.dims}, fusion
        self.mean = layers.Dense(condition, name="mean", dtype=policy)
        self.log_variance = layers.Dense(condition, name="log_variance", dtype=policy)
        self.blocks = up_blocks(width, size, policy)
        self.paint = painter(channels, "tanh", policy)
        self.look = None
        if text is not None:
            places, words_dim = (size // 4) ** 2, encoders[text].words_dim
            self.look = LookAtWords(words_dim, 2 * width, places, heads, name="look", dtype=policy)

    def build(self, inputs_shape: Any = None, *_: Any) -> None:
        if self.built:
            return
        build_readers(self, inputs_shape)
        for layer in (self.mean, self.log_variance):
            built(layer, (None, self.fusion.dim))
        channels = self.config["latent"] + self.config["condition"]
        built(self.paint, build_blocks(self.blocks, (None, 1, 1, channels)))
        if self.look is not None:
            built(self.look, None)

    def read(
        self, inputs: Tensors, present: Tensor | None = None, training: bool | None = None
    ) -> Told:
        """What the inputs say: see :class:`Told`."""
        check_model_inputs(inputs, self.encoders)
        if not self.built:  # weights come with the first call, and this may be before it
            self.build({m: getattr(inputs[m], "shape", None) for m in self.encoders})
        present, text = present_of(inputs, self.fusion, present), self.config["text"]
        words = mask = None
        features = {
            m: f(inputs[m], training=training) for m, f in self.encoders.items() if m != text
        }
        if text is not None:
            words, mask = self.encoders[text].words(inputs[text], training)
            features[text] = self.encoders[text].pooled(words, mask, training)
        f = self.fusion(features, present=present)  # (B, D)
        if present is not None and mask is not None:
            there = present[:, list(self.fusion.dims).index(text)]
            mask = ops.logical_and(mask, there[:, None])
        return Told(self.mean(f), self.log_variance(f), words, mask)

    def draw(
        self,
        told: Told,
        noise: Tensor,
        augment: Tensor | None = None,
        training: bool | None = None,
    ) -> Tensor:
        """An image (B, S, S, C) of it."""
        check_noise(noise, self.config["latent"])
        check_told(told, Told, noise.shape[0])
        c = told.mean
        if augment is not None:
            c = reparameterize(told.mean, told.log_variance, augment)
        x = ops.concatenate([noise, c], axis=1)[:, None, None]  # (B, 1, 1, Z + condition)
        for block in self.blocks:
            x = block(x, training=training)  # (B, 4, 4, W S / 8), then twice the size
            if self.look is not None and x.shape[1] == self.config["size"] // 4:
                x = self.look(x, told.words, told.mask)
        return self.paint(x)  # (B, S, S, C)

    def call(
        self,
        inputs: Tensors,
        noise: Tensor,
        augment: Tensor | None = None,
        present: Tensor | None = None,
        training: bool | None = None,
    ) -> Tensor:
        return self.draw(self.read(inputs, present, training), noise, augment, training)

    @property
    def input_signature(self) -> list | None:
        """What it takes, for ``export``: a mapping of the modalities, and noise."""
        taken, shape = taken_by(self.encoders), (None, self.config["latent"])
        noise = keras.InputSpec(shape=shape, dtype=self.variable_dtype)
        return None if taken is None else [taken, noise]

    def get_config(self) -> dict[str, Any]:
        parts = serialized(fusion=self.fusion) | {"encoders": serialized(**self.encoders)}
        return super().get_config() | self.config | parts

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        return cls(**config | readers_of(config))


@keras.saving.register_keras_serializable("mmref")
class LookAtWords(keras.layers.Layer):
    """Each place of a map (B, H, W, C) looks at words (B, T, words_dim), made as wide as it is."""

    def __init__(self, words_dim: int, dim: int, places: int, heads: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.config = {"words_dim": words_dim, "dim": dim, "places": places, "heads": heads}
        self.dense = keras.layers.Dense(dim, name="dense", dtype=self.dtype_policy)
        self.attention = WordAttention(dim, heads, name="attention", dtype=self.dtype_policy)

    def build(self, *_: Any) -> None:
        self.dense.build((None, None, self.config["words_dim"]))
        shape = (self.config["places"], self.config["dim"])
        normal = keras.initializers.RandomNormal(stddev=1.0)
        self.places = self.add_weight(shape=shape, initializer=normal, name="places")
        self.attention.build()

    def call(self, x: Tensor, words: Tensor, mask: Tensor) -> Tensor:
        return self.attention(x, self.places, self.dense(words), mask)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | self.config


@keras.saving.register_keras_serializable("mmref")
class FusionDiscriminator(Model):
    """An image and what it should show to a logit: (B, S, S, C) -> (B,).

    Formula
        f = fusion({m: encoder_m(input_m)}, present);  h (4, 4, .) of the image, as a DCGAN's
        logit = judge(leaky_relu(join([h, f at each place]))) + (mean over places of h) . match(f)
        The product finds what goes together sooner than the join, which only adds both.

    Args
        encoders, fusion: of its own, as those of :class:`FusionGenerator`.
        size, width, channels: of the image, a power of 2 from 8, and of the maps.
        leak: slope below 0. norm: whether there is batch norm.

    Call
        images: in [-1, 1]. inputs, present: as :class:`FusionClassifier`. One image beside two
        captions is read once: ``score(features(images), read(inputs, present))``.

    Convolutions start as N(0, 0.02), match by Glorot's uniform.

    Errors
        As those of :class:`FusionGenerator`; ShapeError: images of a wrong shape or dtype.

    Source
        Reed et al., ICML 2016, arXiv 1605.05396, section 4.1: the text at each place of the map.
        Miyato and Koyama, ICLR 2018, arXiv 1802.05637, equation 3: the product.

    >>> from mmref.keras import ConcatFusion, TextEncoder
    >>> encoders, fusion = {"text": TextEncoder(9, 6, 6, 8)}, ConcatFusion({"text": 8}, 8)
    >>> judge = FusionDiscriminator(encoders, fusion, size=16, width=4)
    >>> tuple(judge(ops.zeros((2, 16, 16, 3)), {"text": ops.array([[3, 4], [5, 0]])}).shape)
    (2,)
    """

    def __init__(
        self,
        encoders: Mapping[str, keras.Layer],
        fusion: keras.Layer,
        size: int = 32,
        width: int = 32,
        channels: int = 3,
        leak: float = 0.2,
        norm: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_drawing(encoders, fusion, None, size, width, keras.Layer, WHAT, channels=channels)
        check_number("leak", leak, 0, 1)
        check_flags(norm=norm)
        self.config: dict[str, Any] = {"size": size, "width": width, "channels": channels}
        self.config |= {"leak": leak, "norm": norm}
        policy = self.dtype_policy
        self.encoders, self.fusion = {m: encoders[m] for m in fusion.dims}, fusion
        self.blocks = down_blocks(width, size, leak, norm, policy)
        width = width * size // 8  # from here on, channels of the 4 x 4 map
        self.join, self.judge = (
            keras.layers.Conv2D(
                channels, kernel, kernel_initializer=start_weights(), name=name, dtype=policy
            )
            for channels, kernel, name in ((width, 1, "join"), (1, 4, "judge"))
        )
        self.match = keras.layers.Dense(width, name="match", dtype=policy)

    def build(self, images_shape: Any = None, inputs_shape: Any = None, *_: Any) -> None:
        if self.built:
            return
        build_readers(self, inputs_shape)
        size, channels = self.config["size"], self.config["channels"]
        _, size, _, channels = build_blocks(self.blocks, (None, size, size, channels))
        built(self.join, (None, size, size, channels + self.fusion.dim))
        built(self.judge, (None, size, size, channels))
        built(self.match, (None, self.fusion.dim))

    def read(
        self, inputs: Tensors, present: Tensor | None = None, training: bool | None = None
    ) -> Tensor:
        """f (B, D): what the image should show."""
        check_model_inputs(inputs, self.encoders)
        if not self.built:
            self.build(None, {m: getattr(inputs[m], "shape", None) for m in self.encoders})
        present = present_of(inputs, self.fusion, present)
        features = {m: f(inputs[m], training=training) for m, f in self.encoders.items()}
        return self.fusion(features, present=present)

    def features(self, images: Tensor, training: bool | None = None) -> Tensor:
        """h (B, 4, 4, W S / 8): what the image shows."""
        size, channels = self.config["size"], self.config["channels"]
        check_images(images, (size, size, channels))
        for block in self.blocks:
            images = block(images, training=training)
        return images

    def score(self, features: Tensor, told: Tensor) -> Tensor:
        """Logits (B,): how well they go together."""
        check_scored(features, told, (4, 4, self.match.units), self.fusion.dim)
        if features.shape[0] == 0:  # TensorFlow's convolution would stop at an empty batch
            return ops.zeros((0,), dtype=self.compute_dtype)
        places = ops.tile(told[:, None, None], (1, *features.shape[1:3], 1))
        h = self.join(ops.concatenate([features, places], axis=-1))
        h = ops.maximum(h, self.config["leak"] * h)  # leaky, as in DownBlock
        suits = ops.sum(ops.mean(features, axis=(1, 2)) * self.match(told), axis=1)
        return ops.reshape(self.judge(h), (-1,)) + suits

    def call(
        self,
        images: Tensor,
        inputs: Tensors,
        present: Tensor | None = None,
        training: bool | None = None,
    ) -> Tensor:
        told, features = self.read(inputs, present, training), self.features(images, training)
        check_rows("images", features.shape[0], told.shape[0], "inputs")
        return self.score(features, told)

    @property
    def input_signature(self) -> list | None:
        """What it takes, for ``export``: images, and a mapping of the modalities."""
        taken, size = taken_by(self.encoders), self.config["size"]
        shape = (None, size, size, self.config["channels"])
        images = keras.InputSpec(shape=shape, dtype=self.variable_dtype)
        return None if taken is None else [images, taken]

    def get_config(self) -> dict[str, Any]:
        parts = serialized(fusion=self.fusion) | {"encoders": serialized(**self.encoders)}
        return super().get_config() | self.config | parts

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        return cls(**config | readers_of(config))


def build_readers(model: keras.Layer, inputs_shape: Any) -> None:
    """Create the weights of a model's encoders and of its fusion."""
    if inputs_shape is not None:
        check_modalities(inputs_shape, model.encoders)  # Keras builds before it calls
    for m, encoder in model.encoders.items():
        built(encoder, (inputs_shape or {}).get(m))
    built(model.fusion, {m: (None, d) for m, d in model.fusion.dims.items()})


def readers_of(config: dict[str, Any]) -> dict[str, Any]:
    """Encoders and fusion, from a model's configuration."""
    encoders = restored(config["encoders"], *config["encoders"])
    return restored(config, "fusion") | {"encoders": encoders}
