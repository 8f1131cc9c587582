"""Right and wrong answers to the exercises; a wrong one says what it must be told."""

from tests.unit.check_answers import (  # noqa: F401
    decision,
    dropout,
    estimation,
    folders,
    folders_grouped,
    folders_inside,
    fusion,
    gated,
    logits_gradient,
    modalities,
    modalities_mirrored,
    modalities_pixels,
    normalization,
    recurrence,
    recurrence_time,
    softmax,
    softmax_gradient,
)
