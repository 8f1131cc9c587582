"""Bad input to diffusion: the same error in all three wings."""

import numpy as np
import pytest

from mmref import convert
from mmref.errors import ChoiceError, ShapeError
from mmref.reference import diffusion
from tests.adversarial.everywhere import everywhere, ones
from tests.messages import assert_raises
from tests.wings import WINGS, numpy, tensor, wing_of

PICTURES, SHARES = ones(3, 2, 2), ones(3) / 2
NAMES = pytest.mark.parametrize("name", WINGS)


def refused(function, arguments, error, message, **options):
    everywhere(
        lambda wing: getattr(wing or diffusion, function), arguments, error, message, options
    )


@pytest.mark.parametrize("function", ["diffused", "velocity"])
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            (PICTURES, PICTURES[:2], SHARES),
            "noise: expected (3, 2, 2) as clean, got (2, 2, 2)",
        ),
        (
            (PICTURES, PICTURES.astype(float), SHARES),
            "noise: expected float32 as clean, got float64",
        ),
        ((PICTURES, PICTURES, SHARES[:2]), "alpha_bar: expected 3 rows as clean, got 2"),
        ((PICTURES, PICTURES, ones(3, 1)), "alpha_bar: expected (B,), got (3, 1)"),
        (
            (PICTURES, PICTURES, SHARES.astype(float)),
            "alpha_bar: expected float32 as clean, got float64",
        ),
        (
            (PICTURES, PICTURES, np.arange(3)),
            "alpha_bar: expected floating-point numbers, got int64",
        ),
    ],
)
def test_pictures_and_shares_that_do_not_go_together(function, arguments, message):
    refused(function, arguments, ShapeError, message)


def test_steps_that_lack_something():
    given = (PICTURES, PICTURES, SHARES, SHARES)
    message = "noise: expected an array as eta is 0.5, got None"
    refused("ddim_step", given, ValueError, message, eta=0.5)
    message = "eta: expected a number in [0, 1], got 1.5"
    refused("ddim_step", given, ValueError, message, eta=1.5)
    message = "alpha_bar_previous: expected (3,) as alpha_bar, got (2,)"
    refused("ddim_step", (*given[:3], SHARES[:2]), ShapeError, message)
    refused("posterior_mean", (*given[:3], SHARES[:2]), ShapeError, message)
    refused("posterior_variance", (SHARES, SHARES[:2]), ShapeError, message)


def test_schedules_guidance_and_features_of_steps():
    message = "kind: expected one of 'cosine', 'linear'; got 'sine'"
    refused("noise_schedule", (10, "sine"), ChoiceError, message)
    message = "steps: expected an integer, at least 1, got 0"
    refused("noise_schedule", (0,), ValueError, message)
    message = "scale: expected a finite number, at least 0, got -1.0"
    refused("guided", (PICTURES, PICTURES, -1.0), ValueError, message)
    message = "unconditional: expected (3, 2, 2) as conditional, got (2, 2, 2)"
    refused("guided", (PICTURES, PICTURES[:2], 1.0), ShapeError, message)
    message = "steps: expected integers, got float32"
    refused("timestep_embedding", (SHARES, 4), ShapeError, message)
    message = "dim: expected an even number, a sine and a cosine each, got 3"
    refused("timestep_embedding", (np.arange(3), 3), ValueError, message)


@NAMES
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"size": 10}, "size: expected a multiple of 4, which is halved twice, got 10"),
        ({"width": 12}, "width: expected a multiple of 8, the groups, got 12"),
        ({"heads": 3}, "heads: expected a divisor of 2 width = 16, got 3"),
        ({"blocks": 0}, "blocks: expected an integer, at least 1, got 0"),
    ],
)
def test_settings_of_a_denoiser(name, settings, message):
    given = {"size": 8, "width": 8} | settings
    assert_raises(ValueError, message, lambda: wing_of(name).Denoiser(5, **given))


@NAMES
@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"steps": np.arange(3)}, ShapeError, "steps: expected 2 rows as images, got 3"),
        ({"ids": np.ones((3, 2), int)}, ShapeError, "ids: expected 2 rows as images, got 3"),
        ({"drop": np.ones(3, bool)}, ShapeError, "drop: expected 2 rows as images, got 3"),
        (
            {"drop": ones(2)},
            ShapeError,
            "drop: expected dtype bool (True = without its caption), got float32",
        ),
        (
            {"ids": np.array([[1], [9]])},
            ValueError,
            "ids: expected 0 to 4, got 1 to 9 (vocabulary_size is 5)",
        ),
    ],
)
def test_conditions_that_do_not_go_with_the_pictures(name, change, error, message):
    model = wing_of(name).Denoiser(5, size=8, width=8, blocks=1, channels=8)
    given = {"images": ones(2, 8, 8, 8), "steps": np.arange(2), "ids": np.ones((2, 3), int)}
    given = {n: tensor(name, a) for n, a in (given | change).items()}
    assert_raises(error, message, lambda: model(**given))


@NAMES
def test_what_a_loss_and_a_sampler_refuse(name):
    wing = wing_of(name)
    model = wing.Denoiser(5, size=8, width=8, blocks=1, channels=8)
    cubes, schedule = tensor(name, ones(1, 8, 8, 8)), wing.noise_schedule(4)
    ids, step = tensor(name, np.array([[3]])), tensor(name, np.array([5]))
    message = "steps: expected 0 to 4, got 5 to 5"
    loss = wing.diffusion_loss
    assert_raises(ValueError, message, lambda: loss(model, cubes, ids, step, cubes, schedule))
    message = "steps: expected at most 4, those of the schedule, got 5"
    assert_raises(ShapeError, message, lambda: wing.sample(model, ids, cubes, schedule, steps=5))
    message = "noise: expected 2 rows as ids, got 1"
    two = tensor(name, np.array([[3], [4]]))
    assert_raises(ShapeError, message, lambda: wing.sample(model, two, cubes, schedule, 2))
    kind = "a torch.nn.Module" if name == "torch" else "a keras.Layer"
    message = f"model: expected {kind}, got NoneType"
    assert_raises(TypeError, message, lambda: wing.sample(None, ids, cubes, schedule, 2))


def test_what_keras_fits_and_calls_is_told_what_a_batch_lacks():
    wing = wing_of("keras")
    model = wing.Diffusion(wing.Denoiser(5, size=8, width=8, blocks=1, channels=8), steps=4)
    batch = {"images": ones(2, 8, 8, 8), "noise": ones(2, 8, 8, 8), "ids": np.array([[3], [4]])}
    message = "batch: expected images, ids, steps and noise, got images, noise, ids"
    assert_raises(ValueError, message, lambda: model(batch))
    message = "batch: expected a mapping from name to array, got NoneType"
    assert_raises(TypeError, message, lambda: model(None))
    for steps, error, message in (
        (np.array([1, 5]), ValueError, "steps: expected 0 to 4, got 1 to 5"),
        (ones(2), ShapeError, "steps: expected integers, got float32"),
    ):
        assert_raises(error, message, lambda s=steps: model(batch | {"steps": s}))
    batch["steps"] = np.array([1, 4])
    arrays = convert.arrays(model.denoiser)  # an untrained one answers 0
    convert.set_arrays(model.denoiser, {path: array + 0.1 for path, array in arrays.items()})
    found = [numpy(model(batch | {"drop": np.array([d] * 2)})) for d in (False, True)]
    np.testing.assert_array_equal(numpy(model(batch)), found[0])
    assert np.abs(found[1] - found[0]).max() > 1e-3


@pytest.mark.parametrize("device", ["nope", [1]])
def test_a_schedule_on_no_device(device):
    message = f"device: expected a torch.device, the name of one, or None, got {device!r}"
    schedule = wing_of("torch").noise_schedule
    assert_raises(ValueError, message, lambda: schedule(4, device=device))
