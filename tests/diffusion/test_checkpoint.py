"""The denoisers that travel with the package."""

import numpy as np
import pytest

from mmref.data import checkpoints, scenes
from mmref.data.text import Vocabulary
from scripts.resumable import as_bytes
from scripts.train_text_to_image import (
    DRAWN,
    NETWORK,
    NOISE,
    PICTURES,
    NamedEmoji,
    held_out,
    judged,
)
from tests.wings import WINGS, numpy, tensor, wing_of

MOST = 4 * 2**20  # bytes
FILES = {"scenes": checkpoints.SCENES_DIFFUSION, "emoji": checkpoints.EMOJI_DIFFUSION}


@pytest.fixture(scope="module")
def scenes_drawer():
    pytest.importorskip("safetensors")
    return checkpoints.load(checkpoints.SCENES_DIFFUSION)


@pytest.fixture(scope="module")
def emoji_drawer():
    pytest.importorskip("safetensors")
    return checkpoints.load(checkpoints.EMOJI_DIFFUSION)


@pytest.fixture
def shipped(request):
    return request.getfixturevalue(f"{request.param}_drawer")


both = pytest.mark.parametrize("shipped", FILES, indirect=True)


@pytest.mark.parametrize("path", FILES.values(), ids=FILES)
def test_it_is_small(path):
    assert path.stat().st_size <= MOST


@both
def test_its_configuration_says_how_it_was_trained(shipped):
    config = shipped.config
    assert config["network"] == NETWORK | {"vocabulary_size": len(config["vocabulary"])}
    assert config["noise"] == NOISE and config["seed"] == 0 and config["framework"] in WINGS
    assert config["history"]["step"][-1] == config["step"] == config["steps"]


def test_what_it_is_asked_was_held_out(scenes_drawer, emoji_drawer):
    assert all(held_out(scenes.parse(text)) for text in scenes_drawer.config["asked"])
    data = NamedEmoji(64, seed=0)
    assert set(emoji_drawer.config["asked"]) <= set(data.names)
    assert emoji_drawer.config["vocabulary"] == list(data.vocabulary.tokens)


def test_its_last_pictures_show_what_held_out_captions_say(scenes_drawer):
    shipped = scenes_drawer
    stored = shipped.part("strip")[str(shipped.config["steps"])] / 127.5 - 1  # (N, S, S, 3)
    scores = judged(stored.transpose(0, 3, 1, 2), shipped.config["asked"])
    assert scores["agreement"] > 0.8
    untrained = shipped.part("strip")["0"] / 127.5 - 1
    assert judged(untrained.transpose(0, 3, 1, 2), shipped.config["asked"])["agreement"] < 0.2


def test_its_last_emoji_are_nearer_to_what_is_named_than_at_the_start(emoji_drawer):
    data, config = NamedEmoji(64, seed=0), emoji_drawer.config
    nearer = {}
    for at, pictures in emoji_drawer.part("strip").items():
        images = pictures.transpose(0, 3, 1, 2) / 127.5 - 1
        nearer[int(at)] = data.judge(images, config["asked"])["nearer"]
    assert nearer[0] < 0.55 < 0.6 < nearer[config["steps"]]


@both
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
