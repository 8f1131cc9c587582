"""The generator and the discriminator: conversion, first weights, labels."""

import numpy as np
import pytest

from mmref import convert
from tests.gan.networks import networks
from tests.wings import WINGS, numpy, tensor, wing_of


def test_the_networks_agree_after_conversion():
    models = {name: networks(name, 0.5) for name in WINGS}
    for part in ("generator", "discriminator"):
        convert.copy(models["torch"][part], models["keras"][part])
    rng = np.random.default_rng(1)
    noise, labels = rng.normal(size=(6, 5)).astype("float32"), np.arange(6) % 3
    for training in (False, True):
        drawn, judged = {}, {}
        for name in WINGS:
            generator, discriminator = models[name].values()
            options = {"training": training} if name == "keras" else {}
            if name == "torch":
                generator.train(training), discriminator.train(training)
            given = tensor(name, noise), tensor(name, labels)
            images = generator(*given, **options)
            drawn[name] = numpy(images)
            judged[name] = numpy(discriminator(images, given[1], **options))
        same = convert.to_channels_first(drawn["keras"])
        np.testing.assert_allclose(same, drawn["torch"], atol=1e-5)
        np.testing.assert_allclose(judged["keras"], judged["torch"], atol=1e-4)
        assert np.abs(drawn["torch"]).max() <= 1 and drawn["torch"].std() > 0.1


@pytest.mark.parametrize("options", [{"leak": 0.6}, {"norm": False}])
def test_other_discriminators_agree_too(options):
    """And differ from the usual one."""
    settings = {"classes": 3, "size": 16, "width": 4}
    x = np.random.default_rng(1).normal(size=(6, 3, 16, 16)).astype("float32")
    labels, judged = np.arange(6) % 3, {}
    usual, source = (wing_of("torch").Discriminator(**settings, **o).eval() for o in ({}, options))
    rng = np.random.default_rng(0)
    large = {n: rng.normal(size=a.shape).astype("f") for n, a in convert.arrays(source).items()}
    large = {n: np.abs(a) if n.endswith("variance") else a for n, a in large.items()}
    convert.set_arrays(source, large)
    convert.set_arrays(usual, {n: large.get(n, a) for n, a in convert.arrays(usual).items()})
    judged["usual"] = numpy(usual(tensor("torch", x), tensor("torch", labels)))
    judged["torch"] = numpy(source(tensor("torch", x), tensor("torch", labels)))
    model = wing_of("keras").Discriminator(**settings, **options)
    convert.copy(source, model)
    last = tensor("keras", convert.to_channels_last(x))
    judged["keras"] = numpy(model(last, tensor("keras", labels), training=False))
    np.testing.assert_allclose(judged["keras"], judged["torch"], rtol=1e-4, atol=1e-3)
    assert np.abs(judged["usual"] - judged["torch"]).max() > 1


@pytest.mark.parametrize("name", WINGS)
def test_weights_start_as_published(name):
    wing = wing_of(name)
    for model in (wing.Generator(8), wing.Discriminator(8)):
        for key, array in convert.arrays(model).items():
            if key.endswith("scale") or key.endswith("variance"):
                assert (array == 1).all()
            elif array.ndim == 1:
                assert not array.any()
            else:
                assert array.std() == pytest.approx(0.02, rel=0.2), key
                assert abs(array.mean()) < 4 * 0.02 / np.sqrt(array.size), key


@pytest.mark.parametrize("name", WINGS)
def test_the_label_matters_to_both(name):
    generator, discriminator = networks(name, 0.5).values()
    noise = np.random.default_rng(0).normal(size=(1, 5)).astype("float32").repeat(3, axis=0)
    images = numpy(generator(tensor(name, noise), tensor(name, np.arange(3))))
    assert np.abs(images[0] - images[1]).max() > 0.01
    same = tensor(name, images[:1].repeat(3, axis=0))
    logits = numpy(discriminator(same, tensor(name, np.arange(3))))
    assert len(set(logits.round(5).tolist())) == 3


def test_running_statistics_move_alike_in_both_wings():
    """A tenth of the way in each step of training, which is the default in PyTorch alone."""
    models = {name: networks(name, 0.5, size=16) for name in WINGS}
    rng = np.random.default_rng(1)
    given = {
        "generator": rng.normal(size=(60, 5)).astype("float32"),
        "discriminator": rng.normal(size=(60, 3, 16, 16)).astype("float32") + 1,
    }
    labels = np.arange(60) % 3
    for part, x in given.items():
        convert.copy(models["torch"][part], models["keras"][part])
        models["torch"][part].train()(tensor("torch", x), tensor("torch", labels))
        last = convert.to_channels_last(x) if x.ndim == 4 else x
        models["keras"][part](tensor("keras", last), tensor("keras", labels), training=True)
        ours, theirs = (convert.arrays(models[name][part]) for name in WINGS)
        for key in ours:
            if key.endswith("mean"):
                assert np.abs(ours[key]).max() > 0.01
                np.testing.assert_allclose(theirs[key], ours[key], atol=1e-4)
            if key.endswith("variance"):  # Keras divides by N where PyTorch divides by N - 1
                np.testing.assert_allclose(theirs[key] - 0.9, ours[key] - 0.9, rtol=0.02)
