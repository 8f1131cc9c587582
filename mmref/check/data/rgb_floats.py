"""pixels, one picture as a file holds it, uint8 or uint16: gray (H, W) or (H, W, 1), RGB (H, W, 3)
or RGBA (H, W, 4), whose last channel is the opacity. Returns float64 (H, W, 3), black 0 and white
1; what is transparent lies on white."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, case, given, put

BYTE = "The largest value that 8 bits can hold becomes 1."
DEEP = "The largest value that 16 bits can hold becomes 1."
GRAY = "Gray is the same value in all three channels."
SEE = "A pixel of opacity a shows a of its own color and 1 - a of the white behind it."
AXES = "What the picture is, its number of axes says and its channels, never its height or width."


def draw(rng, H=4, W=5, channels=(3,), dtype=np.uint8, below=None):
    return (rng.integers(0, below or 1 + np.iinfo(dtype).max, (H, W, *channels), dtype),)


def rgb_floats(pixels, largest=None, behind=1.0):
    x = pixels / np.float64(largest or np.iinfo(pixels.dtype).max)
    x = x.reshape(*x.shape[:2], -1)
    if x.shape[2] == 4:
        return x[..., 3:] * x[..., :3] + behind * (1 - x[..., 3:])
    return x * np.ones(3)


wrong = Wrong(rgb_floats)
CASES = (
    case("RGB, 8 bits", BYTE),
    case("a dark picture", BYTE, below=40),
    case("gray (H, W)", GRAY, channels=()),
    case("gray (H, W), three pixels wide", AXES, channels=(), W=3),
    case("gray (H, W), four pixels wide", AXES, channels=(), W=4),
    case("gray (H, W), one pixel wide", AXES, channels=(), W=1),
    case("gray (H, W, 1)", GRAY, channels=(1,)),
    case("gray, 16 bits", DEEP, channels=(), dtype=np.uint16),
    case("gray (H, W, 1), 16 bits, dark", DEEP, channels=(1,), dtype=np.uint16, below=200),
    case("RGB, 16 bits, dark", DEEP, dtype=np.uint16, below=200),
    case("RGBA", SEE, {"pixels": put((0, 0, 3), 0)}, channels=(4,)),
    case("RGBA, four by four pixels", SEE, channels=(4,), W=4),
    case("RGBA, 16 bits", SEE, channels=(4,), dtype=np.uint16),
    given("black, and wholly transparent", "What is transparent shows white.",
          np.zeros((2, 3, 4), np.uint8)),
)  # fmt: skip
MISTAKES = (
    ("16 bits go up to 65,535.", wrong(largest=255)),
    ("The largest value counts, not how many there are: 255 must become 1.",
     lambda p: rgb_floats(p, np.iinfo(p.dtype).max + 1)),
    ("By the largest value of its own, a dark picture becomes a bright one.",
     lambda p: rgb_floats(p, max(int(p.max()), 1))),
    ("The opacity has no effect yet: what is transparent shows its hidden color.",
     lambda p: rgb_floats(p[..., :3] if p.shape[2:] == (4,) else p)),
    ("That is laid on black; white is behind it.", wrong(behind=0.0)),
    ("Gray is the same value in all three channels, not in the first alone.",
     lambda p: rgb_floats(p) * ([1, 0, 0] if p[0, 0].size == 1 else 1)),
    ("This is -1 to 1; 0 to 1 is wanted.", wrong.then(lambda x: 2 * x - 1)),
    ("This is the negative: 0 is black and 1 is white.", wrong.then(lambda x: 1 - x)),
)  # fmt: skip
EXERCISE = Exercise(rgb_floats, __doc__, CASES, MISTAKES, draw, never="large zeros")
