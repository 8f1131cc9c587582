"""Entry of the stand-in for an absent modality."""

import numpy as np

from mmref.concordance.formula import Formula, Peer, function_of
from mmref.concordance.formulas.fusion._samples import BATCH, DIM, FAIR
from mmref.reference import fusion as reference


def _some_absent(rng):
    present = np.array([True, False, True, True, False])
    features = rng.normal(size=(BATCH, DIM))
    return {"features": features, "vector": rng.normal(size=DIM), "present": present}


def _all_present(rng):
    return _some_absent(rng) | {"present": np.ones(BATCH, dtype=bool)}


def _hostile(rng):
    """Steps of sequences."""
    present = np.array([[True, False]] * 3 + [[False, False], [True, True]])
    features = rng.normal(size=(BATCH, 2, DIM))
    features[~present] = np.nan
    return {"features": features, "vector": rng.normal(size=DIM), "present": present}


# Peers: a lookup in a table that holds zeros and e, added to what is there.


def _torch_stand_in(features, vector, present):
    import torch

    table = torch.stack([vector, torch.zeros_like(vector)])
    missing = torch.nn.functional.embedding(present.long(), table)
    return features.masked_fill(~present[..., None], 0) + missing


def _keras_stand_in(features, vector, present):
    import keras
    from keras import ops

    layer = keras.layers.Embedding(2, len(vector))
    layer.build((len(present),))
    table = ops.stack([vector, ops.zeros_like(vector)])
    missing, _ = layer.stateless_call([table], [], ops.cast(present, "int32"))
    return features * ops.cast(present, features.dtype)[..., None] + missing


FORMULAS = (
    Formula(
        name="stand_in",
        reference=reference.stand_in,
        gradient=reference.stand_in_gradient,
        samples={"all present": _all_present, "some absent": _some_absent, "hostile": _hostile},
        layer=function_of("stand_in"),
        peers=(
            Peer("torch.nn.functional.embedding", "torch", _torch_stand_in, FAIR),
            Peer("keras.layers.Embedding", "keras", _keras_stand_in, FAIR),
        ),
    ),
)
