"""Entries of the gated unit and of FiLM."""

from mmref.concordance.exemptions import MATMUL, TANH
from mmref.concordance.formula import Formula, Peer
from mmref.concordance.formulas.fusion._peers import (
    keras_dense,
    keras_joined,
    torch_joined,
)
from mmref.concordance.formulas.fusion._samples import (
    COUNT,
    DIM,
    FAIR,
    WIDTHS,
    features_of,
    samples_of,
)
from mmref.reference import fusion as reference

CONTENT = "image"  # declared between the others


def _gated(rng):
    return {
        "features": features_of(rng),
        "weights": {m: rng.normal(size=(DIM, d)) for m, d in WIDTHS.items()},
        # small: a gate that is shut learns next to nothing
        "gate_weight": rng.normal(size=(COUNT * DIM, sum(WIDTHS.values()))) / 4,
    }


def _independent(rng):
    return samples_of(_gated)["hostile"](rng) | {"independent": True}


def _with(draws, **options):
    """Draws whose arguments end with these options."""
    return {words: lambda rng, draw=draw: draw(rng) | options for words, draw in draws.items()}


def _film(rng, content=CONTENT):
    rows = {m: DIM if m == content else 2 * DIM for m in WIDTHS}
    return {
        "features": features_of(rng),
        "weights": {m: rng.normal(size=(rows[m], d)) for m, d in WIDTHS.items()},
        "biases": {m: rng.normal(size=rows[m]) for m in WIDTHS},
    }


def _content_first(rng):
    return _film(rng, next(iter(WIDTHS))) | {"present": None, "content": None}


# Peers. A component of the gated unit is attention of its own: one query, the number 1, whose keys
# are the gates' scores, and whose values are the numbers h_m.


def _torch_gated(features, weights, gate_weight, present, independent):
    import torch

    h = [torch.tanh(torch.nn.functional.linear(features[m], weights[m])) for m in weights]
    values = torch.stack(h, dim=2)[..., None]  # (B, D, M, 1)
    scores = torch_joined(features, weights, present) @ gate_weight.T
    keys = scores.reshape(len(scores), COUNT, DIM).transpose(1, 2)[..., None]
    mask = None if present is None else present[:, None, None]  # (B, 1, 1, M)
    query = torch.ones_like(keys[:, :, :1])
    attention = torch.nn.functional.scaled_dot_product_attention
    return attention(query, keys, values, mask, scale=1.0)[:, :, 0, 0]


def _keras_gated(features, weights, gate_weight, present, independent):
    import keras

    x = keras_joined(features, weights, present)
    scores = keras_dense(x, gate_weight, keras.ops.zeros(len(gate_weight), x.dtype))
    keys = keras.ops.reshape(scores, (-1, COUNT, DIM))
    blocks = keras.ops.split(keras.ops.transpose(keys, (2, 0, 1)), DIM)  # D of (1, B, M)
    h = [keras.ops.tanh(features[m] @ keras.ops.transpose(weights[m])) for m in weights]
    mask = None if present is None else [None, present]
    z = []
    for d, block in enumerate(blocks):
        key, value = block[0, :, :, None], keras.ops.stack([h_m[:, d] for h_m in h], 1)[:, :, None]
        query = keras.ops.ones_like(key[:, :1])
        z.append(keras.layers.Attention()([query, value, key], mask=mask)[:, 0, 0])
    return keras.ops.stack(z, axis=1)


def _torch_film(features, weights, biases, content, present):
    import torch

    f = {m: torch.nn.functional.linear(features[m], weights[m], biases[m]) for m in weights}
    if present is not None:
        f = {m: f[m] * present[:, i, None] for i, m in enumerate(f)}
    others = torch.stack([f[m] for m in f if m != content]).sum(dim=0)
    return torch.addcmul(others[:, DIM:], 1 + others[:, :DIM], f[content])


def _keras_film(features, weights, biases, content, present):
    import keras

    f = {m: keras_dense(features[m], weights[m], biases[m]) for m in weights}
    if present is not None:
        there = keras.ops.cast(present, f[content].dtype)
        f = {m: f[m] * there[:, i, None] for i, m in enumerate(f)}
    others = keras.layers.Add()([f[m] for m in f if m != content])
    scaled = keras.layers.Multiply()([1 + others[:, :DIM], f[content]])
    return keras.layers.Add()([scaled, others[:, DIM:]])


SDPA, ATTENTION = "torch.nn.functional.scaled_dot_product_attention", "keras.layers.Attention"
FORMULAS = (
    Formula(
        name="gated_fusion",
        reference=reference.gated_fusion,
        gradient=reference.gated_fusion_gradient,
        samples=_with(samples_of(_gated), independent=False) | {"independent": _independent},
        layer=lambda wing, arguments: wing.GatedFusion(WIDTHS, DIM, arguments["independent"]),
        weights=("weights", "gate_weight"),
        peers=(
            Peer(SDPA, "torch", _torch_gated, FAIR),
            Peer(ATTENTION, "keras", _keras_gated, FAIR),
        ),
        exemptions=(*MATMUL, *TANH),
    ),
    Formula(
        name="film_fusion",
        reference=reference.film_fusion,
        gradient=reference.film_fusion_gradient,
        samples=_with(samples_of(_film), content=CONTENT) | {"content first": _content_first},
        layer=lambda wing, arguments: wing.FiLMFusion(WIDTHS, DIM, arguments["content"]),
        weights=("weights", "biases"),
        peers=(
            Peer("torch.addcmul", "torch", _torch_film, FAIR),
            Peer("keras.layers.Multiply and Add", "keras", _keras_film, FAIR),
        ),
        exemptions=MATMUL,
    ),
)
