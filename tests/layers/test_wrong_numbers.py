"""What has the right kind and often the right shape, and is wrong all the same: told, not computed.

Each of these was once accepted in silence, or stopped somewhere inside without naming anything.
"""

import numpy as np
import pytest

from mmref import convert
from mmref.concordance import compare
from mmref.data.adversarial import AdversarialBatches
from mmref.errors import ShapeError
from mmref.reference import adversarial, penalty, recurrence, vision
from tests.messages import assert_raises
from tests.wings import WINGS, tensor, wing_of

IMAGES, THREE = np.ones((2, 4, 4, 3), "float32"), np.ones(3, "float32")
POINTS, HALF = np.ones((3, 2), "float32"), np.full(3, 0.5, "float32")
NAN, HUGE = np.full(4, np.nan), np.full(4, 1e300)


def fused(wing, **options):
    encoders = {"image": wing.ImageEncoder((4, 4), (2,), 3), "text": wing.TextEncoder(5, dim=3)}
    options = {"fusion": wing.ConcatFusion({"image": 3, "text": 3}, 4)} | options
    return wing.FusionClassifier(options.pop("encoders", encoders), **options, num_classes=2)


def normed(wing, t, images=IMAGES, scale=THREE, **options):
    images = images if wing.__name__ == "mmref.keras" else np.moveaxis(images, -1, 1)
    return wing.batch_norm(t(images), t(scale), t(THREE), **options)


def punished(wing, t, critic, mix=HALF):
    return wing.gradient_penalty(t(POINTS), t(0 * POINTS), t(mix), critic)


def scores(x):
    return (x * x)[:, 0]


def written(wing, bias):
    layer = wing.ConcatFusion({"image": 2}, 4)
    convert.set_arrays(layer, {"weight": np.ones((4, 2)), "bias": bias})


# What is done with a wing and what makes its tensors; the error; what it says in PyTorch.
WRONG = {
    "one number for three channels": (
        lambda w, t: normed(w, t, scale=THREE[:1]),
        ShapeError,
        "shift: expected (1,), got (3,)",
    ),
    "a number for each pixel": (
        lambda w, t: normed(w, t, scale=IMAGES[0]),
        ShapeError,
        "scale: expected (C,), got (4, 4, 3)",
    ),
    "whole numbers to normalize": (
        lambda w, t: normed(w, t, images=IMAGES.astype(int)),
        ShapeError,
        "images: expected floating-point numbers, got int64",
    ),
    "a mean alone": (
        lambda w, t: normed(w, t, mean=t(THREE)),
        ValueError,
        "mean and variance: expected both or neither, got one",
    ),
    "a negative epsilon": (
        lambda w, t: normed(w, t, epsilon=-1),
        ValueError,
        "epsilon: expected a finite number, at least 0, got -1",
    ),
    "outside the points": (
        lambda w, t: punished(w, t, scores, mix=3 * HALF),
        ValueError,
        "mix: expected numbers in [0, 1], got 1.5",
    ),
    "no critic": (
        lambda w, t: punished(w, t, None),
        TypeError,
        "critic: expected a function, got None",
    ),
    "a critic that gives a number of Python's": (
        lambda w, t: punished(w, t, lambda x: 1.0),
        TypeError,
        "critic(x): expected a torch.Tensor, got float",
    ),
    "a critic that gives two for each": (
        lambda w, t: punished(w, t, lambda x: x),
        ShapeError,
        "critic(x): expected (3,) or (3, 1), got (3, 2)",
    ),
    "no fusion": (
        lambda w, t: fused(w, fusion=None),
        TypeError,
        "fusion: expected a fusion, with dims and dim, got NoneType",
    ),
    "no encoder": (
        lambda w, t: fused(w, encoders={"image": None, "text": None}),
        TypeError,
        "encoders['image']: expected a torch.nn.Module, got NoneType",
    ),
    "no encoders of a lookup": (
        lambda w, t: w.LookupClassifier({"image": None, "text": None}, 3),
        TypeError,
        "encoders['image']: expected a torch.nn.Module, got NoneType",
    ),
    "one layer that is no list": (
        lambda w, t: w.Stacked(None),
        TypeError,
        "layers: expected a list of layers, got NoneType",
    ),
    "no queries": (
        lambda w, t: w.MultiHeadAttention(4, 2).attention_weights(None),
        TypeError,
        "queries: expected a torch.Tensor, got NoneType",
    ),
    "weights of NaN": (
        lambda w, t: written(w, NAN),
        ValueError,
        "values['bias']: expected finite numbers of float32, got nan",
    ),
    "weights too large": (
        lambda w, t: written(w, HUGE),
        ValueError,
        "values['bias']: expected finite numbers of float32, got 1e+300",
    ),
    "complex weights": (
        lambda w, t: written(w, NAN.astype(complex)),
        ShapeError,
        "values['bias']: expected real numbers, got complex128",
    ),
    "weights of objects": (
        lambda w, t: written(w, np.full(4, None)),
        ShapeError,
        "values['bias']: expected real numbers, got object",
    ),
    "no weights": (
        lambda w, t: convert.set_arrays(w.LayerNorm(2), None),
        TypeError,
        "values: expected a mapping from name to array, got NoneType",
    ),
}
KERAS = {"a torch.Tensor": "an array", "a torch.nn.Module": "a keras.Layer"}


@pytest.mark.parametrize("name", WINGS)
@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_argument_of_the_wings_is_told(case, name):
    call, error, message = WRONG[case]
    for torch, keras in KERAS.items():
        message = message.replace(torch, keras) if name == "keras" else message
    wing = wing_of(name)
    assert_raises(error, message, lambda: call(wing, lambda array: tensor(name, array)))


def test_a_critic_without_a_graph_has_no_slope():
    """Only PyTorch can tell it from one that ignores its argument."""
    wing = wing_of("torch")
    message = "critic(x): expected scores with a graph, got constants"
    cut = lambda x: scores(x.detach())  # noqa: E731
    assert_raises(ValueError, message, lambda: punished(wing, lambda a: tensor("torch", a), cut))


# ---- the reference ----

REFERENCE = {
    "a gradient for each logit": (
        lambda: adversarial.wasserstein_critic_loss_gradient(THREE, THREE, THREE),
        ShapeError,
        "grad: expected (), got (3,)",
    ),
    "a gradient for each score": (
        lambda: penalty.r1_penalty_gradient(THREE, POINTS, np.ones((4, 2)), *np.ones((2, 4))),
        ShapeError,
        "grad: expected (), got (3,)",
    ),
    "a box without borders": (
        lambda: vision.touched_patches(np.full((1, 4), np.nan), (4, 4), 2),
        ValueError,
        "boxes: expected finite numbers, got nan",
    ),
    "counts for densities": (
        lambda: adversarial.jensen_shannon_divergence(np.array([10.0, 0]), np.array([1.0, 0])),
        ValueError,
        "p: expected a density whose sum is 1, got 10",
    ),
    "outside the points": (
        lambda: penalty.gradient_penalty(POINTS, POINTS, -HALF, np.ones((4, 2)), *np.ones((2, 4))),
        ValueError,
        "mix: expected numbers in [0, 1], got -0.5",
    ),
}


@pytest.mark.parametrize("case", REFERENCE)
def test_a_wrong_argument_of_the_reference_is_told(case):
    call, error, message = REFERENCE[case]
    assert_raises(error, message, call)


def test_clipped_whole_numbers_become_floats():
    clipped, norm = recurrence.clip_by_global_norm({"a": np.array([3, 4])}, 1.0)
    np.testing.assert_allclose(clipped["a"], [0.6, 0.8])
    clipped, norm = recurrence.clip_by_global_norm({"a": np.array([3]), "b": NAN}, 1.0)
    assert np.isnan(clipped["a"]).all() and np.isnan(norm)


# ---- the state of a GAN ----


def gan(name):
    wing = wing_of(name)
    game = wing.GAN(wing.Generator(3, 8, 4, 2, width=2), wing.Discriminator(3, 8, width=2))
    if name == "keras":
        game.compile()
    return game


def batches(name):
    images = np.full((4, 8, 8, 3) if name == "keras" else (4, 3, 8, 8), 0, "float32")
    return AdversarialBatches(images, np.arange(4) % 3, latent=4, batch_size=4)


@pytest.mark.parametrize("name", WINGS)
def test_optimizers_take_what_they_gave_and_nothing_else(name):
    game = gan(name)
    start = game.optimizer_arrays()
    game.set_optimizer_arrays(start)  # also before the first step
    game.fit(batches(name), 1, **({"verbose": 0} if name == "keras" else {"progress": False}))
    arrays = game.optimizer_arrays()
    assert list(arrays) == list(start)
    first, *_, last = arrays
    shape = arrays[last].shape
    for wrong, message in (
        ({}, f"arrays[{first!r}]: expected (), got nothing"),
        (arrays | {"critic.0": NAN}, "arrays['critic.0']: expected nothing, got (4,)"),
        (arrays | {last: np.ones(7)}, f"arrays[{last!r}]: expected {shape}, got (7,)"),
    ):
        assert_raises(ShapeError, message, lambda w=wrong: game.set_optimizer_arrays(w))
    for number in (np.nan, 1e300):
        changed = arrays | {last: np.full(shape, number)}
        message = f"arrays[{last!r}]: expected finite numbers of float32, got {number}"
        assert_raises(ValueError, message, lambda c=changed: game.set_optimizer_arrays(c))
    for key, array in game.optimizer_arrays().items():  # nothing was written
        np.testing.assert_array_equal(array, arrays[key])


@pytest.mark.parametrize("name", WINGS)
def test_training_stops_at_a_loss_of_nan(name):
    message = "d_loss: expected a finite number, got nan in epoch 1"
    quiet = {"verbose": 0} if name == "keras" else {"progress": False}
    given = batches(name)
    given.real[:] = np.nan  # nobody gives such pictures; weights may lead there
    assert_raises(ValueError, message, lambda: gan(name).fit(given, 2, **quiet))


@pytest.mark.parametrize("name", WINGS)
@pytest.mark.parametrize(
    ("betas", "error", "message"),
    [
        (0.5, TypeError, "betas: expected a pair of numbers, got float"),
        ((0.5,), ShapeError, "betas: expected a pair of numbers, got (0.5,)"),
        ((0.5, np.nan), ValueError, "betas[1]: expected a number in [0, 1), got nan"),
    ],
)
def test_betas_that_adam_cannot_have_are_refused(name, betas, error, message):
    wing = wing_of(name)
    players = wing.Generator(3, 8, width=2), wing.Discriminator(3, 8, width=2)
    assert_raises(error, message, lambda: wing.GAN(*players, betas=betas))


def test_arguments_under_two_names_are_refused():
    message = "values: expected 'a' or its parts, got 'a.b' beside it"
    assert_raises(ValueError, message, lambda: convert.arguments({"a": 1, "a.b": 2}))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: compare(None, "torch"),
            TypeError,
            "formula: expected a name or a mmref.concordance.Formula, got NoneType",
        ),
        (
            lambda: compare("rnn", "torch", seed="x"),
            TypeError,
            "seed: expected an integer, at least 0, got 'x'",
        ),
        (
            lambda: convert.gradients(None, None),
            TypeError,
            "read: expected a function, got None",
        ),
    ],
)
def test_wrong_arguments_of_what_compares_and_reads_are_told(call, error, message):
    assert_raises(error, message, call)
