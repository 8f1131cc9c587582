"""Fusions that multiply features of different modalities: bilinear, tensor and low-rank."""

import string
from collections.abc import Sequence
from itertools import combinations

import numpy as np

from mmref.contract.fusion import check_pairs, tensor_width
from mmref.errors import ShapeError
from mmref.reference._shared import expect
from mmref.reference.fusion._inputs import (
    dense_gradient,
    feature_widths,
    present_features,
    project,
    projected_inputs,
    width_of,
)
from mmref.types import Array, Arrays


def bilinear_fusion(
    features: Arrays, weight: Array, bias: Array, present: Array | None = None
) -> Array:
    """Products of each feature with each feature of every other modality, projected.

    Formula
        z_d = sum over the pairs m < n of x_m^T W_mn,d x_n + b_d, which is
        z = W [vec(x_1 x_2^T); vec(x_1 x_3^T); ...; vec(x_{M-1} x_M^T)] + b

    Args
        features: mapping m -> x_m (B, D_m) of at least two modalities, in its order.
        weight, bias: W (D, sum over m < n of D_m D_n), whose blocks of columns are the W_mn
            (D, D_m, D_n), the last index fastest; b (D,).
        present: boolean (B, M), True = there; None means all are. An absent modality counts as
            zeros: all its pairs say nothing.

    Returns
        z (B, D): b where one modality alone is present, zero where none is.

    Errors
        ModalityError: fewer than two modalities. ShapeError: a wrong shape or dtype.

    Source
        Tenenbaum and Freeman, "Separating Style and Content with Bilinear Models", Neural
        Computation 12(6), 2000, for two; ``torch.nn.Bilinear`` is the same for a pair.

    >>> x = {"image": np.array([[1.0, 2.0]]), "text": np.array([[3.0]])}
    >>> bilinear_fusion(x, np.array([[10.0, 1.0]]), np.zeros(1))  # 10 * 1 * 3 + 1 * 2 * 3
    array([[36.]])
    """
    x, there = _joined(features, present)
    check_pairs("features", features)
    return _projected(_pairs(x), there, weight, bias)


def bilinear_fusion_gradient(
    grad: Array, features: Arrays, weight: Array, bias: Array, present: Array | None = None
) -> tuple[Arrays, Array, Array]:
    """Gradients of a loss with respect to features, weight and bias.

    Formula (g is the gradient with respect to z; P_mn = sum_d g_d W_mn,d, (B, D_m, D_n))
        dx_m = sum over n > m of P_mn x_n + sum over n < m of P_nm^T x_n
        dW_mn,d = sum_b g_d x_m x_n^T      db = sum_b g, over rows with a modality present
    """
    x, there = _joined(features, present)
    check_pairs("features", features)
    joined = _pairs(x)
    d_joined, d_w, d_b = _projected_gradient(grad, joined, there, weight, bias)
    d_x, start = [np.zeros_like(x_m, dtype=d_joined.dtype) for x_m in x], 0
    for m, n in combinations(range(len(x)), 2):
        size = x[m].shape[1] * x[n].shape[1]
        p = d_joined[:, start : start + size].reshape(-1, x[m].shape[1], x[n].shape[1])
        d_x[m] += np.einsum("bij,bj->bi", p, x[n])
        d_x[n] += np.einsum("bij,bi->bj", p, x[m])
        start += size
    return _named(d_x, features, there), d_w, d_b


def tensor_fusion(
    features: Arrays, weight: Array, bias: Array, present: Array | None = None
) -> Array:
    """The products of features of any of the modalities, projected.

    Formula
        z = W vec([1; x_1] outer [1; x_2] outer ... outer [1; x_M]) + b;
        z = 0 where no modality is present

    Args
        features: mapping m -> x_m (B, D_m), in its order.
        weight, bias: W (D, (D_1 + 1) ... (D_M + 1)), the last modality's index fastest; b (D,).
        present: boolean (B, M), True = there; None means all are. An absent modality is [1; 0].

    Returns
        z (B, D). A row with no modality present is zero.

    Errors
        ModalityError: no modality at all. ShapeError: a wrong shape or dtype. ValueError: the
        product of the D_m + 1 exceeds a million.

    Source
        Zadeh, Chen, Poria, Cambria and Morency, "Tensor Fusion Network for Multimodal Sentiment
        Analysis", EMNLP 2017, arXiv:1707.07250.

    >>> x = {"image": np.array([[2.0]]), "text": np.array([[3.0]])}
    >>> tensor_fusion(x, np.array([[1000.0, 100.0, 10.0, 1.0]]), np.zeros(1))  # 1, 3, 2, 6
    array([[1326.]])
    """
    x, there = _joined(features, present)
    tensor_width("features", feature_widths(features))
    return _projected(_outer(_with_ones(x)), there, weight, bias)


def tensor_fusion_gradient(
    grad: Array, features: Arrays, weight: Array, bias: Array, present: Array | None = None
) -> tuple[Arrays, Array, Array]:
    """Gradients of a loss with respect to features, weight and bias.

    Formula (g is the gradient with respect to z; t the outer product, dt = W^T g)
        d[1; x_m] = dt, contracted with all other [1; x_n]; its first number is dropped
        dW = sum_b g vec(t)^T      db = sum_b g, over rows with a modality present
    """
    x, there = _joined(features, present)
    tensor_width("features", feature_widths(features))
    ones = _with_ones(x)
    d_t, d_w, d_b = _projected_gradient(grad, _outer(ones), there, weight, bias)
    d_t = d_t.reshape(len(there), *(o.shape[1] for o in ones))
    axes = string.ascii_lowercase[: len(x)]
    d_x = []
    for m, axis in enumerate(axes):
        others = [n for n in range(len(x)) if n != m]
        terms = ",".join([f"Z{axes}", *(f"Z{axes[n]}" for n in others)])
        d_one = np.einsum(f"{terms}->Z{axis}", d_t, *(ones[n] for n in others), optimize=True)
        d_x.append(d_one[:, 1:])
    return _named(d_x, features, there), d_w, d_b


def low_rank_fusion(
    features: Arrays, weights: Arrays, biases: Arrays, bias: Array, present: Array | None = None
) -> Array:
    """Tensor fusion whose tensor is a sum of R products of one matrix for each modality.

    Formula
        z = sum_r f_1^r * ... * f_M^r + b, with the factors f_m^r = W_m^r x_m + b_m^r =
        [b_m^r, W_m^r] [1; x_m];  z = 0 where no modality is present

    Args
        features: mapping m -> x_m (B, D_m).
        weights, biases: mappings m -> W_m (R D, D_m) and b_m (R D,), the R blocks below each
            other.
        bias: b (D,).
        present: boolean (B, M), True = there; None means all are. An absent modality is [1; 0]:
            its factors are the b_m^r.

    Returns
        z (B, D). A row with no modality present is zero.

    Errors
        ModalityError: a missing or extra modality. ShapeError: a wrong shape or dtype.

    Source
        Liu, Shen, Lakshminarasimhan, Liang, Zadeh and Morency, "Efficient Low-rank Multimodal
        Fusion with Modality-Specific Factors", ACL 2018, arXiv:1806.00064. Where the rank is
        that of the tensor, it is :func:`tensor_fusion`.

    >>> x = {"image": np.array([[2.0]]), "text": np.array([[3.0]])}
    >>> W = {"image": np.array([[1.0], [1.0]]), "text": np.array([[1.0], [0.0]])}
    >>> b = {"image": np.zeros(2), "text": np.array([0.0, 10.0])}
    >>> low_rank_fusion(x, W, b, np.zeros(1))  # 2 * 3 + 2 * 10
    array([[26.]])
    """
    x, there, rank = _factored(features, weights, biases, bias, present)
    products = project(x, weights, biases).prod(axis=1)  # (B, R D)
    z = products.reshape(len(there), rank, len(bias)).sum(axis=1) + bias
    return np.where(there.any(axis=1, keepdims=True), z, 0)


def low_rank_fusion_gradient(
    grad: Array,
    features: Arrays,
    weights: Arrays,
    biases: Arrays,
    bias: Array,
    present: Array | None = None,
) -> tuple[Arrays, Arrays, Arrays, Array]:
    """Gradients of a loss with respect to features, weights, biases and bias.

    Formula (g is the gradient with respect to z; sums over rows with a modality present)
        df_m^r = g * the product of the other f_n^r      dx_m = sum_r (W_m^r)^T df_m^r
        dW_m^r = sum_b df_m^r x_m^T      db_m^r = sum_b df_m^r      db = sum_b g
    """
    x, there, rank = _factored(features, weights, biases, bias, present)
    expect("grad", grad, (len(there), len(bias)))
    grad = np.where(there.any(axis=1, keepdims=True), grad, 0)
    f = project(x, weights, biases)  # (B, M, R D)
    # The others are multiplied, not the product divided: a factor may be 0.
    others = [np.delete(f, m, axis=1).prod(axis=1) for m in range(len(x))]
    d_f = {m: np.tile(grad, rank) * others[i] for i, m in enumerate(x)}
    d_x, d_w, d_b = dense_gradient(d_f, x, weights)
    d_x = {m: np.where(there[:, i, None], d_x[m], 0) for i, m in enumerate(x)}
    return d_x, d_w, d_b, grad.sum(axis=0)


def _joined(features, present):
    """The features as a list, absent rows zeroed, and ``present`` filled in."""
    x, there = present_features(feature_widths(features), features, present)
    return list(x.values()), there


def _pairs(x: Sequence[Array]) -> Array:
    """The products of all pairs, side by side."""
    return np.concatenate([_outer(pair) for pair in combinations(x, 2)], axis=1)


def _with_ones(x):
    return [np.concatenate([np.ones_like(x_m[:, :1]), x_m], axis=1) for x_m in x]


def _outer(x: Sequence[Array]) -> Array:
    """The outer product of each row's vectors, as one vector: the last one's index fastest."""
    t = x[0]
    for x_m in x[1:]:
        width = t.shape[1] * x_m.shape[1]
        t = (t[:, :, None] * x_m[:, None]).reshape(len(t), width)
    return t


def _projected(joined, there, weight, bias):
    expect("bias", bias, ("D",))
    expect("weight", weight, (len(bias), joined.shape[1]))
    z = joined @ np.asarray(weight).T + bias
    return np.where(there.any(axis=1, keepdims=True), z, 0)


def _projected_gradient(grad, joined, there, weight, bias):
    """Gradients of what is projected, of weight and of bias."""
    expect("bias", bias, ("D",))
    expect("weight", weight, (len(bias), joined.shape[1]))
    expect("grad", grad, (len(there), len(bias)))
    grad = np.where(there.any(axis=1, keepdims=True), grad, 0)
    return grad @ np.asarray(weight), grad.T @ joined, grad.sum(axis=0)


def _named(d_x, features, there):
    """The gradients by name, zero where absent."""
    return {m: np.where(there[:, i, None], d_x[i], 0) for i, m in enumerate(features)}


def _factored(features, weights, biases, bias, present):
    """Features, which are there, and the rank."""
    x, there = projected_inputs(features, weights, biases, present)
    expect("bias", bias, ("D",))
    rows, dim = width_of(weights), len(bias)
    if rows % dim:
        raise ShapeError("weights", f"R D rows, a multiple of D = {dim}", rows)
    return x, there, rows // dim
