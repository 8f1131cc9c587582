"""What autoencoders are trained on, beside values that are known; what training makes of them."""

import numpy as np
import pytest

from mmref.reference.autoencoder import elbo, gaussian_kl, reconstruction_loss, reparameterize
from tests.wings import WINGS, wing_of

# ---- the linear autoencoder ----


def data(rows=200, width=6, code=2):
    """Points about a plane, centered, whose variances along the axes all differ."""
    rng = np.random.default_rng(0)
    axes, _ = np.linalg.qr(rng.normal(size=(width, width)))
    x = rng.normal(size=(rows, width)) * [3.0, 2.0, 0.6, 0.4, 0.3, 0.2] @ axes
    return (x - x.mean(axis=0)).astype("float32"), code


def principal(x, code):
    _, _, axes = np.linalg.svd(x.astype(float), full_matrices=False)
    return axes[:code].T  # (D, K)


def largest_angle(basis, other):
    """Between two subspaces, in degrees."""
    q, _ = np.linalg.qr(basis.astype(float))
    outside = q - other @ (other.T @ q)
    return np.degrees(np.arcsin(min(1.0, np.linalg.norm(outside, 2))))


def trained(name, x, code):
    """Basis (D, K) of what a linear autoencoder of the wing gives, and its error."""
    wing, width = wing_of(name), x.shape[1]
    if name == "torch":
        import torch

        torch.manual_seed(0)
        encoder, decoder = torch.nn.Linear(width, code), torch.nn.Linear(code, width)
        model, batch = wing.Autoencoder(encoder, decoder), torch.tensor(x)
        optimizer = torch.optim.Adam(model.parameters(), 0.02)
        for _ in range(600):
            optimizer.zero_grad()
            loss = wing.reconstruction_loss(model(batch), batch)
            loss.backward()
            optimizer.step()
        return decoder.weight.detach().numpy(), loss.item()
    import keras

    keras.utils.set_random_seed(0)
    model = wing.Autoencoder(keras.layers.Dense(code), keras.layers.Dense(width))

    def loss(targets, outputs):
        return wing.reconstruction_loss(outputs, targets)

    model.compile(keras.optimizers.Adam(0.02), loss)
    steps = np.tile(x, (600, 1))  # the whole batch each time; an epoch for each would cost more
    model.fit(steps, steps, batch_size=len(x), shuffle=False, verbose=0)
    decoder = keras.ops.convert_to_numpy(model.decoder.kernel)  # (K, D)
    return decoder.T, model.evaluate(x, x, batch_size=len(x), verbose=0)


@pytest.mark.parametrize("name", WINGS)
def test_the_linear_autoencoder_spans_the_principal_subspace(name):
    x, code = data()
    axes = principal(x, code)
    basis, error = trained(name, x, code)
    assert largest_angle(basis, axes) < 1
    left = np.mean((x - x @ axes @ axes.T) ** 2)  # no plane leaves less
    assert left <= error * (1 + 1e-4) and error < 1.01 * left
    random = np.random.default_rng(1).normal(size=basis.shape)
    assert largest_angle(random, axes) > 20
    # But it is not made of the principal axes: any basis of the subspace does as well.
    _, along = np.linalg.qr(basis)
    assert not np.allclose(np.abs(basis / np.linalg.norm(basis, axis=0)), np.abs(axes), atol=0.05)


# ---- the bound ----


def linear_model(seed=0, width=5, variance=0.3):
    """x = W z + noise with orthogonal columns in W: the posterior is a diagonal Gaussian."""
    rng = np.random.default_rng(seed)
    axes, _ = np.linalg.qr(rng.normal(size=(width, 2)))
    weight = axes * [1.5, 0.7]  # (D, Z)
    x = rng.normal(size=(3, 2)) @ weight.T + np.sqrt(variance) * rng.normal(size=(3, width))
    precision = 1 + np.sum(weight**2, axis=0) / variance
    mean = x @ weight / variance / precision
    covariance = weight @ weight.T + variance * np.eye(width)
    _, log_determinant = np.linalg.slogdet(2 * np.pi * covariance)
    exact = -(np.sum(x @ np.linalg.inv(covariance) * x, axis=1) + log_determinant) / 2
    return x, weight, mean, np.tile(-np.log(precision), (3, 1)), exact, variance


def bound(x, weight, mean, log_variance, variance):
    """Its mean over z, by quadrature: exact, as it is quadratic in each of the two numbers of z."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(3)
    weights = weights / weights.sum()
    found = 0
    for one, share in zip(nodes, weights):
        for two, other in zip(nodes, weights):
            z = reparameterize(mean, log_variance, np.tile([one, two], (len(x), 1)))
            found = found + share * other * elbo(z @ weight.T, x, mean, log_variance, variance)
    return found


def test_the_bound_is_the_likelihood_where_the_encoder_is_the_posterior():
    x, weight, mean, log_variance, exact, variance = linear_model()
    found = bound(x, weight, mean, log_variance, variance)
    np.testing.assert_allclose(found, exact, rtol=1e-12)


@pytest.mark.parametrize("change", [(0.5, 0.0), (0.0, 1.0), (0.0, -1.0)])
def test_any_other_gaussian_gives_less_by_its_divergence_from_the_posterior(change):
    x, weight, mean, log_variance, exact, variance = linear_model()
    shifted, wider = mean + change[0], log_variance + change[1]
    found = bound(x, weight, shifted, wider, variance)
    # The divergence from the posterior: of standardized numbers it is gaussian_kl.
    gap = gaussian_kl((shifted - mean) / np.exp(log_variance / 2), wider - log_variance)
    assert (gap > 0.1).all()
    np.testing.assert_allclose(found, exact - gap, rtol=1e-12)


def test_the_divergence_by_its_definition():
    """E[log q - log p] by quadrature, which is exact for polynomials."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(8)
    weights = weights / weights.sum()
    mean, log_variance = np.array([[0.7]]), np.array([[-1.2]])
    z = mean + np.exp(log_variance / 2) * nodes
    log_q = -(nodes**2 + log_variance) / 2
    log_p = -(z**2) / 2
    expected = np.sum(weights * (log_q - log_p))
    np.testing.assert_allclose(gaussian_kl(mean, log_variance), [expected], rtol=1e-12)


def test_the_divergence_keeps_its_digits_near_0():
    mean, log_variance = np.zeros((1, 1)), np.array([[1e-6]])
    expected = 1e-12 / 4  # s^2 / 4
    np.testing.assert_allclose(gaussian_kl(mean, log_variance), [expected], rtol=1e-3)


def test_samples_have_the_mean_and_variance_that_were_asked_for():
    n = np.random.default_rng(0).normal(size=(100_000, 1))
    mean, log_variance = np.full_like(n, 2.0), np.full_like(n, np.log(0.25))
    z = reparameterize(mean, log_variance, n)
    assert z.mean() == pytest.approx(2, abs=0.01) and z.var() == pytest.approx(0.25, rel=0.02)


def test_absent_rows_do_not_count():
    rng = np.random.default_rng(0)
    outputs, targets = rng.normal(size=(2, 5, 3, 2))
    present = np.array([True, False, True, False, False])
    expected = np.mean((outputs[present] - targets[present]) ** 2)
    targets[~present] = np.nan
    assert reconstruction_loss(outputs, targets, present) == pytest.approx(expected)
