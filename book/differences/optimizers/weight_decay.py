"""Weight decay."""

import keras
import torch

from book.differences.optimizers.paths import keras_path, torch_path
from book.differences.registry import FrameworkDifference, Side


def torch_adamw_decay():
    adamw = torch.optim.AdamW
    return {"result": torch_path(adamw, [0.0], start=1.0, lr=1.0)}


def keras_adamw_decay():
    def decayed(**options):
        return keras_path(keras.optimizers.AdamW, [0.0], 1.0, learning_rate=1.0, **options)

    return {"result": decayed(), "remedied": decayed(weight_decay=0.01)}


ADAMW_DECAY = FrameworkDifference(
    name="adamw_decay",
    title="Weight decay of AdamW",
    torch=Side("0.01", torch_adamw_decay, {"result": [0.99]}),
    keras=Side("0.004", keras_adamw_decay, {"result": [0.996], "remedied": [0.99]}),
    consequence=(
        "A weight without gradient shrinks at each step by learning rate × decay of itself."
    ),
    advice="`weight_decay=0.01` in Keras.",
)


def torch_adam_decay():
    same = {"start": 1.0, "lr": 0.1, "weight_decay": 0.1}
    return {
        "result": torch_path(torch.optim.Adam, [0.0], **same),
        "remedied": torch_path(torch.optim.AdamW, [0.0], **same),
    }


def keras_adam_decay():
    same = {"start": 1.0, "learning_rate": 0.1, "weight_decay": 0.1}
    return {"result": keras_path(keras.optimizers.Adam, [0.0], **same)}


ADAM_DECAY = FrameworkDifference(
    name="adam_decay",
    title="Weight decay in Adam",
    torch=Side("added to the gradient", torch_adam_decay, {"result": [0.9], "remedied": [0.99]}),
    keras=Side("decoupled, as in AdamW", keras_adam_decay, {"result": [0.99]}),
    consequence=(
        "In PyTorch's Adam the decay goes through the normalization: a weight without "
        "gradient loses a whole learning rate at its first step, whatever the decay."
    ),
    advice="`torch.optim.AdamW`.",
)


def torch_sgd_decay():
    same = {"start": 1.0, "lr": 0.1, "momentum": 0.9}
    return {"result": torch_path(torch.optim.SGD, [0.0] * 5, weight_decay=0.5, **same)}


def keras_sgd_decay():
    same = {"start": 1.0, "learning_rate": 0.1, "momentum": 0.9}
    return {"result": keras_path(keras.optimizers.SGD, [0.0] * 5, weight_decay=0.5, **same)}


SGD_DECAY = FrameworkDifference(
    name="sgd_decay",
    title="Weight decay in SGD with momentum",
    torch=Side(
        "added to the gradient, so to the velocity",
        torch_sgd_decay,
        {"result": [0.95, 0.8575, 0.7314, 0.5813, 0.4172]},
    ),
    keras=Side(
        "decoupled: the velocity does not see it",
        keras_sgd_decay,
        {"result": [0.95, 0.9025, 0.8574, 0.8145, 0.7738]},
    ),
    consequence=(
        "With momentum 0.9 PyTorch's decay gathers speed, up to ten times Keras's; without "
        "momentum they are the same."
    ),
    advice="No setting makes them equal: a tenth of the decay in PyTorch comes close, or AdamW.",
)
