"""The path of one weight: the helpers of this group."""

import keras
import torch
from keras import ops

from book.differences.shared import rounded


def torch_path(kind, gradients, start=0.0, rates=None, **options):
    """Where a weight stands after each of these gradients."""
    weight = torch.tensor(start, requires_grad=True)
    optimizer = kind([weight], **options)
    path = []
    for step, gradient in enumerate(gradients):
        if rates:
            optimizer.param_groups[0]["lr"] = rates[step]
        weight.grad = torch.tensor(gradient)
        optimizer.step()
        path.append(rounded(weight))
    return path


def keras_path(kind, gradients, start=0.0, rates=None, **options):
    """Where a weight stands after each of these gradients."""
    weight = keras.Variable(start)
    optimizer = kind(**options)
    path = []
    for step, gradient in enumerate(gradients):
        if rates:
            optimizer.learning_rate = rates[step]
        optimizer.apply([ops.convert_to_tensor(gradient)], [weight])
        path.append(rounded(ops.convert_to_numpy(weight)))
    return path
