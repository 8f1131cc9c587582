"""Convolutions."""

from mmref.convert.tables.array import Array

CONVOLUTION = (
    Array("weight", "weight", "kernel", axes=(2, 3, 1, 0)),  # (O, C, h, w) -> (h, w, C, O)
    Array("bias", "bias", "bias"),
)
# Each channel by itself, in PyTorch by as many groups: (C, 1, h, w) -> (h, w, C, 1)
DEPTHWISE = (
    Array("weight", keras="kernel", axes=(2, 3, 0, 1)),
    Array("bias", keras="bias"),
)

LAYERS = {
    "torch": {"Conv2d": CONVOLUTION},
    "keras": {"Conv2D": CONVOLUTION, "DepthwiseConv2D": DEPTHWISE},
}
OWN_LAYERS = {"torch": {"Conv2d": CONVOLUTION}, "keras": {"Conv2d": CONVOLUTION}}
