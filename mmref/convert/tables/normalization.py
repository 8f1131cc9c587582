"""Batch norm."""

from mmref.convert.tables.array import Array

BATCH_NORM = (
    Array("scale", "weight", "gamma"),
    Array("shift", "bias", "beta"),
    Array("mean", "running_mean", "moving_mean"),
    Array("variance", "running_var", "moving_variance"),
)

LAYERS = {
    "torch": {"BatchNorm1d": BATCH_NORM, "BatchNorm2d": BATCH_NORM},
    "keras": {"BatchNormalization": BATCH_NORM},
}
MODELS = {"BatchNorm2d": ("scale", "shift", "mean", "variance")}
