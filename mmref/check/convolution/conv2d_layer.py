"""conv2d as a torch.nn.Module, for images (B, C, H, W), or a keras.layers.Layer, for images (B, H,
W, C). in_channels is C, channels O, size the kernel's (h, w); stride and padding are integers, as
in conv2d. Its parameters are bias (O,), zeros at the start, and in PyTorch weight (O, C, h, w), in
Keras kernel (h, w, C, O). Called as layer(images); returns (B, O, H', W'), in Keras (B, H', W', O).
Values and gradients are compared, in the order (B, channels, row, column) for both frameworks."""

from mmref.check.convolution import conv2d
from mmref.check.layer_exercise import LayerExercise

EXERCISE = LayerExercise(
    "Conv2d", __doc__, ("in_channels", "channels", "size", "stride", "padding"),
    build=lambda cls, weight, stride, padding, **_: cls(
        weight.shape[1], len(weight), weight.shape[2:], stride, padding
    ),
    function=conv2d.EXERCISE, start={"bias": 0.0},
)  # fmt: skip
