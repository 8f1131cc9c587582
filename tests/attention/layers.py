"""Small layers of attention and of what is built from it, with random weights."""

import numpy as np

from mmref import convert
from tests.wings import wing_of

BATCH, STEPS, DIM, HEADS = 2, 5, 12, 3


LAYERS = {
    "AdditiveAttention": lambda wing: wing.AdditiveAttention(DIM, DIM, 7),
    "MultiHeadAttention": lambda wing: wing.MultiHeadAttention(DIM, HEADS),
    "LayerNorm": lambda wing: wing.LayerNorm(DIM),
    "TransformerBlock": lambda wing: wing.TransformerBlock(DIM, HEADS, 7),
    "PatchEmbedding": lambda wing: wing.PatchEmbedding((4, 6), 2, DIM, 3),
    "VisionTransformer": lambda wing: wing.VisionTransformer((4, 6), 2, DIM, 1, HEADS),
}


def steps(seed=0, *shape):
    shape = shape or (BATCH, STEPS, DIM)
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def images(name, batch=BATCH):
    shape = (batch, 3, 4, 6) if name == "torch" else (batch, 4, 6, 3)
    return steps(0, *shape)


def randomized(name, kind, seed=0):
    layer = LAYERS[kind](wing_of(name))
    rng = np.random.default_rng(seed)
    shapes = {n: a.shape for n, a in convert.arrays(layer).items()}
    values = {n: rng.normal(scale=0.5, size=s).astype("float32") for n, s in shapes.items()}
    convert.set_arrays(layer, values)
    return layer
