"""Attention."""

from book.differences.attention import attention, masks, multi_head, softmax
from book.differences.registry import Group

GROUP = Group(
    title="Attention",
    introduction=(
        "Scores, softmax, weighted sum: the same three steps, behind arguments that look alike "
        "and are not."
    ),
    differences=(
        multi_head.MHA_WEIGHTS,
        multi_head.KEY_DIM,
        multi_head.MHA_RETURNS,
        multi_head.NARROW_HEADS,
        attention.ARGUMENT_ORDER,
        masks.MASK_POLARITY,
        softmax.MASKED_ROW,
        attention.SCALING,
        attention.ADDITIVE,
        masks.CAUSAL,
        masks.PADDED_KEYS,
    ),
)
