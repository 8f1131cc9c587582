"""The penalty of a critic of images."""

import numpy as np
import pytest

from tests.wings import numpy, tensor, wing_of

pytest.importorskip("torch")


pytestmark = pytest.mark.each_backend


@pytest.mark.parametrize("name", ["torch", "keras"])
def test_the_penalty_of_an_image_critic(name):
    """Any critic, any shape, on the way of a training step: against differences of the value."""
    wing, rng = wing_of(name), np.random.default_rng(0)
    real, fake = rng.normal(size=(2, 3, 2, 2, 2))
    mix, weight = rng.random(3), rng.normal(size=(2, 2, 2))

    def value(w):
        x = mix[:, None, None, None] * real + (1 - mix[:, None, None, None]) * fake
        slopes = 2 * np.einsum("bijk,ijk->b", x, w)[:, None, None, None] * w  # of (x . w)^2
        return np.mean((np.sqrt((slopes**2).sum(axis=(1, 2, 3))) - 1) ** 2)

    def penalized(w):
        if name == "torch":
            critic = lambda x: (x * w).sum(dim=(1, 2, 3)) ** 2  # noqa: E731
        else:
            from keras import ops

            critic = lambda x: ops.sum(x * w, axis=(1, 2, 3)) ** 2  # noqa: E731
        return wing.gradient_penalty(*(tensor(name, a) for a in (real, fake, mix)), critic)

    found = float(numpy(penalized(tensor(name, weight))))
    assert found == pytest.approx(value(weight), rel=1e-5)


def test_a_slope_is_found_where_pytorch_keeps_no_graph():
    """As in a validation under ``torch.no_grad()``."""
    torch, wing = pytest.importorskip("torch"), wing_of("torch")
    points = torch.tensor(np.random.default_rng(0).normal(size=(2, 3, 4)))
    mix, critic = torch.full((3,), 0.5, dtype=torch.float64), lambda x: x.square().sum(dim=1)
    for penalty, given in ((wing.gradient_penalty, (*points, mix)), (wing.r1_penalty, points[:1])):
        expected = penalty(*given, critic)
        with torch.no_grad():
            assert torch.equal(penalty(*given, critic), expected.detach())
