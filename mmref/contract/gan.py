"""The contract of training a GAN, in one place for both frameworks."""

from collections.abc import Callable
from types import ModuleType

from mmref.contract.settings import check_count, check_number, check_scale
from mmref.errors import ChoiceError, ShapeError
from mmref.types import Tensor

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
    if loss not in LOSSES:
        raise ChoiceError("loss", loss, LOSSES)
    return tuple(getattr(wing, name) for name in LOSSES[loss])


def check_networks(kind: type, words: str, **networks: object) -> None:
    """Raise unless all are of this kind, which ``words`` name.

    >>> check_networks(int, "an int", generator=None)
    Traceback (most recent call last):
        ...
    TypeError: generator: expected an int, got NoneType
    """
    for name, network in networks.items():
        if not isinstance(network, kind):
            raise TypeError(f"{name}: expected {words}, got {type(network).__name__}")


def check_settings(penalty: float, r1: float, critic_steps: int, rate: float) -> None:
    """Raise unless the penalties are finite and not negative, and a step can be taken.

    >>> check_settings(-1.0, 0.0, 1, 2e-4)
    Traceback (most recent call last):
        ...
    ValueError: penalty: expected a number in [0, inf), got -1.0
    """
    check_number("penalty", penalty, 0, float("inf"))
    check_number("r1", r1, 0, float("inf"))
    check_count("critic_steps", critic_steps)
    check_scale(rate=rate)


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
        raise ShapeError("batch_size", f"a multiple of critic_steps = {critic_steps}", rows)


def check_judged(logits: Tensor, rows: int | None) -> None:
    """Raise unless a discriminator gave one logit for each of its rows; None is any number.

    >>> import numpy as np
    >>> check_judged(np.zeros((5, 2)), 5)
    Traceback (most recent call last):
        ...
    mmref.errors.ShapeError: discriminator(x): expected (5,) or (5, 1), got (5, 2)
    """
    shape = tuple(logits.shape)
    if shape[1:] not in ((), (1,)) or (None not in (rows, *shape) and shape[:1] != (rows,)):
        n = "B" if rows is None else rows
        raise ShapeError("discriminator(x)", f"({n},) or ({n}, 1)", shape)
