"""What every attention takes, in one place for all three wings.

Queries are (..., Tq, D), keys (..., Tk, D), values (..., Tk, D_v); the leading axes are the same in
all three. A mask is boolean, True = keep, and broadcasts to (..., Tq, Tk). These checks read shapes
and dtypes only, so they serve every framework; a size that is None, as in a symbolic Keras tensor,
fits any other.
"""

from math import isfinite
from numbers import Real

from mmref.contract.arrays import (
    check_array,
    check_counts,
    check_floats,
    check_mask,
    check_scale,
    own_dtype,
)
from mmref.contract.fusion import check_mapping
from mmref.errors import ModalityError, ShapeError, check_count


def check_sequence(name, array, width=None, kind=None, dtype=None, batched=False):
    """Raise unless ``array`` holds floats (..., T, D), at least one of them a step.

    width: D, where a layer knows it. batched: exactly (B, T, D).

    >>> import numpy as np
    >>> check_sequence("keys", np.ones((2, 5, 3)), width=4)
    Traceback (most recent call last):
        ...
    mmref.errors.ShapeError: keys: expected (..., T, 4), got (2, 5, 3)
    """
    check_floats(name, array, kind, dtype)
    shape = tuple(array.shape)
    fits = len(shape) == 3 if batched else len(shape) >= 2
    if not fits or (width is not None and shape[-1] not in (width, None)):
        axes = "B, T" if batched else "..., T"
        raise ShapeError(name, f"({axes}, {'D' if width is None else width})", shape)
    if shape[-1] == 0:
        raise ShapeError(name, "at least one feature", shape)


def check_vectors(name, array, width=None, kind=None, dtype=None):
    """Raise unless ``array`` holds floats (..., D), at least one of them a vector."""
    check_floats(name, array, kind, dtype)
    shape = tuple(array.shape)
    if not shape or (width is not None and shape[-1] not in (width, None)):
        raise ShapeError(name, f"(..., {'D' if width is None else width})", shape)
    if shape[-1] == 0:
        raise ShapeError(name, "at least one feature", shape)


def check_new_steps(name, array, width=None, kind=None, dtype=None):
    """Raise unless ``array`` holds floats (B, T, D), at least one step."""
    check_sequence(name, array, width, kind, dtype, batched=True)
    if array.shape[1] == 0:
        raise ShapeError(name, "at least one step", tuple(array.shape))


def check_factor(scale):
    """Raise unless ``scale``, by which scores are multiplied, is None or a finite number.

    >>> check_factor(float("nan"))
    Traceback (most recent call last):
        ...
    mmref.errors.ShapeError: scale: expected a finite number, got nan
    """
    number = isinstance(scale, Real) and not isinstance(scale, bool)
    if scale is not None and not (number and isfinite(scale)):
        raise ShapeError("scale", "a finite number", repr(scale))


def check_attention(
    queries, keys, values=None, mask=None, kind=None, same_width=True, dtype_of=own_dtype
):
    """Raise unless the four fit together. ``same_width``: queries and keys are multiplied.

    >>> import numpy as np
    >>> check_attention(np.ones((2, 4, 3)), np.ones((2, 0, 3)))
    Traceback (most recent call last):
        ...
    mmref.errors.ShapeError: keys: expected at least one step, got (2, 0, 3)
    """
    check_sequence("queries", queries, kind=kind)
    check_sequence("keys", keys, kind=kind)
    check_floats("keys", keys, kind, dtype_of(queries), "the queries")
    there, given = tuple(queries.shape), tuple(keys.shape)
    width = there[-1] if same_width else given[-1]
    expected = (*there[:-2], given[-2], width)
    if not _same(given, expected):
        leading = "".join(f"{n}, " for n in there[:-2])
        raise ShapeError("keys", f"({leading}Tk, {width if same_width else 'D'})", given)
    if given[-2] == 0:
        raise ShapeError("keys", "at least one step", given)
    if values is not None:
        check_sequence("values", values, kind=kind)
        check_floats("values", values, kind, dtype_of(queries), "the queries")
        if not _same(tuple(values.shape)[:-1], given[:-1]):
            steps = "".join(f"{n}, " for n in given[:-1])
            raise ShapeError("values", f"({steps}D_v), as many steps as keys", tuple(values.shape))
    if mask is not None:
        check_mask(mask, (*there[:-1], given[-2]), kind)


def check_multi_head(
    queries, keys, values, widths, heads, mask=None, kind=None, dtype=None, dtype_of=own_dtype
):
    """Raise unless queries, keys and values are (B, T, D) of these widths, and ``mask`` has two,
    three or four axes that broadcast to (Tq, Tk), (B, Tq, Tk) or (B, K, Tq, Tk)."""
    arrays = {"queries": queries, "keys": keys, "values": values}
    for (name, array), width in zip(arrays.items(), widths, strict=True):
        check_sequence(name, array, width, kind, dtype, batched=True)
    check_attention(queries, keys, values, None, kind, same_width=False, dtype_of=dtype_of)
    if mask is None:
        return
    check_array("mask", mask, kind)
    batch, steps = queries.shape[0], (queries.shape[1], keys.shape[1])
    shapes = {2: steps, 3: (batch, *steps), 4: (batch, heads, *steps)}
    axes = len(mask.shape)
    if axes not in shapes:
        allowed = "(Tq, Tk), (B, Tq, Tk) or (B, K, Tq, Tk)"
        raise ShapeError("mask", allowed, tuple(mask.shape))
    check_mask(mask, shapes[axes], kind)


def check_cache(cache, batch, heads, width, kind=None):
    """Raise unless ``cache`` is a pair of floats (B, K, past, D / K) of the same shape."""
    if not isinstance(cache, list | tuple) or len(cache) != 2:
        raise TypeError(f"cache: expected a pair (keys, values), got {type(cache).__name__}")
    steps = None
    for name, array in zip(("cache[0]", "cache[1]"), cache, strict=True):
        check_floats(name, array, kind)
        shape = tuple(array.shape)
        steps = shape[2] if steps is None and len(shape) == 4 else steps
        if not _same(shape, (batch, heads, steps, width)):
            past = "past" if name == "cache[0]" else steps
            raise ShapeError(name, f"({batch}, {heads}, {past}, {width})", shape)


def check_heads(dim, heads):
    """Raise unless ``heads`` divides ``dim``.

    >>> check_heads(10, 3)
    Traceback (most recent call last):
        ...
    mmref.errors.ShapeError: heads: expected a divisor of dim = 10, got 3
    """
    check_counts(dim=dim, heads=heads)
    if dim % heads:
        raise ShapeError("heads", f"a divisor of dim = {dim}", heads)


def check_split(x, heads, kind=None):
    """Raise unless ``x`` is floats (B, T, D), and ``heads`` divides D."""
    check_sequence("x", x, kind=kind, batched=True)
    check_heads(x.shape[-1], heads)


def check_merge(x, kind=None):
    """Raise unless ``x`` is floats (B, K, T, D / K), at least one head of at least one feature.

    >>> import numpy as np
    >>> check_merge(np.ones((2, 5, 6)))
    Traceback (most recent call last):
        ...
    mmref.errors.ShapeError: x: expected (B, K, T, D / K), got (2, 5, 6)
    """
    check_floats("x", x, kind)
    shape = tuple(x.shape)
    if len(shape) != 4:
        raise ShapeError("x", "(B, K, T, D / K)", shape)
    if 0 in (shape[1], shape[3]):
        raise ShapeError("x", "at least one head and one feature", shape)


def check_image_and_text(mapping, name, value):
    """Raise unless a mapping has "image" and "text" and nothing else."""
    check_mapping(mapping, name, value)
    if set(mapping) != {"image", "text"}:
        raise ModalityError(name, ("image", "text"), mapping)


def check_as_many(text, tokens):
    """Raise unless there is a text for each image."""
    texts, images = text.shape[0], tokens.shape[0]
    if not _same((texts,), (images,)):
        raise ShapeError("inputs['text']", f"{images} examples, as many as images", texts)


def check_patches(size, patch):
    """Raise unless ``size`` is (H, W), and both are multiples of ``patch``.

    >>> check_patches((32, 30), 4)
    Traceback (most recent call last):
        ...
    mmref.errors.ShapeError: size: expected multiples of patch = 4, got (32, 30)
    """
    check_counts(patch=patch)
    if not isinstance(size, list | tuple) or len(size) != 2:
        raise ShapeError("size", "(H, W)", size)
    check_counts(**{f"size[{i}]": n for i, n in enumerate(size)})
    if size[0] % patch or size[1] % patch:
        raise ShapeError("size", f"multiples of patch = {patch}", tuple(size))


def check_positions(length, dim, base):
    """Raise unless ``length`` is a count, zero included, ``dim`` an even one, ``base`` positive."""
    check_count("length", length, 0)
    check_counts(dim=dim)
    if dim % 2:
        raise ShapeError("dim", "an even number, a sine and a cosine each", dim)
    check_scale(base=base)


def _same(one, other):
    return len(one) == len(other) and all(
        a == b or None in (a, b) for a, b in zip(one, other, strict=True)
    )
