"""Autoencoders of both wings, with the same weights."""

import numpy as np

from mmref import convert
from tests.wings import wing_of

WIDTHS = {"image": 4, "text": 3}


def variational(name):
    wing = wing_of(name)
    encoder, decoder = wing.TableEncoder(4, 7, hidden=5), wing.TableDecoder(2, 4, hidden=6)
    return with_numbers(wing.VariationalAutoencoder(encoder, decoder, latent=2))


def multimodal(name, fusion="WeightedFusion", listed=tuple(WIDTHS)):
    """``listed``: the order in which encoders and decoders are given."""
    wing = wing_of(name)
    encoders = {m: wing.TableEncoder(WIDTHS[m], 5 + WIDTHS[m], hidden=6) for m in listed}
    fuse = getattr(wing, fusion)({m: encoders[m].output_dim for m in WIDTHS}, 5)
    decoders = {m: wing.TableDecoder(5, WIDTHS[m], hidden=6) for m in listed}
    return with_numbers(wing.MultimodalAutoencoder(encoders, fuse, decoders))


def with_numbers(model):
    """The same in both wings: the arrays' names and shapes decide."""
    rng = np.random.default_rng(0)
    drawn = {n: rng.normal(size=a.shape) for n, a in convert.arrays(model).items()}
    convert.set_arrays(model, drawn)
    return model.eval() if hasattr(model, "eval") else model


def rows(batch=6, seed=0):
    rng = np.random.default_rng(seed)
    return {m: rng.normal(size=(batch, k)).astype("float32") for m, k in WIDTHS.items()}
