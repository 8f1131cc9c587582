"""Fusions in which modalities multiply each other's components: the gated unit, and FiLM."""

import numpy as np

from mmref.contract.fusion import content_of
from mmref.contract.settings import check_flags, check_mapping
from mmref.errors import ModalityError
from mmref.reference._shared import expect, sigmoid
from mmref.reference.fusion._inputs import check_some, dense_gradient, present_features, width_of
from mmref.reference.softmax import masked_softmax
from mmref.types import Array, Arrays


def gated_fusion(
    features: Arrays,
    weights: Arrays,
    gate_weight: Array,
    present: Array | None = None,
    independent: bool = False,
) -> Array:
    """Gated multimodal unit: in each component of z, gates say how much each modality counts.

    Formula
        h_m = tanh(W_m x_m),  s_m = G_m [x_1; ...; x_M],  z = sum_m alpha_m * h_m,
        alpha = softmax of the s_m over the present m, in each component of its own;
        independent: alpha_m = sigmoid(s_m) where m is present

    Args
        features: mapping m -> x_m (B, D_m).
        weights: mapping m -> W_m (D, D_m).
        gate_weight: G (M D, D_1 + ... + D_M), the G_m (D, ...) below each other.
        present: boolean (B, M), True = there; None means all are. An absent modality counts as
            zeros in what the gates see.
        independent: gates that do not compete, each between 0 and 1.

    Returns
        z (B, D). A row with no modality present is zero.

    Errors
        ModalityError: a missing or extra modality. ShapeError: a wrong shape or dtype.
        ChoiceError: independent is neither True nor False.

    Source
        Arevalo, Solorio, Montes-y-Gomez and Gonzalez, "Gated Multimodal Units for Information
        Fusion", 2017, arXiv:1702.01992: no biases, as there. Independent gates are their unit for
        k modalities. For two, their gate z = sigmoid(W_z [x]) and 1 - z are ours with
        W_z = G_1 - G_2.

    >>> x = {"image": np.array([[1.0]]), "text": np.array([[-1.0]])}
    >>> W = {"image": np.array([[9.0]]), "text": np.array([[9.0]])}  # tanh(9) is almost 1
    >>> gated_fusion(x, W, np.array([[np.log(3.0), 0.0], [0.0, 0.0]])).round(6)  # 3/4 - 1/4
    array([[0.5]])
    """
    x, there, h, alpha = _gated(features, weights, gate_weight, present, independent)
    return (alpha * h).sum(axis=1)


def gated_fusion_gradient(
    grad: Array,
    features: Arrays,
    weights: Arrays,
    gate_weight: Array,
    present: Array | None = None,
    independent: bool = False,
) -> tuple[Arrays, Arrays, Array]:
    """Gradients of a loss with respect to features, weights and gate_weight.

    Formula (g is the gradient with respect to z; sums over rows b)
        dh_m = alpha_m g (1 - h_m^2)          dW_m = sum_b dh_m x_m^T
        ds_m = alpha_m g (h_m - z);  independent: alpha_m (1 - alpha_m) g h_m
        dG_m = sum_b ds_m [x]^T               dx_m = W_m^T dh_m + the m-th block of sum_n G_n^T ds_n
    """
    x, there, h, alpha = _gated(features, weights, gate_weight, present, independent)
    expect("grad", grad, (len(there), width_of(weights)))
    g = np.asarray(grad)[:, None]  # (B, 1, D)
    z = 0 if independent else (alpha * h).sum(axis=1, keepdims=True)
    d_s = alpha * g * ((1 - alpha) * h if independent else h - z)  # (B, M, D), 0 where absent
    d_s = d_s.reshape(len(there), np.shape(gate_weight)[0])
    d_h = alpha * g * (1 - h**2)
    d_x, d_w, _ = dense_gradient({m: d_h[:, i] for i, m in enumerate(x)}, x, weights)
    ends = np.cumsum([x_m.shape[1] for x_m in x.values()])
    blocks = np.split(d_s @ np.asarray(gate_weight), ends[:-1], axis=1)
    d_x = {m: np.where(there[:, i, None], d_x[m] + blocks[i], 0) for i, m in enumerate(x)}
    return d_x, d_w, d_s.T @ np.concatenate(list(x.values()), axis=1)


def film_fusion(
    features: Arrays,
    weights: Arrays,
    biases: Arrays,
    present: Array | None = None,
    content: str | None = None,
) -> Array:
    """FiLM: the other modalities scale and shift each component of one, the content.

    Formula
        h = W_c x_c + b_c,  z = gamma * h + beta,
        [gamma - 1; beta] = sum over the other present m of (W_m x_m + b_m)

    Args
        features: mapping m -> x_m (B, D_m).
        weights, biases: mappings m -> W_m and b_m: (D, D_c) and (D,) of the content c; (2D, D_m)
            and (2D,) of the others, first what they say of gamma, then of beta.
        present: boolean (B, M), True = there; None means all are.
        content: c; None means the first of ``weights``.

    Returns
        z (B, D): h where nothing but the content is present, beta where the content is absent,
        zero where no modality is present.

    Errors
        ModalityError: a missing or extra modality. ShapeError: a wrong shape or dtype.
        ChoiceError: a content that is no modality.

    Source
        Perez, Strub, de Vries, Dumoulin and Courville, "FiLM: Visual Reasoning with a General
        Conditioning Layer", AAAI 2018, arXiv:1709.07871, equation 2, for one vector in place of
        feature maps. The 1 + keeps the content's scale while the conditions say little.

    >>> x = {"image": np.array([[2.0]]), "text": np.array([[3.0]])}
    >>> W = {"image": np.array([[1.0]]), "text": np.array([[1.0], [10.0]])}
    >>> film_fusion(x, W, {"image": np.zeros(1), "text": np.zeros(2)})  # (1 + 3) * 2 + 30
    array([[38.]])
    """
    _, _, h, scale, shift, _ = _modulated(features, weights, biases, present, content)
    return (1 + scale) * h + shift


def film_fusion_gradient(
    grad: Array,
    features: Arrays,
    weights: Arrays,
    biases: Arrays,
    present: Array | None = None,
    content: str | None = None,
) -> tuple[Arrays, Arrays, Arrays]:
    """Gradients of a loss with respect to features, weights and biases.

    Formula (g is the gradient with respect to z; sums over the rows b that have m)
        f_m = W_m x_m + b_m:  df_c = gamma * g,  df_m = [h * g; g] of the others
        dx_m = W_m^T df_m      dW_m = sum_b df_m x_m^T      db_m = sum_b df_m
    """
    x, there, h, scale, _, content = _modulated(features, weights, biases, present, content)
    expect("grad", grad, h.shape)
    condition = np.concatenate([grad * h, grad], axis=1)  # (B, 2D)
    d_f = {m: grad * (1 + scale) if m == content else condition for m in x}
    d_f = {m: np.where(there[:, i, None], d_f[m], 0) for i, m in enumerate(x)}
    return dense_gradient(d_f, x, weights)


def _gated(features, weights, gate_weight, present, independent):
    """Features (B, D_m), which are there, h (B, M, D) and alpha (B, M, D)."""
    check_flags(independent=independent)
    check_mapping("weights", weights)
    check_some("weights", weights)
    for m, w in weights.items():
        expect(f"weights[{m!r}]", w, ("D", "D_m"))
        expect(f"weights[{m!r}]", w, (width_of(weights), "D_m"))
    widths, dim = {m: np.shape(w)[1] for m, w in weights.items()}, width_of(weights)
    expect("gate_weight", gate_weight, (len(widths) * dim, sum(widths.values())))
    x, there = present_features(widths, features, present)
    h = np.tanh(np.stack([x[m] @ np.asarray(weights[m]).T for m in weights], axis=1))
    scores = np.concatenate(list(x.values()), axis=1) @ np.asarray(gate_weight).T
    scores = scores.reshape(h.shape)
    if independent:
        return x, there, h, sigmoid(scores)
    alpha = masked_softmax(scores.swapaxes(1, 2), there[:, None]).swapaxes(1, 2)
    return x, there, h, alpha


def _modulated(features, weights, biases, present, content):
    """Features, which are there, h, gamma - 1, beta (B, D) each, and the content's name."""
    check_mapping("weights", weights)
    check_mapping("biases", biases)
    check_some("weights", weights)
    content = content_of(weights, content)
    if set(biases) != set(weights):
        raise ModalityError("biases", weights, biases)
    expect(f"weights[{content!r}]", weights[content], ("D", "D_m"))
    dim = np.shape(weights[content])[0]
    for m, w in weights.items():
        rows = dim if m == content else 2 * dim
        expect(f"weights[{m!r}]", w, (rows, "D_m"))
        expect(f"biases[{m!r}]", biases[m], (rows,))
    x, there = present_features({m: np.shape(w)[1] for m, w in weights.items()}, features, present)
    f = {m: x[m] @ np.asarray(weights[m]).T + biases[m] for m in x}
    # What is absent says nothing: its bias drops out as well.
    f = {m: np.where(there[:, i, None], f[m], 0) for i, m in enumerate(x)}
    said = sum((f[m] for m in f if m != content), np.zeros((len(there), 2 * dim)))
    return x, there, f[content], said[:, :dim], said[:, dim:], content
