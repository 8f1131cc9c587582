"""The maximum of windows that hold what is no ordinary number."""

import keras
import torch
from keras import ops
from torch.nn import functional as F

import mmref.keras
from book.differences.registry import FrameworkDifference, Side


def torch_max_extremes():
    rows = torch.tensor([[-torch.inf, -torch.inf], [torch.nan, 1], [1, torch.nan]])
    pooled = F.max_pool2d(rows[None, None], (1, 2))
    return {"maxima": [f"{x:.2g}" for x in pooled.ravel().tolist()]}


def keras_max_extremes():
    nan, inf = float("nan"), float("inf")
    rows = ops.reshape(ops.array([-inf, -inf, nan, 1, 1, nan]), (1, 3, 2, 1))
    pooled = {
        "maxima": keras.layers.MaxPooling2D((1, 2))(rows),
        "mmref.keras.MaxPool2d": mmref.keras.MaxPool2d((1, 2))(rows),
    }
    return {name: [f"{float(x):.2g}" for x in ops.ravel(y)] for name, y in pooled.items()}


MAX_EXTREMES = FrameworkDifference(
    name="max_extremes",
    title="Maximum of NaN and of -inf",
    torch=Side(
        "NaN wins; of -inf alone -inf",
        torch_max_extremes,
        {"maxima": ["-inf", "nan", "nan"]},
    ),
    keras=Side(
        "TensorFlow: NaN loses; of -inf alone the least finite number",
        keras_max_extremes,
        {"maxima": ["-3.4e+38", "1", "1"], "mmref.keras.MaxPool2d": ["-inf", "nan", "nan"]},
        {
            "Keras on torch": {
                "maxima": ["-inf", "nan", "nan"],
                "mmref.keras.MaxPool2d": ["-inf", "nan", "nan"],
            }
        },
    ),
    consequence=(
        "The windows are -inf and -inf, NaN and 1, 1 and NaN. On TensorFlow a NaN of an earlier "
        "layer is gone after pooling, and what was masked with -inf is a number again, of which a "
        "sum overflows."
    ),
    advice="`mmref.keras.MaxPool2d` is the same on all backends. Otherwise look for NaN before.",
)
