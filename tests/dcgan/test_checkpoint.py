"""The checkpoint that travels with the package."""

import numpy as np
import pytest

from mmref.data import checkpoints
from scripts.resumable import as_bytes
from scripts.train_gan import NETWORKS, PICTURES, fixed_noise
from tests.wings import WINGS, numpy, tensor, wing_of

MOST = 4 * 2**20  # bytes


@pytest.fixture(scope="module")
def shipped():
    pytest.importorskip("safetensors")
    return checkpoints.load(checkpoints.GAN_EMOJI)


def test_it_is_small():
    assert checkpoints.GAN_EMOJI.stat().st_size <= MOST


@pytest.mark.parametrize("name", WINGS)
def test_the_last_pictures_come_from_its_weights(shipped, name):
    """Drawn again from the same noise, in either framework, to within rounding."""
    generator = wing_of(name).Generator(**shipped.config["generator"])
    shipped.into(generator, "generator")
    noise, labels = fixed_noise(generator_latent(shipped), shipped.config["generator"]["classes"])
    options = {"training": False} if name == "keras" else {}
    if name == "torch":
        generator.eval()
    images = numpy(generator(tensor(name, noise), tensor(name, labels), **options))
    if name == "keras":
        images = images.transpose(0, 3, 1, 2)
    stored = shipped.part("strip")[str(shipped.config["epochs"])]
    assert np.abs(as_bytes(images).astype(int) - stored).max() <= 1


def generator_latent(shipped):
    return shipped.config["generator"]["latent"]


@pytest.mark.parametrize("name", WINGS)
def test_the_discriminator_still_tells_drawn_pictures(shipped, name):
    """It loads in both frameworks, and finds the last pictures less real than it finds emoji."""
    from scripts.train_gan import real_images

    discriminator = wing_of(name).Discriminator(**shipped.config["discriminator"])
    shipped.into(discriminator, "discriminator")
    drawn = shipped.part("strip")[str(shipped.config["epochs"])] / 127.5 - 1  # (N, H, W, C)
    images, labels = real_images()
    some = np.linspace(0, len(labels) - 1, 200).astype(int)
    real, sides = images[some].transpose(0, 2, 3, 1), []
    for pictures, classes in ((real, labels[some]), (drawn, np.arange(PICTURES) % 8)):
        x = pictures.astype("float32")
        x = np.ascontiguousarray(x.transpose(0, 3, 1, 2)) if name == "torch" else x
        options = {"training": False} if name == "keras" else {}
        if name == "torch":
            discriminator.eval()
        sides.append(numpy(discriminator(tensor(name, x), tensor(name, classes), **options)))
    assert sides[0].mean() > sides[1].mean()


def test_the_pictures_differ(shipped):
    """No collapse: the two pictures of a group are two pictures."""
    stored = shipped.part("strip")[str(shipped.config["epochs"])].astype(float)
    first, second = stored[: PICTURES // 2], stored[PICTURES // 2 :]
    assert (np.abs(first - second).mean(axis=(1, 2, 3)) > 10).all()
    untrained = shipped.part("strip")["0"].astype(float)
    assert untrained.std() < 5 < stored.std()


def test_its_configuration_says_how_it_was_trained(shipped):
    config = shipped.config
    assert {name: config[name] for name in NETWORKS} == NETWORKS
    assert all(len(values) == config["epochs"] for values in config["history"].values())
    assert config["seed"] == 0 and config["framework"] in WINGS
