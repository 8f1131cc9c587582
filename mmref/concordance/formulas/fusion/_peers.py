"""Pieces of the other ways to a fusion, in the frameworks' own layers and functions."""

from collections.abc import Iterable

from mmref.types import Tensor, Tensors


def torch_values(features: Tensors, weights: Tensors, biases: Tensors) -> Tensor:
    """The projected modalities (B, M, D)."""
    import torch

    linear = torch.nn.functional.linear
    return torch.stack([linear(features[m], weights[m], biases[m]) for m in weights], dim=1)


def torch_joined(features: Tensors, order: Iterable[str], present: Tensor | None) -> Tensor:
    """The features side by side, absent ones times zero."""
    import torch

    there = [1] * len(features) if present is None else present.T[:, :, None]
    return torch.cat([features[m] * there[i] for i, m in enumerate(order)], dim=1)


def keras_dense(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """keras.layers.Dense with these weights, which may be traced for gradients."""
    import keras

    layer = keras.layers.Dense(weight.shape[0])
    layer.build(x.shape)
    outputs, _ = layer.stateless_call([keras.ops.transpose(weight), bias], [], x)
    return outputs


def keras_values(features: Tensors, weights: Tensors, biases: Tensors) -> Tensor:
    """The projected modalities (B, M, D)."""
    import keras

    projected = [keras_dense(features[m], weights[m], biases[m]) for m in weights]
    return keras.ops.stack(projected, axis=1)


def keras_joined(features: Tensors, order: Iterable[str], present: Tensor | None) -> Tensor:
    """The features side by side, absent ones times zero."""
    import keras

    x = [features[m] for m in order]
    if present is not None:
        there = keras.ops.cast(present, x[0].dtype)
        x = [x_m * there[:, i, None] for i, x_m in enumerate(x)]
    return keras.layers.Concatenate()(x)
