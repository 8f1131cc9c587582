"""Bad input to adversarial losses: the same error in all three; and what NaN and infinity do."""

import numpy as np
import pytest

from mmref.errors import ShapeError
from mmref.reference import adversarial
from tests.adversarial.everywhere import FLOATS, everywhere, ones
from tests.messages import assert_raises, error_of
from tests.wings import WINGS, tensor, wing_of

TWO_SIDES = (
    "minimax_discriminator_loss",
    "least_squares_discriminator_loss",
    "hinge_discriminator_loss",
    "wasserstein_critic_loss",
)
THREE_SIDES = "matching_aware_discriminator_loss"


ONE_SIDE = (
    "minimax_generator_loss",
    "non_saturating_generator_loss",
    "least_squares_generator_loss",
    "wasserstein_generator_loss",
)


# (arguments, error, message) for losses of two sides, and of one.
BAD_PAIRS = {
    "other batch": (
        (ones(4, 1), ones(3, 1)),
        ShapeError,
        "fake_logits: expected (4, 1) as real_logits, got (3, 1)",
    ),
    "an axis more": (
        (ones(4), ones(4, 1)),
        ShapeError,
        "fake_logits: expected (4,) as real_logits, got (4, 1)",
    ),
    "integers": (
        (ones(4), ones(4, dtype="int32")),
        ShapeError,
        "fake_logits: expected floating-point numbers, got int32",
    ),
    "booleans": (
        (ones(4, dtype="bool"), ones(4)),
        ShapeError,
        "real_logits: expected floating-point numbers, got bool",
    ),
    "two dtypes": (
        (ones(4), ones(4, dtype="float16")),
        ShapeError,
        "fake_logits: expected float32 as real_logits, got float16",
    ),
    "empty": (
        (ones(0, 1), ones(0, 1)),
        ShapeError,
        "real_logits: expected at least one logit, got (0, 1)",
    ),
}


BAD_FAKES = {
    "integers": (
        (ones(4, dtype="int32"),),
        "fake_logits: expected floating-point numbers, got int32",
    ),
    "empty": ((ones(0),), "fake_logits: expected at least one logit, got (0,)"),
}


@pytest.mark.parametrize("case", BAD_PAIRS)
@pytest.mark.parametrize("loss", TWO_SIDES)
def test_losses_of_two_sides_refuse_bad_logits(loss, case):
    arguments, error, message = BAD_PAIRS[case]
    everywhere(lambda wing: getattr(wing or adversarial, loss), arguments, error, message)
    gradient = getattr(adversarial, f"{loss}_gradient")
    assert_raises(error, message, lambda: gradient(1.0, *arguments))


@pytest.mark.parametrize("case", BAD_PAIRS)
def test_a_loss_of_three_sides_refuses_bad_logits(case):
    """Of the second side and of the third."""
    (first, bad), error, message = BAD_PAIRS[case]
    gradient = adversarial.matching_aware_discriminator_loss_gradient
    for arguments in ((first, bad, first), (first, first, bad)):
        if bad is arguments[1] and message.startswith("fake"):
            told = message.replace("fake", "mismatched")
        else:
            told = message
        everywhere(lambda wing: getattr(wing or adversarial, THREE_SIDES), arguments, error, told)
        assert_raises(error, told, lambda a=arguments: gradient(1.0, *a))


@pytest.mark.parametrize("case", BAD_FAKES)
@pytest.mark.parametrize("loss", ONE_SIDE)
def test_losses_of_one_side_refuse_bad_logits(loss, case):
    arguments, message = BAD_FAKES[case]
    everywhere(lambda wing: getattr(wing or adversarial, loss), arguments, ShapeError, message)


@pytest.mark.parametrize(
    ("loss", "options", "message"),
    [
        (TWO_SIDES[0], {"smoothing": 1.0}, "smoothing: expected a number in [0, 1), got 1.0"),
        (TWO_SIDES[0], {"smoothing": -0.1}, "smoothing: expected a number in [0, 1), got -0.1"),
        (TWO_SIDES[0], {"smoothing": "a"}, "smoothing: expected a number in [0, 1), got 'a'"),
        (
            TWO_SIDES[1],
            {"real_target": float("nan")},
            "real_target: expected a finite number, got nan",
        ),
        (TWO_SIDES[1], {"fake_target": None}, "fake_target: expected a finite number, got None"),
        (ONE_SIDE[2], {"target": float("inf")}, "target: expected a finite number, got inf"),
    ],
)
def test_losses_refuse_options_out_of_range(loss, options, message):
    arguments = (ones(4), ones(4)) if loss in TWO_SIDES else (ones(4),)
    function = lambda wing: getattr(wing or adversarial, loss)  # noqa: E731
    everywhere(function, arguments, error_of(message), message, options)


def test_logits_that_are_no_tensors():
    wing = wing_of("torch")
    message = "fake_logits: expected a torch.Tensor, got ndarray"
    assert_raises(TypeError, message, lambda: wing.minimax_generator_loss(ones(4)))
    message = "fake_logits: expected an array, got list"
    assert_raises(TypeError, message, lambda: wing_of("keras").minimax_generator_loss([0.1]))


@pytest.mark.parametrize("name", WINGS)
def test_probabilities_cannot_be_told_from_logits(name):
    """0.7 is a fine logit: what comes is the loss of that logit, and no complaint."""
    loss = wing_of(name).non_saturating_generator_loss(tensor(name, np.array([0.7], FLOATS)))
    assert float(loss) == pytest.approx(np.log1p(np.exp(-0.7)), rel=1e-5)


@pytest.mark.parametrize("loss", (*TWO_SIDES, *ONE_SIDE, THREE_SIDES))
def test_nan_comes_through(loss):
    sides = 3 if loss == THREE_SIDES else 1 + (loss in TWO_SIDES)
    arrays = [np.array([0.5, np.nan], FLOATS)] * sides
    with np.errstate(invalid="ignore"):
        assert np.isnan(getattr(adversarial, loss)(*arrays))
        gradients = getattr(adversarial, f"{loss}_gradient")(1.0, *arrays)
    if "wasserstein" not in loss:  # its slope is the same everywhere
        assert all(np.isnan(g[1]) and np.isfinite(g[0]) for g in gradients)
    for name in WINGS:
        value = getattr(wing_of(name), loss)(*(tensor(name, a) for a in arrays))
        assert np.isnan(float(value))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_infinite_logits_of_a_discriminator_that_is_right(dtype):
    """The least loss there is: 0, and nothing left to learn; not 0 times infinity."""
    inf = np.array([np.inf], dtype)
    assert adversarial.minimax_discriminator_loss(inf, -inf) == 0
    assert adversarial.minimax_discriminator_loss(inf, -inf, smoothing=0.1) == np.inf
    gradients = {"reference": adversarial.minimax_discriminator_loss_gradient(1.0, inf, -inf)}
    for name in WINGS:
        loss = wing_of(name).minimax_discriminator_loss
        sides = tensor(name, inf), tensor(name, -inf)
        assert float(loss(*sides)) == 0
        assert float(loss(*sides, smoothing=0.1)) == np.inf
        gradients[name] = slopes(name, loss, sides)
    for name, found in gradients.items():
        assert [float(g[0]) for g in found] == [0, 0], name


def slopes(name, loss, logits):
    if name == "torch" or hasattr(logits[0], "requires_grad_"):
        leaves = [s.requires_grad_() for s in logits]
        loss(*leaves).backward()
        return [s.grad for s in leaves]
    import tensorflow as tf

    with tf.GradientTape() as tape:
        tape.watch(logits)
        value = loss(*logits)
    return tape.gradient(value, logits)


# ---- densities (reference only) ----


@pytest.mark.parametrize("function", ["optimal_discriminator", "jensen_shannon_divergence"])
def test_densities_that_are_no_densities_are_refused(function):
    f = getattr(adversarial, function)
    message = "q: expected numbers, at least 0, got -0.5"
    assert_raises(ValueError, message, lambda: f(np.array([0.5, 0.5]), np.array([1.5, -0.5])))
    message = "q: expected (2,) as p, got (3,)"
    assert_raises(ShapeError, message, lambda: f(np.ones(2), np.ones(3)))
    message = "q: expected float64 as p, got float32"
    assert_raises(ShapeError, message, lambda: f(np.ones(2), ones(2)))


@pytest.mark.parametrize("cell", [0, -1.0, float("inf"), float("nan"), "a"])
def test_a_cell_that_is_no_positive_number_is_refused(cell):
    message = f"cell: expected a positive number, got {cell!r}"
    half = np.array([0.5, 0.5])
    divergence = adversarial.jensen_shannon_divergence
    assert_raises(error_of(message), message, lambda: divergence(half, half, cell))
