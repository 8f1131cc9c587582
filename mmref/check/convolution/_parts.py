"""What the exercises on the gradients of a convolution share."""

SHARED = (
    "For the convolution of images (B, C, H, W) with kernels (O, C, h, w), a stride s for both "
    "directions and no padding, grad (B, O, H', W') is the gradient of a loss with respect to the "
    "result. "
)
FLIP = "Forward, the kernel slides as it stands. Which entry does a pixel meet first, and last?"

# Sizes: P x Q places for windows h x w, s pixels apart.
ONE = {"B": 1, "C": 1, "out": 1, "P": 3, "Q": 3, "h": 2, "w": 3}
EQUAL = {"B": 3, "C": 3, "out": 3, "P": 3, "Q": 3, "h": 3, "w": 3}
PIXEL = {"B": 3, "P": 9, "Q": 8, "h": 1, "w": 1}
LONG = {"P": 3, "Q": 2, "h": 7, "w": 8, "s": 7}  # loops in Python take their time
