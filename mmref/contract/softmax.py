"""What the masked softmax asks of its arguments, in one place for all three wings."""

from mmref.contract.arrays import check_floats, check_mask


def check_scores(scores, mask=None, kind=None):
    """Raise unless ``scores`` are floats, and ``mask`` boolean and broadcastable to them."""
    check_floats("scores", scores, kind)
    if mask is not None:
        check_mask(mask, tuple(scores.shape), kind)
