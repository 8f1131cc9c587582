"""What models of encoders and a fusion ask, in one place for both frameworks.

Their inputs are a mapping from modality to the input of its encoder. Where modalities are missing
it holds "present" too: a mapping from every modality to a boolean (B,), True where the row has it.
"""

from collections.abc import Mapping

from mmref.contract.arrays import check_rows, check_shape, check_truths
from mmref.contract.encoders import check_encoders
from mmref.contract.fusion import ABSENT, PRESENT, check_fusion, decides
from mmref.contract.settings import check_mapping, check_number
from mmref.errors import ModalityError
from mmref.types import Layer, Tensor, Tensors


def check_parts(
    encoders: Mapping[str, Layer], fusion: Layer, dropout: float, kind: type, what: str
) -> None:
    """Raise unless there is an encoder of this kind for each of the fusion's modalities."""
    check_encoders(encoders, kind, what)
    check_fusion(fusion)
    check_number("dropout", dropout, 0, 1)
    if set(encoders) != set(fusion.dims):
        raise ModalityError("encoders", fusion.dims, encoders)
    for m, width in fusion.dims.items():
        got = getattr(encoders[m], "output_dim", width)
        if got != width:
            raise ValueError(
                f"encoders[{m!r}]: expected output_dim {width} as in the fusion, got {got}"
            )


def check_decision(fusion: Layer, num_classes: int, dropout: float) -> None:
    """Raise where a fusion decides, and not between so many classes, or would be dropped out."""
    if decides(fusion):
        what = f"{type(fusion).__name__}, which decides"
        if fusion.dim != num_classes:
            raise ValueError(f"num_classes: expected {fusion.dim} of {what}, got {num_classes!r}")
        if dropout != 0:
            raise ValueError(f"dropout: expected 0 after {what}, got {dropout!r}")


def check_one_class(model: Layer, loss: object) -> None:
    """Raise where any number of classes is to be right, of a fusion that decides for one."""
    fusion = getattr(model, "fusion", None)
    if decides(fusion) and isinstance(loss, str) and loss.startswith("binary_cross"):
        what = f"{type(fusion).__name__}, which decides for one"
        raise ValueError(f"loss: expected one of single classes with {what}, got {loss!r}")


def check_modalities(inputs: Mapping, modalities: Mapping[str, Layer]) -> None:
    """Raise unless the inputs, "present" aside, are of these modalities.

    >>> check_modalities({"text": 0, "mask": 0}, {"text": None})
    Traceback (most recent call last):
        ...
    mmref.errors.ModalityError: inputs: expected the modalities ['text'], got ['text', 'mask']; \
unexpected ['mask'] (no mask is wanted: id 0 is padding)
    """
    check_mapping("inputs", inputs)
    own = [m for m in inputs if m != PRESENT]
    if set(own) != set(modalities):
        error = ModalityError("inputs", modalities, own)
        if "mask" in own and "mask" not in modalities:
            error = ModalityError(f"{error} (no mask is wanted: id 0 is padding)")
        raise error


def check_model_inputs(inputs: Tensors, modalities: Mapping[str, Layer]) -> None:
    """Raise unless there is an input for each of the modalities, and no other.

    >>> check_model_inputs({"text": None}, {"text": None})
    Traceback (most recent call last):
        ...
    TypeError: inputs['text']: expected an array, got None (rows without the modality hold zeros, \
and False in 'present')
    """
    check_modalities(inputs, modalities)
    for m in modalities:
        if inputs[m] is None:
            raise TypeError(f"inputs[{m!r}]: expected an array, got None{ABSENT}")


def present_columns(
    inputs: Tensors,
    modalities: Mapping[str, Layer],
    present: Tensor | None = None,
    kind: type | None = None,
) -> list[Tensor] | None:
    """``inputs["present"]`` as boolean columns (B,) in the order of the modalities, or None.

    Raises where ``present`` is an argument too, or a column is missing, extra or not boolean (B,).

    >>> present_columns({"present": {"text": True}}, {"text": None}, present=True)
    Traceback (most recent call last):
        ...
    ValueError: present: expected it in the inputs or as an argument, got both
    """
    named = inputs.get(PRESENT)
    if named is None:
        return None
    if present is not None:
        raise ValueError("present: expected it in the inputs or as an argument, got both")
    check_mapping("inputs['present']", named)
    if set(named) != set(modalities):
        raise ModalityError("inputs['present']", modalities, named)
    columns = {f"inputs['present'][{m!r}]": named[m] for m in modalities}
    first, *_ = columns
    for name, column in columns.items():
        check_truths(name, column, "the modality is there", kind)
        check_shape(name, column, "B")
        check_rows(name, column.shape[0], columns[first].shape[0], first)
    return list(columns.values())
