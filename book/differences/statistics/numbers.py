"""Arithmetic that is taken for granted."""

import numpy as np
import torch
from keras import ops
from torch.nn import functional as F

from book.differences.registry import FrameworkDifference, Side
from book.differences.shared import rounded


def torch_column():
    square, column = torch.zeros(2, 2), torch.tensor([[1.0], [2.0]])
    return {"result": rounded(torch.add(square, column))}


def keras_column():
    square, column = ops.zeros((2, 2)), ops.array([[1.0], [2.0]])
    return {
        "result": rounded(ops.add(square, column)),
        "remedied": rounded(square + column),
        "ops.add(column, square)": rounded(ops.add(column, square)),
    }


RIGHT, WRONG = [[1.0, 1.0], [2.0, 2.0]], [[1.0, 2.0], [1.0, 2.0]]
COLUMN = FrameworkDifference(
    name="column",
    title="A column added to a square",
    torch=Side("to each column", torch_column, {"result": RIGHT}),
    keras=Side(
        "`ops.add` on TensorFlow: to each row, as if it were a bias",
        keras_column,
        {"result": WRONG, "remedied": RIGHT, "ops.add(column, square)": RIGHT},
        {
            "Keras on torch": {
                "result": RIGHT,
                "remedied": RIGHT,
                "ops.add(column, square)": RIGHT,
            }
        },
    ),
    consequence=(
        "On TensorFlow `keras.ops.add(x, y)` takes for a bias any y with one axis longer than 1 "
        "that is as long as the second or the last axis of x, and adds it along that one, the "
        "last if both fit. So it is with (2, 3, 3) and (3, 1), too: no error, wrong numbers."
    ),
    advice="The operator, `x + y`, or the other order, `ops.add(y, x)`.",
)


def torch_double_precision():
    x = np.linspace(-1, 1, 9).reshape(3, 3) / 3  # NumPy's numbers are float64
    t, one = torch.tensor(x), torch.ones(1, dtype=torch.float64)
    found = {
        "mean": (t.mean(dim=0), x.mean(axis=0)),
        "matmul": (t @ t, x @ x),
        "gelu": (F.gelu(one), 0.8413447460685429),
    }
    return {name: np.allclose(*pair, rtol=0, atol=1e-12) for name, pair in found.items()}


def keras_double_precision():
    x = np.linspace(-1, 1, 9).reshape(3, 3) / 3
    found = {
        "mean": (ops.mean(x, axis=0), x.mean(axis=0)),
        "matmul": (ops.matmul(x, x), x @ x),
        "gelu": (ops.gelu(np.ones(1), approximate=False), 0.8413447460685429),
    }
    found = {name: (ops.convert_to_numpy(y), exact) for name, (y, exact) in found.items()}
    return {name: np.allclose(*pair, rtol=0, atol=1e-12) for name, pair in found.items()}


DOUBLE_PRECISION = FrameworkDifference(
    name="double_precision",
    title="Precision of float64",
    torch=Side("kept", torch_double_precision, {"mean": True, "matmul": True, "gelu": True}),
    keras=Side(
        "PyTorch backend: `mean` and `matmul` in float32; TensorFlow: √2 of GELU",
        keras_double_precision,
        {"mean": True, "matmul": True, "gelu": False},
        {"Keras on torch": {"mean": False, "matmul": False, "gelu": True}},
    ),
    consequence=(
        "The programs ask which results are exact to 10⁻¹². Of float64 numbers Keras computes some "
        "with no more than the seven digits of float32, which on the PyTorch backend reaches every "
        "`Dense` layer. A test of gradients by differences fails, and so does a comparison of "
        "frameworks; this book's has wider bounds there."
    ),
    advice="For checks in float64 take the other backend, or NumPy.",
)
