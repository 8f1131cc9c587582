"""Credit for the parts of an input: Shapley values, Grad-CAM, integrated gradients (contract:
``mmref.contract.attribution``)."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn

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


def shapley_values(values: torch.Tensor) -> torch.Tensor:
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
        ShapeError: no floats (B, 2^M), M below 1 or above 10. TypeError: no tensor.

    Source
        L. S. Shapley, "A value for n-person games", Contributions to the Theory of Games II, 1953.

    >>> shapley_values(torch.tensor([[0.5, 0.6, 0.7, 0.9]]))
    tensor([[0.1500, 0.2500]])
    """
    weights = values.new_tensor(shapley_weights(modalities_of(values, torch.Tensor)))
    return (values[:, None] * weights).sum(dim=2)


def coalition_outputs(model: nn.Module, inputs: Mapping[str, Any]) -> torch.Tensor:
    """What a model of several modalities says with every set of them.

    Formula
        outputs_bn = model(inputs_b), with modality i there where bit i of n is 1

    Args
        model: a FusionClassifier or FusionRegressor, or what is called as they are and has a
            ``fusion`` with ``dims``; in evaluation mode, or dropout is explained as well.
        inputs: the model's, a mapping with B rows; a modality that a row lacks by its "present"
            is missing in every set.

    Returns
        (B, 2^M, K). The columns of the modalities are those of ``model.fusion.dims``.

    Errors
        TypeError: a model without such a fusion. ValueError: more than 10 modalities. The others:
        as the model's.

    >>> from mmref.torch import ConcatFusion, FusionClassifier, TableEncoder
    >>> encoders = {"left": TableEncoder(2, 4), "right": TableEncoder(3, 5)}
    >>> model = FusionClassifier(encoders, ConcatFusion({"left": 4, "right": 5}, 6), 3)
    >>> coalition_outputs(model, {"left": torch.ones(5, 2), "right": torch.zeros(5, 3)}).shape
    torch.Size([5, 4, 3])
    """
    dims = check_fusion_model(model, inputs)
    there = model.present(inputs)
    arrays = {m: array for m, array in inputs.items() if m != PRESENT}
    first = next(iter(arrays.values()))
    outputs = []
    for row in coalitions_of(len(dims)):
        present = torch.tensor(row, device=first.device).expand(len(first), -1)
        outputs.append(model(arrays, present if there is None else present & there))
    return torch.stack(outputs, dim=1)


def grad_cam(activations: torch.Tensor, slopes: torch.Tensor) -> torch.Tensor:
    """Where the channels are active that raise a class's score: a map for each example.

    Formula
        w_bc = mean_hw g_bchw,  R_bhw = relu(sum_c w_bc A_bchw)

    Args
        activations: A (B, C, H, W), floats: a layer's output.
        slopes: g, the same shape: the gradient of the score with respect to A.

    Returns
        R (B, H, W), at least 0.

    Errors
        ShapeError: no floats (B, C, H, W) of one shape and dtype, an axis of C, H or W of 0.
        TypeError: no tensor.

    Source
        Selvaraju et al., "Grad-CAM", ICCV 2017, arXiv 1610.02391, equations 1 and 2.

    >>> A = torch.tensor([[[[1.0, 0.0]], [[0.0, 2.0]]]])  # a channel for each place
    >>> grad_cam(A, torch.tensor([3.0, -1.0])[:, None, None].expand(1, 2, 1, 2))
    tensor([[[3., 0.]]])
    """
    check_maps(activations, slopes, torch.Tensor)
    weights = slopes.mean(dim=(2, 3), keepdim=True)  # (B, C, 1, 1)
    return (weights * activations).sum(dim=1).relu()


def integrated_gradients(
    inputs: torch.Tensor,
    baselines: torch.Tensor,
    score: Callable[[torch.Tensor], torch.Tensor],
    steps: int = 32,
) -> torch.Tensor:
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
        phi, shaped as inputs; with a graph where inputs or baselines have one.

    Errors
        ShapeError: a wrong shape or dtype. TypeError: no tensors, no function, no integer.
        ValueError: steps below 1, or scores that are constants.

    Source
        Sundararajan, Taly and Yan, "Axiomatic attribution for deep networks", ICML 2017, arXiv
        1703.01365, equation 1; in their sum, equation 3, the points are the ends of the parts.

    >>> x = torch.ones(1, 2)
    >>> integrated_gradients(x, 0 * x, lambda x: x @ torch.tensor([1.0, 3.0]))
    tensor([[1., 3.]])
    """
    check_path(inputs, baselines, steps, torch.Tensor)
    check_function("score", score)
    graph = inputs.requires_grad or baselines.requires_grad
    total = torch.zeros_like(inputs)
    with torch.enable_grad():
        for s in range(steps):
            point = baselines + (s + 0.5) / steps * (inputs - baselines)
            point = point if point.requires_grad else point.requires_grad_()
            scores = score(point)
            check_score(scores, len(point), torch.Tensor)
            if not scores.requires_grad:
                raise ValueError("score(x): expected scores with a graph, got constants")
            again = {"create_graph": graph, "materialize_grads": True}
            total = total + torch.autograd.grad(scores.sum(), point, **again)[0]
        return (inputs - baselines) * total / steps
