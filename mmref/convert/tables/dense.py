"""Dense layers, embeddings and batch norm."""

from mmref.convert.tables.array import Array

DENSE = (Array("weight", "weight", "kernel", axes=(1, 0)), Array("bias", "bias", "bias"))
BATCH_NORM = (
    Array("scale", "weight", "gamma"),
    Array("shift", "bias", "beta"),
    Array("mean", "running_mean", "moving_mean"),
    Array("variance", "running_var", "moving_variance"),
)
EMBEDDING = (Array("weight", "weight", "embeddings"),)

LAYERS = {
    "torch": {
        "Linear": DENSE,
        "BatchNorm1d": BATCH_NORM,
        "BatchNorm2d": BATCH_NORM,
        "Embedding": EMBEDDING,
    },
    "keras": {"Dense": DENSE, "BatchNormalization": BATCH_NORM, "Embedding": EMBEDDING},
}
OWN_LAYERS = {"torch": {}, "keras": {}}
