"""Autoencoders, and what they are trained on (contract: ``mmref.contract.autoencoder``)."""

import math
from collections.abc import Mapping
from typing import Any, Self

import keras
from keras import ops

from mmref.contract.arrays import check_array
from mmref.contract.autoencoder import (
    check_bound,
    check_coders,
    check_decoder,
    check_decoders,
    check_moments,
    check_output_dim,
    check_outputs,
    check_rows_present,
    check_sampled,
)
from mmref.contract.models import (
    check_modalities,
    check_model_inputs,
    check_parts,
)
from mmref.contract.settings import check_counts, check_kind
from mmref.keras._export import Model
from mmref.keras.models import present_of, taken_by
from mmref.types import Tensor, Tensors

WHAT = "a keras.Layer"


def reconstruction_loss(outputs: Tensor, targets: Tensor, present: Tensor | None = None) -> Tensor:
    """Mean squared error of what comes out, over the rows whose target is there.

    Formula
        L = mean over the rows that are there of mean_j (y_j - x_j)^2, and 0 where none is

    Args
        outputs, targets: y and x (B, ...), floats of one shape and dtype.
        present: (B,) boolean, True = the target is there; what an absent row holds, NaN included,
            has no effect. None: all are.

    Returns
        A number.

    Errors
        ShapeError: no floats, two shapes or dtypes, rows without a number, present that is not
        boolean (B,). TypeError: no array.

    Source
        Hinton and Salakhutdinov, Science 313, 2006; with noise: Vincent et al., ICML 2008.

    >>> float(reconstruction_loss(ops.array([[1.0, 2.0]]), ops.array([[1.0, 4.0]])))
    2.0
    """
    check_outputs(outputs, targets)
    check_rows_present(present, outputs.shape[0])
    difference = outputs - targets
    count = ops.shape(outputs)[0]
    if present is not None:
        count = ops.sum(ops.cast(present, "int32"))
        kept = ops.reshape(present, (-1, *[1] * (len(outputs.shape) - 1)))
        difference = ops.where(kept, difference, ops.zeros_like(difference))
    numbers = ops.cast(ops.maximum(count, 1), outputs.dtype) * math.prod(outputs.shape[1:])
    return ops.sum(ops.square(difference)) / numbers


def gaussian_kl(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Kullback-Leibler divergence of each row's Gaussian from the standard one.

    Formula
        KL_b = 1/2 sum_z (m_z^2 + e^(s_z) - 1 - s_z)

    Args
        mean, log_variance: m and s (B, Z), floats of one shape and dtype.

    Returns
        (B,), at least 0, in nats; 0 where m = s = 0.

    Errors
        ShapeError: no floats (B, Z), or two shapes or dtypes. TypeError: no array.

    Source
        Kingma and Welling 2013, arXiv 1312.6114, appendix B. Their sigma^2 is our e^s.

    >>> ops.convert_to_numpy(gaussian_kl(ops.array([[3.0, 4.0]]), ops.zeros((1, 2))))
    array([12.5], dtype=float32)
    """
    check_moments(mean, log_variance)
    return ops.sum(ops.square(mean) + ops.expm1(log_variance) - log_variance, axis=1) / 2


def reparameterize(mean: Tensor, log_variance: Tensor, noise: Tensor) -> Tensor:
    """A sample of each row's Gaussian, as a function of its mean and variance.

    Formula
        z = m + e^(s / 2) n, n drawn from N(0, 1)

    Args
        mean, log_variance, noise: m, s and n (B, Z), floats of one shape and dtype.

    Returns
        z (B, Z), with a derivative by m and s.

    Errors
        ShapeError: no floats (B, Z), or two shapes or dtypes. TypeError: no array.

    Source
        Kingma and Welling 2013, arXiv 1312.6114, section 2.4.

    >>> z = reparameterize(ops.ones((1, 1)), ops.zeros((1, 1)), ops.array([[-0.5]]))
    >>> ops.convert_to_numpy(z)
    array([[0.5]], dtype=float32)
    """
    check_sampled(mean, log_variance, noise)
    return mean + ops.exp(log_variance / 2) * noise


def elbo(
    outputs: Tensor,
    targets: Tensor,
    mean: Tensor,
    log_variance: Tensor,
    variance: float = 1.0,
    beta: float = 1.0,
) -> Tensor:
    """The evidence lower bound of each row, with one sample of its code.

    Formula
        L_b = -1/2 sum_j ((x_j - y_j)^2 / v + log(2 pi v)) - beta KL_b. To be maximized: the loss is
        minus its mean.

    Args
        outputs, targets: y and x (B, ...), floats of one shape and dtype.
        mean, log_variance: m and s (B, Z), floats of one shape and dtype.
        variance: v = sigma^2, of the targets about the outputs; it weighs the two terms.
        beta: weight of the divergence; with another one than 1, L is no bound of this likelihood.

    Returns
        (B,), in nats.

    Errors
        ShapeError: arrays that do not go together. ValueError: a variance that is not positive, a
        beta below 0. TypeError: no array, or no number.

    Source
        Kingma and Welling 2013, arXiv 1312.6114, equations 3 and 7; beta: Higgins et al. 2017,
        "beta-VAE", ICLR.

    >>> ops.convert_to_numpy(elbo(*[ops.zeros((1, 2))] * 4)).round(4)  # -log(2 pi)
    array([-1.8379], dtype=float32)
    """
    check_bound(outputs, targets, mean, log_variance, variance, beta)
    squares = ops.sum(ops.square(targets - outputs), axis=tuple(range(1, len(outputs.shape))))
    constant = math.prod(outputs.shape[1:]) * math.log(2 * math.pi * variance)
    return -(squares / variance + constant) / 2 - beta * gaussian_kl(mean, log_variance)


@keras.saving.register_keras_serializable("mmref")
class Autoencoder(Model):
    """Encode, then decode: what comes in should come out.

    Formula
        y = decoder(encoder(x)). Trained on :func:`reconstruction_loss`; given x with noise and
        trained on x without, it takes noise away.

    Args
        encoder: a layer, such as an ``ImageEncoder``. decoder: a layer that takes its code, such
            as an ``ImageDecoder``.

    Call
        inputs: the array that the encoder takes. Returns what the decoder gives.
        ``encoder`` and ``decoder`` are called by themselves, too.

    Errors
        TypeError: no layer. ValueError: a decoder whose input_dim is not the encoder's output_dim.

    >>> from mmref.keras import TableDecoder, TableEncoder
    >>> tuple(Autoencoder(TableEncoder(5, 3), TableDecoder(3, 5))(ops.zeros((2, 5))).shape)
    (2, 5)
    """

    def __init__(self, encoder: keras.Layer, decoder: keras.Layer, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        check_coders(encoder, decoder, keras.Layer, WHAT)
        self.encoder, self.decoder = encoder, decoder

    def build(self, shape: Any = None) -> None:
        built(self.encoder, shape)
        code = getattr(self.encoder, "output_dim", None)
        built(self.decoder, (None, code) if code else self.encoder.compute_output_shape(shape))

    def call(self, inputs: Tensor, training: bool | None = None) -> Tensor:
        check_array("inputs", inputs)
        return self.decoder(self.encoder(inputs, training=training), training=training)

    @property
    def input_signature(self) -> list | None:
        """What it takes, for ``export``."""
        return getattr(self.encoder, "input_signature", None)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | serialized(encoder=self.encoder, decoder=self.decoder)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        return cls(**config | restored(config, "encoder", "decoder"))


@keras.saving.register_keras_serializable("mmref")
class VariationalAutoencoder(Model):
    """Encode to a Gaussian, draw from it, decode.

    Formula
        h = encoder(x), m = W h + b, s = V h + c, z = m + e^(s / 2) n, y = decoder(z). Trained on
        :func:`elbo`; then decoder(n), n drawn from N(0, 1), is a new x.

    Args
        encoder: a layer with an ``output_dim``. decoder: a layer that takes z (B, Z).
        latent: Z.

    Call
        inputs: the array that the encoder takes. noise: n (B, Z); None draws it in training mode,
        and is 0 in evaluation mode. Returns y, what the decoder gives.
        ``encode(inputs)`` returns m and s (B, Z), from which training makes z itself: the bound
        wants all of them.

    Errors
        TypeError: no layer, an encoder without output_dim. ValueError: a decoder whose input_dim
        is not Z, a latent below 1. ShapeError: noise of another shape or dtype.

    Source
        Kingma and Welling 2013, arXiv 1312.6114, section 3.

    >>> from mmref.keras import TableDecoder, TableEncoder
    >>> model = VariationalAutoencoder(TableEncoder(5, 8), TableDecoder(2, 5), latent=2)
    >>> tuple(model(ops.zeros((3, 5))).shape)
    (3, 5)
    """

    def __init__(
        self, encoder: keras.Layer, decoder: keras.Layer, latent: int, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        check_counts(latent=latent)
        check_kind("encoder", encoder, keras.Layer, WHAT)
        check_output_dim(encoder)
        check_decoder("decoder", decoder, latent, keras.Layer, WHAT)
        self.encoder, self.decoder, self.latent = encoder, decoder, latent
        policy = self.dtype_policy
        self.mean = keras.layers.Dense(latent, name="mean", dtype=policy)
        self.log_variance = keras.layers.Dense(latent, name="log_variance", dtype=policy)
        self.seed_generator = keras.random.SeedGenerator()

    def build(self, shape: Any = None, *_: Any) -> None:
        built(self.encoder, shape)
        for layer in (self.mean, self.log_variance):
            built(layer, (None, self.encoder.output_dim))
        built(self.decoder, (None, self.latent))

    def encode(self, inputs: Tensor, training: bool | None = None) -> tuple[Tensor, Tensor]:
        """m and s (B, Z)."""
        check_array("inputs", inputs)
        if not self.built:  # weights come with the first call, and this may be before it
            self.build(getattr(inputs, "shape", None))
        h = self.encoder(inputs, training=training)
        return self.mean(h), self.log_variance(h)

    def call(
        self, inputs: Tensor, noise: Tensor | None = None, training: bool | None = None
    ) -> Tensor:
        mean, log_variance = self.encode(inputs, training)
        if noise is None:
            noise = ops.zeros_like(mean)
            if training:
                shape, dtype = ops.shape(mean), mean.dtype
                noise = keras.random.normal(shape, dtype=dtype, seed=self.seed_generator)
        z = reparameterize(mean, log_variance, noise)
        return self.decoder(z, training=training)

    @property
    def input_signature(self) -> list | None:
        """What it takes, for ``export``: the inputs alone."""
        return getattr(self.encoder, "input_signature", None)

    def get_config(self) -> dict[str, Any]:
        parts = serialized(encoder=self.encoder, decoder=self.decoder)
        return super().get_config() | parts | {"latent": self.latent}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        return cls(**config | restored(config, "encoder", "decoder"))


@keras.saving.register_keras_serializable("mmref")
class MultimodalAutoencoder(Model):
    """Encode whatever modalities are there, fuse, and decode all of them.

    Formula
        z = fusion({m: encoder_m(input_m)}, present),  y_m = decoder_m(z)

    Args
        encoders: mapping m -> layer with ``output_dim``. fusion: a fusion over exactly these
            modalities. decoders: mapping m -> layer that takes z (B, D).

    Call
        inputs, present: as :class:`FusionClassifier`. A row needs one of its modalities.
        Returns a mapping m -> y_m, also of modalities that were absent: what the others tell of
        them. ``code(inputs, present)`` gives z.
        Train it with modalities marked absent whose targets are there: each is then learned from
        the others as well as from itself.

    Errors
        ModalityError: encoders, fusion, decoders or inputs name different modalities. ValueError:
        widths that do not fit. ShapeError: present that is not boolean (B, M). TypeError: no
        layer.

    Source
        Ngiam, Khosla, Kim, Nam, Lee and Ng, "Multimodal deep learning", ICML 2011: their bimodal
        deep autoencoder.

    >>> from mmref.keras import ConcatFusion, TableDecoder, TableEncoder
    >>> encoders = {"left": TableEncoder(2, 4), "right": TableEncoder(3, 4)}
    >>> decoders = {"left": TableDecoder(6, 2), "right": TableDecoder(6, 3)}
    >>> model = MultimodalAutoencoder(encoders, ConcatFusion({"left": 4, "right": 4}, 6), decoders)
    >>> inputs = {"left": ops.ones((1, 2)), "right": ops.zeros((1, 3))}
    >>> tuple(model(inputs, ops.array([[True, False]]))["right"].shape)
    (1, 3)
    """

    def __init__(
        self,
        encoders: Mapping[str, keras.Layer],
        fusion: keras.Layer,
        decoders: Mapping[str, keras.Layer],
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_parts(encoders, fusion, 0.0, keras.Layer, WHAT)
        check_decoders(decoders, fusion.dims, fusion.dim, keras.Layer, WHAT)
        # In the fusion's order, in which files hold them: by number, not by name.
        self.encoders, self.fusion = {m: encoders[m] for m in fusion.dims}, fusion
        self.decoders = {m: decoders[m] for m in fusion.dims}

    def build(self, inputs_shape: Any = None, *_: Any) -> None:
        if inputs_shape is not None:
            check_modalities(inputs_shape, self.encoders)  # Keras builds before it calls
        for m, encoder in self.encoders.items():
            built(encoder, (inputs_shape or {}).get(m))
        built(self.fusion, {m: (None, d) for m, d in self.fusion.dims.items()})
        for decoder in self.decoders.values():
            built(decoder, (None, self.fusion.dim))

    def code(
        self, inputs: Tensors, present: Tensor | None = None, training: bool | None = None
    ) -> Tensor:
        """z (B, D)."""
        check_model_inputs(inputs, self.encoders)
        if not self.built:  # weights come with the first call, and this may be before it
            self.build({m: getattr(inputs[m], "shape", None) for m in self.encoders})
        present = present_of(inputs, self.fusion, present)
        features = {m: f(inputs[m], training=training) for m, f in self.encoders.items()}
        return self.fusion(features, present=present)

    def call(
        self, inputs: Tensors, present: Tensor | None = None, training: bool | None = None
    ) -> dict[str, Tensor]:
        z = self.code(inputs, present, training)
        return {m: decoder(z, training=training) for m, decoder in self.decoders.items()}

    @property
    def input_signature(self) -> list | None:
        """What it takes, for ``export``: a mapping of the modalities."""
        taken = taken_by(self.encoders)
        return None if taken is None else [taken]

    def get_config(self) -> dict[str, Any]:
        parts = serialized(fusion=self.fusion)
        for name in ("encoders", "decoders"):
            parts[name] = serialized(**getattr(self, name))
        return super().get_config() | parts

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        parts = restored(config, "fusion")
        for name in ("encoders", "decoders"):
            parts[name] = restored(config[name], *config[name])
        return cls(**config | parts)


def built(layer: keras.Layer, shape: Any) -> None:
    """Create a layer's weights, unless they are there, as in one that was loaded from a file."""
    if not layer.built:
        layer.build(shape)


def serialized(**layers: keras.Layer) -> dict[str, Any]:
    return {name: keras.saving.serialize_keras_object(layer) for name, layer in layers.items()}


def restored(config: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: keras.saving.deserialize_keras_object(config[name]) for name in names}
