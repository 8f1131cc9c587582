"""Keras's own test of the encoders."""

import numpy as np
import pytest

from tests.keras_checks import keeps_config, keras_checks
from tests.wings import CELLS, tensor, wing_of

# Values that are no defaults, so that a forgotten one shows.
IMAGE = {"size": (8, 4), "channels": (5, 10), "dim": 7}
TEXT = {"vocabulary_size": 11, "embedding": 9, "hidden": 7, "dim": 5}


def test_keras_checks_the_image_encoder():
    layer = wing_of("keras").ImageEncoder
    pixels = np.random.default_rng(0).normal(size=(2, 8, 4, 3)).astype("float32")
    keras_checks(layer, IMAGE, tensor("keras", pixels), (2, 7), 10, 4)


@pytest.mark.parametrize(("cell", "trainable"), [("bag", 3), ("lstm", 6), ("gru", 6)])
def test_keras_checks_the_text_encoder(cell, trainable):
    layer = wing_of("keras").TextEncoder
    ids = tensor("keras", np.array([[3, 4, 0], [5, 0, 0]]))
    keras_checks(layer, TEXT | {"cell": cell}, ids, (2, 5), trainable, 0)


def test_the_config_keeps_every_argument_of_the_image_encoder():
    keeps_config(wing_of("keras").ImageEncoder, IMAGE | {"dropout": 0.25, "momentum": 0.3})


@pytest.mark.parametrize("cell", CELLS)
def test_the_config_keeps_every_argument_of_the_text_encoder(cell):
    keeps_config(wing_of("keras").TextEncoder, TEXT | {"cell": cell, "dropout": 0.25})
