"""What a classifier that looks into an image asks, in one place for both frameworks."""

from collections.abc import Mapping

from mmref.contract.arrays import alike
from mmref.contract.fusion import check_mapping
from mmref.errors import ModalityError, ShapeError
from mmref.types import Tensor


def check_image_and_text(mapping: Mapping, name: str, value: str) -> None:
    """Raise unless a mapping has "image" and "text" and nothing else."""
    check_mapping(mapping, name, value)
    if set(mapping) != {"image", "text"}:
        raise ModalityError(name, ("image", "text"), mapping)


def check_as_many(text: Tensor, tokens: Tensor) -> None:
    """Raise unless there is a text for each image."""
    texts, images = text.shape[0], tokens.shape[0]
    if not alike((texts,), (images,)):
        raise ShapeError("inputs['text']", f"{images} examples, as many as images", texts)
