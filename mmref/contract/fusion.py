"""The fusion contract.

Every fusion takes ``features``, a mapping from modality name to an array (B, D_m), and
``present``, an optional boolean array (B, M), True where row b has modality m. Columns of
``present`` follow the order in which the modalities were declared, whatever the order of the
mapping.

A modality's name is made of ASCII letters, digits, ``_`` and ``-``, a letter or digit first: both
frameworks name weights after it, PyTorch with dots between, Keras with slashes, and TensorFlow
knows no other characters. Words that PyTorch's modules have for themselves, such as ``keys`` and
``type``, are taken, and so is ``present``, which stands beside the modalities in a model's inputs.
"""

import re
from collections.abc import Iterable, Mapping

from mmref.contract.arrays import (
    check_floats,
    check_rows,
    check_shape,
    check_truths,
    dtype_name,
)
from mmref.contract.settings import check_counts, check_mapping, check_number
from mmref.errors import ModalityError
from mmref.types import DType, Tensor, Tensors

# In a model's inputs, beside the modalities: which rows have them.
PRESENT = "present"
ABSENT = " (rows without the modality hold zeros, and False in 'present')"  # a hint for messages
# What torch.nn.ModuleDict calls its own. Refused in Keras too, or a model could not be converted.
TAKEN = frozenset(
    """
    T_destination add_module apply bfloat16 buffers call_super_init children clear compile cpu cuda
    double dump_patches eval extra_repr float forward get_buffer get_extra_state get_parameter
    get_submodule half ipu items keys load_state_dict modules mtia named_buffers named_children
    named_modules named_parameters parameters pop register_backward_hook register_buffer
    register_forward_hook register_forward_pre_hook register_full_backward_hook
    register_full_backward_pre_hook register_load_state_dict_post_hook
    register_load_state_dict_pre_hook register_module register_parameter
    register_state_dict_post_hook register_state_dict_pre_hook requires_grad_ set_extra_state
    set_submodule share_memory state_dict to to_empty train training type update values xpu
    zero_grad
    """.split()
)


def check_features(
    dims: Mapping[str, int],
    features: Tensors,
    present: Tensor | None = None,
    kind: type | None = None,
    dtype: DType | None = None,
) -> None:
    """Raise unless ``features`` and ``present`` fit ``dims``, a mapping name -> D_m.

    >>> import numpy as np
    >>> check_features({"image": 3}, {"image": np.ones((2, 4))})
    Traceback (most recent call last):
        ...
    mmref.errors.ShapeError: features['image']: expected (B, 3), got (2, 4)
    """
    check_mapping("features", features)
    if set(features) != set(dims):
        raise ModalityError("features", dims, features)
    batch, first = None, ""
    for name, width in dims.items():
        label = f"features[{name!r}]"
        check_floats(label, features[name], kind, dtype)
        check_shape(label, features[name], "B", width)
        rows = features[name].shape[0]
        if batch is None:  # in a symbolic tensor it may be None for all
            batch, first = rows, label
        check_rows(label, rows, batch, first)
    if present is not None:
        check_present(present, batch, len(dims), kind)


def plainly_fit(
    dims: Mapping[str, int], features: Tensors, present: Tensor | None, kind: type, dtype: DType
) -> bool:
    """Whether it is plain that ``check_features`` would pass; False leaves it to that check.

    Nearly every batch is as it should be, and a check that can say what is wrong takes a quarter
    of a small fusion's time.

    >>> import numpy as np
    >>> plainly_fit({"image": 3}, {"image": np.ones((2, 3))}, None, np.ndarray, np.float64)
    True
    """
    if not isinstance(features, dict) or features.keys() != dims.keys():
        return False
    rows: tuple | None = None
    for name, width in dims.items():
        array = features[name]
        if not isinstance(array, kind) or array.dtype != dtype:
            return False
        rows = array.shape[:1] if rows is None else rows
        if array.shape != (*rows, width):
            return False
    if present is None:
        return True
    truths = isinstance(present, kind) and dtype_name(present) == "bool"
    return truths and present.shape == (*(rows or ()), len(dims))


def check_present(
    present: Tensor, batch: int | None, modalities: int, kind: type | None = None
) -> None:
    """Raise unless ``present`` is a boolean (batch, modalities); a ``batch`` of None fits any."""
    check_truths("present", present, "the modality is there", kind)
    check_shape("present", present, B=batch, M=modalities)


def check_dims(dims: Mapping[str, int], dim: int) -> dict[str, int]:
    """``dims`` as a dict; raises unless it maps modalities to widths, and ``dim`` is a width too.

    >>> check_dims({"image": 0}, 4)
    Traceback (most recent call last):
        ...
    ValueError: dims['image']: expected an integer, at least 1, got 0
    """
    check_mapping("dims", dims, "width")
    if not dims:
        raise ModalityError("dims: expected at least one modality, got none")
    check_names("dims", dims)
    check_counts(**{f"dims[{m!r}]": d for m, d in dims.items()}, dim=dim)
    return dict(dims)


def check_fusion(fusion: object) -> None:
    """Raise unless ``fusion`` says, as a fusion does, what it takes and gives."""
    if not (hasattr(fusion, "dims") and hasattr(fusion, "dim")):
        got = type(fusion).__name__
        raise TypeError(f"fusion: expected a fusion, with dims and dim, got {got}")


def check_names(name: str, mapping: Mapping) -> None:
    """Raise unless the keys of ``mapping`` can name modalities.

    >>> check_names("dims", {"image.left": 3})
    Traceback (most recent call last):
        ...
    mmref.errors.ModalityError: dims: expected names of ASCII letters, digits, '_' and '-', \
a letter or digit first, got 'image.left'
    >>> check_names("dims", {"keys": 3})
    Traceback (most recent call last):
        ...
    mmref.errors.ModalityError: dims: expected names that a PyTorch module leaves free, got 'keys'
    """
    for key in mapping:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", key):
            expected = "names of ASCII letters, digits, '_' and '-', a letter or digit first"
            raise ModalityError(f"{name}: expected {expected}, got {key!r}")
        if key in TAKEN:
            expected = "names that a PyTorch module leaves free"
            raise ModalityError(f"{name}: expected {expected}, got {key!r}")
        if key == PRESENT:
            expected = "names other than 'present', which says which rows have them"
            raise ModalityError(f"{name}: expected {expected}, got it")


def order_code(dims: Iterable[str]) -> list[int]:
    """The modalities in their order, as numbers that a file of weights can hold beside others.

    Weights of equal shape fit a fusion that declares its modalities in another order; its columns,
    logits and gates would then belong to others.

    >>> order_code(["a", "b"])
    [97, 32, 98]
    """
    return list(" ".join(dims).encode())


def check_order_code(dims: Iterable[str], code: Iterable[int]) -> None:
    """Raise unless ``code`` is that of ``dims``.

    >>> check_order_code(["image", "text"], order_code(["text", "image"]))
    Traceback (most recent call last):
        ...
    mmref.errors.ModalityError: state: expected the modalities in the order ['image', 'text'], \
got ['text', 'image']
    """
    check_order("state", dims, bytes(map(int, code)).decode().split())


def check_order(name: str, expected: Iterable[str], got: Iterable[str]) -> None:
    """Raise unless both name the same modalities in the same order."""
    if list(got) != list(expected):
        order = f"the modalities in the order {list(expected)}"
        raise ModalityError(f"{name}: expected {order}, got {list(got)}")


def dropout_rates(
    dims: Mapping[str, int], rates: Mapping[str, float] | None = None
) -> dict[str, float]:
    """The rates of modality dropout in the order of ``dims``; {} where there are none.

    Raises unless every modality of ``dims``, and no other, has a rate in [0, 1).

    >>> dropout_rates({"image": 3, "text": 2}, {"text": 0.5, "image": 0})
    {'image': 0.0, 'text': 0.5}
    >>> dropout_rates({"image": 3}, {"image": 1})
    Traceback (most recent call last):
        ...
    ValueError: modality_dropout['image']: expected a number in [0, 1), got 1
    """
    if not rates:
        return {}
    check_mapping("modality_dropout", rates, "rate")
    if set(rates) != set(dims):
        raise ModalityError("modality_dropout", dims, rates)
    for name, rate in rates.items():
        check_number(f"modality_dropout[{name!r}]", rate, 0, 1)
    return {name: float(rates[name]) for name in dims}
