"""Cross-entropy."""

import keras
import numpy as np
import torch
from keras import ops
from torch.nn import functional as F

from book.differences.registry import FrameworkDifference, Side
from book.differences.shared import draw, rounded


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


FROM_LOGITS = FrameworkDifference(
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
)


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


CLASS_AXIS = FrameworkDifference(
    name="class_axis",
    title="The axis of the classes",
    torch=Side("second, (B, K, T)", torch_class_axis, {"result": 0.1542, "remedied": 0.6565}),
    keras=Side("last, (B, T, K)", keras_class_axis, {"result": 0.6565}),
    consequence="If there are as many steps as classes, nothing complains.",
    advice="`scores.transpose(1, 2)` in PyTorch.",
)


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


BCE_CLAMP = FrameworkDifference(
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
)


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


def torch_nothing_labelled():
    logits, labels = torch.zeros(2, 3), torch.tensor([-100, -100])
    total = F.cross_entropy(logits, labels, reduction="sum")
    loss = F.cross_entropy(logits, labels)
    return {
        "is not-a-number": bool(loss.isnan()),
        "remedied": rounded(total / max(1, int((labels != -100).sum()))),
    }


def keras_nothing_labelled():
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=-100)
    found = loss(np.array([-100, -100]), ops.zeros((2, 3)))
    return {"is not-a-number": bool(ops.isnan(found)), "result": rounded(found)}


NOTHING_LABELLED = FrameworkDifference(
    name="nothing_labelled",
    title="All labels to ignore",
    torch=Side(
        "not-a-number",
        torch_nothing_labelled,
        {"is not-a-number": True, "remedied": 0.0},
    ),
    keras=Side("0", keras_nothing_labelled, {"is not-a-number": False, "result": 0.0}),
    consequence=(
        "A batch in which no row has a label, as they come with several tasks, makes every weight "
        "not-a-number in PyTorch, and is skipped in Keras."
    ),
    advice='`reduction="sum"` over `max(1, count)` in PyTorch, or `masked_task_loss`.',
)


IGNORED_LABEL = FrameworkDifference(
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
        "Keras on TensorFlow refuses −100 on a CPU; compiled by XLA, as `fit` does on a GPU, the "
        "loss is NaN and nothing is said. On the PyTorch backend such an example counts with "
        "loss 0, so the mean is too small."
    ),
    advice="`ignore_class=-100`.",
)
