"""The maximum of windows that hold what is no ordinary number, and what becomes of a NaN."""

import keras
import numpy as np
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


def torch_nan_pixel():
    images = torch.ones(2, 1, 4, 4)
    images[0, 0, 1, 2] = torch.nan
    model = torch.nn.Sequential(
        torch.nn.Conv2d(1, 1, 3, padding=1),
        torch.nn.MaxPool2d(2),
        torch.nn.ReLU(),
        torch.nn.Flatten(),
        torch.nn.Linear(4, 1),
    )
    loss = model(images).square().mean()
    loss.backward()
    torch.optim.SGD(model.parameters(), lr=0.1).step()
    return {
        "the loss is NaN": bool(loss.isnan()),
        "the kernel is NaN after a step": bool(model[0].weight.isnan().all()),
    }


def keras_nan_pixel():
    images = np.ones((2, 4, 4, 1), "float32")
    images[0, 1, 2, 0] = np.nan
    convolution = keras.layers.Conv2D(1, 3, padding="same")
    parts = [keras.layers.MaxPooling2D(2), keras.layers.ReLU(), keras.layers.Flatten()]
    model = keras.Sequential([convolution, *parts, keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.1), "mse", jit_compile=False)
    loss = model.train_on_batch(images, np.zeros((2, 1)))
    return {
        "the loss is NaN": bool(np.isnan(loss)),
        "the kernel is NaN after a step": bool(np.isnan(convolution.get_weights()[0]).all()),
    }


NAN_PIXEL = FrameworkDifference(
    name="nan_pixel",
    title="One pixel of NaN in training",
    torch=Side(
        "the loss is NaN at once",
        torch_nan_pixel,
        {"the loss is NaN": True, "the kernel is NaN after a step": True},
    ),
    keras=Side(
        "TensorFlow on a CPU: the loss stays finite, the weights become NaN",
        keras_nan_pixel,
        {"the loss is NaN": False, "the kernel is NaN after a step": True},
        {"Keras on torch": {"the loss is NaN": True, "the kernel is NaN after a step": True}},
    ),
    consequence=(
        "The pool passes over NaN, or makes the least number of it, which the ReLU sets to zero: "
        "nothing shows. Its gradient is zero there, and zero times NaN is NaN: after one step "
        "the kernel is lost, all maps are zero, and the loss is still a number."
    ),
    advice=(
        "Look for NaN before training: `fit` of `mmref.keras.FusionClassifier` names input and "
        "row, and `mmref.keras.ImageEncoder` makes NaN of such an image, so that the loss tells."
    ),
)
