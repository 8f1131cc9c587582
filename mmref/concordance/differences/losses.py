"""Losses and activations."""

import warnings

import keras
import numpy as np
import torch
from keras import ops
from torch.nn import functional as F

from mmref.concordance.differences.difference import Difference, Group, Side, draw, rounded


def torch_from_logits():
    logits, label = torch.tensor([[2.0, 1.0, 0.5]]), torch.tensor([0])
    given_probabilities = F.cross_entropy(torch.softmax(logits, dim=-1), label)
    return {
        "given probabilities": rounded(given_probabilities),
        "result": rounded(F.cross_entropy(logits, label)),
    }


def keras_from_logits():
    logits, label = ops.convert_to_tensor([[2.0, 1.0, 0.5]]), np.array([0])
    loss = keras.losses.SparseCategoricalCrossentropy
    return {
        "result": rounded(loss()(label, logits)),
        "remedied": rounded(loss(from_logits=True)(label, logits)),
    }


def torch_class_axis():
    scores = torch.tensor(draw((1, 2, 2), seed=3)[0])  # meant as (B, T, K)
    labels = torch.tensor([[0, 1]])
    return {
        "result": rounded(F.cross_entropy(scores, labels)),
        "remedied": rounded(F.cross_entropy(scores.transpose(1, 2), labels)),
    }


def keras_class_axis():
    scores, labels = draw((1, 2, 2), seed=3)[0], np.array([[0, 1]])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return {"result": rounded(loss(labels, scores))}


def torch_bce_clamp():
    certain, wrong = torch.tensor([0.0]), torch.tensor([1.0])
    classes = F.nll_loss(torch.log(torch.tensor([[0.0, 1.0]])), torch.tensor([0]))
    return {
        "result": rounded(F.binary_cross_entropy(certain, wrong), 3),
        "nll_loss is infinite": bool(classes.isinf()),
    }


def keras_bce_clamp():
    certain, wrong = ops.convert_to_tensor([0.0]), ops.convert_to_tensor([1.0])
    probabilities = ops.convert_to_tensor([[0.0, 1.0]])
    classes = keras.losses.SparseCategoricalCrossentropy()(np.array([0]), probabilities)
    return {
        "result": rounded(keras.losses.BinaryCrossentropy()(wrong, certain), 3),
        "SparseCategoricalCrossentropy": rounded(classes, 3),
    }


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


def torch_ignored_label():
    logits, labels = torch.zeros(2, 2), torch.tensor([0, -100])
    return {"result": rounded(F.cross_entropy(logits, labels))}


def keras_ignored_label():
    logits, labels = ops.zeros((2, 2)), np.array([0, -100])
    loss = keras.losses.SparseCategoricalCrossentropy
    try:
        naive = rounded(loss(from_logits=True)(labels, logits))
    except Exception:  # each backend has an error of its own
        naive = "refused"
    remedied = loss(from_logits=True, ignore_class=-100)(labels, logits)
    return {"without ignore_class": naive, "remedied": rounded(remedied)}


def torch_loss_shapes():
    target, output = torch.tensor([1.0, 2.0, 3.0]), torch.tensor([[1.0], [2.0], [3.0]])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch warns, once, and goes on
        result = F.mse_loss(output, target)
    return {"result": rounded(result), "remedied": rounded(F.mse_loss(output[:, 0], target))}


def keras_loss_shapes():
    target, output = np.array([1.0, 2.0, 3.0]), np.array([[1.0], [2.0], [3.0]])
    return {"result": rounded(keras.losses.MeanSquaredError()(target, output))}


def torch_cosine():
    x = torch.tensor([[3.0, 4.0]])
    return {"result": rounded(F.cosine_embedding_loss(x, x, torch.ones(1)))}


def keras_cosine():
    x = np.array([[3.0, 4.0]])
    return {"result": rounded(keras.losses.CosineSimilarity()(x, x))}


def torch_gelu():
    x = torch.tensor([-2.3, 2.3])
    return {"result": rounded(F.gelu(x)), "remedied": rounded(F.gelu(x, approximate="tanh"))}


def keras_gelu():
    x = ops.convert_to_tensor([-2.3, 2.3])
    exact = keras.activations.gelu(x)
    return {"keras.activations.gelu": rounded(exact), "result": rounded(ops.gelu(x))}


def torch_softplus():
    x = torch.tensor([20.0, 20.1], dtype=torch.float64)
    above, later = F.softplus(x) - x, F.softplus(x, threshold=40) - x
    return {
        "above x, in 1e-9": rounded(1e9 * above, 3),
        "with threshold=40": rounded(1e9 * later, 3),
    }


def keras_softplus():
    x = ops.convert_to_tensor([20.0, 20.1], dtype="float64")
    return {"above x, in 1e-9": rounded(1e9 * (ops.softplus(x) - x), 3)}


def torch_leaky_relu():
    return {"result": rounded(torch.nn.LeakyReLU()(torch.tensor([-1.0])))}


def keras_leaky_relu():
    x = ops.convert_to_tensor([-1.0])
    return {
        "result": rounded(keras.layers.LeakyReLU()(x)),
        "remedied": rounded(keras.layers.LeakyReLU(negative_slope=0.01)(x)),
        "keras.activations.leaky_relu": rounded(keras.activations.leaky_relu(x)),
    }


def torch_prelu():
    layer = torch.nn.PReLU()
    return {"slopes": tuple(layer.weight.shape), "result": rounded(layer(torch.tensor([-1.0])))}


def keras_prelu():
    layer, x = keras.layers.PReLU(), -ops.ones((1, 4, 4, 3))
    result = layer(x)
    start = keras.initializers.Constant(0.25)
    shared = keras.layers.PReLU(alpha_initializer=start, shared_axes=[1, 2, 3])
    remedied = shared(x)
    return {
        "slopes": tuple(layer.alpha.shape),
        "slopes, shared": tuple(shared.alpha.shape),
        "result": rounded(result[0, 0, 0, :1]),
        "remedied": rounded(remedied[0, 0, 0, :1]),
    }


def torch_softmax_axis():
    x = torch.zeros(2, 3, 4)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch warns that its choice of axis is deprecated
        result = torch.nn.Softmax()(x)
    remedied = torch.nn.Softmax(dim=-1)(x)
    return {"result": rounded(result[0, 0, 0]), "remedied": rounded(remedied[0, 0, 0])}


def keras_softmax_axis():
    return {"result": rounded(keras.layers.Softmax()(ops.zeros((2, 3, 4)))[0, 0, 0])}


DIFFERENCES = (
    Difference(
        name="from_logits",
        title="What cross-entropy is given",
        torch=Side(
            "scores (logits)", torch_from_logits, {"given probabilities": 0.8267, "result": 0.4644}
        ),
        keras=Side(
            "probabilities, unless `from_logits=True`",
            keras_from_logits,
            {"result": 0.9163, "remedied": 0.4644},
            {"Keras on torch": {"result": 0.5596, "remedied": 0.4644}},
        ),
        consequence=(
            "No error either way. Keras clips scores into (0, 1) as if they were "
            "probabilities, differently on each backend; PyTorch applies a second softmax to "
            "probabilities. Training still goes on, worse."
        ),
        advice="`from_logits=True`, and no softmax in the model.",
    ),
    Difference(
        name="class_axis",
        title="The axis of the classes",
        torch=Side("second, (B, K, T)", torch_class_axis, {"result": 0.1542, "remedied": 0.6565}),
        keras=Side("last, (B, T, K)", keras_class_axis, {"result": 0.6565}),
        consequence="If there are as many steps as classes, nothing complains.",
        advice="`scores.transpose(1, 2)` in PyTorch.",
    ),
    Difference(
        name="bce_clamp",
        title="Cross-entropy at probability 0",
        torch=Side(
            "binary: log clamped at −100; over classes: infinite",
            torch_bce_clamp,
            {"result": 100.0, "nll_loss is infinite": True},
        ),
        keras=Side(
            "probability clipped to 1e-7: 16.118",
            keras_bce_clamp,
            {"result": 16.118, "SparseCategoricalCrossentropy": 16.118},
        ),
        consequence=(
            "A certain and wrong answer costs six times as much in PyTorch; where Keras "
            "clips, it has no gradient."
        ),
        advice="Compute from scores, where nothing is clipped.",
    ),
    Difference(
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
    ),
    Difference(
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
    ),
    Difference(
        name="ignored_label",
        title="Labels to ignore",
        torch=Side("−100 by default", torch_ignored_label, {"result": 0.6931}),
        keras=Side(
            "none, unless `ignore_class` is given",
            keras_ignored_label,
            {"without ignore_class": "refused", "remedied": 0.6931},
            {"Keras on torch": {"without ignore_class": 0.3466, "remedied": 0.6931}},
        ),
        consequence=(
            "Keras on TensorFlow refuses −100. On the PyTorch backend it counts such an "
            "example with loss 0, so the mean is too small."
        ),
        advice="`ignore_class=-100`.",
    ),
    Difference(
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
    ),
    Difference(
        name="cosine",
        title="Cosine loss",
        torch=Side("1 − cos", torch_cosine, {"result": 0.0}),
        keras=Side("−cos", keras_cosine, {"result": -1.0}),
        consequence="The gradients agree; a perfect match is 0 in one and −1 in the other.",
        advice="Nothing, but compare curves with care.",
    ),
    Difference(
        name="gelu",
        title="GELU",
        torch=Side(
            "exact", torch_gelu, {"result": [-0.0247, 2.2753], "remedied": [-0.0243, 2.2757]}
        ),
        keras=Side(
            "`activations.gelu` exact; `ops.gelu` tanh approximation",
            keras_gelu,
            {"keras.activations.gelu": [-0.0247, 2.2753], "result": [-0.0243, 2.2757]},
        ),
        consequence="Two functions of one name in Keras differ in the fourth decimal.",
        advice='`approximate="tanh"` in PyTorch, or `ops.gelu(x, approximate=False)`.',
    ),
    Difference(
        name="softplus",
        title="Softplus of large numbers",
        torch=Side(
            "x itself above 20",
            torch_softplus,
            {"above x, in 1e-9": [2.061, 0.0], "with threshold=40": [2.061, 1.865]},
        ),
        keras=Side(
            "log(1 + eˣ) everywhere; on the PyTorch backend x itself above 20",
            keras_softplus,
            {"above x, in 1e-9": [2.061, 1.865]},
            {"Keras on torch": {"above x, in 1e-9": [2.061, 0.0]}},
        ),
        consequence=(
            "Just above 20 PyTorch's value is too small by e⁻²⁰, 2 · 10⁻⁹. In float32 nobody sees "
            "it; a comparison of frameworks in float64 does."
        ),
        advice="`threshold=40` in PyTorch: beyond it float64 rounds to x anyway.",
    ),
    Difference(
        name="leaky_relu",
        title="Slope of leaky ReLU",
        torch=Side("0.01", torch_leaky_relu, {"result": [-0.01]}),
        keras=Side(
            "layer 0.3; function 0.2",
            keras_leaky_relu,
            {"result": [-0.3], "remedied": [-0.01], "keras.activations.leaky_relu": [-0.2]},
        ),
        consequence="Thirty times the slope for negative inputs, and two defaults inside Keras.",
        advice="Always give the slope.",
    ),
    Difference(
        name="prelu",
        title="Slopes of PReLU",
        torch=Side("one, from 0.25", torch_prelu, {"slopes": (1,), "result": [-0.25]}),
        keras=Side(
            "one for each input position and channel, from 0",
            keras_prelu,
            {
                "slopes": (4, 4, 3),
                "slopes, shared": (1, 1, 1),
                "result": [0.0],
                "remedied": [-0.25],
            },
        ),
        consequence=(
            "On 4 × 4 maps with 3 channels Keras learns 48 slopes, PyTorch one; and Keras "
            "starts as plain ReLU."
        ),
        advice="`shared_axes=[1, 2, 3]` and `alpha_initializer=Constant(0.25)` in Keras.",
    ),
    Difference(
        name="softmax_axis",
        title="The axis of softmax",
        torch=Side(
            "the first for three axes, with a warning",
            torch_softmax_axis,
            {"result": 0.5, "remedied": 0.25},
        ),
        keras=Side("the last", keras_softmax_axis, {"result": 0.25}),
        consequence="`nn.Softmax()` on (B, T, K) normalizes over the batch.",
        advice="`dim=-1`.",
    ),
)

GROUP = Group(
    name="losses",
    title="Losses and activations",
    introduction=(
        "Half of these are about what a loss takes: probabilities or scores, which "
        "axis, which order."
    ),
    differences=DIFFERENCES,
)
