"""Credit for the parts of an input: Shapley values, Grad-CAM, integrated gradients.

The framework wings take any model for integrated gradients. Here it is a network with one hidden
layer, small enough to differentiate by hand:

    h = tanh(W x + b),  score(x) = v . h,  slope(x) = d score / dx = W^T u,  u = v * (1 - h^2)
"""

import numpy as np

from mmref.contract.arrays import check_floats, check_shape
from mmref.contract.attribution import (
    check_maps,
    check_path,
    coalitions_of,
    modalities_of,
    shapley_weights,
)
from mmref.reference._shared import as_gradient, expect
from mmref.types import Array


def coalitions(modalities: int) -> Array:
    """Who belongs to each of the 2^M sets of M modalities.

    Formula
        modality i belongs to coalition number n where bit i of n is 1

    Args
        modalities: M, from 1 to 10.

    Returns
        (2^M, M) boolean, True = there. Row 0 has nobody, the last one everybody.

    Errors
        TypeError: no integer. ValueError: below 1, above 10.

    >>> coalitions(2).astype(int).tolist()
    [[0, 0], [1, 0], [0, 1], [1, 1]]
    """
    return coalitions_of(modalities)


def shapley_values(values: Array) -> Array:
    """What each modality contributes, as the mean over all orders in which they may join.

    Formula
        phi_i = sum_{S without i} |S|! (M - |S| - 1)! / M! (v(S and i) - v(S))
        sum_i phi_i = v(all) - v(none)

    Args
        values: v (B, 2^M), floats: of each row the worth of every coalition, in the order of
            :func:`coalitions`: modality i is there where bit i of the column's number is 1.

    Returns
        phi (B, M).

    Errors
        ShapeError: no floats (B, 2^M), M below 1 or above 10.

    Source
        L. S. Shapley, "A value for n-person games", Contributions to the Theory of Games II, 1953.

    >>> shapley_values(np.array([[0.5, 0.6, 0.7, 0.9]])).round(4)
    array([[0.15, 0.25]])
    """
    v = np.asarray(values)
    return v @ shapley_weights(modalities_of(v)).T


def shapley_values_gradient(grad: Array, values: Array) -> tuple[Array]:
    """Gradient with respect to the coalitions' values.

    Formula
        dv(S) = sum_{i in S} g_i (|S| - 1)! (M - |S|)! / M!
                - sum_{i not in S} g_i |S|! (M - |S| - 1)! / M!
    """
    v = np.asarray(values)
    count = modalities_of(v)
    return (as_gradient(grad, (len(v), count)) @ shapley_weights(count),)


def grad_cam(activations: Array, slopes: Array) -> Array:
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

    Source
        Selvaraju et al., "Grad-CAM", ICCV 2017, arXiv 1610.02391, equations 1 and 2.

    >>> A = np.array([[[[1.0, 0.0]], [[0.0, 2.0]]]])  # a channel for each place
    >>> grad_cam(A, np.ones_like(A) * np.array([3.0, -1.0])[:, None, None]).tolist()
    [[[3.0, 0.0]]]
    """
    A, _, w = _weighed(activations, slopes)
    return np.maximum(_summed(A, w), 0)


def grad_cam_gradient(grad: Array, activations: Array, slopes: Array) -> tuple[Array, Array]:
    """Gradients with respect to the activations and the slopes.

    Formula
        D_bhw = grad_bhw where R_bhw > 0, else 0
        dA_bchw = w_bc D_bhw,  dg_bchw = sum_hw D_bhw A_bchw / (H W), the same at every place
    """
    A, g, w = _weighed(activations, slopes)
    total = _summed(A, w)
    grad = as_gradient(grad, total.shape)
    D = np.where(total > 0, grad, 0)[:, None]  # (B, 1, H, W)
    of_weights = np.sum(D * A, axis=(2, 3), keepdims=True)
    return w * D, np.broadcast_to(of_weights / D[0].size, g.shape).copy()


def integrated_gradients(
    inputs: Array,
    baselines: Array,
    weight: Array,
    bias: Array,
    output: Array,
    steps: int = 32,
) -> Array:
    """What each number of the input contributes, on the straight way from a baseline to it.

    Formula
        phi_d = (x_d - x'_d) / S sum_{s = 1..S} slope_d(x' + (s - 1/2) / S (x - x'))
        For S without end, sum_d phi_d = score(x) - score(x').

    Args
        inputs, baselines: x and x' (B, D), floats.
        weight, bias, output: W (H, D), b (H,), v (H,) of the network.
        steps: S, at how many points of the way the slope is taken, each in the middle of its part.

    Returns
        phi (B, D).

    Errors
        ShapeError: a wrong shape or dtype. TypeError, ValueError: steps that are no integer, or
        below 1.

    Source
        Sundararajan, Taly and Yan, "Axiomatic attribution for deep networks", ICML 2017, arXiv
        1703.01365, equation 1; in their sum, equation 3, the points are the ends of the parts.

    >>> W, v = np.array([[0.01, 0.03]]), np.array([100.0])  # nearly linear: score = x_1 + 3 x_2
    >>> integrated_gradients(np.ones((1, 2)), np.zeros((1, 2)), W, np.zeros(1), v).round(2)
    array([[1., 3.]])
    """
    x, start, *_, u, W = _along(inputs, baselines, weight, bias, output, steps)
    return (x - start) * (u @ W).mean(axis=1)


def integrated_gradients_gradient(
    grad: Array,
    inputs: Array,
    baselines: Array,
    weight: Array,
    bias: Array,
    output: Array,
    steps: int = 32,
) -> tuple[Array, Array, Array, Array, Array]:
    """Gradients with respect to both ends of the way, and the network's numbers.

    Formula
        With a the middles of the parts, p = x' + a (x - x'), and D = grad (x - x') / S:
        u has W D for gradient, h has -2 v h times that, W p + b has 1 - h^2 times that, q.
        dW = sum u D^T + q p^T,  db = sum q,  dv = sum (1 - h^2) W D, over rows and points
        dx = grad mean slope + sum_s a_s W^T q_s,
        dx' = -grad mean slope + sum_s (1 - a_s) W^T q_s
    """
    x, start, a, points, h, u, W = _along(inputs, baselines, weight, bias, output, steps)
    grad, v = as_gradient(grad, x.shape), np.asarray(output)
    D = grad * (x - start) / steps  # (B, D)
    of_u = (D @ W.T)[:, None]  # (B, 1, H)
    q = -2 * v * h * (1 - h**2) * of_u  # (B, S, H)
    own, moved = grad * (u @ W).mean(axis=1), q @ W  # (B, D), (B, S, D)
    return (
        own + (a * moved).sum(axis=1),
        -own + ((1 - a) * moved).sum(axis=1),
        u.sum(axis=1).T @ D + np.einsum("bsh,bsd->hd", q, points),
        q.sum(axis=(0, 1)),
        ((1 - h**2) * of_u).sum(axis=(0, 1)),
    )


def _weighed(activations, slopes):
    """Both as arrays, and the channels' weights (B, C, 1, 1)."""
    A, g = np.asarray(activations), np.asarray(slopes)
    check_maps(A, g)
    return A, g, g.mean(axis=(2, 3), keepdims=True)


def _summed(A, w):
    return np.sum(w * A, axis=1)  # (B, H, W)


def _along(inputs, baselines, weight, bias, output, steps):
    """Ends, middles of the parts (S, 1), points (B, S, D), h and u (B, S, H) there, and W."""
    x, start = np.asarray(inputs), np.asarray(baselines)
    check_path(x, start, steps)
    check_shape("inputs", x, "B", "D")
    W = np.asarray(weight)
    check_floats("weight", W)
    check_shape("weight", W, "H", x.shape[1])
    expect("bias", bias, W.shape[:1])
    expect("output", output, W.shape[:1])
    a = ((np.arange(steps) + 0.5) / steps)[:, None].astype(x.dtype)
    points = start[:, None] + a * (x - start)[:, None]
    h = np.tanh(points @ W.T + np.asarray(bias))
    return x, start, a, points, h, np.asarray(output) * (1 - h**2), W
