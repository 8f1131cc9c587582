"""One image file: how each kind is converted, what is refused, and that nothing outside is read."""

import os
import struct
import warnings
import zlib

import numpy as np
import pytest

Image = pytest.importorskip("PIL.Image")

from mmref.data.folders import read_image  # noqa: E402
from mmref.errors import ChoiceError, DataError, ShapeError  # noqa: E402

HEIGHT, WIDTH = 6, 10


@pytest.fixture
def root(tmp_path):
    """The folder; beside it lies what must not be read."""
    (tmp_path / "outside").mkdir()
    solid((9, 9, 9)).save(tmp_path / "outside" / "secret.png")
    solid((9, 9, 9)).save(tmp_path / "photos2.png")
    root = tmp_path / "photos"
    root.mkdir()
    return root


def solid(color, mode="RGB", size=(WIDTH, HEIGHT)):
    return Image.new(mode, size, color)


def noise(shape, dtype=np.uint8, seed=0):
    return np.random.default_rng(seed).integers(0, np.iinfo(dtype).max, shape, dtype, True)


CONVERSIONS = {
    "gray.png": (lambda: solid(100, "L"), (100, 100, 100)),
    "bits.png": (lambda: solid(1, "1"), (255, 255, 255)),
    "palette.png": (lambda: solid((1, 200, 30)).quantize(), (1, 200, 30)),
    "rgb.png": (lambda: solid((1, 200, 30)), (1, 200, 30)),
    "opaque.png": (lambda: solid((1, 200, 30, 255), "RGBA"), (1, 200, 30)),
    "clear.png": (lambda: solid((1, 200, 30, 0), "RGBA"), (255, 255, 255)),
    "half.png": (lambda: solid((0, 100, 255, 128), "RGBA"), (127, 177, 255)),
    "gray_alpha.png": (lambda: solid((0, 0), "LA"), (255, 255, 255)),
    "sixteen.png": (
        lambda: Image.fromarray(np.full((HEIGHT, WIDTH), 257 * 100, np.uint16)),
        (100, 100, 100),
    ),
    "sixteen.tif": (
        lambda: Image.fromarray(np.full((HEIGHT, WIDTH), 257 * 100, np.uint16)),
        (100, 100, 100),
    ),
    "sixteen.pgm": (
        lambda: Image.fromarray(np.full((HEIGHT, WIDTH), 257 * 100, np.uint16)),
        (100, 100, 100),
    ),
    "cmyk.tif": (lambda: solid((255, 0, 0, 0), "CMYK"), (0, 255, 255)),
    "ycbcr.jpg": (lambda: solid((120, 120, 120)).convert("YCbCr"), (120, 120, 120)),
    "photo.bmp": (lambda: solid((1, 200, 30)), (1, 200, 30)),
    "photo.gif": (lambda: solid((1, 200, 30)).quantize(), (1, 200, 30)),
}


@pytest.mark.parametrize("name", CONVERSIONS)
def test_every_kind_of_image_becomes_three_channels(root, name):
    make, color = CONVERSIONS[name]
    make().save(root / name)
    image = read_image(root, name)
    assert image.shape == (HEIGHT, WIDTH, 3) and image.dtype == np.uint8 and image.flags.writeable
    assert np.abs(image.astype(int) - color).max() <= 1
    assert np.abs(read_image(root, name, 4).astype(int) - color).max() <= 2


def test_a_jpeg_for_print_has_its_colors(root):
    solid((0, 255, 255, 0), "CMYK").save(root / "print.jpg", quality=95)
    red = read_image(root, "print.jpg")
    assert (red[..., 0] > 240).all() and (red[..., 1:] < 15).all()


def test_a_transparent_palette_is_white(root):
    image = solid(0, "P")
    image.putpalette([10, 20, 30])
    image.save(root / "clear.png", transparency=0)
    assert (read_image(root, "clear.png") == 255).all()


def test_sixteen_bits_use_the_whole_range(root):
    levels = np.array([[0, 128, 129, 32768, 65535]], np.uint16)
    Image.fromarray(levels).save(root / "levels.png")
    assert read_image(root, "levels.png")[0, :, 0].tolist() == [0, 0, 1, 128, 255]


def test_orientation_of_the_camera(root):
    pixels = noise((HEIGHT, WIDTH, 3))
    for orientation, expected in {
        1: pixels,
        3: pixels[::-1, ::-1],
        6: pixels.transpose(1, 0, 2)[:, ::-1],
        8: pixels.transpose(1, 0, 2)[::-1],
    }.items():
        exif = Image.Exif()
        exif[0x0112] = orientation
        Image.fromarray(pixels).save(root / "turned.png", exif=exif)
        np.testing.assert_array_equal(read_image(root, "turned.png"), expected)
    gray = noise((HEIGHT, WIDTH), np.uint16)
    Image.fromarray(gray).save(root / "turned16.png", exif=exif)
    assert read_image(root, "turned16.png").shape == (WIDTH, HEIGHT, 3)


def test_first_frame_of_an_animation(root):
    frames = [solid((color, 0, 0)) for color in (250, 10)]
    frames[0].save(root / "moving.gif", save_all=True, append_images=frames[1:])
    assert (read_image(root, "moving.gif")[..., 0] == 250).all()


@pytest.mark.parametrize("size, method", [(24, "HAMMING"), (60, "BICUBIC")])
def test_the_filter_is_that_for_smaller_or_larger_images(root, size, method):
    image = Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 40, 3), np.uint8))
    image.save(root / "noise.png")
    expected = np.asarray(image.resize((size, size), Image.Resampling[method]))
    assert np.array_equal(read_image(root, "noise.png", size, fit="stretch"), expected)


def test_an_image_is_cropped_or_stretched_to_its_size(root):
    pixels = np.zeros((4, 8, 3), np.uint8)
    pixels[:, 2:6] = 200
    Image.fromarray(pixels).save(root / "wide.png")
    assert (read_image(root, "wide.png", 4) == 200).all()
    stretched = read_image(root, "wide.png", 4, fit="stretch")
    assert stretched.shape == (4, 4, 3) and stretched[:, 0].max() < 50 < 150 < stretched[:, 1].min()
    padded = read_image(root, "wide.png", 8, fit="pad")
    assert (padded[:2] == 255).all() and (padded[6:] == 255).all()
    np.testing.assert_array_equal(padded[2:6], pixels)
    assert read_image(root, "wide.png", (3, 5)).shape == (3, 5, 3)
    with pytest.raises(ChoiceError, match="fit: expected one of 'crop', 'pad', 'stretch'"):
        read_image(root, "wide.png", 4, fit="squeeze")
    for size, error in ((0, ValueError), (-1, ValueError), (2.5, TypeError), (np.nan, TypeError)):
        with pytest.raises(error, match="^size: expected an integer, at least 1, got"):
            read_image(root, "wide.png", size)
    with pytest.raises(ValueError, match=r"^size\[1\]: expected an integer, at least 1, got 0"):
        read_image(root, "wide.png", (4, 0))
    with pytest.raises(ShapeError, match="^size: expected an integer or a pair of them"):
        read_image(root, "wide.png", (4, 4, 3))


def test_large_jpegs_are_decoded_small_and_look_the_same(root):
    y, x = np.mgrid[:600, :800] / 3  # waves of 19 pixels
    waves = np.stack([np.sin(y), np.cos(x), np.sin(x + y)], -1) * 120 + 128
    for suffix in ("png", "jpg"):
        Image.fromarray(waves.astype(np.uint8)).save(
            root / f"waves.{suffix}", quality=95, subsampling=0
        )
    for size in (16, 64, 200, 600):
        small, exact = (read_image(root, f"waves.{s}", size).astype(int) for s in ("jpg", "png"))
        assert np.abs(small - exact).mean() < 4, size


def broken_files(root):
    solid((1, 2, 3), size=(64, 64)).save(root / "good.png")
    Image.fromarray(noise((64, 64, 3))).save(root / "good.jpg")
    png, jpg = (root / "good.png").read_bytes(), (root / "good.jpg").read_bytes()
    return {
        "empty.png": b"",
        "text.png": b"<html>404 not found</html>",
        "short.png": png[: len(png) // 2],
        "short.jpg": jpg[: len(jpg) // 2],
        "last.jpg": jpg[:-200],
        "flipped.png": png[:60] + bytes([png[60] ^ 255]) + png[61:],
        "drawing.eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n",
    }


def test_broken_images_are_named(root):
    for name, content in broken_files(root).items():
        (root / name).write_bytes(content)
        for size in (None, 8):
            with pytest.raises(DataError, match=f"^{name}: unreadable image: "):
                read_image(root, name, size)


def test_no_other_program_is_started_for_a_drawing(root):
    (root / "drawing.eps").write_bytes(broken_files(root)["drawing.eps"])
    with pytest.raises(DataError, match="UnidentifiedImageError"):
        read_image(root, "drawing.eps")


def test_pixels_of_unknown_range(root):
    for dtype in (np.float32, np.int32):
        Image.fromarray(np.ones((4, 4), dtype)).save(root / "raw.tif")
        with pytest.raises(DataError, match="raw.tif: unreadable image: .* no known range"):
            read_image(root, "raw.tif")


def png_of(width, height, more=b""):
    """The head of a PNG that claims this size; a bomb is small on the disk. more: zipped text."""

    def chunk(kind, content):
        crc = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", crc)

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = chunk(b"zTXt", b"note\0\0" + zlib.compress(more))
    data += chunk(b"IDAT", zlib.compress(b"\0" * 100))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + data + chunk(b"IEND", b"")


def test_too_much_text_in_an_image(root):
    (root / "text.png").write_bytes(png_of(4, 4, b" " * 2**23))
    with pytest.raises(DataError, match="^text.png: unreadable image: ValueError"):
        read_image(root, "text.png")


@pytest.mark.parametrize("size", [(10_000, 9_000), (60_000, 60_000)])
def test_too_many_pixels(root, size):
    (root / "bomb.png").write_bytes(png_of(*size))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        with pytest.raises(DataError, match="^bomb.png: too large an image: "):
            read_image(root, "bomb.png", 8)


def test_the_limit_is_pillows(root, monkeypatch):
    solid((1, 2, 3), size=(20, 10)).save(root / "photo.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 200)
    read_image(root, "photo.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 199)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        with pytest.raises(DataError, match="20 x 10 pixels, and the limit is 199"):
            read_image(root, "photo.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    read_image(root, "photo.png")


@pytest.mark.parametrize(
    "name",
    [
        "../outside/secret.png",
        "sub/../../outside/secret.png",
        "sub/../good.png",
        "/etc/hostname",
        "..\\outside\\secret.png",
        "good.png\0.txt",
        "",
        "{outside}/secret.png",
        "{root}/good.png",  # within, and still no relative name
        "link.png",
        "folder/secret.png",
        "chain.png",
        "../photos2.png",
    ],
)
def test_nothing_outside_the_root_is_read(root, name, monkeypatch):
    (root / "sub").mkdir()
    solid((1, 2, 3)).save(root / "good.png")
    (root / "link.png").symlink_to(root.parent / "outside" / "secret.png")
    (root / "folder").symlink_to(root.parent / "outside")
    (root / "chain.png").symlink_to("sub/link.png")
    (root / "sub" / "link.png").symlink_to("../../photos2.png")
    name = name.format(outside=root.parent / "outside", root=root)
    opened = []
    real = open
    monkeypatch.setattr(
        "builtins.open", lambda path, *a, **k: opened.append(path) or real(path, *a)
    )
    with pytest.raises(DataError, match="outside the folder"):
        read_image(root, name)
    assert not opened


def test_links_within_the_root_are_followed(root):
    (root / "sub").mkdir()
    solid((1, 2, 3)).save(root / "sub" / "photo.png")
    (root / "link.png").symlink_to("sub/photo.png")
    (root.parent / "alias").symlink_to(root)
    assert (read_image(root, "link.png") == (1, 2, 3)).all()
    assert (read_image(root.parent / "alias", "link.png") == (1, 2, 3)).all()


@pytest.mark.parametrize("name", ["absent.png", "sub", "pipe.png", "loop.png", "dangling.png"])
def test_what_is_no_file_is_a_missing_file(root, name):
    (root / "sub").mkdir()
    os.mkfifo(root / "pipe.png")
    (root / "loop.png").symlink_to("loop.png")
    (root / "dangling.png").symlink_to("absent.png")
    with pytest.raises(DataError, match=f"^{name}: missing file: "):
        read_image(root, name)


def test_a_name_that_no_file_can_have_is_a_missing_file(root):
    with pytest.raises(DataError, match=r"^'a\\ud800\.png': missing file: no name of a file in "):
        read_image(root, "a\ud800.png")
