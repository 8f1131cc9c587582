"""Right and wrong answers to the exercises; a wrong one says what it must be told."""

from tests.unit.check_answers import (  # noqa: F401
    decision,
    dropout,
    estimation,
    fusion,
    gated,
    logits_gradient,
    modalities,
    normalization,
    softmax,
    softmax_gradient,
)
