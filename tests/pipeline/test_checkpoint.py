"""The generator that travels with the package."""

import numpy as np
import pytest

from mmref.data import checkpoints, scenes
from mmref.data.text import Vocabulary
from scripts.resumable import as_bytes
from scripts.train_pipeline import NETWORK, PICTURES, ToldScenes, networks
from scripts.train_text_to_image import held_out, judged
from tests.wings import WINGS, numpy, tensor, wing_of

MOST = 4 * 2**20  # bytes


@pytest.fixture(scope="module")
def shipped():
    pytest.importorskip("safetensors")
    return checkpoints.load(checkpoints.SCENES_PIPELINE)


def test_it_is_small():
    assert checkpoints.SCENES_PIPELINE.stat().st_size <= MOST


def test_its_configuration_says_how_it_was_trained(shipped):
    config = shipped.config
    assert config["network"] == NETWORK | {"vocabulary_size": len(config["vocabulary"])}
    assert config["seed"] == 0 and config["framework"] in WINGS
    assert config["history"]["step"][-1] == config["step"] == config["steps"]
    assert all(held_out(scenes.parse(text)) for text in config["asked"])


def test_its_last_pictures_show_what_held_out_examples_say(shipped):
    stored = shipped.part("strip")[str(shipped.config["steps"])] / 127.5 - 1  # (N, S, S, 3)
    assert judged(stored.transpose(0, 3, 1, 2), shipped.config["asked"])["agreement"] > 0.6
    untrained = shipped.part("strip")["0"] / 127.5 - 1
    assert judged(untrained.transpose(0, 3, 1, 2), shipped.config["asked"])["agreement"] < 0.2


@pytest.mark.parametrize("name", WINGS)
def test_the_last_pictures_come_from_its_weights(shipped, name):
    """They are drawn again from the same noise, in either framework, to within rounding."""
    wing, config = wing_of(name), shipped.config
    generator, _ = networks(wing, **config["network"])
    if name == "torch":
        generator.eval()
    else:
        generator.build()
    shipped.into(generator, "generator")
    data = ToldScenes(64, config["seed"], config["network"])
    assert Vocabulary(tuple(config["vocabulary"])).tokens == data.vocabulary.tokens
    rows, texts = data.told(0, 256, True, config["seed"] + 1)
    assert texts[:PICTURES] == config["asked"]
    noise = data.noise(256, config["seed"])["noise"][:PICTURES]
    told = {key: rows[key][:PICTURES] for key in ("image", "text", "there")}
    if name == "keras":
        told["image"] = np.ascontiguousarray(told["image"].transpose(0, 2, 3, 1))
    there = told.pop("there")
    inputs = {key: tensor(name, array) for key, array in told.items()}
    inputs["present"] = {"image": tensor(name, there), "text": tensor(name, np.ones_like(there))}
    images = numpy(generator(inputs, tensor(name, noise)))
    if name == "keras":
        images = images.transpose(0, 3, 1, 2)
    stored = shipped.part("strip")[str(config["steps"])].astype(int)
    assert np.abs(as_bytes(images) - stored).max() <= 2
