"""Credit for the parts of an input: Shapley values, Grad-CAM, integrated gradients (contract:
``mmref.contract.attribution``)."""

from collections.abc import Callable

import keras
from keras import ops

from mmref.contract.attribution import (
    check_fusion_model,
    check_maps,
    check_path,
    check_score,
    coalitions_of,
    modalities_of,
    shapley_weights,
)
from mmref.contract.fusion import PRESENT
from mmref.contract.settings import check_function
from mmref.keras.differentiate import pull_back
from mmref.types import Tensor, Tensors


def shapley_values(values: Tensor) -> Tensor:
    """What each modality contributes, as the mean over all orders in which they may join.

    Formula
        phi_i = sum_{S without i} |S|! (M - |S| - 1)! / M! (v(S and i) - v(S))
        sum_i phi_i = v(all) - v(none)

    Args
        values: v (B, 2^M), floats: of each row the worth of every coalition. Modality i is there
            where bit i of the column's number is 1, as :func:`coalition_outputs` has it.

    Returns
        phi (B, M).

    Errors
        ShapeError: no floats (B, 2^M), M below 1 or above 10. TypeError: no array.

    Source
        L. S. Shapley, "A value for n-person games", Contributions to the Theory of Games II, 1953.

    >>> ops.convert_to_numpy(shapley_values(ops.array([[0.5, 0.6, 0.7, 0.9]]))).round(4)
    array([[0.15, 0.25]], dtype=float32)
    """
    weights = shapley_weights(modalities_of(values))
    return ops.sum(ops.expand_dims(values, 1) * ops.cast(weights, values.dtype), axis=2)


def coalition_outputs(model: keras.Model, inputs: Tensors) -> Tensor:
    """What a model of several modalities says with every set of them.

    Formula
        outputs_bn = model(inputs_b), with modality i there where bit i of n is 1

    Args
        model: a FusionClassifier or FusionRegressor, or what is called as they are and has a
            ``fusion`` with ``dims``. It is called as for a prediction, without dropout.
        inputs: the model's, a mapping with B rows; a modality that a row lacks by its "present"
            is missing in every set.

    Returns
        (B, 2^M, K). The columns of the modalities are those of ``model.fusion.dims``.

    Errors
        TypeError: a model without such a fusion. ValueError: more than 10 modalities. The others:
        as the model's.

    >>> from mmref.keras import ConcatFusion, FusionClassifier, TableEncoder
    >>> encoders = {"left": TableEncoder(2, 4), "right": TableEncoder(3, 5)}
    >>> model = FusionClassifier(encoders, ConcatFusion({"left": 4, "right": 5}, 6), 3)
    >>> coalition_outputs(model, {"left": ops.ones((5, 2)), "right": ops.zeros((5, 3))}).shape
    TensorShape([5, 4, 3])
    """
    dims = check_fusion_model(model, inputs)
    there = model.present(inputs)
    arrays = {m: array for m, array in inputs.items() if m != PRESENT}
    rows = ops.shape(next(iter(arrays.values())))[0]
    outputs = []
    for row in coalitions_of(len(dims)):
        present = ops.tile(ops.convert_to_tensor(row[None]), (rows, 1))
        present = present if there is None else ops.logical_and(present, there)
        outputs.append(model(arrays, present=present, training=False))
    return ops.stack(outputs, axis=1)


def grad_cam(activations: Tensor, slopes: Tensor) -> Tensor:
    """Where the channels are active that raise a class's score: a map for each example.

    Formula
        w_bc = mean_hw g_bhwc,  R_bhw = relu(sum_c w_bc A_bhwc)

    Args
        activations: A (B, H, W, C), floats: a layer's output.
        slopes: g, the same shape: the gradient of the score with respect to A.

    Returns
        R (B, H, W), at least 0.

    Errors
        ShapeError: no floats (B, H, W, C) of one shape and dtype, an axis of C, H or W of 0.
        TypeError: no array.

    Source
        Selvaraju et al., "Grad-CAM", ICCV 2017, arXiv 1610.02391, equations 1 and 2.

    >>> A = ops.array([[[[1.0, 0.0], [0.0, 2.0]]]])  # a channel for each place
    >>> ops.convert_to_numpy(grad_cam(A, ops.ones_like(A) * ops.array([3.0, -1.0]))).tolist()
    [[[3.0, 0.0]]]
    """
    check_maps(activations, slopes)
    weights = ops.mean(slopes, axis=(1, 2), keepdims=True)  # (B, 1, 1, C)
    return ops.relu(ops.sum(weights * activations, axis=3))


def integrated_gradients(
    inputs: Tensor, baselines: Tensor, score: Callable[[Tensor], Tensor], steps: int = 32
) -> Tensor:
    """What each number of the input contributes, on the straight way from a baseline to it.

    Formula
        phi = (x - x') / S sum_{s = 1..S} d score / dx at x' + (s - 1/2) / S (x - x')
        For S without end, phi summed over an example is score(x) - score(x').

    Args
        inputs, baselines: x and x' (B, ...), floats of one shape.
        score: function (B, ...) -> (B,) that treats every example on its own: batch norm in
            training does not.
        steps: S, at how many points of the way the slope is taken, each in the middle of its part.

    Returns
        phi, shaped as inputs. It can be differentiated again.

    Errors
        ShapeError: a wrong shape or dtype. TypeError: no arrays, no function, no integer.
        ValueError: steps below 1.
        NotImplementedError: as in :func:`mmref.keras.differentiate.pull_back`.

    Source
        Sundararajan, Taly and Yan, "Axiomatic attribution for deep networks", ICML 2017, arXiv
        1703.01365, equation 1; in their sum, equation 3, the points are the ends of the parts.

    >>> x = ops.ones((1, 2))
    >>> ops.convert_to_numpy(integrated_gradients(x, 0 * x, lambda x: x[:, 0] + 3 * x[:, 1]))
    array([[1., 3.]], dtype=float32)
    """
    check_path(inputs, baselines, steps)
    check_function("score", score)
    inputs, baselines = ops.convert_to_tensor(inputs), ops.convert_to_tensor(baselines)

    def scores_of(leaves):
        scores = score(leaves[0])
        check_score(scores, inputs.shape[0])
        return scores

    total = ops.zeros_like(inputs)
    for s in range(steps):
        point = baselines + (s + 0.5) / steps * (inputs - baselines)
        scores, pull = pull_back(scores_of, [point], again=True)
        total = total + pull(ops.ones_like(scores))[0]
    return (inputs - baselines) * total / steps
