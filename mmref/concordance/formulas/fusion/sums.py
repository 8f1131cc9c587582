"""Entries of the fusions that add projected modalities up."""

from mmref.concordance.exemptions import MATMUL
from mmref.concordance.formula import Formula, Peer
from mmref.concordance.formulas.fusion._peers import (
    keras_dense,
    keras_joined,
    keras_values,
    torch_joined,
    torch_values,
)
from mmref.concordance.formulas.fusion._samples import (
    BATCH,
    COUNT,
    DIM,
    FAIR,
    WIDTHS,
    features_of,
    projections_of,
    samples_of,
)
from mmref.reference import fusion as reference


def _weighted(rng):
    weights, biases = projections_of(rng)
    logits = rng.normal(size=COUNT)
    return {"features": features_of(rng), "weights": weights, "biases": biases, "logits": logits}


def _weighted_by_row(rng):
    return _weighted(rng) | {"logits": rng.normal(size=(BATCH, COUNT))}


def _adaptive(rng):
    weights, biases = projections_of(rng)
    return {
        "features": features_of(rng),
        "weights": weights,
        "biases": biases,
        "gate_weights": {m: rng.normal(size=(COUNT, d)) for m, d in WIDTHS.items()},
        "gate_bias": rng.normal(size=COUNT),
    }


def _concat(rng):
    # Here the order of the features is the declared one.
    return {
        "features": {m: rng.normal(size=(BATCH, d)) for m, d in WIDTHS.items()},
        "weight": rng.normal(size=(DIM, sum(WIDTHS.values()))),
        "bias": rng.normal(size=DIM),
    }


# Peers. A fusion is attention with one query a row: keys give the weights, values are the
# projected modalities. For weighted fusion the query is the number 1 and the keys are the
# logits; for adaptive fusion the query is the input itself and the keys are the rows of the gate.


def _torch_attention(query, keys, values, present):
    import torch

    return torch.nn.functional.scaled_dot_product_attention(
        query[:, None], keys, values, None if present is None else present[:, None], scale=1.0
    )[:, 0]


def _torch_weighted(features, weights, biases, logits, present):
    values = torch_values(features, weights, biases)  # (B, M, D)
    keys = logits.expand(values.shape[:2])[:, :, None]  # (B, M, 1)
    return _torch_attention(values.new_ones(len(values), 1), keys, values, present)


def _torch_adaptive(features, weights, biases, gate_weights, gate_bias, present):
    import torch

    values = torch_values(features, weights, biases)
    joined = torch_joined(features, gate_weights, present)
    query = torch.cat([joined, values.new_ones(len(values), 1)], dim=1)  # (B, sum D_m + 1)
    keys = torch.cat([*gate_weights.values(), gate_bias[:, None]], dim=1)  # (M, sum D_m + 1)
    return _torch_attention(query, keys.expand(len(values), -1, -1), values, present)


def _torch_concat(features, weight, bias, present):
    import torch

    return torch.nn.functional.linear(torch_joined(features, WIDTHS, present), weight, bias)


def _keras_attention(query, keys, values, present):
    import keras

    mask = None if present is None else [None, present]
    inputs = [keras.ops.expand_dims(query, 1), values, keys]
    return keras.layers.Attention()(inputs, mask=mask)[:, 0]


def _keras_weighted(features, weights, biases, logits, present):
    import keras

    values = keras_values(features, weights, biases)  # (B, M, D)
    keys = keras.ops.broadcast_to(logits, values.shape[:2])[:, :, None]  # (B, M, 1)
    return _keras_attention(keras.ops.ones_like(keys[:, 0]), keys, values, present)


def _keras_adaptive(features, weights, biases, gate_weights, gate_bias, present):
    import keras

    values = keras_values(features, weights, biases)
    joined = keras_joined(features, gate_weights, present)
    query = keras.ops.concatenate([joined, keras.ops.ones_like(joined[:, :1])], axis=1)
    keys = keras.ops.concatenate([*gate_weights.values(), gate_bias[:, None]], axis=1)
    keys = keras.ops.broadcast_to(keys, (len(values), *keys.shape))
    return _keras_attention(query, keys, values, present)


def _keras_concat(features, weight, bias, present):
    return keras_dense(keras_joined(features, WIDTHS, present), weight, bias)


SDPA, ATTENTION = "torch.nn.functional.scaled_dot_product_attention", "keras.layers.Attention"
FORMULAS = (
    Formula(
        name="weighted_fusion",
        reference=reference.weighted_fusion,
        gradient=reference.weighted_fusion_gradient,
        samples=samples_of(_weighted),
        layer=lambda wing, arguments: wing.WeightedFusion(WIDTHS, DIM),
        weights=("weights", "biases", "logits"),
        peers=(
            Peer(SDPA, "torch", _torch_weighted, FAIR),
            Peer(ATTENTION, "keras", _keras_weighted, FAIR),
        ),
        exemptions=MATMUL,
    ),
    # Logits (B, M) of their own for every row: what adaptive fusion is built from. No layer
    # holds such logits, so only the peers are compared.
    Formula(
        name="weighted_fusion_by_row",
        reference=reference.weighted_fusion,
        gradient=reference.weighted_fusion_gradient,
        samples=samples_of(_weighted_by_row),
        peers=(
            Peer(SDPA, "torch", _torch_weighted, FAIR),
            Peer(ATTENTION, "keras", _keras_weighted, FAIR),
        ),
        exemptions=MATMUL,
    ),
    Formula(
        name="adaptive_fusion",
        reference=reference.adaptive_fusion,
        gradient=reference.adaptive_fusion_gradient,
        samples=samples_of(_adaptive),
        layer=lambda wing, arguments: wing.AdaptiveFusion(WIDTHS, DIM),
        weights=("weights", "biases", "gate_weights", "gate_bias"),
        peers=(
            Peer(SDPA, "torch", _torch_adaptive, FAIR),
            Peer(ATTENTION, "keras", _keras_adaptive, FAIR),
        ),
        exemptions=MATMUL,
    ),
    Formula(
        name="concat_fusion",
        reference=reference.concat_fusion,
        gradient=reference.concat_fusion_gradient,
        samples=samples_of(_concat),
        layer=lambda wing, arguments: wing.ConcatFusion(WIDTHS, DIM),
        weights=("weight", "bias"),
        peers=(
            Peer("torch.nn.functional.linear", "torch", _torch_concat, FAIR),
            Peer("keras.layers.Dense", "keras", _keras_concat, FAIR),
        ),
        exemptions=MATMUL,
    ),
)
