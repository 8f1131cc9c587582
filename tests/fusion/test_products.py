"""Gates and products: what they are to one another, what is absent, how they start, how wide."""

from itertools import combinations
from math import prod

import numpy as np
import pytest

from mmref import convert
from mmref.check.fusion.gated_fusion import gated_fusion as bimodal_unit
from mmref.reference.fusion import (
    bilinear_fusion,
    concat_fusion,
    film_fusion,
    gated_fusion,
    low_rank_fusion,
    tensor_fusion,
)
from tests.messages import assert_raises
from tests.wings import DIM, FUSIONS, WINGS, features, fused, numpy, tensor, tensors, wing_of

RNG = np.random.default_rng(0)
D, ROWS = 3, 6


def draw(**widths):
    return {m: RNG.normal(size=(ROWS, d)) for m, d in widths.items()}


def close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


def test_two_gates_are_the_bimodal_unit():
    """Of Arevalo et al., with W_z = G_1 - G_2: a softmax of two scores is a sigmoid of one."""
    x = draw(image=4, text=2)
    weights = {"image": RNG.normal(size=(D, 4)), "text": RNG.normal(size=(D, 2))}
    gates = RNG.normal(size=(2 * D, 6))
    expected = bimodal_unit(*x.values(), *weights.values(), gates[:D] - gates[D:])
    close(gated_fusion(x, weights, gates), expected)


def test_independent_gates_are_the_unit_for_k_modalities():
    x = draw(a=4, b=2, c=5)
    weights = {m: RNG.normal(size=(D, v.shape[1])) for m, v in x.items()}
    gates = RNG.normal(size=(3 * D, 11))
    joined = np.hstack(list(x.values()))
    expected = 0
    for gate, m in zip(np.split(gates, 3), x, strict=True):
        expected += 1 / (1 + np.exp(-joined @ gate.T)) * np.tanh(x[m] @ weights[m].T)
    close(gated_fusion(x, weights, gates, independent=True), expected)


def one_hot_factors(tensor):
    """Factors (R, D, P_m), R the product of all P_m but the last, whose products sum to a tensor
    (D, P_1, ..., P_M): each picks one entry of every [1; x_m] but the last."""
    dim, *sizes = tensor.shape
    rank = prod(sizes[:-1])
    indices = np.array(list(np.ndindex(*sizes[:-1])), int).T  # (M - 1, R)
    picked = [np.eye(p)[index] for p, index in zip(sizes, indices, strict=False)]
    factors = [np.repeat(rows[:, None], dim, axis=1) for rows in picked]
    return [*factors, tensor.reshape(dim, rank, -1).swapaxes(0, 1)]


@pytest.mark.parametrize("widths", [{"a": 4}, {"a": 4, "b": 2}, {"a": 2, "b": 4, "c": 3}])
def test_low_rank_is_tensor_fusion_at_full_rank(widths):
    x, sizes = draw(**widths), [d + 1 for d in widths.values()]
    present = RNG.random((ROWS, len(widths))) < 0.7
    weight, bias = RNG.normal(size=(D, prod(sizes))), RNG.normal(size=D)
    factors = dict(zip(x, one_hot_factors(weight.reshape(D, *sizes)), strict=True))
    rows = {m: f.reshape(-1, f.shape[2]) for m, f in factors.items()}
    weights, biases = ({m: f[:, part] for m, f in rows.items()} for part in (np.s_[1:], 0))
    for there in (None, present):
        close(
            low_rank_fusion(x, weights, biases, bias, there), tensor_fusion(x, weight, bias, there)
        )


def test_tensor_fusion_holds_concatenation_and_bilinear_fusion():
    """One entry of the tensor for each set of modalities: none, the single ones, the pairs."""
    x = draw(a=2, b=4, c=3)
    single, pairs = RNG.normal(size=(D, 9)), RNG.normal(size=(D, 2 * 4 + 2 * 3 + 4 * 3))
    bias, tensor = RNG.normal(size=D), np.zeros((D, 3, 5, 4))
    tensor[:, 1:, 0, 0], tensor[:, 0, 1:, 0], tensor[:, 0, 0, 1:] = np.split(single, [2, 6], axis=1)
    blocks = np.split(pairs, [8, 14], axis=1)
    tensor[:, 1:, 1:, 0] = blocks[0].reshape(D, 2, 4)
    tensor[:, 1:, 0, 1:] = blocks[1].reshape(D, 2, 3)
    tensor[:, 0, 1:, 1:] = blocks[2].reshape(D, 4, 3)
    expected = concat_fusion(x, single, bias) + bilinear_fusion(x, pairs, np.zeros(D))
    close(tensor_fusion(x, tensor.reshape(D, -1), bias), expected)


def test_film_is_a_bilinear_map_of_low_rank():
    """z_d = h_d + beta_d + (G x_2)_d (W x_1)_d: a matrix of rank 1 for each component."""
    x = draw(image=4, text=2)
    w, g, b = RNG.normal(size=(D, 4)), RNG.normal(size=(D, 2)), RNG.normal(size=(D, 2))
    matrices = np.einsum("di,dj->dij", w, g).reshape(D, -1)
    expected = bilinear_fusion(x, matrices, np.zeros(D))
    expected += concat_fusion(x, np.hstack([w, b]), np.zeros(D))
    biases = {"image": np.zeros(D), "text": np.zeros(2 * D)}
    close(film_fusion(x, {"image": w, "text": np.vstack([g, b])}, biases), expected)


PAIR = {"image": 3, "text": 2}
ALONE = np.array([[True, False], [False, True], [False, False]])


@pytest.mark.parametrize("name", WINGS)
def test_what_a_modality_says_alone(name):
    """Bilinear: the bias. FiLM: the content as it is, the condition its shift."""
    x = features(3, dims=PAIR)
    present = tensor(name, ALONE)

    def layer(fusion):
        made = getattr(wing_of(name), fusion)(PAIR, DIM)
        made(tensors(name, x))
        shapes = {n: a.shape for n, a in convert.arrays(made).items()}
        arrays = {n: RNG.normal(size=s).astype("float32") for n, s in shapes.items()}
        convert.set_arrays(made, arrays)
        return numpy(made(tensors(name, x), present)), arrays

    z, arrays = layer("BilinearFusion")
    np.testing.assert_allclose(z, [arrays["bias"], arrays["bias"], np.zeros(DIM)], rtol=1e-6)
    z, arrays = layer("FiLMFusion")
    h = x["image"][0] @ arrays["weights.image"].T + arrays["biases.image"]
    beta = x["text"][1] @ arrays["weights.text"][DIM:].T + arrays["biases.text"][DIM:]
    np.testing.assert_allclose(z, [h, beta, np.zeros(DIM)], atol=1e-5)


@pytest.mark.parametrize("count", [2, 3, 4, 5])
@pytest.mark.parametrize("fusion", FUSIONS)
@pytest.mark.parametrize("name", WINGS)
def test_two_to_five_modalities(name, fusion, count):
    dims = {f"m{i}": 2 + i for i in range(count)}
    layer, x = getattr(wing_of(name), fusion)(dims, DIM), features(dims=dims)
    present = np.random.default_rng(count).random((5, count)) < 0.6
    z = numpy(layer(tensors(name, x), tensor(name, present)))
    np.testing.assert_allclose(z, fused(layer, x, present), atol=1e-5)


@pytest.mark.parametrize(("count", "rank"), [(2, 1), (2, 16), (3, 4), (5, 1), (5, 16)])
@pytest.mark.parametrize("name", WINGS)
def test_low_rank_fusion_starts_on_the_scale_of_its_features(name, count, rank):
    """Features of variance 1 give a z of mean square 1, whatever the rank and how many."""
    dims = {f"m{i}": 64 for i in range(count)}
    layer = wing_of(name).LowRankFusion(dims, 512, rank)
    x = tensors(name, features(200, dims=dims))
    assert 0.7 < np.square(numpy(layer(x))).mean() < 1.4
    one_absent = np.arange(count) > 0
    z = numpy(layer(x, tensor(name, np.tile(one_absent, (200, 1)))))
    assert 0.3 < np.square(z).mean() < 0.8  # half of it


WIDE = {"image": 128, "text": 128, "audio": 128}
TOO_WIDE = (
    "expected a product of all D_m + 1 of at most 1048576, got 129 * 129 * 129 = 2146689; "
    "low-rank fusion has no such product"
)


@pytest.mark.parametrize("name", WINGS)
def test_a_tensor_that_no_memory_would_hold_is_refused(name):
    assert_raises(ValueError, f"dims: {TOO_WIDE}", lambda: wing_of(name).TensorFusion(WIDE, 4))
    wing_of(name).LowRankFusion(WIDE, 4)


def test_the_reference_refuses_it_before_it_is_made():
    x = {m: np.ones((1, d)) for m, d in WIDE.items()}
    message = f"features: {TOO_WIDE}"
    assert_raises(ValueError, message, lambda: tensor_fusion(x, np.ones((1, 1)), np.ones(1)))


@pytest.mark.parametrize("widths", list(combinations((1, 2, 5), 2)))
def test_a_bilinear_weight_for_each_pair_of_features(widths):
    dims = dict(zip("ab", widths, strict=True))
    assert wing_of("torch").BilinearFusion(dims, 1).projection.in_features == prod(widths)
