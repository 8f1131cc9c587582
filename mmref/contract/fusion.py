"""The fusion contract.

Every fusion takes ``features``, a mapping from modality name to an array (B, D_m), and
``present``, an optional boolean array (B, M), True where row b has modality m. Columns of
``present`` follow the order in which the modalities were declared, whatever the order of the
mapping. Fusions of vectors one by one also take a sequence (B, T_m, D_m) of a modality, and
``masks``, a mapping from such modalities to boolean (B, T_m), True = keep.

A modality's name is made of ASCII letters, digits, ``_`` and ``-``, a letter or digit first: both
frameworks name weights after it, PyTorch with dots between, Keras with slashes, and TensorFlow
knows no other characters. Words that PyTorch's modules have for themselves, such as ``keys`` and
``type``, are taken, and so is ``present``, which stands beside the modalities in a model's inputs.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from math import prod
from typing import Any

from mmref.contract.arrays import (
    check_floats,
    check_rows,
    check_shape,
    check_some,
    check_truths,
    dtype_name,
)
from mmref.contract.settings import (
    check_choice,
    check_counts,
    check_kind,
    check_mapping,
    check_number,
)
from mmref.errors import ModalityError, ShapeError
from mmref.types import DType, Layer, Tensor, Tensors

# In a model's inputs, beside the modalities: which rows have them.
PRESENT = "present"
ABSENT = " (rows without the modality hold zeros, and False in 'present')"  # a hint for messages
WIDEST = 2**20  # of tensor fusion: 256 rows of it are 1 GiB in float32, and so is W at D = 256
RULES = ("mean", "weighted", "product")  # how decisions are combined
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
    sequences: bool = False,
) -> None:
    """Raise unless ``features`` and ``present`` fit ``dims``, a mapping name -> D_m.

    sequences: whether a modality may bring one, (B, T_m, D_m), instead of (B, D_m).

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
        if sequences and len(features[name].shape) == 3:
            check_shape(label, features[name], "B", "T", width)
            check_some(label, features[name], "step", 1)
        else:
            check_shape(label, features[name], "B", width)
        rows = features[name].shape[0]
        if batch is None:  # in a symbolic tensor it may be None for all
            batch, first = rows, label
        check_rows(label, rows, batch, first)
    if present is not None:
        check_present(present, batch, len(dims), kind)


def plainly_fit(
    dims: Mapping[str, int], features: Tensors, present: Tensor | None, kind: Any, dtype: DType
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


def check_masks(masks: Tensors, features: Tensors, kind: type | None = None) -> None:
    """Raise unless ``masks`` maps modalities with a sequence (B, T_m, D_m) to boolean (B, T_m).

    >>> import numpy as np
    >>> check_masks({"text": np.ones((2, 4), bool)}, {"text": np.ones((2, 5, 3))})
    Traceback (most recent call last):
        ...
    mmref.errors.ShapeError: masks['text']: expected (2, 5), got (2, 4)
    """
    check_mapping("masks", masks)
    for name, mask in masks.items():
        label = f"masks[{name!r}]"
        if name not in features:
            raise ModalityError(f"{label}: expected one of {list(features)}, got another modality")
        check_truths(label, mask, "keep", kind)
        shape = tuple(features[name].shape)
        if len(shape) != 3:
            raise ShapeError(label, "features (B, T, D_m) to keep steps of", shape)
        check_shape(label, mask, *shape[:2])


def check_stand_in(
    features: Tensor, vector: Tensor, present: Tensor, kind: type | None = None
) -> None:
    """Raise unless features (..., D), a vector (D,) and a boolean (...) fit together."""
    check_floats("features", features, kind)
    check_shape("features", features, "...", "D")
    check_floats("vector", vector, kind)
    check_shape("vector", vector, features.shape[-1])
    check_truths("present", present, "the modality is there", kind)
    check_shape("present", present, *features.shape[:-1])


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


def content_of(dims: Mapping[str, object], content: str | None) -> str:
    """The modality that FiLM's others scale and shift: the one named, or the first.

    >>> content_of({"image": 3, "text": 2}, None)
    'image'
    """
    if content is None:
        return next(iter(dims))
    check_choice("content", content, tuple(dims))
    return content


def check_pairs(name: str, modalities: Iterable[str]) -> None:
    """Raise unless there are two modalities at least, and so a pair.

    >>> check_pairs("dims", ["image"])
    Traceback (most recent call last):
        ...
    mmref.errors.ModalityError: dims: expected at least two modalities, got ['image']
    """
    if len(list(modalities)) < 2:
        raise ModalityError(f"{name}: expected at least two modalities, got {list(modalities)}")


def tensor_width(name: str, dims: Mapping[str, int]) -> int:
    """(D_1 + 1) ... (D_M + 1), the width of tensor fusion; raises where no memory would hold it.

    >>> tensor_width("dims", {"image": 2, "text": 3})
    12
    >>> tensor_width("dims", dict.fromkeys(["image", "text", "audio"], 128))
    Traceback (most recent call last):
        ...
    ValueError: dims: expected a product of all D_m + 1 of at most 1048576, got 129 * 129 * 129 = \
2146689; low-rank fusion has no such product
    """
    widths = [d + 1 for d in dims.values()]
    if (width := prod(widths)) > WIDEST:
        raise ValueError(
            f"{name}: expected a product of all D_m + 1 of at most {WIDEST}, got "
            f"{' * '.join(map(str, widths))} = {width}; low-rank fusion has no such product"
        )
    return width


def check_fusion(fusion: object) -> None:
    """Raise unless ``fusion`` says, as a fusion does, what it takes and gives."""
    if not (hasattr(fusion, "dims") and hasattr(fusion, "dim")):
        got = type(fusion).__name__
        raise TypeError(f"fusion: expected a fusion, with dims and dim, got {got}")


def decides(fusion: object) -> bool:
    """Whether what a fusion gives is a decision already: log-probabilities of the classes."""
    return getattr(fusion, "decides", False)


def check_rule(rule: str, prior: Sequence[float] | None, classes: int) -> list[float] | None:
    """``prior`` as a list; raises unless decisions can be combined and trained by the rule.

    >>> check_rule("vote", None, 3)
    Traceback (most recent call last):
        ...
    ValueError: rule: expected one with a gradient, got 'vote': train with another, then let the \
largest of decisions() vote
    """
    if isinstance(rule, str) and rule == "vote":
        hint = "train with another, then let the largest of decisions() vote"
        raise ValueError(f"rule: expected one with a gradient, got {rule!r}: {hint}")
    check_choice("rule", rule, RULES)
    if prior is None:
        return None
    if rule != "product":
        raise ValueError(f"prior: expected None with rule={rule!r}, got {prior!r}")
    check_kind("prior", prior, (list, tuple), "a list of numbers")
    if len(prior) != classes:
        raise ShapeError("prior", f"{classes} numbers", len(prior))
    for k, p in enumerate(prior):
        check_number(f"prior[{k}]", p, 0, 1, closed=True)
    if min(prior) == 0 or abs(sum(prior) - 1) > 1e-6:
        raise ValueError(f"prior: expected positive numbers whose sum is 1, got {list(prior)}")
    return [float(p) for p in prior]


def check_no_decision(fusion: Layer) -> None:
    """Raise for a fusion that decides, where features are wanted."""
    if decides(fusion):
        got = type(fusion).__name__
        raise ValueError(f"fusion: expected one that gives features, got {got}, which decides")


def check_inner(dims: Mapping[str, int], fusion: Layer) -> None:
    """Raise unless ``fusion`` makes features of the same modalities, and no decision."""
    check_fusion(fusion)
    check_no_decision(fusion)
    if list(fusion.dims.items()) != list(dims.items()):
        raise ValueError(f"fusion: expected dims {dict(dims)}, got {dict(fusion.dims)}")


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
