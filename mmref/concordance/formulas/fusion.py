"""Entries of the family ``fusion``."""

import numpy as np

from mmref.concordance.exemptions import MATMUL
from mmref.concordance.formula import Formula, Peer
from mmref.reference import fusion as reference

# B, D, M and every D_m differ, so that no transposed or swapped array has the right shape. The
# names are declared in an order that is not alphabetical, and features come in a third one, so
# that nobody who sorts them, or takes them as they come, gets away with it.
BATCH, DIM = 5, 4
WIDTHS = {"text": 6, "image": 2, "audio": 7}
COUNT = len(WIDTHS)
FAIR = ("all present", "some absent")


def _features(rng):
    return {m: rng.normal(size=(BATCH, WIDTHS[m])) for m in ("audio", "text", "image")}


def _projections(rng):
    weights = {m: rng.normal(size=(DIM, d)) for m, d in WIDTHS.items()}
    return weights, {m: rng.normal(size=DIM) for m in WIDTHS}


def _weighted(rng):
    weights, biases = _projections(rng)
    logits = rng.normal(size=COUNT)
    return {"features": _features(rng), "weights": weights, "biases": biases, "logits": logits}


def _weighted_by_row(rng):
    return _weighted(rng) | {"logits": rng.normal(size=(BATCH, COUNT))}


def _adaptive(rng):
    weights, biases = _projections(rng)
    return {
        "features": _features(rng),
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


def _samples(draw):
    """The three situations every fusion is compared in."""

    def all_present(rng):
        return draw(rng) | {"present": None}

    def some_absent(rng):
        present = np.ones((BATCH, COUNT), dtype=bool)
        present[0, 1] = present[2, 0] = present[3, 1:] = False
        return draw(rng) | {"present": present}

    def hostile(rng):
        """Also a row with nothing, and NaN or infinity where a modality is absent."""
        arguments = some_absent(rng)
        arguments["present"][4] = False
        for i, m in enumerate(WIDTHS):
            absent = ~arguments["present"][:, i]
            arguments["features"][m][absent] = np.nan if i % 2 else np.inf
        return arguments

    return {"all present": all_present, "some absent": some_absent, "hostile": hostile}


# Peers. A fusion is attention with one query a row: keys give the weights, values are the
# projected modalities. For weighted fusion the query is the number 1 and the keys are the
# logits; for adaptive fusion the query is the input itself and the keys are the rows of the gate.


def _torch_values(features, weights, biases):
    import torch

    linear = torch.nn.functional.linear
    return torch.stack([linear(features[m], weights[m], biases[m]) for m in weights], dim=1)


def _torch_joined(features, order, present):
    import torch

    there = [1] * len(order) if present is None else present.T[:, :, None]
    return torch.cat([features[m] * there[i] for i, m in enumerate(order)], dim=1)


def _torch_attention(query, keys, values, present):
    import torch

    return torch.nn.functional.scaled_dot_product_attention(
        query[:, None], keys, values, None if present is None else present[:, None], scale=1.0
    )[:, 0]


def _torch_weighted(features, weights, biases, logits, present):
    values = _torch_values(features, weights, biases)  # (B, M, D)
    keys = logits.expand(values.shape[:2])[:, :, None]  # (B, M, 1)
    return _torch_attention(values.new_ones(len(values), 1), keys, values, present)


def _torch_adaptive(features, weights, biases, gate_weights, gate_bias, present):
    import torch

    values = _torch_values(features, weights, biases)
    joined = _torch_joined(features, gate_weights, present)
    query = torch.cat([joined, values.new_ones(len(values), 1)], dim=1)  # (B, sum D_m + 1)
    keys = torch.cat([*gate_weights.values(), gate_bias[:, None]], dim=1)  # (M, sum D_m + 1)
    return _torch_attention(query, keys.expand(len(values), -1, -1), values, present)


def _torch_concat(features, weight, bias, present):
    import torch

    return torch.nn.functional.linear(_torch_joined(features, WIDTHS, present), weight, bias)


def _keras_dense(x, weight, bias):
    """keras.layers.Dense with these weights, which may be traced for gradients."""
    import keras

    layer = keras.layers.Dense(weight.shape[0])
    layer.build(x.shape)
    outputs, _ = layer.stateless_call([keras.ops.transpose(weight), bias], [], x)
    return outputs


def _keras_values(features, weights, biases):
    import keras

    projected = [_keras_dense(features[m], weights[m], biases[m]) for m in weights]
    return keras.ops.stack(projected, axis=1)


def _keras_attention(query, keys, values, present):
    import keras

    mask = None if present is None else [None, present]
    inputs = [keras.ops.expand_dims(query, 1), values, keys]
    return keras.layers.Attention()(inputs, mask=mask)[:, 0]


def _keras_weighted(features, weights, biases, logits, present):
    import keras

    values = _keras_values(features, weights, biases)  # (B, M, D)
    keys = keras.ops.broadcast_to(logits, values.shape[:2])[:, :, None]  # (B, M, 1)
    return _keras_attention(keras.ops.ones_like(keys[:, 0]), keys, values, present)


def _keras_joined(features, order, present):
    import keras

    x = [features[m] for m in order]
    if present is not None:
        there = keras.ops.cast(present, x[0].dtype)
        x = [x_m * there[:, i, None] for i, x_m in enumerate(x)]
    return keras.layers.Concatenate()(x)


def _keras_adaptive(features, weights, biases, gate_weights, gate_bias, present):
    import keras

    values = _keras_values(features, weights, biases)
    joined = _keras_joined(features, gate_weights, present)
    query = keras.ops.concatenate([joined, keras.ops.ones_like(joined[:, :1])], axis=1)
    keys = keras.ops.concatenate([*gate_weights.values(), gate_bias[:, None]], axis=1)
    keys = keras.ops.broadcast_to(keys, (len(values), *keys.shape))
    return _keras_attention(query, keys, values, present)


def _keras_concat(features, weight, bias, present):
    return _keras_dense(_keras_joined(features, WIDTHS, present), weight, bias)


SDPA, ATTENTION = "torch.nn.functional.scaled_dot_product_attention", "keras.layers.Attention"
FORMULAS = (
    Formula(
        name="weighted_fusion",
        reference=reference.weighted_fusion,
        gradient=reference.weighted_fusion_gradient,
        samples=_samples(_weighted),
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
        samples=_samples(_weighted_by_row),
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
        samples=_samples(_adaptive),
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
        samples=_samples(_concat),
        layer=lambda wing, arguments: wing.ConcatFusion(WIDTHS, DIM),
        weights=("weight", "bias"),
        peers=(
            Peer("torch.nn.functional.linear", "torch", _torch_concat, FAIR),
            Peer("keras.layers.Dense", "keras", _keras_concat, FAIR),
        ),
        exemptions=MATMUL,
    ),
)
