"""Credit for parts of an input, against captum, shap, and the facts that define it."""

import numpy as np
import pytest
from scipy.integrate import quad

from mmref.reference import attribution
from tests.wings import WINGS, numpy, tensor, wing_of


def game(count, rows=3, seed=0):
    return np.random.default_rng(seed).normal(size=(rows, 2**count))


def test_the_picture_by_hand():
    """Image first: 0.1, then text 0.3. Text first: 0.2, then image 0.2."""
    found = attribution.shapley_values(np.array([[0.5, 0.6, 0.7, 0.9]]))
    np.testing.assert_allclose(found, [[0.15, 0.25]], rtol=1e-12)


@pytest.mark.parametrize("count", range(1, 6))
def test_the_four_axioms(count):
    v, there = game(count), attribution.coalitions(count)
    phi = attribution.shapley_values(v)
    np.testing.assert_allclose(phi.sum(axis=1), v[:, -1] - v[:, 0], rtol=1e-9)
    other = game(count, seed=1)
    both = attribution.shapley_values(v + other)
    np.testing.assert_allclose(both, phi + attribution.shapley_values(other), rtol=1e-9)
    # A dummy adds 2 to each coalition that it joins, and gets 2.
    columns = np.arange(2**count)
    without = v[:, np.where(there[:, 0], columns - 1, columns)]
    found = attribution.shapley_values(without + 2.0 * there[:, 0])
    np.testing.assert_allclose(found[:, 0], 2, rtol=1e-9)
    # Where only the number of members counts, all get the same.
    alike = attribution.shapley_values(v[:, there.sum(axis=1)])
    np.testing.assert_allclose(alike, alike[:, :1] * np.ones(count), rtol=1e-9)


@pytest.mark.parametrize("count", (2, 3, 4))
def test_shap_says_the_same(count):
    shap = pytest.importorskip("shap")
    (v,), bits = game(count, 1), 2 ** np.arange(count)
    explainer = shap.KernelExplainer(lambda z: v[z.astype(int) @ bits], np.zeros((1, count)))
    theirs = explainer.shap_values(np.ones((1, count)), silent=True, l1_reg=0)
    np.testing.assert_allclose(attribution.shapley_values(v[None]), theirs, atol=1e-8)


def test_captum_says_the_same_of_every_order():
    attr = pytest.importorskip("captum.attr")
    import torch

    (v,) = game(3, 1)
    bits = torch.tensor([1, 2, 4])
    sampled = attr.ShapleyValues(lambda z: torch.tensor(v)[z.long() @ bits])
    theirs = sampled.attribute(torch.ones(1, 3), baselines=torch.zeros(1, 3))
    np.testing.assert_allclose(attribution.shapley_values(v[None]), theirs, rtol=1e-6)


@pytest.mark.parametrize("name", WINGS)
def test_captum_has_the_same_map(name):
    attr = pytest.importorskip("captum.attr")
    import torch

    convolution = torch.nn.Conv2d(3, 4, 3, dtype=torch.float64)
    x = torch.randn(2, 3, 7, 6, dtype=torch.float64)
    head = torch.nn.Linear(4 * 5 * 4, 2, dtype=torch.float64)

    def score(x):
        return head(convolution(x).tanh().flatten(1))

    cam = attr.LayerGradCam(score, convolution)
    theirs = cam.attribute(x, target=1, relu_attributions=True)[:, 0].detach().numpy()
    A = convolution(x).detach().requires_grad_()
    (slopes,) = torch.autograd.grad(head(A.tanh().flatten(1))[:, 1].sum(), A)
    A, slopes = A.detach().numpy(), slopes.numpy()
    np.testing.assert_allclose(attribution.grad_cam(A, slopes), theirs, rtol=1e-9, atol=1e-15)
    if name == "keras":
        A, slopes = np.moveaxis(A, 1, 3), np.moveaxis(slopes, 1, 3)
    found = wing_of(name).grad_cam(tensor(name, A), tensor(name, slopes))
    np.testing.assert_allclose(numpy(found), theirs, rtol=1e-5, atol=1e-8)


def test_behind_a_mean_over_places_the_map_is_what_each_place_adds_to_the_score():
    rng = np.random.default_rng(0)
    A, weights = np.abs(rng.normal(size=(2, 3, 4, 5))), np.abs(rng.normal(size=3))
    slopes = np.broadcast_to(weights[:, None, None] / 20, A.shape)
    score = A.mean(axis=(2, 3)) @ weights
    found = attribution.grad_cam(A, slopes)
    np.testing.assert_allclose(found.sum(axis=(1, 2)), score, rtol=1e-12)


def network(seed=0):
    rng = np.random.default_rng(seed)
    W, b, v = rng.normal(size=(5, 3)), rng.normal(size=5), rng.normal(size=5)
    return rng.normal(size=(2, 3)), rng.normal(size=(2, 3)), W, b, v


def test_what_is_given_sums_to_what_the_score_rises_by():
    x, start, W, b, v = network()
    rise = np.tanh(x @ W.T + b) @ v - np.tanh(start @ W.T + b) @ v
    errors = [
        np.abs(attribution.integrated_gradients(x, start, W, b, v, steps).sum(axis=1) - rise).max()
        for steps in (10, 100)
    ]
    assert errors[0] < 0.05 and errors[1] < errors[0] / 50  # with the square of the steps


def test_scipy_integrates_the_same():
    x, start, W, b, v = network(1)
    found = attribution.integrated_gradients(x, start, W, b, v, 2000)
    for row in range(2):
        for d in range(3):

            def slope(a, row=row, d=d):
                h = np.tanh(W @ (start[row] + a * (x[row] - start[row])) + b)
                return (v * (1 - h**2)) @ W[:, d]

            exact = (x[row, d] - start[row, d]) * quad(slope, 0, 1)[0]
            assert found[row, d] == pytest.approx(exact, abs=1e-5)


@pytest.mark.parametrize("name", WINGS)
def test_captum_integrates_the_same(name):
    attr = pytest.importorskip("captum.attr")
    import torch

    x, start, W, b, v = network(2)
    numbers = [torch.tensor(part) for part in (W, b, v)]

    def score(x):
        return (x @ numbers[0].T + numbers[1]).tanh() @ numbers[2]

    theirs = attr.IntegratedGradients(score).attribute(
        torch.tensor(x), torch.tensor(start), method="riemann_middle", n_steps=7
    )
    found = attribution.integrated_gradients(x, start, W, b, v, 7)
    np.testing.assert_allclose(found, theirs.numpy(), atol=1e-6)  # its shares are float32

    def ours(x):
        if name == "torch":
            return score(x)
        from keras import ops

        return ops.sum(ops.tanh(ops.sum(x[:, None] * W, axis=-1) + b) * v, axis=-1)

    given = tensor(name, x), tensor(name, start)
    found = wing_of(name).integrated_gradients(*given, ours, steps=7)
    np.testing.assert_allclose(numpy(found), theirs.numpy(), atol=1e-5)


def fused(name):
    wing, sizes = wing_of(name), {"a": 2, "b": 3, "c": 2}
    encoders = {m: wing.TableEncoder(size, 4, 5) for m, size in sizes.items()}
    model = wing.FusionClassifier(encoders, wing.ConcatFusion(dict.fromkeys(sizes, 4), 6), 3)
    rng = np.random.default_rng(0)
    arrays = {m: rng.normal(size=(5, size)).astype("float32") for m, size in sizes.items()}
    if name == "torch":
        model.eval()
    return wing, model, {m: tensor(name, x) for m, x in arrays.items()}


@pytest.mark.parametrize("name", WINGS)
def test_each_coalition_is_what_the_model_says_with_those_present(name):
    wing, model, inputs = fused(name)
    found = numpy(wing.coalition_outputs(model, inputs))
    assert found.shape == (5, 8, 3)
    for column, there in enumerate(attribution.coalitions(3)):
        present = {m: tensor(name, np.full(5, flag)) for m, flag in zip("abc", there, strict=True)}
        said = numpy(model(inputs | {"present": present}))
        np.testing.assert_allclose(found[:, column], said, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", WINGS)
def test_a_modality_that_a_row_lacks_is_given_nothing(name):
    wing, model, inputs = fused(name)
    lacking = {m: tensor(name, np.arange(5) != i) for i, m in enumerate("abc")}
    values = wing.coalition_outputs(model, inputs | {"present": lacking})[:, :, 0]
    phi = numpy(wing.shapley_values(values))
    for i in range(3):
        assert phi[i, i] == pytest.approx(0, abs=1e-6)
        assert abs(np.delete(phi[:, i], i)).max() > 1e-3


def test_of_no_rows_there_are_no_values():
    assert attribution.shapley_values(np.ones((0, 4))).shape == (0, 2)
