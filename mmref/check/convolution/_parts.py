"""What the exercises on the gradients of a convolution share."""

from mmref.check.exercise import Case, case

SHARED = (
    "For the convolution of images (B, C, H, W) with kernels (O, C, h, w), a stride s for both "
    "directions and no padding, grad (B, O, H', W') is the gradient of a loss with respect to the "
    "result. "
)
FLIP = "Forward, the kernel slides as it stands. Which entry does a pixel meet first, and last?"

# Loops in Python take their time: not all axes are long at once.
LONG = {"B": 2, "C": 2, "out": 3, "P": 1, "Q": 2, "h": 21, "w": 22, "s": 7}


def cases(met: str, added: str, uncovered: str, pixel: str) -> tuple[Case, ...]:
    """The same for both gradients: P x Q places for windows h x w, s pixels apart.

    Hints: what met what, what adds up, where windows leave pixels out, where they are one pixel.
    """
    return (
        case("one channel, one kernel, one image", met, B=1, C=1, out=1, P=3, Q=3, h=2, w=3),
        case("a batch and channels", added),
        case("a stride of 2", met, P=21, Q=22, s=2),
        case("a stride of 2 that leaves rows over", uncovered, s=2, rest=True),
        case("a stride larger than the kernel", uncovered, B=21, h=2, w=1, s=3),
        case("a kernel of one pixel", pixel, B=3, C=21, out=22, h=1, w=1),
        case("all axes of one length", met, B=3, C=3, out=3, P=3, Q=3, h=3, w=3),
    )
