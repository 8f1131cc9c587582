"""The contract of training a GAN, in one place for both frameworks."""

from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from types import ModuleType

import numpy as np

from mmref.contract.arrays import check_kept, dtype_name, shape_of
from mmref.contract.settings import (
    check_choice,
    check_count,
    check_kind,
    check_mapping,
    check_number,
    check_scale,
)
from mmref.errors import ShapeError
from mmref.types import Arrays

# What each player minimizes: the discriminator's loss, the generator's, by their names in a wing.
LOSSES = {
    "minimax": ("minimax_discriminator_loss", "minimax_generator_loss"),
    "non-saturating": ("minimax_discriminator_loss", "non_saturating_generator_loss"),
    "least squares": ("least_squares_discriminator_loss", "least_squares_generator_loss"),
    "hinge": ("hinge_discriminator_loss", "wasserstein_generator_loss"),
    "wasserstein": ("wasserstein_critic_loss", "wasserstein_generator_loss"),
}
# What there is to watch in training.
WATCHED = ("d_loss", "g_loss", "real_probability", "fake_probability")


def losses_of_players(wing: ModuleType | None, loss: str) -> tuple[Callable, Callable]:
    """The two functions of a wing's module of losses.

    >>> losses_of_players(None, "huber")
    Traceback (most recent call last):
        ...
    mmref.errors.ChoiceError: loss: expected one of 'minimax', 'non-saturating', \
'least squares', 'hinge', 'wasserstein'; got 'huber'
    """
    check_choice("loss", loss, tuple(LOSSES))
    return tuple(getattr(wing, name) for name in LOSSES[loss])


def check_settings(
    penalty: float, r1: float, critic_steps: int, rate: float, betas: Sequence[float]
) -> None:
    """Raise unless the penalties are finite and not negative, and Adam can take a step.

    >>> check_settings(-1.0, 0.0, 1, 2e-4, (0.5, 0.999))
    Traceback (most recent call last):
        ...
    ValueError: penalty: expected a finite number, at least 0, got -1.0
    """
    check_number("penalty", penalty, 0)
    check_number("r1", r1, 0)
    check_count("critic_steps", critic_steps)
    check_scale(rate=rate)
    check_kind("betas", betas, (list, tuple), "a pair of numbers")
    if len(betas) != 2:
        raise ShapeError("betas", "a pair of numbers", betas)
    for i, beta in enumerate(betas):
        check_number(f"betas[{i}]", beta, 0, 1)


def check_batches(batches: object) -> None:
    """Raise unless these are ``mmref.data.adversarial.AdversarialBatches``, or like them.

    >>> check_batches([1, 2])
    Traceback (most recent call last):
        ...
    TypeError: batches: expected mmref.data.adversarial.AdversarialBatches, got list
    """
    if not (hasattr(batches, "batch") and hasattr(batches, "batch_size")):
        expected = "mmref.data.adversarial.AdversarialBatches"
        raise TypeError(f"batches: expected {expected}, got {type(batches).__name__}")


def check_shares(rows: int, critic_steps: int) -> None:
    """Raise unless a batch of so many rows can be cut into a share for each critic step."""
    if rows % critic_steps:
        expected = f"a multiple of critic_steps = {critic_steps}"
        raise ValueError(f"batch_size: expected {expected}, got {rows}")


def check_losses(epoch: int, seen: Mapping[str, float]) -> None:
    """Raise unless both losses of an epoch are finite: what follows would be NaN alone.

    >>> check_losses(3, {"d_loss": float("nan"), "g_loss": 0.7})
    Traceback (most recent call last):
        ...
    ValueError: d_loss: expected a finite number, got nan in epoch 3
    """
    for name in ("d_loss", "g_loss"):
        if not isfinite(seen[name]):
            raise ValueError(f"{name}: expected a finite number, got {seen[name]} in epoch {epoch}")


def check_optimizer_arrays(arrays: Arrays, there: Arrays) -> None:
    """Raise unless ``arrays`` are finite numbers with the names and shapes of those ``there``.

    >>> import numpy as np
    >>> check_optimizer_arrays({}, {"generator.0": np.zeros(3)})
    Traceback (most recent call last):
        ...
    mmref.errors.ShapeError: arrays['generator.0']: expected (3,), got nothing
    """
    check_mapping("arrays", arrays)
    for name in {**there, **arrays}:
        label = f"arrays[{name!r}]"
        expected, got = (
            str(shape_of(label, a[name])) if name in a else "nothing" for a in (there, arrays)
        )
        if expected != got:
            raise ShapeError(label, expected, got)
        check_kept(label, np.asarray(arrays[name]), dtype_name(there[name]))
