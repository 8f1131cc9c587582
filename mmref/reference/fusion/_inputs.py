"""What fusions read: features in declared order, and their projections."""

from collections.abc import Mapping

import numpy as np

from mmref.contract.fusion import check_features
from mmref.contract.settings import check_mapping
from mmref.errors import ModalityError
from mmref.reference._shared import expect
from mmref.types import Array, Arrays


def feature_widths(features: Arrays) -> dict[str, int]:
    """D_m of each modality, as the features have it."""
    check_mapping("features", features)
    check_some("features", features)
    for m, x in features.items():
        expect(f"features[{m!r}]", x, ("B", "D_m"))
    return {m: np.shape(x)[1] for m, x in features.items()}


def present_features(
    widths: Mapping[str, int], features: Arrays, present: Array | None
) -> tuple[dict[str, Array], Array]:
    """Features in declared order with absent rows zeroed, and ``present`` filled in."""
    check_mapping("features", features)
    features = {m: np.asarray(x) for m, x in features.items()}
    present = None if present is None else np.asarray(present)
    check_features(widths, features, present)
    batch = next(iter(features.values())).shape[0]
    there = np.ones((batch, len(widths)), dtype=bool) if present is None else present
    # where, not multiplication: an absent row may hold NaN, and 0 * NaN is NaN.
    return {m: np.where(there[:, i, None], features[m], 0) for i, m in enumerate(widths)}, there


def projected_inputs(
    features: Arrays, weights: Arrays, biases: Arrays, present: Array | None
) -> tuple[dict[str, Array], Array]:
    """:func:`present_features` for projections W_m (D, D_m) and b_m (D,), which are checked."""
    return present_features(projection_widths(weights, biases), features, present)


def projection_widths(weights: Arrays, biases: Arrays) -> dict[str, int]:
    """D_m of each modality, as checked projections W_m (D, D_m) and b_m (D,) have it."""
    check_mapping("weights", weights)
    check_mapping("biases", biases)
    check_some("weights", weights)
    if set(biases) != set(weights):
        raise ModalityError("biases", weights, biases)
    for m, w in weights.items():
        expect(f"weights[{m!r}]", w, ("D", "D_m"))
        expect(f"weights[{m!r}]", w, (width_of(weights), "D_m"))
        expect(f"biases[{m!r}]", biases[m], (width_of(weights),))
    return {m: np.shape(w)[1] for m, w in weights.items()}


def check_some(name: str, mapping: Mapping) -> None:
    """Raise where there is no modality."""
    if not mapping:
        raise ModalityError(f"{name}: expected at least one modality, got none")


def width_of(weights: Arrays) -> int:
    """D, which the first modality's weights decide."""
    return np.shape(next(iter(weights.values())))[0]


def project(x: Arrays, weights: Arrays, biases: Arrays) -> Array:
    """h_m = W_m x_m + b_m of all modalities, (B, M, D)."""
    return np.stack([x[m] @ np.asarray(weights[m]).T + biases[m] for m in weights], axis=1)


def project_gradient(
    grad: Array, x: Arrays, weights: Arrays, alpha: Array
) -> tuple[dict[str, Array], dict[str, Array], dict[str, Array]]:
    """Gradients of x, W and b where z = sum_m alpha_m h_m, with alpha (B, M)."""
    return dense_gradient({m: alpha[:, i, None] * grad for i, m in enumerate(weights)}, x, weights)


def dense_gradient(
    grads: Arrays, x: Arrays, weights: Arrays
) -> tuple[dict[str, Array], dict[str, Array], dict[str, Array]]:
    """Gradients of x, W and b where each W_m x_m + b_m has a gradient of its own."""
    d_x = {m: grads[m] @ np.asarray(weights[m]) for m in weights}
    d_w = {m: grads[m].T @ x[m] for m in weights}
    d_b = {m: grads[m].sum(axis=0) for m in weights}
    return d_x, d_w, d_b
