"""Compression against facts that do not use its formulas."""

import warnings

import numpy as np
import pytest
from scipy.special import rel_entr, softmax

from mmref.reference import compression
from tests.wings import WINGS, numpy, tensor, wing_of

ALL = ("reference", *WINGS)


def called(name, function, *given):
    if name == "reference":
        return getattr(compression, function)(*given)
    given = [tensor(name, x) if isinstance(x, np.ndarray) else x for x in given]
    return getattr(wing_of(name), function)(*given)


def drawn(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


@pytest.mark.each_backend
@pytest.mark.parametrize("name", ALL)
def test_a_half_goes_to_the_even_neighbor(name):
    x = np.array([-1.5, -0.5, 0.5, 1.5, 2.5])
    found = called(name, "quantized", x, 1.0)
    np.testing.assert_array_equal(numpy(found) if name in WINGS else found, [-2, 0, 0, 2, 2])


@pytest.mark.parametrize("bits", [2, 4, 8])
@pytest.mark.parametrize("symmetric", [False, True])
def test_no_number_moves_by_more_than_half_a_step(bits, symmetric):
    x = 3 * drawn(50) + 1
    scale, zero = compression.quantization_grid(x, bits, symmetric)
    moved = np.abs(compression.quantized(x, scale, zero, bits) - x)
    # The zero point is rounded, so that one end may lie half a step outside.
    assert moved.max() <= scale * (0.5 if symmetric else 1.0) + 1e-12
    assert compression.quantized(np.zeros(1), scale, zero, bits) == 0


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("x", [drawn(20), drawn(20) ** 2, -(drawn(20) ** 2), np.zeros(3)])
@pytest.mark.parametrize("symmetric", [False, True])
def test_the_grid_is_that_of_pytorchs_observers(name, x, symmetric):
    torch = pytest.importorskip("torch")
    from torch.ao.quantization import MinMaxObserver

    scheme = torch.per_tensor_symmetric if symmetric else torch.per_tensor_affine
    low = -127 if symmetric else -128  # theirs has -128 in it, and 127.5 steps on each side
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it will be moved to another package
        observer = MinMaxObserver(torch.qint8, scheme, quant_min=low, quant_max=127)
    observer(torch.tensor(x, dtype=torch.float64))
    scale, zero = called(name, "quantization_grid", x, 8, symmetric)
    theirs = [part.item() for part in observer.calculate_qparams()]
    if x.any():
        assert (pytest.approx(scale, rel=1e-5), zero) == tuple(theirs)
    else:
        assert scale == 1.0


@pytest.mark.parametrize("name", ALL)
def test_of_equal_weights_the_first_go(name):
    mask = called(name, "magnitude_mask", np.array([1.0, -1.0, 1.0, -1.0, 2.0]), 0.4)
    mask = numpy(mask) if name in WINGS else mask
    assert mask.tolist() == [False, False, True, True, True]


@pytest.mark.each_backend
@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("share", [0.0, 0.3, 0.5, 1.0])
def test_what_stays_is_larger_than_what_goes(name, share):
    weights = drawn(7, 3)
    mask = called(name, "magnitude_mask", weights, share)
    mask = numpy(mask) if name in WINGS else mask
    assert mask.shape == weights.shape and (~mask).sum() == round(share * 21)
    stays, goes = np.abs(weights[mask]), np.abs(weights[~mask])
    assert not goes.size or not stays.size or stays.min() >= goes.max()


def test_distillation_is_the_divergence_of_scipy():
    s, t = drawn(4, 3), drawn(4, 3, seed=1)
    for T in (0.5, 1.0, 4.0):
        q, p = softmax(t / T, axis=1), softmax(s / T, axis=1)
        expected = T**2 * rel_entr(q, p).sum() / 4
        assert compression.distillation_loss(s, t, T) == pytest.approx(expected)
    assert compression.distillation_loss(s, s + 5.0, 2.0) == pytest.approx(0, abs=1e-12)


def test_the_gradient_of_a_hot_student_is_the_difference_of_logits():
    """Hinton et al., section 2.1: at a high temperature, of logits with a mean of 0."""
    s, t = (z - z.mean(axis=1, keepdims=True) for z in (drawn(4, 3), drawn(4, 3, seed=1)))
    found, _ = compression.distillation_loss_gradient(np.array(1.0), s, t, 1e4)
    np.testing.assert_allclose(found, (s - t) / 3 / 4, atol=1e-4)


@pytest.mark.each_backend
@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("shape", [(5, 4), (3, 6)])
def test_the_error_of_a_low_rank_is_what_is_left_out(name, shape):
    weight = drawn(*shape)
    s = np.linalg.svd(weight, compute_uv=False)
    for rank in range(1, len(s) + 1):
        down, up = called(name, "low_rank_factors", weight, rank)
        down, up = (numpy(a) if name in WINGS else a for a in (down, up))
        assert down.shape == (rank, shape[1]) and up.shape == (shape[0], rank)
        error = np.linalg.norm(weight - up @ down, 2)
        assert error == pytest.approx(np.append(s, 0)[rank], abs=1e-5)


def test_no_other_factors_are_nearer():
    weight, rng = drawn(5, 4), np.random.default_rng(1)
    down, up = compression.low_rank_factors(weight, 2)
    best = np.linalg.norm(weight - up @ down)
    for _ in range(200):
        step = 0.1 * rng.normal(size=8 + 10)
        other = (up + step[:10].reshape(5, 2)) @ (down + step[10:].reshape(2, 4))
        assert np.linalg.norm(weight - other) >= best


@pytest.mark.each_backend
@pytest.mark.parametrize("name", ALL)
def test_nan_in_a_weight_is_nan_in_its_factors(name):
    weight = drawn(3, 3)
    weight[0, 0] = np.nan
    for part in called(name, "low_rank_factors", weight, 2):
        assert np.isnan(numpy(part) if name in WINGS else part).all()
