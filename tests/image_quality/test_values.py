"""Judging images, beside programs that nobody here wrote and values that are known."""

import numpy as np
import pytest

from mmref.data import emoji
from mmref.metrics import feature_frechet_distance
from mmref.reference import image_quality
from mmref.reference.image_quality import (
    classifier_score,
    frechet_distance,
    peak_signal_to_noise_ratio,
    precision_recall,
    structural_similarity,
    structural_similarity_gradient,
)
from tests.wings import WINGS, numpy, tensor, wing_of

EVERYWHERE = ("reference", *WINGS)


def pictures(count=4):
    """Real pictures (B, C, H, W) in [0, 1] with flat, white parts, and what noise makes of them."""
    images = emoji.load().images[:count].transpose(0, 3, 1, 2) / np.float32(255)
    noise = np.random.default_rng(0).normal(size=images.shape).astype("float32")
    return images, np.clip(images + 0.1 * noise, 0, 1)


def judged(name, function, images, targets, **options):
    """By the reference or a wing, which is given its own layout."""
    if name == "reference":
        return getattr(image_quality, function)(images, targets, **options)
    if name == "keras":
        images, targets = (np.moveaxis(a, 1, -1) for a in (images, targets))
    given = (tensor(name, a) for a in (images, targets))
    return numpy(getattr(wing_of(name), function)(*given, **options))


# ---- a picture beside its target ----


@pytest.mark.parametrize("name", EVERYWHERE)
@pytest.mark.parametrize("data_range", [1.0, 255.0])
def test_tensorflow_has_the_same_ratio_and_similarity(name, data_range):
    tf = pytest.importorskip("tensorflow")
    images, targets = (data_range * a for a in pictures())
    last = [tf.constant(np.moveaxis(a, 1, -1)) for a in (images, targets)]
    found = judged(name, "peak_signal_to_noise_ratio", images, targets, data_range=data_range)
    np.testing.assert_allclose(found, tf.image.psnr(*last, data_range), rtol=1e-5)
    found = judged(name, "structural_similarity", images, targets, data_range=data_range)
    np.testing.assert_allclose(found, tf.image.ssim(*last, data_range), rtol=1e-4)


@pytest.mark.parametrize("name", EVERYWHERE)
def test_scikit_image_has_the_same_similarity(name):
    metrics = pytest.importorskip("skimage.metrics")
    images, targets = pictures()
    gaussian = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    theirs = [
        metrics.structural_similarity(*pair, data_range=1.0, channel_axis=0, **gaussian)
        for pair in zip(images, targets, strict=True)
    ]
    ours = judged(name, "structural_similarity", images, targets)
    assert np.allclose(ours, theirs, rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", EVERYWHERE)
def test_a_picture_that_is_its_target_is_perfect(name):
    images, _ = pictures()
    assert np.isinf(judged(name, "peak_signal_to_noise_ratio", images, images)).all()
    found = judged(name, "structural_similarity", images, images)
    np.testing.assert_allclose(found, 1, atol=1e-6)


@pytest.mark.parametrize("name", EVERYWHERE)
def test_flat_pictures_differ_in_brightness_alone(name):
    """Then SSIM has a closed form, and float32 may not find a variance where there is none."""
    a, b = np.float32(0.4), np.float32(0.6)
    images, targets = np.full((1, 3, 12, 12), a), np.full((1, 3, 12, 12), b)
    expected = (2 * a * b + 1e-4) / (a * a + b * b + 1e-4)
    found = judged(name, "structural_similarity", images, targets)
    np.testing.assert_allclose(found, expected, atol=1e-3)
    exact = structural_similarity(images.astype(float), targets.astype(float))
    np.testing.assert_allclose(exact, expected, atol=1e-6)


@pytest.mark.parametrize("name", EVERYWHERE)
def test_float32_judges_real_pictures_as_float64_does(name):
    images, targets = pictures()
    found = judged(name, "structural_similarity", images, targets)
    exact = structural_similarity(images.astype(float), targets.astype(float))
    np.testing.assert_allclose(found, exact, atol=1e-5)


def test_a_change_of_unit_changes_nothing():
    images, targets = (a.astype(float) for a in pictures())
    for judge in (peak_signal_to_noise_ratio, structural_similarity):
        one, many = judge(images, targets), judge(255 * images, 255 * targets, data_range=255.0)
        np.testing.assert_allclose(many, one, rtol=1e-10)


def test_ratios_of_known_errors():
    """Half of the range everywhere is 6.02 decibels; ten times less error, 20 more."""
    for error, expected in ((0.5, 6.0206), (0.05, 26.0206)):
        found = peak_signal_to_noise_ratio(np.full((1, 8), error), np.zeros((1, 8)))
        np.testing.assert_allclose(found, [expected], atol=1e-4)


def test_two_errors_of_one_size_are_told_apart_by_the_similarity_alone():
    """What Wang et al. made it for: a shift of brightness looks better than noise."""
    images, _ = pictures(20)
    images = 0.25 + images.astype(float) / 2  # room on both sides
    noise = np.random.default_rng(0).choice([-0.1, 0.1], size=images.shape)
    ratios = [peak_signal_to_noise_ratio(images + e, images) for e in (0.1, noise)]
    np.testing.assert_allclose(*ratios)
    shifted, noisy = (structural_similarity(images + e, images) for e in (0.1, noise))
    assert (shifted > noisy + 0.1).all()


def test_a_perfect_picture_has_no_slope():
    """The similarity is largest there, so that its gradient vanishes."""
    images = pictures(2)[0].astype(float)
    for slope in structural_similarity_gradient(np.ones(2), images, images):
        np.testing.assert_allclose(slope, 0, atol=1e-12)


# ---- Gaussians ----


def covariance(rng, width, rows):
    x = rng.normal(size=(rows, width))
    return x.T @ x / rows


@pytest.mark.parametrize("rows", [20, 3])  # of 5 axes: of full rank, and singular
def test_the_frechet_distance_is_that_of_the_root_of_the_product(rows):
    linalg = pytest.importorskip("scipy.linalg")
    rng = np.random.default_rng(0)
    m, n = rng.normal(size=(2, 5))
    a, b = covariance(rng, 5, rows), covariance(rng, 5, rows)
    root = linalg.sqrtm(a @ b + 1e-12 * np.eye(5)).real
    expected = np.sum((m - n) ** 2) + np.trace(a + b - 2 * root)
    found = frechet_distance(m, a, n, b)
    np.testing.assert_allclose(found, expected, rtol=1e-4)
    np.testing.assert_allclose(frechet_distance(n, b, m, a), found, rtol=1e-6)  # symmetric


def test_it_is_the_cost_of_moving_one_gaussian_onto_the_other():
    """By the map x -> n + T (x - m), T = A^-1/2 (A^1/2 B A^1/2)^1/2 A^-1/2, on many points."""
    rng = np.random.default_rng(0)
    a, b = covariance(rng, 2, 5), covariance(rng, 2, 5)
    m, n = np.zeros(2), np.array([1.0, -0.5])

    def root(matrix):
        values, vectors = np.linalg.eigh(matrix)
        return vectors * np.sqrt(values) @ vectors.T

    inverse = np.linalg.inv(root(a))
    moves = inverse @ root(root(a) @ b @ root(a)) @ inverse
    x = rng.multivariate_normal(m, a, size=200_000)
    cost = np.sum((n + x @ moves - x) ** 2, axis=1).mean()
    np.testing.assert_allclose(frechet_distance(m, a, n, b), cost, rtol=0.02)


def test_covariances_with_the_same_axes_have_a_closed_form():
    a, b = np.diag([1.0, 4.0, 0.0]), np.diag([9.0, 4.0, 1.0])
    assert frechet_distance(np.zeros(3), a, np.zeros(3), b) == pytest.approx(4 + 0 + 1)
    assert frechet_distance(np.ones(3), a, np.ones(3), a) == pytest.approx(0, abs=1e-12)


def test_torchmetrics_has_the_same_distance_of_the_same_features():
    torch = pytest.importorskip("torch")
    image = pytest.importorskip("torchmetrics.image.fid")
    images, noisy = pictures(60)
    pixels = torch.nn.Flatten()
    pixels.num_features = 12
    theirs = image.FrechetInceptionDistance(feature=pixels, normalize=True)
    small = [a[:, :, 8:24:8, 8:24:8] for a in (images, noisy)]  # (N, 3, 2, 2)
    for real, batch in ((True, small[0]), (False, small[1])):
        theirs.update(torch.tensor(batch), real=real)
    ours = feature_frechet_distance(*(a.reshape(len(a), -1).astype(float) for a in small))
    np.testing.assert_allclose(theirs.compute().item(), ours, rtol=1e-4)


# ---- classes ----


def test_the_classifier_score_is_the_information_in_the_class():
    """Of what a Gaussian classifier says: entropy of the mean less mean entropy, exponentiated."""
    logits = np.random.default_rng(0).normal(size=(50, 6))
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)

    def entropy(p):
        return -np.sum(p * np.log(p), axis=-1)

    expected = np.exp(entropy(p.mean(axis=0)) - entropy(p).mean())
    np.testing.assert_allclose(classifier_score(p), expected, rtol=1e-12)


def test_the_classifier_score_does_not_see_what_it_should():
    """One perfect picture of each class, a thousand times over: the best score that there is."""
    assert classifier_score(np.tile(np.eye(5), (1000, 1))) == pytest.approx(5)


# ---- manifolds ----


def by_hand(real, fake, k):
    """Precision and recall from the definition, ball by ball."""

    def within(rows, others):
        inside = 0
        for row in rows:
            for other in others:
                radius = sorted(np.linalg.norm(others - other, axis=1))[k]
                if np.linalg.norm(row - other) <= radius:
                    inside += 1
                    break
        return inside / len(rows)

    return within(fake, real), within(real, fake)


@pytest.mark.parametrize("k", [1, 3])
def test_precision_and_recall_by_the_definition(k):
    rng = np.random.default_rng(0)
    real, fake = rng.normal(size=(30, 4)), 0.7 * rng.normal(size=(25, 4)) + 0.4
    expected = by_hand(real, fake, k)
    assert precision_recall(real, fake, k) == pytest.approx(expected)
    assert 0.1 < min(expected) and max(expected) < 1


def test_a_set_beside_itself_is_perfect():
    """Also where rows are equal, whose balls are points."""
    real = np.random.default_rng(0).normal(size=(40, 3)).repeat(2, axis=0)
    assert precision_recall(real, real, neighbors=1) == (1, 1)


def test_what_a_generator_forgets_costs_recall_and_what_it_invents_precision():
    rng = np.random.default_rng(0)
    one, two, far = (rng.normal(size=(200, 2)) + [shift, 0] for shift in (0, 20, 90))
    real = np.concatenate([one, two])
    precision, recall = precision_recall(real, one + 0.1 * rng.normal(size=one.shape))
    assert precision > 0.9 and 0.4 < recall < 0.55
    precision, recall = precision_recall(real, np.concatenate([real, far]))
    assert recall > 0.95 and 0.6 < precision < 0.7


def test_many_rows_are_compared_some_at_a_time():
    rng = np.random.default_rng(0)
    real, fake = rng.normal(size=(1500, 200)), rng.normal(size=(1400, 200))
    whole = precision_recall(real, fake)
    order = rng.permutation(1500)
    assert precision_recall(real[order], fake) == pytest.approx(whole, abs=1e-12)
