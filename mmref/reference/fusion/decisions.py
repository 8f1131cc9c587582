"""Fusions of decisions: each modality decides between the classes, and a rule joins them."""

from collections.abc import Sequence

import numpy as np

from mmref.contract.fusion import check_rule
from mmref.reference._shared import expect
from mmref.reference.fusion._inputs import (
    dense_gradient,
    project,
    projected_inputs,
    width_of,
)
from mmref.reference.fusion.sums import concat_fusion, concat_fusion_gradient
from mmref.reference.softmax import masked_softmax
from mmref.types import Array, Arrays


def decision_fusion(
    features: Arrays,
    weights: Arrays,
    biases: Arrays,
    logits: Array | None = None,
    present: Array | None = None,
    rule: str = "mean",
    prior: Sequence[float] | None = None,
) -> Array:
    """Every modality decides for itself; a rule makes one decision of all.

    Formula
        p_m = softmax(W_m x_m + b_m), the decision of modality m; over the n present m,
        "mean" (the sum rule)  p(k) = sum_m p_m(k) / n
        "weighted"             p(k) = sum_m alpha_m p_m(k), alpha = softmax(a)
        "product"              p(k) proportional to prod_m p_m(k) / prior(k)^(n - 1)
        z_k = log p(k)

    Args
        features: mapping m -> x_m (B, D_m).
        weights, biases: mappings m -> W_m (K, D_m) and b_m (K,).
        logits: a (M,), for the rule "weighted" alone.
        present: boolean (B, M), True = there; None means all are.
        rule: "mean", "weighted" or "product". A vote has no gradient, and is none of them.
        prior: K positive numbers whose sum is 1, for "product" alone: how frequent the classes
            are; None: equally.

    Returns
        z (B, K), log-probabilities. A row with no modality present is zero, which a softmax
        makes uniform: nothing was seen, and nothing is decided.

    Errors
        ModalityError: a missing or extra modality. ShapeError: a wrong shape or dtype.
        ValueError: a rule that is none, or settings that it has no use for.

    Source
        Kittler, Hatef, Duin and Matas, "On Combining Classifiers", TPAMI 20(3), 1998: the product
        rule, the sum rule.

    >>> x = {"image": np.array([[np.log(3.0)]]), "text": np.array([[0.0]])}
    >>> W = {m: np.array([[1.0], [0.0]]) for m in x}
    >>> b = {m: np.zeros(2) for m in x}
    >>> np.exp(decision_fusion(x, W, b))  # (3/4 + 1/2) / 2
    array([[0.625, 0.375]])
    >>> np.exp(decision_fusion(x, W, b, rule="product")).round(3)  # 3/4 * 1/2 : 1/4 * 1/2
    array([[0.75, 0.25]])
    """
    x, there = projected_inputs(features, weights, biases, present)
    prior = check_rule(rule, prior, width_of(weights))
    a = _logits(logits, rule, there)
    h = project(x, weights, biases)  # (B, M, K)
    return _product(h, there, prior) if rule == "product" else _mixture(h, there, a)


def decision_fusion_gradient(
    grad: Array,
    features: Arrays,
    weights: Arrays,
    biases: Arrays,
    logits: Array | None = None,
    present: Array | None = None,
    rule: str = "mean",
    prior: Sequence[float] | None = None,
) -> tuple:
    """Gradients of a loss with respect to features, weights, biases, and logits if there are any.

    Formula (g is the gradient with respect to z, h_m = W_m x_m + b_m)
        product: dh_m = g - p sum_k g_k, the same for all m
        else:    r_m(k) = alpha_m p_m(k) / p(k), the share of m in p(k); alpha_m = 1/n for "mean"
                 dh_m = g * r_m - p_m sum_k g_k r_m(k)
                 da_m = sum_b sum_k g_k (r_m(k) - alpha_m)
        and dx_m = W_m^T dh_m      dW_m = sum_b dh_m x_m^T      db_m = sum_b dh_m

    Args
        grad: g (B, K). The rest as in :func:`decision_fusion`.

    Returns
        (features, weights, biases), or (features, weights, biases, logits), shaped alike.
    """
    x, there = projected_inputs(features, weights, biases, present)
    prior = check_rule(rule, prior, width_of(weights))
    a = _logits(logits, rule, there)
    expect("grad", grad, (len(there), width_of(weights)))
    h = project(x, weights, biases)  # (B, M, K)
    if rule == "product":
        p = np.exp(_product(h, there, prior))
        d_h = (grad - p * np.sum(grad, axis=1, keepdims=True))[:, None] * there[:, :, None]
        return dense_gradient(_by_name(d_h, weights), x, weights)
    d_h, d_logits = _mixture_gradient(grad, h, there, a)
    found = dense_gradient(_by_name(d_h, weights), x, weights)
    return found if logits is None else (*found, d_logits)


def hybrid_fusion(
    features: Arrays,
    weights: Arrays,
    biases: Arrays,
    joint_weight: Array,
    joint_bias: Array,
    head_weight: Array,
    head_bias: Array,
    present: Array | None = None,
) -> Array:
    """Decisions of all modalities and one of their fused features, averaged.

    Formula
        p_m = softmax(W_m x_m + b_m),  p_0 = softmax(U f(x) + d) of a feature fusion f,
        z_k = log of the mean of p_0(k) and the p_m(k) of the present m
        Here f is :func:`concat_fusion`; the layers take any.

    Args
        features, weights, biases, present: as in :func:`decision_fusion`.
        joint_weight, joint_bias: of f, (D, D_1 + ... + D_M) and (D,).
        head_weight, head_bias: U (K, D) and d (K,).

    Returns
        z (B, K), log-probabilities. A row with no modality present is zero.

    Errors
        As :func:`decision_fusion`.
    """
    _, _, h, there = _with_joint(
        features, weights, biases, joint_weight, joint_bias, head_weight, head_bias, present
    )
    return _mixture(h, there, np.zeros(there.shape[1]))


def hybrid_fusion_gradient(
    grad: Array,
    features: Arrays,
    weights: Arrays,
    biases: Arrays,
    joint_weight: Array,
    joint_bias: Array,
    head_weight: Array,
    head_bias: Array,
    present: Array | None = None,
) -> tuple:
    """Gradients with respect to all arguments of floats, shaped alike.

    Formula (dh_m and dh_0 as in :func:`decision_fusion_gradient`, with n + 1 decisions)
        dU = sum_b dh_0 f^T      dd = sum_b dh_0      df = U^T dh_0, and on through f
    """
    x, f, h, there = _with_joint(
        features, weights, biases, joint_weight, joint_bias, head_weight, head_bias, present
    )
    expect("grad", grad, h[:, 0].shape)
    d_h, _ = _mixture_gradient(grad, h, there, np.zeros(there.shape[1]))
    d_x, d_w, d_b = dense_gradient(_by_name(d_h, weights), x, weights)
    d_0 = d_h[:, -1]
    d_f = d_0 @ np.asarray(head_weight)
    joint = concat_fusion_gradient(d_f, x, joint_weight, joint_bias, there[:, :-1])
    d_x = {m: d_x[m] + joint[0][m] for m in x}
    return d_x, d_w, d_b, *joint[1:], d_0.T @ f, d_0.sum(axis=0)


def _by_name(d_h, weights):
    """Of gradients (B, M, K), those of each modality."""
    return {m: d_h[:, i] for i, m in enumerate(weights)}


def _with_joint(
    features, weights, biases, joint_weight, joint_bias, head_weight, head_bias, present
):
    """Features, f (B, D), and the scores (B, M + 1, K) of all decisions with who takes part."""
    x, there = projected_inputs(features, weights, biases, present)
    expect("joint_bias", joint_bias, ("D",))
    expect("joint_weight", joint_weight, (len(joint_bias), sum(x_m.shape[1] for x_m in x.values())))
    f = concat_fusion(x, joint_weight, joint_bias, there)
    expect("head_weight", head_weight, (width_of(weights), f.shape[1]))
    expect("head_bias", head_bias, (width_of(weights),))
    h_0 = f @ np.asarray(head_weight).T + head_bias
    h = np.concatenate([project(x, weights, biases), h_0[:, None]], axis=1)
    return x, f, h, np.column_stack([there, there.any(axis=1)])


def _logits(logits, rule, there):
    """a (M,), which are zeros where the rule has none."""
    if rule != "weighted":
        if logits is not None:
            got = type(logits).__name__
            raise ValueError(f"logits: expected None with rule={rule!r}, got {got}")
        return np.zeros(there.shape[1])
    expect("logits", logits, (there.shape[1],))
    return np.asarray(logits)


def _product(h, there, prior):
    """log p of the product rule; what all classes have in common drops out of it."""
    scores = (h * there[:, :, None]).sum(axis=1)  # (B, K)
    if prior is not None:
        scores = scores - (there.sum(axis=1, keepdims=True) - 1) * np.log(prior)
    return np.where(there.any(axis=1, keepdims=True), scores - _log_sum(scores, axis=1), 0)


def _mixture(h, there, a):
    """log of sum_m alpha_m p_m, where alpha = softmax(a) over those that are there."""
    joint = a[:, None] + h - _log_sum(h, axis=2)  # log e^{a_m} p_m(k), (B, M, K)
    joint = np.where(there[:, :, None], joint, -np.inf)
    total = np.where(there, a, -np.inf)
    some = there.any(axis=1)
    z = np.zeros_like(h[:, 0])
    z[some] = _log_sum(joint[some], axis=1)[:, 0] - _log_sum(total[some], axis=1)
    return z


def _mixture_gradient(grad, h, there, a):
    """Gradients of the scores (B, M, K) and of a (M,)."""
    log_p = h - _log_sum(h, axis=2)  # (B, M, K)
    joint = (a[:, None] + log_p).swapaxes(1, 2)  # (B, K, M)
    r = masked_softmax(joint, there[:, None]).swapaxes(1, 2)  # (B, M, K)
    pull = np.asarray(grad)[:, None] * r
    total = pull.sum(axis=2)  # (B, M)
    alpha = masked_softmax(np.broadcast_to(a, there.shape), there)
    d_a = total - alpha * np.sum(grad, axis=1, keepdims=True)
    return pull - np.exp(log_p) * total[:, :, None], d_a.sum(axis=0)


def _log_sum(scores, axis):
    """log sum exp along an axis, which stays."""
    top = scores.max(axis=axis, keepdims=True)
    return top + np.log(np.exp(scores - top).sum(axis=axis, keepdims=True))
