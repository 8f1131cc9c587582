"""One call that seeds every generator in use."""

import random
import sys

import numpy as np

from mmref.contract.settings import check_number, check_seed


def seed_everything(seed: int) -> None:
    """Seed Python, NumPy and, where they are loaded, PyTorch and Keras (with its backend).

    seed: an integer from 0, below 2**32, which is the most that NumPy takes. Frameworks are not
    imported for it: import them first.
    """
    check_seed(seed)
    check_number("seed", seed, 0, 2**32)
    random.seed(seed)
    np.random.seed(seed)
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(seed)
    if "keras" in sys.modules:
        sys.modules["keras"].utils.set_random_seed(seed)
