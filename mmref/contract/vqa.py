"""What a fusion at each place asks, in one place for both frameworks."""

from mmref.contract.arrays import check_floats, check_rows, check_shape, check_some
from mmref.contract.fusion import check_fusion, check_present, decides
from mmref.contract.settings import check_choice, check_mapping
from mmref.errors import ModalityError
from mmref.types import DType, Layer, Tensor, Tensors


def check_local(fusion: Layer, over: str) -> None:
    """Raise unless this is a fusion that gives a vector, and ``over`` one of its modalities."""
    check_fusion(fusion)
    check_choice("over", over, tuple(fusion.dims))
    if decides(fusion):
        got = type(fusion).__name__
        raise ValueError(f"fusion: expected one that gives a vector, got {got}, which decides")


def check_places(
    dims: dict[str, int],
    over: str,
    features: Tensors,
    present: Tensor | None = None,
    kind: type | None = None,
    dtype: DType | None = None,
) -> None:
    """Raise unless ``features`` has (B, N, D_m) of the modality ``over``, (B, D_m) of the others.

    >>> import numpy as np
    >>> check_places({"image": 3}, "image", {"image": np.ones((2, 3))})
    Traceback (most recent call last):
        ...
    mmref.errors.ShapeError: features['image']: expected (B, N, 3), got (2, 3)
    """
    check_mapping("features", features)
    if set(features) != set(dims):
        raise ModalityError("features", dims, features)
    for m, width in dims.items():
        name = f"features[{m!r}]"
        check_floats(name, features[m], kind, dtype)
        check_shape(name, features[m], *(("B", "N", width) if m == over else ("B", width)))
    check_some(f"features[{over!r}]", features[over], "place", 1)
    rows = features[over].shape[0]
    for m in dims:
        check_rows(f"features[{m!r}]", features[m].shape[0], rows, f"features[{over!r}]")
    if present is not None:
        check_present(present, rows, len(dims), kind)
