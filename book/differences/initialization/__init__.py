"""First weights."""

from book.differences.initialization import adapters, convolution, dense, multi_head, recurrence
from book.differences.registry import Group

GROUP = Group(
    title="First weights",
    introduction=(
        "Nobody sets these, so they differ in most ported programs. Each cell makes a layer and "
        "looks."
    ),
    differences=(
        dense.WHEN_MADE,
        dense.DENSE_INIT,
        dense.DENSE_BIAS,
        convolution.CONV_INIT,
        recurrence.EMBEDDING_INIT,
        recurrence.RECURRENT_INIT,
        multi_head.ATTENTION_INIT,
        dense.HE_NORMAL,
        adapters.LOW_RANK,
    ),
)
