"""What the masked softmax asks of its arguments, in one place for all three wings."""

from mmref.contract.arrays import check_floats, check_mask
from mmref.types import Tensor


def check_scores(scores: Tensor, mask: Tensor | None = None, kind: type | None = None) -> None:
    """Raise unless ``scores`` are floats, and ``mask`` boolean and broadcastable to them."""
    check_floats("scores", scores, kind)
    if mask is not None:
        check_mask(mask, tuple(scores.shape), kind)
