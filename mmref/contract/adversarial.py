"""The contract of adversarial training, in one place for all three wings.

Losses take logits, real numbers of any size, and never probabilities. Whether what came are
probabilities cannot be told from numbers alone (0.7 is a logit too), so nothing here tries.
NaN is let through: a loss of NaN says more than a loss that hides it. These checks read shapes
and dtypes only, so they serve every framework; ``kind`` is as in ``mmref.contract.fusion``.
"""

import math
from numbers import Real

from mmref.contract.arrays import (
    check_array,
    check_counts,
    check_floats,
    dtype_name,
    own_dtype,
)
from mmref.errors import ShapeError, check_count


def check_logits(kind=None, **logits):
    """Raise unless all are floats of one shape and dtype, with at least one logit.

    >>> import numpy as np
    >>> check_logits(real_logits=np.zeros((4, 1)), fake_logits=np.zeros(4))
    Traceback (most recent call last):
        ...
    mmref.errors.ShapeError: fake_logits: expected (4, 1) as real_logits, got (4,)
    """
    first = None
    for name, array in logits.items():
        check_floats(name, array, kind)
        shape = tuple(array.shape)
        if 0 in shape:
            raise ShapeError(name, "at least one logit", shape)
        first = first or (name, shape, array.dtype)
        if not _alike(first[1], shape):
            raise ShapeError(name, f"{first[1]} as {first[0]}", shape)
        check_floats(name, array, kind, first[2], first[0])


def check_number(name, value, low=None, high=None):
    """Raise unless ``value`` is a finite number, in [low, high) where these are given.

    >>> check_number("smoothing", 1.5, 0, 1)
    Traceback (most recent call last):
        ...
    ValueError: smoothing: expected a number in [0, 1), got 1.5
    """
    inside = isinstance(value, Real) and not isinstance(value, bool) and abs(value) < float("inf")
    if inside and low is not None:
        inside = low <= value < high
    if not inside:
        expected = "a finite number" if low is None else f"a number in [{low}, {high})"
        raise ValueError(f"{name}: expected {expected}, got {value!r}")


def check_densities(**densities):
    """Raise unless all are floats of one shape and dtype, none negative (NaN passes)."""
    check_logits(**densities)
    for name, density in densities.items():
        if (density < 0).any():
            raise ValueError(f"{name}: expected no negative number, got {density.min()}")


def check_interpolation(real, fake=None, mix=None, kind=None, dtype_of=own_dtype):
    """Raise unless ``real`` and ``fake`` are floats (B, ...) of one shape, and ``mix`` (B,).

    All are of one dtype.

    >>> import numpy as np
    >>> check_interpolation(np.zeros((4, 2)), np.zeros((4, 2)), np.zeros((4, 1)))
    Traceback (most recent call last):
        ...
    mmref.errors.ShapeError: mix: expected (4,), one number for each example, got (4, 1)
    """
    check_floats("real", real, kind)
    shape = tuple(real.shape)
    if len(shape) < 2 or 0 in shape:
        raise ShapeError("real", "(B, ...) with at least one number in each example", shape)
    if fake is not None:
        check_floats("fake", fake, kind, dtype_of(real), "real")
        if not _alike(shape, tuple(fake.shape)):
            raise ShapeError("fake", f"{shape} as real", tuple(fake.shape))
    if mix is not None:
        check_floats("mix", mix, kind, dtype_of(real), "real")
        if not _alike(shape[:1], tuple(mix.shape)):
            raise ShapeError("mix", f"({shape[0]},), one number for each example", tuple(mix.shape))


def check_scores_of_critic(scores, batch):
    """Raise unless a critic gave one number for each example, (B,) or (B, 1)."""
    shape = tuple(scores.shape)
    if len(shape) not in (1, 2) or not _alike((batch, 1)[: len(shape)], shape):
        raise ShapeError("critic(x)", f"({batch},) or ({batch}, 1)", shape)


def check_matrix(weight, axis, steps=1, kind=None, dtype_of=own_dtype, **vectors):
    """Raise unless ``weight`` has two axes or more, and the vectors start, left and right fit it.

    start and left have the length of ``axis``, right that of all other axes together; all have
    the weight's dtype.
    """
    check_floats("weight", weight, kind)
    shape = tuple(weight.shape)
    if len(shape) < 2 or 0 in shape:
        raise ShapeError("weight", "a matrix, or an array of more axes", shape)
    if isinstance(axis, bool) or not isinstance(axis, int) or not -len(shape) <= axis < len(shape):
        raise ShapeError("axis", f"an axis of {shape}", repr(axis))
    check_count("steps", steps)
    for name, vector in vectors.items():
        check_floats(name, vector, kind, dtype_of(weight), "weight")
        length = math.prod(shape) // shape[axis] if name == "right" else shape[axis]
        if tuple(vector.shape) != (length,):
            raise ShapeError(name, f"({length},)", tuple(vector.shape))


def pair(name, value, low=0):
    """A size for height and width: (2, 3), or 2 for both.

    >>> pair("stride", 2)
    (2, 2)
    >>> pair("stride", (2, 0), low=1)
    Traceback (most recent call last):
        ...
    mmref.errors.ShapeError: stride[1]: expected an integer, at least 1, got 0
    """
    if not isinstance(value, list | tuple):
        check_count(name, value, low)
        return value, value
    if len(value) != 2:
        raise ShapeError(name, "an integer or two of them", repr(value))
    for i, number in enumerate(value):
        check_count(f"{name}[{i}]", number, low)
    return tuple(value)


def transposed_options(stride, padding, output_padding):
    """The three as pairs; raises unless they are integers, and output_padding below the stride."""
    stride, padding = pair("stride", stride, 1), pair("padding", padding)
    output_padding = pair("output_padding", output_padding)
    # Else a second input size would give the same output.
    if any(extra >= step for extra, step in zip(output_padding, stride, strict=True)):
        raise ShapeError("output_padding", f"less than the stride {stride}", f"{output_padding}")
    return {"stride": stride, "padding": padding, "output_padding": output_padding}


def transposed_sizes(shape, kernel, stride, padding, output_padding):
    """Checked (stride, padding, output_padding) as pairs, and the size (H', W') of the output.

    shape: (H, W) of the images. kernel: (h, w). H' = (H - 1) stride - 2 padding + h +
    output_padding; a symbolic size stays None.
    """
    options = transposed_options(stride, padding, output_padding)
    stride, padding, output_padding = options.values()
    size = []
    for i, axis in enumerate("HW"):
        if shape[i] is None:
            size.append(None)
            continue
        n = (shape[i] - 1) * stride[i] - 2 * padding[i] + kernel[i] + output_padding[i]
        if n < 1:
            raise ShapeError("padding", f"less, so that {axis}' is at least 1", f"{padding}")
        size.append(n)
    return stride, padding, output_padding, tuple(size)


def check_kernel(name, kernel, layout, kind=None):
    """Raise unless ``kernel`` are floats with these four axes, none empty.

    >>> import numpy as np
    >>> check_kernel("weight", np.zeros((3, 6)), "COhw")
    Traceback (most recent call last):
        ...
    mmref.errors.ShapeError: weight: expected (C, O, h, w), got (3, 6)
    """
    check_floats(name, kernel, kind)
    shape = tuple(kernel.shape)
    if len(shape) != 4 or 0 in shape:
        raise ShapeError(name, f"({', '.join(layout)})", shape)


def check_bias(bias, channels, kind=None, dtype=None):
    """Raise unless ``bias`` is None, or floats (O,)."""
    if bias is None:
        return
    check_floats("bias", bias, kind, dtype)
    if tuple(bias.shape) != (channels,):
        raise ShapeError("bias", (channels,), tuple(bias.shape))


def check_maps(images, channels, axis, kind=None, dtype=None):
    """Raise unless ``images`` are floats with four axes, none empty, and C on this axis."""
    check_array("images", images, kind)
    shape = tuple(images.shape)
    layout = ["B", "H", "W"]
    layout.insert(axis % 4, str(channels))
    if len(shape) != 4 or shape[axis] != channels or 0 in shape[1:]:
        raise ShapeError("images", f"({', '.join(layout)})", shape)
    check_floats("images", images, kind, dtype)


def check_labels(labels, batch, classes, kind=None):
    """Raise unless ``labels`` are integers (B,)."""
    check_array("labels", labels, kind)
    shape = tuple(labels.shape)
    if len(shape) != 1 or not _alike((batch,), shape) or "int" not in dtype_name(labels):
        got = f"{dtype_name(labels)} {shape}"
        expected = f"integers ({'B' if batch is None else batch},) from 0 to {classes - 1}"
        raise ShapeError("labels", expected, got)


def check_dcgan(size, classes, width, **counts):
    """Raise unless these can make a DCGAN; ``size``, of the image, is a power of 2 from 8."""
    check_counts(classes=classes, width=width, **counts)
    check_count("size", size, 8)
    if size & (size - 1):
        raise ShapeError("size", "a power of 2, at least 8", size)


def check_shares(rows, critic_steps):
    """Raise unless a batch of so many rows can be cut into a share for each critic step."""
    if rows % critic_steps:
        raise ShapeError("batch_size", f"a multiple of critic_steps = {critic_steps}", rows)


def _alike(expected, got):
    """Equal shapes; a symbolic size, None, fits any."""
    return len(expected) == len(got) and all(
        a == b or None in (a, b) for a, b in zip(expected, got)
    )
