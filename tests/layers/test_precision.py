"""Each layer computes in the precision it is asked for, and finitely in half of it."""

import numpy as np
import pytest

from mmref import convert
from mmref.concordance.backends import keras_dtype
from mmref.contract.arrays import dtype_name
from tests.layers.cases import CASES, FIRST, LAYERS, REGISTRY
from tests.layers.running import BOTH, answer, arguments, each, made, ready, result, step

HALVES = ("bfloat16", "float16")


def in_precision(name, case, dtype):
    """The layer, its weights and what it computes in this precision; Keras keeps float32 weights
    beside half precision."""
    if name == "torch":
        import torch

        layer = made(name, case)
        return layer.to(getattr(torch, dtype)) if hasattr(layer, "to") else layer
    with keras_dtype(f"mixed_{dtype}" if dtype in HALVES else dtype):
        return made(name, case)


def near(found, expected, share):
    """Equal up to a share of the largest number."""
    np.testing.assert_allclose(found, expected, rtol=0, atol=share * np.abs(expected).max())


@BOTH
@each([case for case in CASES if case.first])
def test_float64_stays_float64(name, case):
    """All the way: no step on it rounds to what float32 has room for."""
    layer = in_precision(name, case, "float64")
    found, dtype = result(name, layer, arguments(name, case, "float64", change=finer))
    assert dtype == "float64"
    near(found, answer(name, case), 1e-4)
    assert (found != found.astype("float32")).any()


def finer(path, array):
    """Numbers with digits that float32 has no room for."""
    return array * np.float64(1 + 1e-9) if array.dtype.kind == "f" else array


@pytest.mark.parametrize(
    ("half", "case"),
    [
        pytest.param(half, case, id=f"{case.name}-{half}")
        for half, cases in {"bfloat16": LAYERS, "float16": FIRST}.items()
        for case in cases
    ],
)
@BOTH
def test_half_precision_is_near_float32(name, case, half):
    """Also where NaN stands in what is masked or absent."""
    layer = in_precision(name, case, half)
    found, dtype = result(name, layer, arguments(name, case, half))
    assert dtype == half and np.isfinite(found).all()
    near(found, answer(name, case), 0.1)
    if name == "keras":
        assert {dtype_name(v) for v in layer.weights} <= {"float32"}


@BOTH
@each([case for case in LAYERS if case.held != {}])
def test_a_step_in_half_precision_leaves_every_weight_finite(name, case):
    layer = in_precision(name, case, "bfloat16")
    step(name, layer, arguments(name, case, "bfloat16"))
    for path, array in convert.arrays(layer).items():
        assert np.isfinite(array).all(), path


@pytest.mark.parametrize("policy", ["float64", "mixed_bfloat16"])
@each(FIRST)
def test_keras_parts_keep_the_precision_of_the_whole(case, policy):
    """Also where the layer is made again, while Keras's own setting is another."""
    pytest.importorskip("keras")
    with keras_dtype(policy):
        layer = made("keras", case)
    twin = type(layer).from_config(layer.get_config())
    for one in (layer, twin):
        assert {part.dtype_policy.name for part in one._flatten_layers()} == {policy}
    assert len(list(twin._flatten_layers())) == len(list(layer._flatten_layers()))


def needs_an_lstm_that_autocast_knows(case):
    """PyTorch's own, which the encoder uses, runs in bfloat16 on some processors only."""
    import torch

    if "lstm" in case.name and case not in REGISTRY:
        try:
            with torch.autocast("cpu", torch.bfloat16):
                torch.nn.LSTM(2, 3)(torch.ones(1, 1, 2))
        except RuntimeError:
            pytest.skip("PyTorch's own LSTM does not run under autocast on this processor")


@pytest.mark.parametrize("given", ["float32", "bfloat16", "float32 bfloat16"])
@each(FIRST)
def test_autocast_of_pytorch_converts_whatever_comes(case, given):
    torch = pytest.importorskip("torch")
    needs_an_lstm_that_autocast_knows(case)
    with torch.autocast("cpu", torch.bfloat16):
        found, _ = result("torch", ready("torch", case), arguments("torch", case, given))
    near(found, answer("torch", case), 0.1)
