"""Entries of batch norm: by the batch's own statistics, and by stored ones."""

import functools

from mmref.concordance.exemptions import MEAN
from mmref.concordance.formula import Formula, Peer, Vectors, function_of
from mmref.concordance.published import onnx_pairs
from mmref.reference import normalization as reference

BATCH, CHANNELS, HEIGHT, WIDTH = 5, 3, 4, 2


def _training(rng, epsilon=1e-5):
    return {
        "images": rng.normal(size=(BATCH, CHANNELS, HEIGHT, WIDTH), loc=1.0),
        "scale": rng.normal(size=CHANNELS),
        "shift": rng.normal(size=CHANNELS),
        "mean": None,
        "variance": None,
        "epsilon": epsilon,
    }


def _inference(rng, epsilon=1e-5):
    stored = {"mean": rng.normal(size=CHANNELS), "variance": rng.uniform(0.5, 2, CHANNELS)}
    return _training(rng, epsilon) | stored


def _flat_channel(rng):
    """A channel that varies less than the epsilon."""
    drawn = _training(rng, epsilon=0.1)
    drawn["images"][:, 1] = 2 + 0.2 * drawn["images"][:, 1]
    return drawn


def _torch_training(images, scale, shift, mean, variance, epsilon):
    import torch

    return torch.nn.functional.batch_norm(images, None, None, scale, shift, True, eps=epsilon)


def _keras_training(images, scale, shift, mean, variance, epsilon):
    import keras

    layer = keras.layers.BatchNormalization(epsilon=epsilon)
    layer.build(images.shape)
    stored = [v.value for v in layer.non_trainable_variables]
    return layer.stateless_call([scale, shift], stored, images, training=True)[0]


def _keras_inference(images, scale, shift, mean, variance, epsilon):
    import keras

    return keras.ops.batch_normalization(images, mean, variance, -1, shift, scale, epsilon)


def _onnx_options(training):
    def options(attributes, given):
        if bool(attributes.get("training_mode")) != training:
            return None
        if training:
            given |= {"mean": None, "variance": None}
        return {"epsilon": attributes.get("epsilon", 1e-5)}

    return options


NAMES = ("images", "scale", "shift", "mean", "variance")


def _vectors(name, training):
    load = functools.partial(onnx_pairs, "BatchNormalization", NAMES, _onnx_options(training))
    return (Vectors(name, load),)


SAME = ("epsilon of PyTorch", "epsilon of Keras")
FORMULAS = (
    Formula(
        name="batch_norm",
        reference=reference.batch_norm,
        gradient=reference.batch_norm_gradient,
        samples={
            "epsilon of PyTorch": _training,
            "epsilon of Keras": functools.partial(_training, epsilon=1e-3),
            "a flat channel": _flat_channel,
        },
        layer=function_of("batch_norm"),
        images=("images", "value"),
        peers=(
            Peer("torch.nn.functional.batch_norm", "torch", _torch_training, SAME),
            Peer("keras.layers.BatchNormalization", "keras", _keras_training, SAME),
        ),
        vectors=_vectors("ONNX BatchNormalization, training", True),
        exemptions=MEAN,
    ),
    Formula(
        name="batch_norm_stored",
        reference=reference.batch_norm,
        gradient=reference.batch_norm_gradient,
        samples={
            "epsilon of PyTorch": _inference,
            "epsilon of Keras": functools.partial(_inference, epsilon=1e-3),
        },
        layer=function_of("batch_norm"),
        images=("images", "value"),
        # torch.nn.functional.batch_norm gives stored statistics no gradient.
        peers=(Peer("keras.ops.batch_normalization", "keras", _keras_inference, SAME),),
        vectors=_vectors("ONNX BatchNormalization", False),
    ),
)
