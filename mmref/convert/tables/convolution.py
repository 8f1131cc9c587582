"""Convolutions."""

from mmref.convert.tables.array import Array

CONVOLUTION = (
    Array("weight", "weight", "kernel", axes=(2, 3, 1, 0)),  # (O, C, h, w) -> (h, w, C, O)
    Array("bias", "bias", "bias"),
)

LAYERS = {"torch": {"Conv2d": CONVOLUTION}, "keras": {"Conv2D": CONVOLUTION}}
OWN_LAYERS = {"torch": {"Conv2d": CONVOLUTION}, "keras": {"Conv2d": CONVOLUTION}}
