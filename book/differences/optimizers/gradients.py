"""What is done to gradients before a step."""

import keras
import numpy as np
import torch
from keras import ops

from book.differences.registry import FrameworkDifference, Side
from book.differences.shared import rounded
from mmref.concordance.backends import run_keras


def torch_clipping():
    weights = [torch.zeros(1, requires_grad=True) for _ in range(2)]
    for weight, gradient in zip(weights, (3.0, 4.0), strict=True):
        weight.grad = torch.tensor([gradient])
    torch.nn.utils.clip_grad_norm_(weights, max_norm=1.0)
    return {"result": [rounded(w.grad[0]) for w in weights]}


def keras_clipping():
    def steps(**options):
        weights = [keras.Variable(0.0) for _ in range(2)]
        optimizer = keras.optimizers.SGD(learning_rate=1.0, **options)
        optimizer.apply([ops.convert_to_tensor(g) for g in (3.0, 4.0)], weights)
        return [rounded(-ops.convert_to_numpy(w)) for w in weights]

    return {"result": steps(clipnorm=1.0), "remedied": steps(global_clipnorm=1.0)}


CLIPPING = FrameworkDifference(
    name="clipping",
    title="Clipping by norm",
    torch=Side(
        "`clip_grad_norm_`: of all weights together", torch_clipping, {"result": [0.6, 0.8]}
    ),
    keras=Side(
        "`clipnorm`: of each weight",
        keras_clipping,
        {"result": [1.0, 1.0], "remedied": [0.6, 0.8]},
    ),
    consequence=(
        "`clipnorm` changes the direction of the step; two gradients of 3 and 4 become equal."
    ),
    advice="`global_clipnorm` in Keras.",
)


def torch_accumulation():
    weight = torch.ones(1, requires_grad=True)
    for _ in range(2):
        (3 * weight).backward()
    result = rounded(weight.grad)
    weight.grad = None  # what optimizer.zero_grad() does
    (3 * weight).backward()
    return {"result": result, "remedied": rounded(weight.grad)}


def keras_accumulation():
    for _ in range(2):
        _, gradients = run_keras(lambda w: 3 * w, {"w": np.ones(1)}, np.ones(1))
    return {"result": rounded(gradients["w"])}


ACCUMULATION = FrameworkDifference(
    name="accumulation",
    title="Gradients add up",
    torch=Side("until `zero_grad()`", torch_accumulation, {"result": [6.0], "remedied": [3.0]}),
    keras=Side("computed anew for each step", keras_accumulation, {"result": [3.0]}),
    consequence="A PyTorch loop without `zero_grad()` follows the sum of all gradients so far.",
    advice="`optimizer.zero_grad()` before `backward()`.",
)
