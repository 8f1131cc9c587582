"""Normalization, dropout and modes."""

from book.differences.normalization import batch_norm, layer_norm, modes, rounding, spectral
from book.differences.registry import Group

GROUP = Group(
    title="Normalization, dropout, modes",
    introduction=(
        "The formulas agree; the constants do not, nor does the mode that a layer is in when "
        "nobody says."
    ),
    differences=(
        modes.TRAINING_MODE,
        modes.FROZEN_STATISTICS,
        batch_norm.BATCH_NORM_EPSILON,
        batch_norm.BATCH_NORM_MOMENTUM,
        batch_norm.RUNNING_VARIANCE,
        batch_norm.BATCH_NORM_AXIS,
        layer_norm.LAYER_NORM_EPSILON,
        layer_norm.LAYER_NORM_AXES,
        rounding.LAYER_NORM_ROUNDING,
        layer_norm.GROUP_NORM,
        layer_norm.RMS_NORM,
        spectral.SPECTRAL_NORM,
        modes.COUNTING,
    ),
)
