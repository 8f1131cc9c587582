"""From an image file to a uint8 array (H, W, 3), or one error that names the file."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from mmref.contract.data import check_memory
from mmref.contract.settings import check_choice, pair
from mmref.data.folders.paths import locate
from mmref.errors import DataError
from mmref.types import Array, Size

# Raster formats that Pillow decodes by itself. EPS is left out: it would start another program.
FORMATS = ("BMP", "GIF", "JPEG", "JPEG2000", "PNG", "PPM", "TIFF", "WEBP")
FITS = ("crop", "pad", "stretch")
BROKEN = "unreadable image"
TOO_LARGE = "too large an image"


def read_image(root: str | Path, name: str, size: Size | None = None, fit: str = "crop") -> Array:
    """Decode the image ``name`` in the folder ``root``: uint8 (H, W, 3), RGB.

    size: (H, W) or one integer for both; None keeps the image's own.
    fit: "crop" scales until the target is filled and cuts what stands over, the same on both
        sides; "pad" scales until all fits and fills with white; "stretch" changes the proportions.
        To make smaller, it is Pillow's Hamming filter that scales, else its bicubic one.

    Gray is repeated in the three channels. What is transparent shows white. 16-bit gray is scaled
    to 8 bits. CMYK and other color models are converted as Pillow does it, without color profiles.
    The orientation that a camera noted (EXIF) is applied. Of an animation the first frame counts.
    A JPEG of three times the target or more is decoded at a half, a quarter or an eighth of its
    size, never at less than one and a half times the target.

    Raises DataError, which names the file: a name that leads outside the root, no such file, an
    image that is broken, cut short or of no known format, 32-bit pixels, whose range nobody
    knows, or more pixels than ``PIL.Image.MAX_IMAGE_PIXELS`` (89 million unless you set it).
    """
    height_width = None if size is None else pair("size", size)
    if height_width:
        check_memory("size", height_width[0] * height_width[1], 3)
    check_choice("fit", fit, FITS)
    name, path = locate(root, name)
    return decode(name, path, height_width, fit)


def decode(name: str, path: str, height_width: tuple[int, int] | None, fit: str) -> Array:
    """What ``read_image`` gives of a file that was located, with checked settings."""
    try:
        with open(path, "rb") as file, Image.open(file, formats=FORMATS) as image:
            _check_pixels(name, image.size)
            if height_width:
                # One and a half times the target leaves the scaling below some pixels to average
                # over. That halves the time for a photograph of 480 x 640, and moves its pixels by
                # 0.5 to 2.5 of 255 levels, about as far as a bilinear filter moves them.
                side = 3 * max(height_width) // 2
                image.draft(None, (side, side))
            rgb = _rgb(name, image)
    except DataError:
        raise
    except Image.DecompressionBombError as error:
        raise DataError(name, TOO_LARGE, error) from error
    except Exception as error:  # decoders raise many kinds of errors on broken files
        raise DataError(name, BROKEN, f"{type(error).__name__}: {error}") from error
    return np.array(_fitted(rgb, height_width, fit))


def _rgb(name, image):
    """An RGB image, turned the right way up."""
    image.load()  # while its file is open
    source = image.format  # what is turned has none
    ImageOps.exif_transpose(image, in_place=True)  # a copy of a photograph takes a while
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        image = _eight_bits(name, image, source)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image)
    return image if image.mode == "RGB" else image.convert("RGB")


def _eight_bits(name, image, source):
    """16-bit gray to 8 bits: 0 to 65,535 becomes 0 to 255."""
    # Pillow hands on PNG and PGM in 32-bit integers at times; their values are of 16 bits.
    if not image.mode.startswith("I;16") and source not in ("PNG", "PPM"):
        raise DataError(name, BROKEN, f"{image.mode} pixels of 32 bits have no known range")
    levels = np.asarray(image).astype(np.float32)
    return Image.fromarray(np.rint(levels * np.float32(255 / 65535)).astype(np.uint8))


def _fitted(image, height_width, fit):
    if not height_width:
        return image
    target = height_width[::-1]  # Pillow counts (width, height)
    if image.size == target:
        return image
    # To make smaller, Hamming's filter is as sharp as the bicubic one, in two thirds of its time;
    # to make larger it would show squares.
    smaller = all(there >= side for there, side in zip(image.size, target, strict=True))
    method = Image.Resampling.HAMMING if smaller else Image.Resampling.BICUBIC
    if fit == "stretch":
        return image.resize(target, method)
    if fit == "pad":
        return ImageOps.pad(image, target, method, color="white")
    return ImageOps.fit(image, target, method)


def _check_pixels(name, size):
    """Pillow itself only warns up to twice its limit."""
    limit = Image.MAX_IMAGE_PIXELS
    if limit is not None and size[0] * size[1] > limit:
        raise DataError(
            name, TOO_LARGE, f"{size[0]} x {size[1]} pixels, and the limit is {limit:,}"
        )
