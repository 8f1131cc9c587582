"""Bad settings of a GAN: the same error in both wings."""

import pytest

from mmref.errors import ChoiceError
from tests.wings import WINGS, wing_of


@pytest.mark.parametrize("name", WINGS)
def test_an_unknown_loss_is_refused(name):
    import importlib

    wing_of(name)
    gan = importlib.import_module(f"mmref.{name}.gan").GAN
    with pytest.raises(ChoiceError, match="loss: expected one of 'minimax', .*; got 'mse'"):
        gan(None, None, loss="mse")
