"""The denoiser that travels with the package."""

import numpy as np
import pytest

from mmref.data import checkpoints, scenes
from mmref.data.text import Vocabulary
from scripts.resumable import as_bytes
from scripts.train_text_to_image import DRAWN, NETWORK, NOISE, PICTURES, held_out, judged
from tests.wings import WINGS, numpy, tensor, wing_of

MOST = 4 * 2**20  # bytes


@pytest.fixture(scope="module")
def shipped():
    pytest.importorskip("safetensors")
    return checkpoints.load(checkpoints.SCENES_DIFFUSION)


def test_it_is_small():
    assert checkpoints.SCENES_DIFFUSION.stat().st_size <= MOST


def test_its_configuration_says_how_it_was_trained(shipped):
    config = shipped.config
    assert config["network"] == NETWORK | {"vocabulary_size": len(config["vocabulary"])}
    assert config["noise"] == NOISE and config["seed"] == 0 and config["framework"] in WINGS
    assert config["history"]["step"][-1] == config["step"] == config["steps"]
    assert all(held_out(scenes.parse(text)) for text in config["asked"])


def test_its_last_pictures_show_what_held_out_captions_say(shipped):
    stored = shipped.part("strip")[str(shipped.config["steps"])] / 127.5 - 1  # (N, S, S, 3)
    scores = judged(stored.transpose(0, 3, 1, 2), shipped.config["asked"])
    assert scores["agreement"] > 0.8
    untrained = shipped.part("strip")["0"] / 127.5 - 1
    assert judged(untrained.transpose(0, 3, 1, 2), shipped.config["asked"])["agreement"] < 0.2


@pytest.mark.parametrize("name", WINGS)
def test_the_last_pictures_come_from_its_weights(shipped, name):
    """Four of them drawn again from the same noise, in either framework, to within rounding."""
    wing, config = wing_of(name), shipped.config
    model = wing.Denoiser(**config["network"])
    if name == "keras":
        model.build()
    shipped.into(model, "denoiser")
    vocabulary = Vocabulary(tuple(config["vocabulary"]))
    ids = vocabulary.encode(config["asked"], config["length"])[0][:4]
    size = config["network"]["size"]
    noise = np.random.default_rng(config["seed"]).standard_normal((4, 3, size, size), "float32")
    if name == "keras":
        noise = np.ascontiguousarray(noise.transpose(0, 2, 3, 1))
    schedule = wing.noise_schedule(**config["noise"])
    given = tensor(name, ids), tensor(name, noise), schedule
    images = numpy(wing.sample(model, *given, DRAWN, config["scale"]))
    if name == "keras":
        images = images.transpose(0, 3, 1, 2)
    stored = shipped.part("strip")[str(config["steps"])].astype(int)
    assert len(stored) == PICTURES
    assert np.abs(as_bytes(images) - stored[:4]).max() <= 2
