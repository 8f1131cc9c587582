"""Entry of attention fusion."""

from mmref.concordance.exemptions import MATMUL, TANH
from mmref.concordance.formula import Formula, Peer
from mmref.concordance.formulas.fusion._samples import (
    BATCH,
    DIM,
    FAIR,
    WIDTHS,
    features_of,
    projections_of,
)
from mmref.concordance.formulas.fusion._tokens import (
    keras_tokens,
    masked_of,
    sequences_of,
    torch_tokens,
    vectors_of,
)
from mmref.reference import fusion as reference

HIDDEN = 3


def _attention(rng):
    weights, biases = projections_of(rng)
    return {
        "features": features_of(rng),
        "weights": weights,
        "biases": biases,
        "hidden_weights": {m: rng.normal(size=(HIDDEN, d)) for m, d in WIDTHS.items()},
        "hidden_biases": {m: rng.normal(size=HIDDEN) for m in WIDTHS},
        "score_weight": rng.normal(size=HIDDEN),
        "joint": True,
    }


# Peers. The query is v, the keys are what it is multiplied with: tanh(U_m x_i + c_m).


def _torch_attention(
    features, weights, biases, hidden_weights, hidden_biases, score_weight, joint, present, masks
):
    import torch

    values = torch_tokens(features, weights, biases)
    keys = torch_tokens(features, {m: hidden_weights[m] for m in weights}, hidden_biases)
    if joint:
        values, keys = [torch.cat(values, dim=1)], [torch.cat(keys, dim=1)]
    query = score_weight.expand(BATCH, 1, -1)
    mask = None if present is None else present[:, None]
    attend = torch.nn.functional.scaled_dot_product_attention
    groups = zip(keys, values, strict=True)
    return sum(attend(query, k.tanh(), v, mask, scale=1.0) for k, v in groups)[:, 0]


def _keras_attention(
    features, weights, biases, hidden_weights, hidden_biases, score_weight, joint, present, masks
):
    import keras
    from keras import ops

    values = keras_tokens(features, weights, biases)
    keys = keras_tokens(features, {m: hidden_weights[m] for m in weights}, hidden_biases)
    if joint:
        values, keys = [ops.concatenate(values, axis=1)], [ops.concatenate(keys, axis=1)]
    query = ops.broadcast_to(score_weight, (BATCH, 1, len(score_weight)))
    mask = None if present is None else [None, present]
    attend = keras.layers.Attention()

    def looked(k, v):  # one vector alone has the weight 1, and Keras warns of a softmax over it
        return v if v.shape[1] == 1 else attend([query, v, ops.tanh(k)], mask=mask)

    return sum(looked(k, v) for k, v in zip(keys, values, strict=True))[:, 0]


SDPA, ATTENTION = "torch.nn.functional.scaled_dot_product_attention", "keras.layers.Attention"
CLEAN = (*FAIR, "sequences", "separate")
FORMULAS = (
    Formula(
        name="attention_fusion",
        reference=reference.attention_fusion,
        gradient=reference.attention_fusion_gradient,
        samples={
            **vectors_of(_attention),
            "sequences": sequences_of(_attention),
            "separate": sequences_of(_attention, image=True, joint=False),
            "separate and hostile": masked_of(_attention, image=True, joint=False),
            "hostile sequences": masked_of(_attention),
        },
        layer=lambda wing, arguments: wing.AttentionFusion(WIDTHS, DIM, HIDDEN, arguments["joint"]),
        weights=("weights", "biases", "hidden_weights", "hidden_biases", "score_weight"),
        peers=(
            Peer(SDPA, "torch", _torch_attention, CLEAN),
            Peer(ATTENTION, "keras", _keras_attention, CLEAN),
        ),
        exemptions=(*MATMUL, *TANH),
    ),
)
