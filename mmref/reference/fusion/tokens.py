"""Attention fusion: vectors of all modalities scored one by one, and averaged by their scores."""

import numpy as np

from mmref.contract.settings import check_counts, check_flags
from mmref.reference._shared import expect
from mmref.reference.fusion._inputs import width_of
from mmref.reference.fusion._tokens import (
    check_maps,
    project_tokens,
    project_tokens_gradient,
    split_tokens,
    token_inputs,
)
from mmref.reference.softmax import masked_softmax, masked_softmax_gradient
from mmref.types import Array, Arrays


def attention_fusion(
    features: Arrays,
    weights: Arrays,
    biases: Arrays,
    hidden_weights: Arrays,
    hidden_biases: Arrays,
    score_weight: Array,
    joint: bool = True,
    present: Array | None = None,
    masks: Arrays | None = None,
) -> Array:
    """The vectors of all modalities in one space, averaged by scores of their own.

    Formula (x_i is vector i, of modality m)
        h_i = W_m x_i + b_m      a_i = v . tanh(U_m x_i + c_m)      z = sum_i alpha_i h_i
        joint: alpha = softmax(a) over all kept vectors of all present modalities
        separate: alpha = softmax(a) over the kept vectors of each modality by itself, so that the
        weights of a row sum to the number of modalities it has

    Args
        features: mapping m -> (B, D_m), one vector, or (B, T_m, D_m), a sequence.
        weights, biases: mappings m -> W_m (D, D_m) and b_m (D,).
        hidden_weights, hidden_biases: mappings m -> U_m (H, D_m) and c_m (H,).
        score_weight: v (H,). joint: joint or separate normalization.
        present: boolean (B, M), True = there; None means all are.
        masks: mapping m -> boolean (B, T_m), True = keep, of modalities with a sequence; None, or a
            modality it leaves out, keeps all. One that keeps nothing in a row is absent there.

    Returns
        z (B, D). A row with no modality present is zero.

    Errors
        ModalityError: a missing or extra modality. ShapeError: a wrong shape or dtype.

    Source
        Scores and average: Yang et al., "Hierarchical Attention Networks for Document
        Classification", NAACL 2016, equations 5-7, for a sequence of one kind, which is averaged as
        it is; here each modality has its own U, c, and a projection into the common space.

    >>> x = {"image": np.array([[1.0, 2.0]]), "text": np.array([[[4.0], [6.0]]])}
    >>> W = {"image": np.array([[1.0, 1.0]]), "text": np.array([[2.0]])}
    >>> b, U = {"image": np.zeros(1), "text": np.zeros(1)}, {m: 0 * w for m, w in W.items()}
    >>> attention_fusion(x, W, b, U, b, np.ones(1))  # equal scores: (3 + 8 + 12) / 3
    array([[7.66666667]])
    >>> attention_fusion(x, W, b, U, b, np.ones(1), joint=False)  # 3 + (8 + 12) / 2
    array([[13.]])
    """
    x, keep, squashed, scores = _scored(
        features, weights, biases, hidden_weights, hidden_biases, score_weight, present, masks
    )
    check_flags(joint=joint)
    alpha = _by_group(masked_softmax, x, joint, scores, keep)
    return np.einsum("bn,bnd->bd", alpha, project_tokens(x, weights, biases))


def attention_fusion_gradient(
    grad: Array,
    features: Arrays,
    weights: Arrays,
    biases: Arrays,
    hidden_weights: Arrays,
    hidden_biases: Arrays,
    score_weight: Array,
    joint: bool = True,
    present: Array | None = None,
    masks: Arrays | None = None,
) -> tuple[Arrays, Arrays, Arrays, Arrays, Arrays, Array]:
    """Gradients with respect to features, the weights and the biases, in argument order.

    Formula (g is the gradient with respect to z, t_i = tanh(U_m x_i + c_m))
        da_i = alpha_i g . (h_i - z);  separate: z_m, the sum of alpha_i h_i of its own modality
        r_i = da_i v (1 - t_i^2), elementwise      dv = sum_i da_i t_i
        dx_i = alpha_i W_m^T g + U_m^T r_i         sums over rows and vectors of the modality:
        dW_m = sum alpha_i g x_i^T, db_m = sum alpha_i g, dU_m = sum r_i x_i^T, dc_m = sum r_i
    """
    x, keep, squashed, scores = _scored(
        features, weights, biases, hidden_weights, hidden_biases, score_weight, present, masks
    )
    check_flags(joint=joint)
    expect("grad", grad, (len(scores), width_of(weights)))
    alpha = _by_group(masked_softmax, x, joint, scores, keep)
    d_alpha = np.einsum("bd,bnd->bn", grad, project_tokens(x, weights, biases))
    d_scores = _by_group(
        lambda *group: masked_softmax_gradient(*group)[0], x, joint, d_alpha, scores, keep
    )
    d_inside = d_scores[..., None] * score_weight * (1 - squashed**2)  # (B, N, H)
    d_x, d_w, d_b = project_tokens_gradient(
        alpha[..., None] * np.asarray(grad)[:, None], x, weights
    )
    through, d_u, d_c = project_tokens_gradient(d_inside, x, {m: hidden_weights[m] for m in x})
    d_x = {m: (d_x[m] + through[m]).reshape(np.shape(features[m])) for m in x}
    return d_x, d_w, d_b, d_u, d_c, np.einsum("bn,bnh->h", d_scores, squashed)


def _scored(features, weights, biases, hidden_weights, hidden_biases, score_weight, present, masks):
    """The vectors, which are kept (B, N), tanh(U_m x_i + c_m) (B, N, H) and scores (B, N)."""
    x, keep = token_inputs(features, weights, biases, present, masks)
    expect("score_weight", score_weight, ("H",))
    check_counts(hidden=len(score_weight))
    maps = {"hidden_weights": hidden_weights, "hidden_biases": hidden_biases}
    check_maps(weights, len(score_weight), **maps)
    squashed = np.tanh(project_tokens(x, {m: hidden_weights[m] for m in x}, hidden_biases))
    return x, np.concatenate(list(keep.values()), axis=1), squashed, squashed @ score_weight


def _by_group(function, x, joint, *arrays):
    """A function of (B, N) arrays, of all vectors at once or of each modality's by themselves."""
    if joint:
        return function(*arrays)
    groups = zip(*(split_tokens(array, x) for array in arrays), strict=True)
    return np.concatenate([function(*group) for group in groups], axis=1)
