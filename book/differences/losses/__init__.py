"""Losses and activations."""

from book.differences.losses import activations, cross_entropy, losses, quantization
from book.differences.registry import Group

GROUP = Group(
    title="Losses and activations",
    introduction=(
        "Half of these are about what a loss takes: probabilities or scores, which axis, which "
        "order."
    ),
    differences=(
        cross_entropy.FROM_LOGITS,
        cross_entropy.CLASS_AXIS,
        cross_entropy.BCE_CLAMP,
        losses.KL,
        losses.WEIGHTED_MEAN,
        cross_entropy.IGNORED_LABEL,
        cross_entropy.NOTHING_LABELLED,
        losses.LOSS_SHAPES,
        losses.COSINE,
        activations.GELU,
        activations.SOFTPLUS,
        activations.LEAKY_RELU,
        activations.PRELU,
        activations.SOFTMAX_AXIS,
        quantization.FAKE_QUANTIZATION,
    ),
)
