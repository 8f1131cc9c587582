"""What fusions of vectors one by one read: a vector or a sequence of each modality, and masks."""

import numpy as np

from mmref.contract.fusion import check_features, check_masks
from mmref.contract.settings import check_mapping
from mmref.errors import ModalityError
from mmref.reference._shared import as_array, clear, expect
from mmref.reference.fusion._inputs import projection_widths, width_of
from mmref.types import Array, Arrays


def token_inputs(
    features: Arrays, weights: Arrays, biases: Arrays, present: Array | None, masks: Arrays | None
) -> tuple[dict[str, Array], dict[str, Array]]:
    """The vectors of each modality (B, T_m, D_m) in declared order, and which are kept (B, T_m).

    A modality of one vector (B, D_m) has T_m = 1. What is absent or masked is zero.
    """
    widths = projection_widths(weights, biases)
    check_mapping("features", features)
    features = {m: as_array(f"features[{m!r}]", x) for m, x in features.items()}
    present = None if present is None else np.asarray(present)
    check_features(widths, features, present, sequences=True)
    given: dict[str, Array] = {}
    if masks is not None:
        check_mapping("masks", masks)
        given = {m: as_array(f"masks[{m!r}]", mask) for m, mask in masks.items()}
        check_masks(given, features)
    x, keep = {}, {}
    for i, m in enumerate(widths):
        x_m = features[m] if features[m].ndim == 3 else features[m][:, None]
        kept = given.get(m, np.ones(x_m.shape[:2], dtype=bool))
        keep[m] = kept if present is None else kept & present[:, i, None]
        x[m] = clear(x_m, keep[m])
    return x, keep


def project_tokens(x: Arrays, weights: Arrays, biases: Arrays) -> Array:
    """W_m x_i + b_m of all vectors, modality after modality: (B, N, D), N the sum of all T_m."""
    return np.concatenate([x[m] @ np.asarray(weights[m]).T + biases[m] for m in weights], axis=1)


def project_tokens_gradient(
    grad: Array, x: Arrays, weights: Arrays
) -> tuple[dict[str, Array], dict[str, Array], dict[str, Array]]:
    """Gradients of x, W and b from that of all projected vectors (B, N, D)."""
    by_modality = dict(zip(weights, split_tokens(grad, x), strict=True))
    d_x = {m: g @ np.asarray(weights[m]) for m, g in by_modality.items()}
    d_w = {m: np.einsum("btd,bte->de", g, x[m]) for m, g in by_modality.items()}
    d_b = {m: g.sum(axis=(0, 1)) for m, g in by_modality.items()}
    return d_x, d_w, d_b


def split_tokens(joined: Array, x: Arrays) -> list[Array]:
    """(B, N, ...) cut into the modalities' (B, T_m, ...)."""
    return np.split(joined, np.cumsum([x_m.shape[1] for x_m in x.values()])[:-1], axis=1)


def check_maps(weights: Arrays, width: int | None, **maps: Arrays) -> None:
    """Raise unless each of ``maps`` is one of matrices (width, D_m), or vectors (width,).

    They are told apart by their name, ``..._weights`` or ``..._biases``. The modalities, and D_m,
    are those of ``weights``. Without a width the matrices are (D, D), the vectors (D,).
    """
    dim = width_of(weights)
    for name, mapping in maps.items():
        check_mapping(name, mapping)
        if set(mapping) != set(weights):
            raise ModalityError(name, weights, mapping)
        for m, w in weights.items():
            rows = dim if width is None else width
            columns = dim if width is None else np.shape(w)[1]
            shape = (rows, columns) if name.endswith("_weights") else (rows,)
            expect(f"{name}[{m!r}]", mapping[m], shape)
