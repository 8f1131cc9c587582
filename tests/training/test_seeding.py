"""One call seeds every generator."""

import subprocess
import sys

import numpy as np
import pytest

from mmref.seeding import seed_everything

torch = pytest.importorskip("torch")


@pytest.mark.parametrize(
    ("seed", "error"),
    [(None, TypeError), (1.0, TypeError), (True, TypeError), (-1, ValueError), (2**32, ValueError)],
)
def test_seeds_that_would_draw_anew_or_not_at_all_are_refused(seed, error):
    before = np.random.get_state()[1].copy()
    with pytest.raises(error, match="^seed: expected "):
        seed_everything(seed)
    assert (np.random.get_state()[1] == before).all()


def test_seeding_reaches_every_generator():
    import random

    keras = pytest.importorskip("keras")

    def draws(seed):
        seed_everything(seed)
        ours = keras.ops.convert_to_numpy(keras.random.normal((2,)))
        return random.random(), np.random.rand(), torch.rand(1).item(), *ours.tolist()

    assert draws(0) == draws(0)
    assert all(a != b for a, b in zip(draws(0), draws(1), strict=True))


@pytest.mark.parametrize("framework", ["math", "torch"])
def test_seeding_without_keras(framework):
    """Keras seeds NumPy and Python too, so what happens without it is another question."""
    program = f"""
import random, numpy, {framework}
from mmref.seeding import seed_everything
def draws():
    seed_everything(0)
    drawn = {framework}.rand(1).item() if "{framework}" == "torch" else None
    return random.random(), numpy.random.rand(), drawn
assert draws() == draws()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
