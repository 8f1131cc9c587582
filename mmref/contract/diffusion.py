"""What diffusion asks of its arguments, in one place for all three wings."""

from collections.abc import Mapping

import numpy as np

from mmref.contract.arrays import (
    check_floats,
    check_integers,
    check_rows,
    check_same,
    check_shape,
    check_truths,
)
from mmref.contract.encoders import check_ids
from mmref.contract.positions import check_positions
from mmref.contract.settings import (
    check_choice,
    check_count,
    check_counts,
    check_mapping,
    check_number,
)
from mmref.errors import ShapeError
from mmref.types import Array, DType, Tensor

SCHEDULES = ("cosine", "linear")
GROUPS = 8  # of a group norm
MOST = 0.999  # of the variance that one step may replace


def check_schedule(steps: int, kind: str, dtype: DType = "float64") -> None:
    """Raise unless there is such a schedule of so many steps, in a dtype of floats."""
    check_count("steps", steps)
    check_choice("kind", kind, SCHEDULES)
    if "float" not in str(dtype):
        raise ValueError(f"dtype: expected one of floating-point numbers, got {dtype!r}")


def check_mixed(alpha_bar: Tensor, kind: type | None = None, **arrays: Tensor) -> None:
    """Raise unless the arrays are floats (B, ...) of one shape and dtype, alpha_bar (B,) like them.

    >>> check_mixed(np.ones(3), clean=np.ones((2, 4)), noise=np.ones((2, 4)))
    Traceback (most recent call last):
        ...
    mmref.errors.ShapeError: alpha_bar: expected 2 rows as clean, got 3
    """
    check_same(kind, **arrays)
    first, array = next(iter(arrays.items()))
    check_shape(first, array, "B", "...")
    check_share("alpha_bar", alpha_bar, kind, array.dtype, first)
    check_rows("alpha_bar", alpha_bar.shape[0], array.shape[0], first)


def check_pair(alpha_bar: Tensor, alpha_bar_previous: Tensor, kind: type | None = None) -> None:
    """Raise unless both are floats (B,) of one shape and dtype."""
    check_share("alpha_bar", alpha_bar, kind)
    check_same(kind, alpha_bar=alpha_bar, alpha_bar_previous=alpha_bar_previous)


def check_share(
    name: str,
    share: Tensor,
    kind: type | None = None,
    dtype: DType | None = None,
    like: str = "in the layer",
) -> None:
    """Raise unless ``share`` holds floats (B,)."""
    check_floats(name, share, kind, dtype, like)
    check_shape(name, share, "B")


def check_step(
    noisy: Tensor,
    clean: Tensor,
    alpha_bar: Tensor,
    alpha_bar_previous: Tensor,
    noise: Tensor | None = None,
    eta: float = 0.0,
    kind: type | None = None,
) -> None:
    """Raise unless these make a step of a sampler; with an ``eta`` above 0 noise is needed."""
    given = {} if noise is None else {"noise": noise}
    check_mixed(alpha_bar, kind, noisy=noisy, clean=clean, **given)
    check_pair(alpha_bar, alpha_bar_previous, kind)
    check_number("eta", eta, 0, 1, closed=True)
    if eta and noise is None:
        raise ValueError(f"noise: expected an array as eta is {eta}, got None")


def check_guided(
    conditional: Tensor, unconditional: Tensor, scale: float, kind: type | None = None
) -> None:
    """Raise unless both are floats of one shape and dtype, and the scale a number, at least 0."""
    check_same(kind, conditional=conditional, unconditional=unconditional)
    check_shape("conditional", conditional, "B", "...")
    check_number("scale", scale, 0)


def check_timesteps(
    steps: Tensor, dim: int, base: float, dtype: DType = "float64", kind: type | None = None
) -> None:
    """Raise unless ``steps`` are integers (B,), and the rest as positions ask."""
    check_integers("steps", steps, "B", kind=kind)
    check_positions(0, dim, base, dtype)


def check_denoiser(size: int, width: int, blocks: int, heads: int, **counts: int) -> None:
    """Raise unless these can make a Denoiser."""
    check_counts(size=size, width=width, blocks=blocks, heads=heads, **counts)
    if size % 4:
        raise ValueError(f"size: expected a multiple of 4, which is halved twice, got {size}")
    if width % GROUPS:
        raise ValueError(f"width: expected a multiple of {GROUPS}, the groups, got {width}")
    if 2 * width % heads:
        raise ValueError(f"heads: expected a divisor of 2 width = {2 * width}, got {heads}")


def check_conditions(
    rows: int | None,
    steps: Tensor,
    ids: Tensor,
    drop: Tensor | None = None,
    kind: type | None = None,
) -> None:
    """Raise unless steps (B,), ids (B, T) and drop, boolean (B,) or None, go with the images."""
    check_integers("steps", steps, "B", kind=kind)
    check_rows("steps", steps.shape[0], rows, "images")
    check_rows("ids", ids.shape[0], rows, "images")
    if drop is not None:
        check_truths("drop", drop, "without its caption", kind)
        check_shape("drop", drop, "B")
        check_rows("drop", drop.shape[0], rows, "images")


def sampled_steps(last: int, count: int) -> Array:
    """``count`` + 1 steps from the ``last`` one down to 0, as evenly as integers can.

    >>> sampled_steps(200, 4)
    array([200, 150, 100,  50,   0])
    """
    check_count("steps", count)
    if count > last:
        raise ShapeError("steps", f"at most {last}, those of the schedule", count)
    return np.linspace(last, 0, count + 1).round().astype("int64")


def check_batch(batch: Mapping[str, Tensor]) -> None:
    """Raise unless this is a mapping of all that a denoiser learns from; ``drop`` may be missing.

    >>> check_batch({"images": 0, "ids": 0, "steps": 0})
    Traceback (most recent call last):
        ...
    ValueError: batch: expected images, ids, steps and noise, got images, ids, steps
    """
    check_mapping("batch", batch)
    if not {"images", "ids", "steps", "noise"} <= set(batch):
        got = ", ".join(batch) or "nothing"
        raise ValueError(f"batch: expected images, ids, steps and noise, got {got}")


def check_noised(steps: Tensor, schedule: Tensor, kind: type | None = None) -> None:
    """Raise unless ``steps`` are integers (B,), and the schedule floats (T + 1,)."""
    check_integers("steps", steps, "B", kind=kind)
    check_floats("schedule", schedule, kind)
    check_shape("schedule", schedule, "T + 1")


def check_sampling(
    ids: Tensor,
    noise: Tensor,
    schedule: Tensor,
    steps: int,
    scale: float,
    kind: type | None = None,
) -> None:
    """Raise unless pictures can be drawn of these ids, from noise of as many rows, in so many
    steps of the schedule."""
    check_ids(ids, kind)
    check_floats("noise", noise, kind)
    check_shape("noise", noise, "B", "...")
    check_rows("noise", noise.shape[0], ids.shape[0], "ids")
    check_floats("schedule", schedule, kind, noise.dtype, "noise")
    check_shape("schedule", schedule, "T + 1")
    sampled_steps(schedule.shape[0] - 1, steps)
    check_number("scale", scale, 0)
