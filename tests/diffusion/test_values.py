"""Diffusion beside values that are known, and beside itself by another route."""

import numpy as np
import pytest

from mmref.reference import diffusion
from mmref.reference.positions import sinusoidal_positions
from tests.wings import WINGS, numpy, tensor, wing_of

NAMES = pytest.mark.parametrize("name", WINGS)
ROWS, SHAPE = 4, (2, 3, 3)


def drawn(seed=0, count=3):
    rng = np.random.default_rng(seed)
    shares = np.sort(rng.uniform(0.1, 0.9, size=(2, ROWS)), axis=0)
    return (*rng.normal(size=(count, ROWS, *SHAPE)), *shares)


# ---- the schedules ----


def test_the_linear_schedule_of_ho_et_al():
    """Of a thousand steps, beta from 0.0001 to 0.02 as they write it."""
    kept = diffusion.noise_schedule(1000, "linear")
    beta = 1 - kept[1:] / kept[:-1]
    np.testing.assert_allclose(beta, np.linspace(0.0001, 0.02, 1000), rtol=1e-9)


@pytest.mark.parametrize("steps", [1, 10, 200, 1000])
@pytest.mark.parametrize("kind", ["cosine", "linear"])
def test_a_schedule_falls_from_1_and_never_to_0(steps, kind):
    kept = diffusion.noise_schedule(steps, kind)
    assert kept.shape == (steps + 1,) and kept[0] == 1
    assert (np.diff(kept) < 0).all() and kept[-1] > 0
    assert kept[-1] < 0.01 or steps == 1
    assert (1 - kept[1:] / kept[:-1] <= 0.999 + 1e-12).all()


def test_the_cosine_schedule_is_the_quotient_of_nichol_and_dhariwal_but_for_its_end():
    f = np.cos((np.arange(201) / 200 + 0.008) / 1.008 * np.pi / 2) ** 2
    kept = diffusion.noise_schedule(200)
    np.testing.assert_allclose(kept[:-1], (f / f[0])[:-1], rtol=1e-12)
    # The last beta would be 1; at 0.999 a thousandth is left.
    assert kept[-1] == pytest.approx(kept[-2] / 1000) and f[-1] < 1e-30


def test_few_steps_are_as_noisy_at_the_end_as_many():
    ends = [diffusion.noise_schedule(steps, "linear")[-1] for steps in (100, 1000, 4000)]
    np.testing.assert_allclose(np.log(ends), -10.1, rtol=0.1)


@NAMES
@pytest.mark.parametrize("kind", ["cosine", "linear"])
def test_the_wings_have_the_same_schedules(name, kind):
    found = numpy(wing_of(name).noise_schedule(200, kind))
    expected = diffusion.noise_schedule(200, kind).astype("float32")
    np.testing.assert_allclose(found, expected, rtol=2e-7)


# ---- into noise and back ----


def test_a_picture_becomes_noise_of_the_variance_that_is_told():
    rng = np.random.default_rng(0)
    clean, alpha_bar = np.full((1, 100_000), 3.0), np.array([0.36])
    noisy = diffusion.diffused(clean, rng.normal(size=clean.shape), alpha_bar)
    assert noisy.mean() == pytest.approx(0.6 * 3, abs=0.01)
    assert noisy.var() == pytest.approx(0.64, rel=0.02)


def test_many_small_steps_are_one_large_step():
    """x_t = sqrt(1 - beta_t) x_(t - 1) + sqrt(beta_t) n_t, of Gaussians: means and variances."""
    kept = diffusion.noise_schedule(50)
    mean, variance = 1.0, 0.0
    for t in range(1, 51):
        beta = 1 - kept[t] / kept[t - 1]
        mean, variance = np.sqrt(1 - beta) * mean, (1 - beta) * variance + beta
    assert mean == pytest.approx(np.sqrt(kept[-1])) and variance == pytest.approx(1 - kept[-1])


def test_picture_and_noise_come_back_from_the_velocity():
    clean, noise, _, alpha_bar, _ = drawn()
    noisy = diffusion.diffused(clean, noise, alpha_bar)
    v = diffusion.velocity(clean, noise, alpha_bar)
    np.testing.assert_allclose(diffusion.denoised(noisy, v, alpha_bar), clean, atol=1e-12)
    found = diffusion.noise_from_velocity(noisy, v, alpha_bar)
    np.testing.assert_allclose(found, noise, atol=1e-12)
    found = diffusion.denoised_from_noise(noisy, noise, alpha_bar)
    np.testing.assert_allclose(found, clean, atol=1e-12)


def test_the_velocity_is_the_derivative_by_the_angle():
    clean, noise, *_ = drawn()
    angle, step = np.linspace(0.2, 1.4, ROWS), 1e-6
    ends = [diffusion.diffused(clean, noise, np.cos(angle + s) ** 2) for s in (-step, step)]
    v = diffusion.velocity(clean, noise, np.cos(angle) ** 2)
    np.testing.assert_allclose((ends[1] - ends[0]) / (2 * step), v, rtol=1e-6, atol=1e-8)


def test_the_velocity_keeps_the_picture_where_the_noise_says_nothing_of_it():
    """With nothing left of the picture, v is minus the picture; with no noise, v is the noise."""
    clean, noise, *_ = drawn()
    ends = np.array([0.0, 0.0, 1.0, 1.0])
    v = diffusion.velocity(clean, noise, ends)
    np.testing.assert_array_equal(v[:2], -clean[:2])
    np.testing.assert_array_equal(v[2:], noise[2:])


# ---- steps ----


def test_a_step_without_chance_stays_on_the_line_of_picture_and_noise():
    clean, noise, _, a, b = drawn()
    noisy = diffusion.diffused(clean, noise, a)
    found = diffusion.ddim_step(noisy, clean, a, b)
    np.testing.assert_allclose(found, diffusion.diffused(clean, noise, b), atol=1e-12)


def test_two_steps_without_chance_are_one():
    noisy, clean, _, a, b = drawn()
    between = (a + b) / 2
    once = diffusion.ddim_step(noisy, clean, a, b)
    twice = diffusion.ddim_step(diffusion.ddim_step(noisy, clean, a, between), clean, between, b)
    np.testing.assert_allclose(twice, once, atol=1e-12)


def test_with_all_the_chance_it_is_a_draw_from_the_posterior():
    noisy, clean, noise, a, b = drawn()
    mean = diffusion.posterior_mean(noisy, clean, a, b)
    deviation = np.sqrt(diffusion.posterior_variance(a, b)).reshape(-1, 1, 1, 1)
    found = diffusion.ddim_step(noisy, clean, a, b, noise, eta=1.0)
    np.testing.assert_allclose(found, mean + deviation * noise, atol=1e-12)


@pytest.mark.parametrize("eta", [0.0, 0.5, 1.0])
def test_steps_keep_the_distribution_of_noisy_pictures(eta):
    """Of one picture: what is drawn from q(x_t | x_0) and stepped has q(x_(t - 1) | x_0)."""
    rng = np.random.default_rng(1)
    clean, a, b = np.full((1, 100_000), 2.0), np.array([0.3]), np.array([0.6])
    n, more = rng.normal(size=(2, *clean.shape))
    found = diffusion.ddim_step(diffusion.diffused(clean, n, a), clean, a, b, more, eta)
    assert found.mean() == pytest.approx(2 * np.sqrt(0.6), abs=0.01)
    assert found.var() == pytest.approx(0.4, rel=0.02)


def test_the_posterior_by_the_rule_of_bayes():
    """Precisions add up: of x_t given x_(t - 1), and of x_(t - 1) given x_0."""
    noisy, clean, _, a, b = drawn()
    ratio = a / b  # alpha_t
    precision = ratio / (1 - ratio) + 1 / (1 - b)
    np.testing.assert_allclose(diffusion.posterior_variance(a, b), 1 / precision, rtol=1e-12)
    wide = [share.reshape(-1, 1, 1, 1) for share in (ratio, b, precision)]
    ratio, b_wide, precision = wide
    weighted = np.sqrt(ratio) / (1 - ratio) * noisy + np.sqrt(b_wide) / (1 - b_wide) * clean
    found = diffusion.posterior_mean(noisy, clean, a, b)
    np.testing.assert_allclose(found, weighted / precision, rtol=1e-10)


@NAMES
def test_the_last_step_gives_the_prediction_whatever_the_chance(name):
    """Nothing is drawn without variance, and rounding makes no NaN of it."""
    noisy, clean, noise, a, _ = (array.astype("float32") for array in drawn())
    for eta in (0.0, 0.3, 1.0):
        given = (noisy, clean, a, np.ones_like(a), noise)
        found = numpy(wing_of(name).ddim_step(*(tensor(name, g) for g in given), eta=eta))
        np.testing.assert_allclose(found, clean, atol=1e-5)


# ---- guidance and steps as features ----


def test_guidance_is_that_of_ho_and_salimans_with_another_scale():
    c, u, *_ = drawn()
    for w in (0.0, 0.5, 3.0):
        theirs = (1 + w) * c - w * u
        np.testing.assert_allclose(diffusion.guided(c, u, 1 + w), theirs, atol=1e-12)
    np.testing.assert_array_equal(diffusion.guided(c, u, 0.0), u)
    np.testing.assert_allclose(diffusion.guided(c, u, 1.0), c, atol=1e-12)


@NAMES
def test_steps_are_rows_of_the_positions(name):
    steps = np.array([0, 3, 200, 3])
    expected = sinusoidal_positions(201, 8)[steps]
    np.testing.assert_array_equal(diffusion.timestep_embedding(steps, 8), expected)
    found = numpy(wing_of(name).timestep_embedding(tensor(name, steps), 8))
    np.testing.assert_allclose(found, expected, atol=2e-5)  # JAX has float32 angles alone
