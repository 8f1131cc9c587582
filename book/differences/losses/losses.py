"""Other losses, and their means."""

import warnings

import keras
import numpy as np
import torch
from keras import ops
from torch.nn import functional as F

from book.differences.registry import FrameworkDifference, Side
from book.differences.shared import rounded


def torch_kl():
    p, q = torch.tensor([[0.5, 0.5]]), torch.tensor([[0.9, 0.1]])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch warns that its default mean is not the KL
        result = F.kl_div(q.log(), p)
    return {
        "result": rounded(result),
        "remedied": rounded(F.kl_div(q.log(), p, reduction="batchmean")),
    }


def keras_kl():
    p, q = ops.convert_to_tensor([[0.5, 0.5]]), ops.convert_to_tensor([[0.9, 0.1]])
    loss = keras.losses.KLDivergence()
    return {"result": rounded(loss(p, q)), "in PyTorch's order": rounded(loss(q, p))}


KL = FrameworkDifference(
    name="kl",
    title="Kullback–Leibler divergence",
    torch=Side(
        "`kl_div(log q, p)`; mean over all entries",
        torch_kl,
        {"result": 0.2554, "remedied": 0.5108},
    ),
    keras=Side(
        "`KLDivergence()(p, q)`; mean over rows",
        keras_kl,
        {"result": 0.5108, "in PyTorch's order": 0.3681},
    ),
    consequence=(
        "The order is opposite, PyTorch wants a logarithm, and its default divides by the "
        "number of classes."
    ),
    advice='`reduction="batchmean"` in PyTorch.',
)


def torch_weighted_mean():
    logits, labels = torch.zeros(2, 2), torch.tensor([0, 1])  # each loss is log 2
    result = F.cross_entropy(logits, labels, weight=torch.tensor([1.0, 3.0]))
    return {"result": rounded(result)}


def keras_weighted_mean():
    logits, labels = ops.zeros((2, 2)), np.array([0, 1])
    weights = np.array([1.0, 3.0], "float32")

    def loss(**options):
        entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True, **options)
        return rounded(entropy(labels, logits, sample_weight=weights))

    return {"result": loss(), "remedied": loss(reduction="mean_with_sample_weight")}


WEIGHTED_MEAN = FrameworkDifference(
    name="weighted_mean",
    title="The mean of weighted losses",
    torch=Side("divided by the sum of weights", torch_weighted_mean, {"result": 0.6931}),
    keras=Side(
        "divided by the number of examples",
        keras_weighted_mean,
        {"result": 1.3863, "remedied": 0.6931},
    ),
    consequence=(
        "With weights 1 and 3, the same loss is twice as large in Keras, and so is the step."
    ),
    advice='`reduction="mean_with_sample_weight"` in Keras, or weights of mean 1.',
)


def torch_loss_shapes():
    target, output = torch.tensor([1.0, 2.0, 3.0]), torch.tensor([[1.0], [2.0], [3.0]])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch warns, once, and goes on
        result = F.mse_loss(output, target)
    return {"result": rounded(result), "remedied": rounded(F.mse_loss(output[:, 0], target))}


def keras_loss_shapes():
    target, output = np.array([1.0, 2.0, 3.0]), np.array([[1.0], [2.0], [3.0]])
    return {"result": rounded(keras.losses.MeanSquaredError()(target, output))}


LOSS_SHAPES = FrameworkDifference(
    name="loss_shapes",
    title="(B, 1) against (B,)",
    torch=Side(
        "broadcast to (B, B), with a warning",
        torch_loss_shapes,
        {"result": 1.3333, "remedied": 0.0},
    ),
    keras=Side("made equal first", keras_loss_shapes, {"result": 0.0}),
    consequence=(
        "Mean squared error of a perfect prediction is not 0 in PyTorch: each output is "
        "compared with every target."
    ),
    advice="Make the shapes equal: `output[:, 0]`.",
)


def torch_cosine():
    x = torch.tensor([[3.0, 4.0]])
    return {"result": rounded(F.cosine_embedding_loss(x, x, torch.ones(1)))}


def keras_cosine():
    x = np.array([[3.0, 4.0]])
    return {"result": rounded(keras.losses.CosineSimilarity()(x, x))}


COSINE = FrameworkDifference(
    name="cosine",
    title="Cosine loss",
    torch=Side("1 − cos", torch_cosine, {"result": 0.0}),
    keras=Side("−cos", keras_cosine, {"result": -1.0}),
    consequence="The gradients agree; a perfect match is 0 in one and −1 in the other.",
    advice="Nothing, but compare curves with care.",
)
