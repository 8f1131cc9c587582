"""Entries of batch norm: by the batch's own statistics, and by stored ones."""

import functools

from mmref.concordance.formula import BOUNDS, Exemption, Formula, Peer, Vectors
from mmref.concordance.formulas.convolution import _onnx
from mmref.reference import normalization as reference

BATCH, CHANNELS, HEIGHT, WIDTH = 5, 3, 4, 2


def _training(rng, eps=1e-5):
    return {
        "images": rng.normal(size=(BATCH, CHANNELS, HEIGHT, WIDTH), loc=1.0),
        "scale": rng.normal(size=CHANNELS),
        "shift": rng.normal(size=CHANNELS),
        "mean": None,
        "variance": None,
        "eps": eps,
    }


def _inference(rng, eps=1e-5):
    stored = {"mean": rng.normal(size=CHANNELS), "variance": rng.uniform(0.5, 2, CHANNELS)}
    return _training(rng, eps) | stored


def _flat_channel(rng):
    """A channel that varies less than the epsilon."""
    drawn = _training(rng, eps=0.1)
    drawn["images"][:, 1] = 2 + 0.2 * drawn["images"][:, 1]
    return drawn


def _layer(wing, arguments):
    return functools.partial(wing.batch_norm, eps=arguments["eps"])


def _torch_training(images, scale, shift, mean, variance, eps):
    import torch

    return torch.nn.functional.batch_norm(images, None, None, scale, shift, True, eps=eps)


def _keras_training(images, scale, shift, mean, variance, eps):
    import keras

    layer = keras.layers.BatchNormalization(epsilon=eps)
    layer.build(images.shape)
    stored = [v.value for v in layer.non_trainable_variables]
    return layer.stateless_call([scale, shift], stored, images, training=True)[0]


def _keras_inference(images, scale, shift, mean, variance, eps):
    import keras

    return keras.ops.batch_normalization(images, mean, variance, -1, shift, scale, eps)


def _onnx_options(training):
    def options(attributes, given):
        if bool(attributes.get("training_mode")) != training:
            return None
        if training:
            given |= {"mean": None, "variance": None}
        return {"eps": attributes.get("epsilon", 1e-5)}

    return options


NAMES = ("images", "scale", "shift", "mean", "variance")


def _vectors(name, training):
    load = functools.partial(_onnx, "BatchNormalization", NAMES, _onnx_options(training))
    return (Vectors(name, load),)


MEAN = Exemption(
    "keras on torch",
    "float64",
    BOUNDS["float32"],
    "on that backend keras.ops.mean computes float64 inputs in float32",
)
SAME = ("eps of PyTorch", "eps of Keras")

FORMULAS = (
    Formula(
        name="batch_norm",
        reference=reference.batch_norm,
        gradient=reference.batch_norm_gradient,
        samples={
            "eps of PyTorch": _training,
            "eps of Keras": functools.partial(_training, eps=1e-3),
            "a flat channel": _flat_channel,
        },
        layer=_layer,
        images=("images", "value"),
        peers=(
            Peer("torch.nn.functional.batch_norm", "torch", _torch_training, SAME),
            Peer("keras.layers.BatchNormalization", "keras", _keras_training, SAME),
        ),
        vectors=_vectors("ONNX BatchNormalization, training", True),
        exemptions=(MEAN,),
    ),
    Formula(
        name="batch_norm_stored",
        reference=reference.batch_norm,
        gradient=reference.batch_norm_gradient,
        samples={
            "eps of PyTorch": _inference,
            "eps of Keras": functools.partial(_inference, eps=1e-3),
        },
        layer=_layer,
        images=("images", "value"),
        # torch.nn.functional.batch_norm gives stored statistics no gradient.
        peers=(Peer("keras.ops.batch_normalization", "keras", _keras_inference, SAME),),
        vectors=_vectors("ONNX BatchNormalization", False),
    ),
)
