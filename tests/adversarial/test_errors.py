"""Bad input of the adversarial family: the same error, word for word, in all three wings."""

import numpy as np
import pytest

from mmref.errors import ChoiceError, ShapeError
from mmref.reference import adversarial, penalty, spectral, transposed
from tests.messages import assert_raises
from tests.wings import WINGS, numpy, tensor, wing_of

TWO_SIDES = (
    "minimax_discriminator_loss",
    "least_squares_discriminator_loss",
    "hinge_discriminator_loss",
    "wasserstein_critic_loss",
)
ONE_SIDE = (
    "minimax_generator_loss",
    "non_saturating_generator_loss",
    "least_squares_generator_loss",
    "wasserstein_generator_loss",
)
FLOATS = "float32"


def ones(*shape, dtype=FLOATS):
    return np.ones(shape, dtype)


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
        (ones(4), ones(4, dtype="int64")),
        ShapeError,
        "fake_logits: expected floating-point numbers, got int64",
    ),
    "booleans": (
        (ones(4, dtype="bool"), ones(4)),
        ShapeError,
        "real_logits: expected floating-point numbers, got bool",
    ),
    "two dtypes": (
        (ones(4), ones(4, dtype="float64")),
        ShapeError,
        "fake_logits: expected float32 as real_logits, got float64",
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


def everywhere(function_of, arguments, error, message, options=None):
    """The reference and both wings, each with arrays of its own, raise the same."""
    options = options or {}
    assert_raises(error, message, lambda: function_of(None)(*arguments, **options))
    for name in WINGS:
        given = [tensor(name, a) if isinstance(a, np.ndarray) else a for a in arguments]
        function = function_of(wing_of(name))
        assert_raises(error, message, lambda f=function, g=given: f(*g, **options))


@pytest.mark.parametrize("case", BAD_PAIRS)
@pytest.mark.parametrize("loss", TWO_SIDES)
def test_losses_of_two_sides(loss, case):
    arguments, error, message = BAD_PAIRS[case]
    everywhere(lambda wing: getattr(wing or adversarial, loss), arguments, error, message)
    gradient = getattr(adversarial, f"{loss}_gradient")
    assert_raises(error, message, lambda: gradient(1.0, *arguments))


@pytest.mark.parametrize("case", BAD_FAKES)
@pytest.mark.parametrize("loss", ONE_SIDE)
def test_losses_of_one_side(loss, case):
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
def test_options_of_losses(loss, options, message):
    arguments = (ones(4), ones(4)) if loss in TWO_SIDES else (ones(4),)
    function = lambda wing: getattr(wing or adversarial, loss)  # noqa: E731
    everywhere(function, arguments, ValueError, message, options)


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


@pytest.mark.parametrize("loss", TWO_SIDES + ONE_SIDE)
def test_nan_comes_through(loss):
    arrays = [np.array([0.5, np.nan], FLOATS)] * (1 + (loss in TWO_SIDES))
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
def test_densities(function):
    f = getattr(adversarial, function)
    message = "q: expected no negative number, got -0.5"
    assert_raises(ValueError, message, lambda: f(np.array([0.5, 0.5]), np.array([1.5, -0.5])))
    message = "q: expected (2,) as p, got (3,)"
    assert_raises(ShapeError, message, lambda: f(np.ones(2), np.ones(3)))
    message = "q: expected float64 as p, got float32"
    assert_raises(ShapeError, message, lambda: f(np.ones(2), ones(2)))


@pytest.mark.parametrize("cell", [0, -1.0, float("inf"), float("nan"), "a"])
def test_cell(cell):
    message = f"cell: expected a positive number, got {cell!r}"
    half = np.array([0.5, 0.5])
    divergence = adversarial.jensen_shannon_divergence
    assert_raises(ShapeError, message, lambda: divergence(half, half, cell))


# ---- penalties: the reference knows one critic, the wings any ----

CRITIC = {"weight": ones(4, 3), "bias": ones(4), "output": ones(4)}


def penalized(wing):
    if wing is None:
        return lambda *points, **options: penalty.gradient_penalty(
            *points, *CRITIC.values(), **options
        )

    def run(*points, **options):
        return wing.gradient_penalty(*points, lambda x: x[:, 0] ** 2, **options)

    return run


@pytest.mark.parametrize(
    ("points", "options", "error", "message"),
    [
        (
            (ones(5, 3), ones(4, 3), ones(5)),
            {},
            ShapeError,
            "fake: expected (5, 3) as real, got (4, 3)",
        ),
        (
            (ones(5, 3), ones(5, 3), ones(5, 1)),
            {},
            ShapeError,
            "mix: expected (5,), one number for each example, got (5, 1)",
        ),
        (
            (ones(5, 3), ones(5, 3), ones(3)),
            {},
            ShapeError,
            "mix: expected (5,), one number for each example, got (3,)",
        ),
        (
            (ones(0, 3), ones(0, 3), ones(0)),
            {},
            ShapeError,
            "real: expected (B, ...) with at least one number in each example, got (0, 3)",
        ),
        (
            (ones(5, 3, dtype="int64"), ones(5, 3), ones(5)),
            {},
            ShapeError,
            "real: expected floating-point numbers, got int64",
        ),
        (
            (ones(5, 3), ones(5, 3), ones(5)),
            {"center": float("nan")},
            ValueError,
            "center: expected a finite number, got nan",
        ),
        (
            (ones(5, 3), ones(5, 3, dtype="float64"), ones(5)),
            {},
            ShapeError,
            "fake: expected float32 as real, got float64",
        ),
        (
            (ones(5, 3), ones(5, 3), ones(5, dtype="float64")),
            {},
            ShapeError,
            "mix: expected float32 as real, got float64",
        ),
        (
            (ones(5, 3), ones(5, 3), ones(5)),
            {"one_sided": "no"},
            ChoiceError,
            "one_sided: expected one of True, False; got 'no'",
        ),
    ],
)
def test_gradient_penalty(points, options, error, message):
    everywhere(penalized, points, error, message, options)


def test_two_dtypes_under_autocast():
    """There a generator's float32 weights give bfloat16, and PyTorch promotes what meets."""
    wing, torch = wing_of("torch"), pytest.importorskip("torch")
    real, mix = torch.ones(5, 3), torch.ones(5)
    weight, vectors = torch.ones(4, 3), (torch.ones(4), torch.ones(3).bfloat16())
    with torch.autocast("cpu", torch.bfloat16):
        assert wing.gradient_penalty(real, real.bfloat16(), mix, lambda x: 3 * x[:, 0]) == 4
        assert wing.spectral_normalization(weight, *vectors)[0, 0] == 1 / 12


@pytest.mark.parametrize("name", WINGS)
def test_a_critic_gives_one_number_for_each_example(name):
    wing, real = wing_of(name), tensor(name, ones(5, 3))
    message = "critic(x): expected (5,) or (5, 1), got (5, 3)"
    assert_raises(ShapeError, message, lambda: wing.r1_penalty(real, lambda x: 2 * x))
    message = "critic(x): expected (5,) or (5, 1), got (1,)"
    assert_raises(ShapeError, message, lambda: wing.r1_penalty(real, lambda x: x[:1, 0]))


def test_critic_of_the_reference():
    points = ones(5, 3), ones(5, 3), ones(5)
    message = "weight: expected (H, 3), got (4, 2)"
    bad = CRITIC | {"weight": ones(4, 2)}
    assert_raises(ShapeError, message, lambda: penalty.gradient_penalty(*points, **bad))
    bad = CRITIC | {"output": ones(3)}
    message = "output: expected (4,), got (3,)"
    assert_raises(ShapeError, message, lambda: penalty.r1_penalty(points[0], **bad))
    message = "real: expected (B, D), got (5, 3, 1)"
    assert_raises(ShapeError, message, lambda: penalty.r1_penalty(ones(5, 3, 1), **CRITIC))


# ---- spectral normalization ----


@pytest.mark.parametrize(
    ("function", "arguments", "options", "message"),
    [
        (
            "power_iteration",
            (ones(4), ones(4)),
            {},
            "weight: expected a matrix, or an array of more axes, got (4,)",
        ),
        ("power_iteration", (ones(4, 3), ones(3)), {}, "start: expected (4,), got (3,)"),
        ("power_iteration", (ones(4, 3), ones(4)), {"axis": 1}, "start: expected (3,), got (4,)"),
        (
            "power_iteration",
            (ones(4, 3), ones(4)),
            {"axis": 2},
            "axis: expected an axis of (4, 3), got 2",
        ),
        (
            "power_iteration",
            (ones(4, 3), ones(4)),
            {"steps": 0},
            "steps: expected an integer, at least 1, got 0",
        ),
        (
            "power_iteration",
            (ones(4, 3, dtype="int64"), ones(4)),
            {},
            "weight: expected floating-point numbers, got int64",
        ),
        (
            "spectral_normalization",
            (ones(4, 3, 2), ones(4), ones(3)),
            {},
            "right: expected (6,), got (3,)",
        ),
        (
            "spectral_normalization",
            (ones(4, 3), ones(3), ones(4)),
            {},
            "left: expected (4,), got (3,)",
        ),
        (
            "power_iteration",
            (ones(4, 3), ones(4, dtype="float64")),
            {},
            "start: expected float32 as weight, got float64",
        ),
        (
            "spectral_normalization",
            (ones(4, 3), ones(4), ones(3, dtype="float64")),
            {},
            "right: expected float32 as weight, got float64",
        ),
    ],
)
def test_spectral(function, arguments, options, message):
    everywhere(
        lambda wing: getattr(wing or spectral, function), arguments, ShapeError, message, options
    )


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_spectral_norm_of_what_is_no_number(bad):
    weight = ones(4, 3)
    weight[1, 2] = bad
    assert np.isnan(spectral.spectral_norm(weight))


def test_power_iteration_lets_nan_through():
    weight = ones(4, 3)
    weight[1, 2] = np.nan
    assert all(np.isnan(v).all() for v in spectral.power_iteration(weight, ones(4)))
    for name in WINGS:
        given = tensor(name, weight), tensor(name, ones(4))
        assert all(np.isnan(numpy(v)).all() for v in wing_of(name).power_iteration(*given))


# ---- transposed convolution ----


def convolved(wing):
    """As a function of images (B, C, H, W) and weight (C, O, h, w) in every wing."""
    if wing is None:
        return transposed.conv_transpose2d
    if wing.__name__ == "mmref.torch":
        return wing.conv_transpose2d
    from keras import ops

    def last(images, weight, *bias, **options):
        kernel = ops.transpose(weight, (2, 3, 1, 0))
        axes = (0, 2, 3, 1) if len(images.shape) == 4 else None
        return wing.conv_transpose2d(ops.transpose(images, axes), kernel, *bias, **options)

    return last


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"stride": 0}, "stride: expected an integer, at least 1, got 0"),
        ({"stride": (2, 2, 2)}, "stride: expected an integer or a pair of them, got (2, 2, 2)"),
        ({"padding": -1}, "padding: expected an integer, at least 0, got -1"),
        ({"padding": (1, 0.5)}, "padding[1]: expected an integer, at least 0, got 0.5"),
        ({"padding": 4}, "padding: expected less, so that H' is at least 1, got (4, 4)"),
        (
            {"output_padding": 1},
            "output_padding: expected less than the stride (1, 1), got (1, 1)",
        ),
    ],
)
def test_sizes_of_a_transposed_convolution(options, message):
    arguments = ones(2, 3, 4, 5), ones(3, 6, 3, 2)
    everywhere(convolved, arguments, ShapeError, message, options)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (ones(2, 4, 4, 5), "images: expected 3 channels, got 4"),
        (ones(2, 3, 4, 5, dtype="uint8"), "images: expected floating-point numbers, got uint8"),
        (ones(2, 3, 4, 5, 6), "images: expected 4 axes, got 5"),
        (ones(2, 3, 0, 5), "images: expected at least (1, 1), got (0, 5)"),
    ],
)
def test_images_of_a_transposed_convolution(images, message):
    """Told as a convolution tells it."""
    everywhere(convolved, (images, ones(3, 6, 3, 2)), ShapeError, message)


@pytest.mark.parametrize("name", WINGS)
def test_images_of_the_layer(name):
    layer = wing_of(name).ConvTranspose2d(3, 6, (3, 2))
    with pytest.raises(ShapeError, match="images: expected 3 channels, got 4"):
        layer(tensor(name, ones(2, 4, 4, 4)))
    for bad in (ones(2, 3, 3, 3, 3), ones(2, 3, 0, 3)):
        with pytest.raises(ShapeError, match="images: expected"):
            layer(tensor(name, bad))


DOUBLE = "float64"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            (ones(2, 3, 4, 5), ones(3, 6, 3, 2, dtype=DOUBLE)),
            "images: expected float64 as in the layer, got float32",
        ),
        (
            (ones(2, 3, 4, 5, dtype=DOUBLE), ones(3, 6, 3, 2)),
            "images: expected float32 as in the layer, got float64",
        ),
        (
            (ones(2, 3, 4, 5), ones(3, 6, 3, 2), ones(6, dtype=DOUBLE)),
            "bias: expected float32 as in the layer, got float64",
        ),
        ((ones(2, 3, 4, 5), ones(3, 6, 3, 2), ones(5)), "bias: expected (6,), got (5,)"),
        ((ones(2, 3, 4, 5), ones(3, 6, 3, 2), ones(6, 1)), "bias: expected (6,), got (6, 1)"),
        (
            (ones(2, 3, 4, 5), ones(3, 6, 3, 2), ones(6, dtype="int32")),
            "bias: expected floating-point numbers, got int32",
        ),
    ],
)
def test_weights_of_a_transposed_convolution(arguments, message):
    everywhere(convolved, arguments, ShapeError, message)


@pytest.mark.parametrize("name", WINGS)
def test_weights_of_a_transposed_convolution_that_are_no_tensors(name):
    convolve = wing_of(name).conv_transpose2d
    kind = {"torch": "a torch.Tensor", "keras": "an array"}[name]
    x, w = tensor(name, ones(1, 1, 1, 1)), tensor(name, ones(1, 1, 1, 1))
    message = f"weight: expected {kind}, got list"
    assert_raises(TypeError, message, lambda: convolve(x, [[[[1.0]]]]))
    message = f"bias: expected {kind}, got list"
    assert_raises(TypeError, message, lambda: convolve(x, w, [1.0]))
    layout = "C, O, h, w" if name == "torch" else "h, w, O, C"
    message = f"weight: expected ({layout}), got (1, 1)"
    assert_raises(ShapeError, message, lambda: convolve(x, w[0, 0]))
    if name == "torch":
        message = "weight: expected a torch.Tensor, got ndarray"
        assert_raises(TypeError, message, lambda: convolve(x, ones(1, 1, 1, 1)))


# ---- networks ----


@pytest.mark.parametrize("name", WINGS)
@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda w: w.Generator(0), "classes: expected an integer, at least 1, got 0"),
        (lambda w: w.Generator(2, size=24), "size: expected a power of 2, at least 8, got 24"),
        (lambda w: w.Discriminator(2, size=4), "size: expected an integer, at least 8, got 4"),
        (lambda w: w.Generator(2, latent=0), "latent: expected an integer, at least 1, got 0"),
        (
            lambda w: w.ConvTranspose2d(0, 2, 3),
            "in_channels: expected an integer, at least 1, got 0",
        ),
    ],
)
def test_constructors(name, make, message):
    assert_raises(ShapeError, message, lambda: make(wing_of(name)))


@pytest.mark.parametrize("name", WINGS)
def test_inputs_of_the_networks(name):
    wing = wing_of(name)
    noise, labels = tensor(name, ones(4, 5)), tensor(name, np.arange(4))
    draw = wing.Generator(4, 8, latent=5, embedding=3, width=2)
    wide = tensor(name, ones(4, 6))
    assert_raises(ShapeError, "noise: expected (B, 5), got (4, 6)", lambda: draw(wide, labels))
    short = tensor(name, np.arange(3))
    with pytest.raises(ShapeError, match=r"labels: expected integers \(4,\) from 0 to 3, got int"):
        draw(noise, short)
    real = tensor(name, np.zeros(4, FLOATS))
    message = "labels: expected integers (4,) from 0 to 3, got float32 (4,)"
    assert_raises(ShapeError, message, lambda: draw(noise, real))
    judge = wing.Discriminator(4, 8, width=2)
    images = draw(noise, labels)
    assert tuple(judge(images, labels).shape) == (4,)
    with pytest.raises(ShapeError, match="labels: expected integers"):
        judge(images, short)
    with pytest.raises(ShapeError, match="images: expected"):
        judge(images[:, :, :4], labels)


@pytest.mark.parametrize("name", WINGS)
def test_unknown_losses(name):
    import importlib

    wing_of(name)
    gan = importlib.import_module(f"mmref.{name}.gan").GAN
    with pytest.raises(ChoiceError, match="loss: expected one of 'minimax', .*; got 'mse'"):
        gan(None, None, loss="mse")
