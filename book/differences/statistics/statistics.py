"""Small functions with the same names, and data as it comes."""

import inspect

import keras
import numpy as np
import torch
from keras import ops

from book.differences.registry import FrameworkDifference, Side
from book.differences.shared import rounded


def torch_std():
    x = torch.tensor([1.0, 3.0])
    return {"result": rounded(x.std()), "remedied": rounded(x.std(correction=0))}


def keras_std():
    return {"result": rounded(ops.std(ops.convert_to_tensor([1.0, 3.0])))}


STD = FrameworkDifference(
    name="std",
    title="Standard deviation and variance",
    torch=Side("unbiased, n − 1", torch_std, {"result": 1.4142, "remedied": 1.0}),
    keras=Side("biased, n", keras_std, {"result": 1.0}),
    consequence="For two values the factor is √2; for a minibatch of 32, 1.6 %.",
    advice="`correction=0` in PyTorch. NumPy is biased, like Keras.",
)


def torch_median():
    x = torch.tensor([1.0, 2.0, 4.0, 8.0])
    return {"result": rounded(x.median()), "remedied": rounded(x.quantile(0.5))}


def keras_median():
    return {"result": rounded(ops.median(ops.convert_to_tensor([1.0, 2.0, 4.0, 8.0])))}


MEDIAN = FrameworkDifference(
    name="median",
    title="Median of an even number of values",
    torch=Side(
        "the lower of the two in the middle", torch_median, {"result": 2.0, "remedied": 3.0}
    ),
    keras=Side(
        "their mean",
        keras_median,
        {"result": 3.0},
        dict.fromkeys(["Keras 3.13 on torch", "Keras 3.14 on torch"], {"result": 2.0}),
    ),
    consequence="The median of 1, 2, 4, 8 is 2 or 3.",
    advice="`quantile(0.5)` in PyTorch.",
)


def torch_integer_mean():
    try:
        torch.tensor([1, 2]).mean()
        refused = False
    except RuntimeError:
        refused = True
    return {"refused": refused, "result": rounded(torch.tensor([1, 2]).float().mean())}


def keras_integer_mean():
    mean = ops.mean(ops.convert_to_tensor([1, 2]))
    return {"dtype": keras.backend.standardize_dtype(mean.dtype), "result": rounded(mean)}


INTEGER_MEAN = FrameworkDifference(
    name="integer_mean",
    title="Mean of integers",
    torch=Side("refused", torch_integer_mean, {"refused": True, "result": 1.5}),
    keras=Side("a float32", keras_integer_mean, {"dtype": "float32", "result": 1.5}),
    consequence="Accuracy as the mean of comparisons needs a conversion in PyTorch.",
    advice="`.float().mean()`.",
)


def torch_float64_input():
    layer = torch.nn.Linear(3, 2)
    try:
        layer(torch.tensor(np.ones((1, 3))))  # NumPy's numbers are float64
        refused = False
    except RuntimeError:
        refused = True
    single = torch.tensor(np.ones((1, 3)), dtype=torch.float32)
    return {"refused": refused, "as float32": str(layer(single).dtype)}


def keras_float64_input():
    output = keras.layers.Dense(2)(np.ones((1, 3)))
    return {"dtype": keras.backend.standardize_dtype(output.dtype)}


FLOAT64_INPUT = FrameworkDifference(
    name="float64_input",
    title="NumPy's float64",
    torch=Side(
        "stays float64, and layers refuse it",
        torch_float64_input,
        {"refused": True, "as float32": "torch.float32"},
    ),
    keras=Side("layers turn it into float32", keras_float64_input, {"dtype": "float32"}),
    consequence=(
        "A NumPy array goes straight into a Keras layer; PyTorch stops with an error "
        "about its number type."
    ),
    advice="`torch.tensor(array, dtype=torch.float32)`.",
)


def torch_shuffling():
    data = torch.utils.data.TensorDataset(torch.arange(100))
    (first,) = next(iter(torch.utils.data.DataLoader(data, batch_size=100)))
    return {"in order": first.tolist() == list(range(100))}


def keras_shuffling():
    return {"shuffle": inspect.signature(keras.Model.fit).parameters["shuffle"].default}


SHUFFLING = FrameworkDifference(
    name="shuffling",
    title="Shuffling",
    torch=Side("`DataLoader`: not unless `shuffle=True`", torch_shuffling, {"in order": True}),
    keras=Side(
        "`fit`: arrays are shuffled unless `shuffle=False`", keras_shuffling, {"shuffle": True}
    ),
    consequence="Data sorted by class train badly in PyTorch and not in Keras.",
    advice="`DataLoader(..., shuffle=True)` for training.",
)
