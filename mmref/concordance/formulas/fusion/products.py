"""Entries of the fusions that multiply features of different modalities."""

from itertools import combinations
from math import prod

from mmref.concordance.exemptions import MATMUL
from mmref.concordance.formula import Formula, Peer
from mmref.concordance.formulas.fusion._peers import keras_dense
from mmref.concordance.formulas.fusion._samples import (
    DIM,
    FAIR,
    WIDTHS,
    features_of,
    samples_of,
)
from mmref.reference import fusion as reference

RANK = 3
PAIRS = tuple(combinations(WIDTHS, 2))
SIZES = [WIDTHS[m] * WIDTHS[n] for m, n in PAIRS]


def _of_width(width):
    """Draws of one projection of that many products; the order of the features is the declared."""

    def draw(rng):
        return {
            "features": {m: rng.normal(size=(5, d)) for m, d in WIDTHS.items()},
            "weight": rng.normal(size=(DIM, width)),
            "bias": rng.normal(size=DIM),
        }

    return draw


def _low_rank(rng):
    return {
        "features": features_of(rng),
        # small: the value is a product of three
        "weights": {m: rng.normal(size=(RANK * DIM, d)) / 3 for m, d in WIDTHS.items()},
        "biases": {m: rng.normal(size=RANK * DIM) for m in WIDTHS},
        "bias": rng.normal(size=DIM),
    }


# Peers. torch.nn.functional.bilinear knows one pair; einsum contracts the whole tensor, which for
# low-rank fusion is first made of its factors.


def _there(features, present, order, multiply):
    """Features in declared order, absent ones times zero."""
    if present is None:
        return [features[m] for m in order]
    return [multiply(features[m], present[:, i : i + 1]) for i, m in enumerate(order)]


def _torch_there(features, present):
    return _there(features, present, WIDTHS, lambda x, there: x * there)


def _keras_there(features, present):
    import keras

    return _there(features, present, WIDTHS, lambda x, there: x * keras.ops.cast(there, x.dtype))


def _torch_bilinear(features, weight, bias, present):
    import torch

    x = dict(zip(WIDTHS, _torch_there(features, present), strict=True))
    blocks = zip(PAIRS, weight.split(SIZES, dim=1), strict=True)
    return bias + sum(
        torch.nn.functional.bilinear(x[m], x[n], w.reshape(DIM, WIDTHS[m], WIDTHS[n]))
        for (m, n), w in blocks
    )


def _keras_bilinear(features, weight, bias, present):
    import keras

    x, z, start = dict(zip(WIDTHS, _keras_there(features, present), strict=True)), 0, 0
    for (m, n), size in zip(PAIRS, SIZES, strict=True):
        block = keras.ops.transpose(weight[:, start : start + size])
        block = keras.ops.reshape(block, (WIDTHS[m], WIDTHS[n] * DIM))
        right = keras_dense(x[m], keras.ops.transpose(block), keras.ops.zeros(WIDTHS[n] * DIM))
        right = keras.ops.reshape(right, (-1, WIDTHS[n], DIM))  # x_m^T W_mn, (B, D_n, D)
        z, start = z + keras.layers.Dot(axes=1)([x[n], right]), start + size
    return z + bias


TENSOR = [d + 1 for d in WIDTHS.values()]
CONTRACT = "za,zb,zc,dabc->zd"


def _torch_tensor(features, weight, bias, present):
    import torch

    x = [torch.nn.functional.pad(v, (1, 0), value=1.0) for v in _torch_there(features, present)]
    return torch.einsum(CONTRACT, *x, weight.reshape(DIM, *TENSOR)) + bias


def _keras_tensor(features, weight, bias, present):
    import keras

    x = _keras_there(features, present)
    x = [keras.ops.concatenate([keras.ops.ones_like(v[:, :1]), v], axis=1) for v in x]
    return keras.ops.einsum(CONTRACT, *x, keras.ops.reshape(weight, (DIM, *TENSOR))) + bias


def _factors(weights, biases, ops):
    """[b_m^r, W_m^r], (R, D, D_m + 1) each."""
    joined = [ops.concatenate([biases[m][:, None], weights[m]], 1) for m in WIDTHS]
    return [ops.reshape(w, (RANK, DIM, -1)) for w in joined]


def _torch_low_rank(features, weights, biases, bias, present):
    import torch

    tensor = torch.einsum("rda,rdb,rdc->dabc", *_factors(weights, biases, torch))
    return _torch_tensor(features, tensor, bias, present)


def _keras_low_rank(features, weights, biases, bias, present):
    import keras

    factors = _factors(weights, biases, keras.ops)
    return _keras_tensor(features, keras.ops.einsum("rda,rdb,rdc->dabc", *factors), bias, present)


FORMULAS = (
    Formula(
        name="bilinear_fusion",
        reference=reference.bilinear_fusion,
        gradient=reference.bilinear_fusion_gradient,
        samples=samples_of(_of_width(sum(SIZES))),
        layer=lambda wing, arguments: wing.BilinearFusion(WIDTHS, DIM),
        weights=("weight", "bias"),
        peers=(
            Peer("torch.nn.functional.bilinear", "torch", _torch_bilinear, FAIR),
            Peer("keras.layers.Dense and Dot", "keras", _keras_bilinear, FAIR),
        ),
        exemptions=MATMUL,
    ),
    Formula(
        name="tensor_fusion",
        reference=reference.tensor_fusion,
        gradient=reference.tensor_fusion_gradient,
        samples=samples_of(_of_width(prod(TENSOR))),
        layer=lambda wing, arguments: wing.TensorFusion(WIDTHS, DIM),
        weights=("weight", "bias"),
        peers=(
            Peer("torch.einsum", "torch", _torch_tensor, FAIR),
            Peer("keras.ops.einsum", "keras", _keras_tensor, FAIR),
        ),
        exemptions=MATMUL,
    ),
    Formula(
        name="low_rank_fusion",
        reference=reference.low_rank_fusion,
        gradient=reference.low_rank_fusion_gradient,
        samples=samples_of(_low_rank),
        layer=lambda wing, arguments: wing.LowRankFusion(WIDTHS, DIM, RANK),
        weights=("weights", "biases", "bias"),
        peers=(
            Peer("torch.einsum", "torch", _torch_low_rank, FAIR),
            Peer("keras.ops.einsum", "keras", _keras_low_rank, FAIR),
        ),
        exemptions=MATMUL,
    ),
)
