"""Adapters of low rank: only Keras has them built in, and they begin in their own way."""

import keras
import torch
from keras import ops

from book.differences.registry import FrameworkDifference, Side
from book.differences.shared import rounded


def torch_low_rank():
    base, down = torch.nn.Linear(3, 1).requires_grad_(False), torch.nn.Linear(3, 2, bias=False)
    up = torch.nn.Linear(2, 1, bias=False)
    for part, number in ((base.weight, 0), (base.bias, 0), (down.weight, 1), (up.weight, 1)):
        torch.nn.init.constant_(part, number)
    x = torch.ones(1, 3)
    layers = torch.nn.ModuleDict({"base": base, "down": down, "up": up})
    learn = [name for name, part in layers.named_parameters() if part.requires_grad]
    return {"result": rounded(base(x) + 16 / 2 * up(down(x))), "learn": learn}


def keras_low_rank():
    when_made = keras.layers.Dense(1, lora_rank=2, lora_alpha=16, kernel_initializer="zeros")
    afterward = keras.layers.Dense(1, kernel_initializer="zeros")
    for layer in (when_made, afterward):
        layer.build((None, 3))
    afterward.enable_lora(2, lora_alpha=16)
    for layer in (when_made, afterward):
        layer.lora_kernel_a.assign(ops.ones((3, 2)))
        layer.lora_kernel_b.assign(ops.ones((2, 1)))
    result, remedied = (rounded(layer(ops.ones((1, 3)))) for layer in (when_made, afterward))
    learn = sorted(v.name for v in afterward.trainable_variables)
    return {"result": result, "remedied": remedied, "learn": learn}


LOW_RANK = FrameworkDifference(
    name="low_rank",
    title="Adapters of low rank (LoRA)",
    torch=Side(
        "two dense layers of your own: α / R as you write it, what you freeze is frozen",
        torch_low_rank,
        {"result": [[48.0]], "learn": ["down.weight", "up.weight"]},
    ),
    keras=Side(
        "`Dense(lora_rank=2, lora_alpha=16)` is built with an α of 2; the bias goes on learning",
        keras_low_rank,
        {
            "result": [[6.0]],
            "remedied": [[48.0]],
            "learn": ["bias", "lora_kernel_a", "lora_kernel_b"],
        },
    ),
    consequence="The change counts an eighth of what was asked for, and a bias moves too.",
    advice="`layer.enable_lora(rank, lora_alpha=alpha)` once it is built; `layer.bias` frozen.",
)
