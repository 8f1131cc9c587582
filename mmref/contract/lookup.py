"""What a classifier that looks into an image asks, in one place for both frameworks."""

from collections.abc import Mapping

from mmref.contract.arrays import check_rows
from mmref.contract.settings import check_mapping
from mmref.errors import ModalityError
from mmref.types import Tensor


def check_image_and_text(name: str, mapping: Mapping, what: str) -> None:
    """Raise unless a mapping has "image" and "text" and nothing else."""
    check_mapping(name, mapping, what)
    if set(mapping) != {"image", "text"}:
        raise ModalityError(name, ("image", "text"), mapping)


def check_as_many(text: Tensor, tokens: Tensor) -> None:
    """Raise unless there is a text for each image."""
    check_rows("inputs['text']", text.shape[0], tokens.shape[0], "inputs['image']")
