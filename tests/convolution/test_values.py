"""Convolution: the reference against loops, and what both layers promise."""

import numpy as np
import pytest

from mmref import convert
from mmref.contract.convolution import Window
from mmref.reference.convolution import conv2d, conv2d_gradient
from mmref.reference.geometry import (
    output_size,
)
from mmref.reference.pooling import avg_pool2d, max_pool2d
from tests.convolution.layers import built
from tests.wings import WINGS, wing_of


def conv2d_loops(x, w, b, window, groups):
    (B, C, H, W), (out, _, h, v) = x.shape, w.shape
    ((top, _), (left, _)), (rows, columns) = window.place(H, W)
    (s, t), (d, e) = window.stride, window.dilation
    y = np.zeros((B, out, rows, columns))
    for n, o, p, q in np.ndindex(y.shape):
        total = b[o]
        first = o // (out // groups) * (C // groups)
        for c, i, j in np.ndindex(C // groups, h, v):
            row, column = s * p + d * i - top, t * q + e * j - left
            if 0 <= row < H and 0 <= column < W:
                total += w[o, c, i, j] * x[n, first + c, row, column]
        y[n, o, p, q] = total
    return y


def geometries(count=60):
    """Random sizes, strides, paddings, dilations and groups that fit."""
    rng = np.random.default_rng(0)
    while count:
        groups = int(rng.integers(1, 4))
        shape = (2, groups * int(rng.integers(1, 3)), *map(int, rng.integers(1, 9, 2)))
        size, stride, dilation = (tuple(map(int, rng.integers(1, 4, 2))) for _ in range(3))
        pads = tuple(tuple(map(int, rng.integers(0, 3, 2))) for _ in range(2))
        padding = [pads, "same", "valid"][int(rng.integers(3))]
        try:
            window = Window(size, stride, padding, dilation)
            window.place(*shape[2:])
        except ValueError:
            continue
        count -= 1
        x = rng.normal(size=shape)
        w = rng.normal(size=(groups * int(rng.integers(1, 3)), shape[1] // groups, *size))
        yield x, w, rng.normal(size=len(w)), window, groups


def test_conv2d_is_the_formula():
    for x, w, b, window, groups in geometries():
        options = window.stride, window.padding, window.dilation, groups
        y = conv2d(x, w, b, *options)
        np.testing.assert_allclose(y, conv2d_loops(x, w, b, window, groups), atol=1e-12)
        assert y.shape[2:] == output_size(
            x.shape[2:], window.size, window.stride, window.padding, window.dilation
        )


def test_the_gradient_is_the_adjoint():
    """y is linear in x and in W: <g, J v> = <J^T g, v> for any g and v."""
    rng = np.random.default_rng(1)
    for x, w, _, window, groups in geometries():
        options = None, window.stride, window.padding, window.dilation, groups
        g = rng.normal(size=conv2d(x, w, *options).shape)
        d_x, d_w = conv2d_gradient(g, x, w, *options)
        v, u = rng.normal(size=x.shape), rng.normal(size=w.shape)
        np.testing.assert_allclose((g * conv2d(v, w, *options)).sum(), (d_x * v).sum())
        np.testing.assert_allclose((g * conv2d(x, u, *options)).sum(), (d_w * u).sum())


def test_a_flipped_kernel_makes_it_a_convolution():
    x, w = np.random.default_rng(2).normal(size=(2, 9))
    kernel = w[:4]
    y = conv2d(x[None, None, None], kernel[None, None, None, ::-1])
    np.testing.assert_allclose(y[0, 0, 0], np.convolve(x, kernel, mode="valid"))


def test_float32_stays_float32():
    x, w = np.ones((1, 2, 5, 5), "float32"), np.ones((3, 2, 3, 3), "float32")
    assert conv2d(x, w, np.ones(3, "float32")).dtype == np.float32
    grads = conv2d_gradient(np.ones((1, 3, 3, 3), "float32"), x, w)
    assert {g.dtype for g in grads} == {np.dtype("float32")}
    assert max_pool2d(x, 2).dtype == avg_pool2d(x, 3, padding=1).dtype == np.float32


@pytest.mark.parametrize("name", WINGS)
def test_weights_start_as_he_draws_them(name):
    layer = built(name, 60, 80, (3, 2), groups=2)
    weight = convert.arrays(layer)["weight"]
    fan_in = 30 * 3 * 2
    assert weight.shape == (80, 30, 3, 2)
    np.testing.assert_allclose(weight.var(), 2 / fan_in, rtol=0.05)
    assert np.abs(weight).max() <= np.sqrt(6 / fan_in)
    assert (convert.arrays(layer)["bias"] == 0).all()


@pytest.mark.parametrize("name", WINGS)
def test_without_a_bias_there_is_no_bias(name):
    layer = built(name, 4, 6, 3, bias=False)
    assert list(convert.arrays(layer)) == ["weight"] and layer.bias is None


def test_torch_state_dict_and_meta():
    torch = pytest.importorskip("torch")
    wing = wing_of("torch")
    assert set(wing.Conv2d(4, 6, 3).state_dict()) == {"weight", "bias"}
    assert set(wing.Conv2d(4, 6, 3, bias=False).state_dict()) == {"weight"}
    assert set(wing.BatchNorm2d(4).state_dict()) == {"scale", "shift", "mean", "variance"}
    with torch.device("meta"):
        layer = wing.Conv2d(4, 6, 3, stride=2, padding="same")
        assert layer(torch.empty(3, 4, 6, 8)).shape == (3, 6, 3, 4)
