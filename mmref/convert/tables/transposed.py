"""Transposed convolutions: input channels first in PyTorch, last in Keras."""

from mmref.convert.tables.array import Array

TRANSPOSED = (
    Array("weight", "weight", "kernel", axes=(2, 3, 1, 0)),  # (C, O, h, w) -> (h, w, O, C)
    Array("bias", "bias", "bias"),
)

LAYERS = {"torch": {"ConvTranspose2d": TRANSPOSED}, "keras": {"Conv2DTranspose": TRANSPOSED}}
OWN_LAYERS = {"torch": {"ConvTranspose2d": TRANSPOSED}, "keras": {"ConvTranspose2d": TRANSPOSED}}
