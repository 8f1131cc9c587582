"""The registry: every formula of the book, one entry each."""

from mmref.concordance.formulas import (
    adversarial,
    attention,
    convolution,
    fusion,
    normalization,
    recurrence,
    softmax,
    transformer,
    transposed,
)

FORMULAS = {
    f.name: f
    for family in (
        softmax,
        fusion,
        convolution,
        normalization,
        recurrence,
        adversarial,
        transposed,
        attention,
        transformer,
    )
    for f in family.FORMULAS
}
