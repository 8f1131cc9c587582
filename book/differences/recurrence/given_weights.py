"""Recurrent layers with given weights: the helpers of this group."""

import torch


def torch_recurrence(kind, *weights):
    """A layer of PyTorch with these weights: input (G H, D), hidden (G H, H), biases."""
    hidden, width = weights[1].shape[1], weights[0].shape[1]
    layer = kind(width, hidden, bias=len(weights) > 2, batch_first=True)
    with torch.no_grad():
        for parameter, weight in zip(layer.parameters(), weights, strict=True):
            parameter.copy_(torch.tensor(weight))
    return layer


def keras_recurrence(kind, *weights, **options):
    """A layer of Keras with these weights: kernel (D, G H), recurrent (H, G H), bias."""
    width, hidden = weights[0].shape[0], weights[1].shape[0]
    layer = kind(hidden, use_bias=len(weights) > 2, **options)
    layer.build((None, None, width))
    layer.set_weights(list(weights))
    return layer
