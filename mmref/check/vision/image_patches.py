"""images (B, C, H, W) are cut into squares of P x P pixels; patch is P, a whole number that divides
H and W. Returns (B, N, P P C) with N = H W / P^2: patches in reading order, from left to right and
then down, and the numbers of each in the order row, column, channel."""

from mmref.check.exercise import Exercise, case, normal
from mmref.reference.vision import image_patches

PIXELS = "Write down patch 0 of the first image: which pixels, and in which order?"
CHANNELS = "The channels of a pixel stand together: row, column, channel is the order in a patch."
READING = "Patches come in reading order: from left to right, then one row of patches further down."


def draw(rng, B=2, C=3, rows=4, columns=5, patch=2):
    return *normal(rng, (B, C, rows * patch, columns * patch)), patch


def ordered(*axes):
    """Patches, and the numbers in one, by other axes of (B, C, rows, P, columns, P)."""

    def wrong(images, patch):
        B, C, H, W = images.shape
        cut = images.reshape(B, C, H // patch, patch, W // patch, patch)
        return cut.transpose(0, *axes).reshape(B, H * W // patch**2, -1)

    return wrong


CASES = (
    case("one image, one channel", PIXELS, B=1, C=1, rows=2, columns=3),
    case("images with three channels", CHANNELS),
    case("patches of 3", PIXELS, rows=2, patch=3),
    case("a single patch", CHANNELS, C=21, rows=1, columns=1, patch=4),
    case("patches of one pixel", CHANNELS, rows=21, columns=22, patch=1),
    case("all axes of one length", READING, B=3, rows=3, columns=3, patch=3),
)
MISTAKES = (
    (CHANNELS, ordered(2, 4, 1, 3, 5), ordered(2, 4, 3, 1, 5)),
    ("In a patch, rows come before columns.", ordered(2, 4, 5, 3, 1)),
    (READING, ordered(4, 2, 3, 5, 1)),
    ("A patch is a square of neighboring pixels, not every n-th one.", ordered(3, 5, 2, 4, 1)),
    ("A reshape cuts rows of the image into pieces, not the image into squares.",
     lambda x, patch: x.reshape(len(x), -1, patch**2 * x.shape[1])),
    ("All patches of an image stand below each other, on one axis.",
     lambda x, patch: image_patches(x, patch).reshape(
         len(x), x.shape[2] // patch, x.shape[3] // patch, -1)),
    ("The numbers of a patch stand in one vector.",
     lambda x, patch: image_patches(x, patch).reshape(len(x), -1, patch, patch, x.shape[1])),
)  # fmt: skip
# loops over pixels take their time: not all axes are long at once
EXERCISE = Exercise(image_patches, __doc__, CASES, MISTAKES, draw, axis="image",
                    long={"C": 2, "rows": 2, "columns": 3, "patch": 21})  # fmt: skip
