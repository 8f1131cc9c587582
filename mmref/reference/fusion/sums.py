"""Fusions that add projected modalities up: weighted, adaptive, and the joined projection."""

import numpy as np

from mmref.contract.arrays import check_floats
from mmref.contract.settings import check_mapping
from mmref.errors import ModalityError, ShapeError
from mmref.reference._shared import expect
from mmref.reference.fusion._inputs import (
    feature_widths,
    present_features,
    project,
    project_gradient,
    projected_inputs,
    width_of,
)
from mmref.reference.softmax import masked_softmax, masked_softmax_gradient
from mmref.types import Array, Arrays


def weighted_fusion(
    features: Arrays, weights: Arrays, biases: Arrays, logits: Array, present: Array | None = None
) -> Array:
    """Weighted sum of projected modalities, with one learned weight each.

    Formula
        h_m = W_m x_m + b_m,  alpha = softmax(a over the present m),  z = sum_m alpha_m h_m

    Args
        features: mapping m -> x_m (B, D_m).
        weights, biases: mappings m -> W_m (D, D_m) and b_m (D,).
        logits: a (M,), or (B, M) for weights that differ by row.
        present: boolean (B, M), True = there; None means all are.

    Returns
        z (B, D). A row with no modality present is zero.

    Errors
        ModalityError: a missing or extra modality. ShapeError: a wrong shape or dtype.

    Source
        A mixture of experts whose gate is constant; cf. Jacobs, Jordan, Nowlan and Hinton,
        "Adaptive Mixtures of Local Experts", Neural Computation 3(1), 1991, equation 1.1.

    >>> x = {"image": np.array([[1.0, 2.0]]), "text": np.array([[4.0]])}
    >>> W = {"image": np.array([[1.0, 1.0]]), "text": np.array([[2.0]])}
    >>> b = {"image": np.zeros(1), "text": np.zeros(1)}
    >>> weighted_fusion(x, W, b, np.array([0.0, np.log(3.0)]))  # (3 + 3 * 8) / 4
    array([[6.75]])
    """
    x, there = projected_inputs(features, weights, biases, present)
    alpha = masked_softmax(_logits(logits, there), there)  # (B, M)
    h = project(x, weights, biases)  # (B, M, D)
    return np.einsum("bm,bmd->bd", alpha, h)


def weighted_fusion_gradient(
    grad: Array,
    features: Arrays,
    weights: Arrays,
    biases: Arrays,
    logits: Array,
    present: Array | None = None,
) -> tuple[Arrays, Arrays, Arrays, Array]:
    """Gradients of a loss with respect to features, weights, biases and logits.

    Formula (g is the gradient with respect to z; sums over rows b)
        dx_m = alpha_m W_m^T g      dW_m = sum_b alpha_m g x_m^T      db_m = sum_b alpha_m g
        da_m = alpha_m g . (h_m - z),  summed over b where the logits are shared (M,)

    Args
        grad: g (B, D). The rest as in :func:`weighted_fusion`.

    Returns
        (features, weights, biases, logits): three mappings and one array, shaped alike.
    """
    x, there = projected_inputs(features, weights, biases, present)
    rows = _logits(logits, there)
    expect("grad", grad, (len(there), width_of(weights)))
    alpha = masked_softmax(rows, there)  # (B, M)
    d_alpha = np.einsum("bd,bmd->bm", grad, project(x, weights, biases))
    # The softmax Jacobian turns g . h_m into alpha_m g . (h_m - z).
    (d_rows,) = masked_softmax_gradient(d_alpha, rows, there)  # (B, M)
    d_x, d_w, d_b = project_gradient(grad, x, weights, alpha)
    return d_x, d_w, d_b, d_rows if np.ndim(logits) == 2 else d_rows.sum(axis=0)


def adaptive_fusion(
    features: Arrays,
    weights: Arrays,
    biases: Arrays,
    gate_weights: Arrays,
    gate_bias: Array,
    present: Array | None = None,
) -> Array:
    """Weighted fusion whose weights depend on the input.

    Formula
        a(x) = sum_m V_m x_m + c over the present m, then z = weighted_fusion with logits a(x)

    Args
        features, weights, biases, present: as in :func:`weighted_fusion`.
        gate_weights: mapping m -> V_m (M, D_m): what modality m says about every weight.
        gate_bias: c (M,).

    Returns
        z (B, D). A row with no modality present is zero.

    Errors
        ModalityError, ShapeError: as in :func:`weighted_fusion`.

    Source
        Jacobs, Jordan, Nowlan and Hinton, Neural Computation 3(1), 1991: linear experts with
        a linear gating network. Ours sees each modality through its own block V_m, so that an
        absent one simply drops out of the sum.

    >>> x = {"image": np.array([[1.0]]), "text": np.array([[5.0]])}
    >>> one, zero = np.ones((1, 1)), np.zeros(1)
    >>> V = {"image": np.zeros((2, 1)), "text": np.zeros((2, 1))}
    >>> W, b = {"image": one, "text": one}, {"image": zero, "text": zero}
    >>> adaptive_fusion(x, W, b, V, np.zeros(2))  # the gate is flat: the plain mean
    array([[3.]])
    """
    x, there = projected_inputs(features, weights, biases, present)
    rows = _gate(x, gate_weights, gate_bias)
    return weighted_fusion(x, weights, biases, rows, there)


def adaptive_fusion_gradient(
    grad: Array,
    features: Arrays,
    weights: Arrays,
    biases: Arrays,
    gate_weights: Arrays,
    gate_bias: Array,
    present: Array | None = None,
) -> tuple[Arrays, Arrays, Arrays, Arrays, Array]:
    """Gradients with respect to features, weights, biases, gate_weights and gate_bias.

    Formula (da (B, M) as in :func:`weighted_fusion_gradient`)
        dx_m = alpha_m W_m^T g + V_m^T da      dV_m = sum_b da x_m^T      dc = sum_b da

    Returns
        (features, weights, biases, gate_weights, gate_bias), shaped alike.
    """
    x, there = projected_inputs(features, weights, biases, present)
    rows = _gate(x, gate_weights, gate_bias)
    d_x, d_w, d_b, d_rows = weighted_fusion_gradient(grad, x, weights, biases, rows, there)
    through_gate = {
        m: np.where(there[:, i, None], d_rows @ gate_weights[m], 0) for i, m in enumerate(x)
    }
    d_x = {m: d_x[m] + through_gate[m] for m in x}
    d_v = {m: d_rows.T @ x[m] for m in x}
    return d_x, d_w, d_b, d_v, d_rows.sum(axis=0)


def concat_fusion(
    features: Arrays, weight: Array, bias: Array, present: Array | None = None
) -> Array:
    """One projection of the concatenated modalities.

    Formula
        z = W [x_1; ...; x_M] + b = sum_m W_m x_m + b, with W_m the m-th block of columns of W;
        z = 0 where no modality is present

    Args
        features: mapping m -> x_m (B, D_m), concatenated in the mapping's order.
        weight, bias: W (D, D_1 + ... + D_M) and b (D,).
        present: boolean (B, M), True = there; an absent modality counts as zeros.

    Returns
        z (B, D). A row with no modality present is zero.

    Errors
        ModalityError: no modality at all. ShapeError: a wrong shape or dtype.

    >>> x = {"image": np.array([[1.0, 2.0]]), "text": np.array([[4.0]])}
    >>> concat_fusion(x, np.array([[1.0, 1.0, 2.0]]), np.zeros(1))
    array([[11.]])
    """
    joined, there = _joined(features, weight, bias, present)
    z = joined @ np.asarray(weight).T + bias
    return np.where(there.any(axis=1, keepdims=True), z, 0)


def concat_fusion_gradient(
    grad: Array, features: Arrays, weight: Array, bias: Array, present: Array | None = None
) -> tuple[Arrays, Array, Array]:
    """Gradients with respect to features, weight and bias.

    Formula
        dx_m = W_m^T g      dW = sum_b g [x_1; ...; x_M]^T      db = sum_b g,
        the sums over rows with a modality present
    """
    joined, there = _joined(features, weight, bias, present)
    expect("grad", grad, (len(there), len(bias)))
    grad = np.where(there.any(axis=1, keepdims=True), grad, 0)
    ends = np.cumsum(list(feature_widths(features).values()))
    blocks = np.split(grad @ np.asarray(weight), ends[:-1], axis=1)
    d_x = {m: np.where(there[:, i, None], blocks[i], 0) for i, m in enumerate(features)}
    return d_x, grad.T @ joined, grad.sum(axis=0)


def _joined(features, weight, bias, present):
    """The features side by side (B, sum D_m), and ``present`` filled in."""
    x, there = present_features(feature_widths(features), features, present)
    joined = np.concatenate(list(x.values()), axis=1)
    expect("bias", bias, ("D",))
    expect("weight", weight, (len(bias), joined.shape[1]))
    return joined, there


def _logits(logits, there):
    logits = np.asarray(logits)
    check_floats("logits", logits)
    if logits.shape not in (there.shape[1:], there.shape):
        raise ShapeError("logits", f"(M,) or (B, M) = {there.shape}", logits.shape)
    return np.broadcast_to(logits, there.shape)


def _gate(x, gate_weights, gate_bias):
    check_mapping("gate_weights", gate_weights)
    if set(gate_weights) != set(x):
        raise ModalityError("gate_weights", x, gate_weights)
    expect("gate_bias", gate_bias, (len(x),))
    for m in x:
        expect(f"gate_weights[{m!r}]", gate_weights[m], (len(x), x[m].shape[1]))
    return sum(x[m] @ np.asarray(gate_weights[m]).T for m in x) + gate_bias  # (B, M)
