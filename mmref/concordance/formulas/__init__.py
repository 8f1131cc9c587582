"""The registry: every formula of the book, one entry each, a file or a folder for each family."""

from mmref.concordance.formulas import (
    adversarial,
    attention,
    audio,
    autoencoder,
    captioning,
    contrastive,
    convolution,
    detection,
    diffusion,
    estimation,
    fusion,
    image_quality,
    multi_head,
    multitask,
    normalization,
    penalty,
    pooling,
    recurrence,
    softmax,
    spectral,
    transformer,
    transposed,
    vision,
)

FORMULAS = {
    f.name: f
    for family in (
        softmax,
        fusion,
        estimation,
        convolution,
        detection,
        pooling,
        normalization,
        recurrence,
        adversarial,
        penalty,
        spectral,
        transposed,
        attention,
        multi_head,
        transformer,
        vision,
        image_quality,
        autoencoder,
        diffusion,
        contrastive,
        captioning,
        audio,
        multitask,
    )
    for f in family.FORMULAS
}
