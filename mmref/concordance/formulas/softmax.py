"""Entries of the family ``softmax``."""

import numpy as np

from mmref.concordance.formula import Formula, Peer, Vectors, function_of
from mmref.concordance.published import onnx_cases
from mmref.reference import softmax as reference


def _all_kept(rng):
    return {"scores": rng.normal(size=(5, 2, 4)), "mask": None}


def _some_kept(rng):
    mask = rng.random((5, 2, 4)) < 0.5
    mask[..., 1] = True  # at least one in every row
    return {"scores": rng.normal(size=(5, 2, 4)), "mask": mask}


def _hostile(rng):
    """A mask to broadcast, a row that keeps nothing, NaN where dropped, scores exp overflows on,
    minus infinity kept: some of a row, and all of it."""
    mask = np.array([[True, False, True, True], [False] * 4, [True] * 4])
    scores = 1e4 + rng.normal(size=(5, 3, 4))
    scores[:, 0, 1] = np.nan
    scores[:, 1, :2] = np.nan, np.inf
    scores[4, 0] = -1e10, np.nan, -3e10, -2e10  # below any number that stands in for infinity
    scores[0, 2] = scores[1, 2, 1:] = scores[2, 0, 2:] = scores[3, 0, ::2] = -np.inf
    return {"scores": scores, "mask": mask}


def _torch_softmax(scores, mask):
    import torch

    if mask is not None:
        scores = scores.masked_fill(~mask, -torch.inf)
    return torch.nn.functional.softmax(scores, dim=-1)


def _keras_softmax(scores, mask):
    import keras

    return keras.layers.Softmax()(scores, mask=mask)


def _onnx_softmax():
    """The Softmax cases of the ONNX standard; their axis becomes our last."""
    for _, attributes, inputs, outputs in onnx_cases("Softmax"):
        (scores,), (expected,), axis = inputs.values(), outputs.values(), attributes.get("axis", -1)
        scores, expected = np.moveaxis(scores, axis, -1), np.moveaxis(expected, axis, -1)
        yield {"scores": scores, "mask": None}, expected


FORMULAS = (
    Formula(
        name="masked_softmax",
        reference=reference.masked_softmax,
        gradient=reference.masked_softmax_gradient,
        samples={"all kept": _all_kept, "some kept": _some_kept, "hostile": _hostile},
        layer=function_of("masked_softmax"),
        peers=(
            Peer("torch.nn.functional.softmax", "torch", _torch_softmax, ("all kept", "some kept")),
            Peer("keras.layers.Softmax", "keras", _keras_softmax, ("all kept", "some kept")),
        ),
        vectors=(Vectors("ONNX Softmax", _onnx_softmax),),
    ),
)
