"""Entries of the fusions of decisions."""

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
    COUNT,
    DIM,
    FAIR,
    WIDTHS,
    features_of,
    projections_of,
    samples_of,
)
from mmref.reference import fusion as reference


def _mean(rng):
    weights, biases = projections_of(rng)
    return {"features": features_of(rng), "weights": weights, "biases": biases, "rule": "mean"}


def _weighted(rng):
    return _mean(rng) | {"logits": rng.normal(size=COUNT), "rule": "weighted"}


def _product(rng):
    return _mean(rng) | {"rule": "product", "prior": (0.1, 0.2, 0.3, 0.4)}


def _decisions(draw):
    """The samples of a rule, with every argument of the reference, in its order."""
    names = ("features", "weights", "biases", "logits", "present", "rule", "prior")

    def complete(sample):
        def drawn(rng):
            given = sample(rng)
            return {name: given.get(name) for name in names}

        return drawn

    return {words: complete(sample) for words, sample in samples_of(draw).items()}


def _hybrid(rng):
    weights, biases = projections_of(rng)
    return {
        "features": features_of(rng),
        "weights": weights,
        "biases": biases,
        "joint_weight": rng.normal(size=(DIM, sum(WIDTHS.values()))),
        "joint_bias": rng.normal(size=DIM),
        "head_weight": rng.normal(size=(DIM, DIM)),
        "head_bias": rng.normal(size=DIM),
    }


# Peers. A mean of decisions is a mixture of distributions. The product of softmaxes is one softmax
# of the sum of their scores, and so a linear layer on the joined features.


def _torch_mixture(features, weights, biases, logits=None, present=None, **_):
    import torch
    from torch.distributions import Categorical, MixtureSameFamily

    h = torch_values(features, weights, biases)  # (B, M, K)
    a = h.new_zeros(h.shape[:2]) if logits is None else logits.expand(h.shape[:2])
    a = a if present is None else a.masked_fill(~present, -torch.inf)
    mixed = MixtureSameFamily(Categorical(logits=a), Categorical(logits=h))
    classes = torch.arange(h.shape[2])[:, None].expand(-1, len(h))
    return mixed.log_prob(classes).T


def _torch_linear(features, weights, biases, present, prior, **_):
    import torch

    joined, bias = torch_joined(features, weights, present), torch.stack([*biases.values()])
    there = bias.new_ones(len(joined), COUNT) if present is None else present.to(bias)
    scores = torch.nn.functional.linear(joined, torch.cat([*weights.values()], dim=1))
    scores = scores + there @ bias - (there.sum(1, keepdim=True) - 1) * bias.new_tensor(prior).log()
    return torch.nn.functional.log_softmax(scores, dim=1)


def _keras_mixture(features, weights, biases, logits=None, present=None, **_):
    import keras

    p = keras.layers.Softmax()(keras_values(features, weights, biases))  # (B, M, K)
    a = keras.ops.zeros_like(p[:, :, 0]) if logits is None else logits
    a = keras.ops.broadcast_to(a, p.shape[:2])
    alpha = keras.layers.Softmax()(a, mask=present)
    return keras.ops.log(keras.layers.Dot(axes=1)([alpha, p]))


def _keras_linear(features, weights, biases, present, prior, **_):
    import keras

    ops = keras.ops
    joined, bias = keras_joined(features, weights, present), ops.stack([*biases.values()])
    there = ops.ones_like(joined[:, :COUNT]) if present is None else ops.cast(present, bias.dtype)
    weight = ops.concatenate([*weights.values()], axis=1)
    scores = keras_dense(joined, weight, ops.zeros_like(bias[0])) + ops.matmul(there, bias)
    count = ops.sum(there, axis=1, keepdims=True)
    scores = scores - (count - 1) * ops.log(ops.convert_to_tensor(prior, bias.dtype))
    return ops.log_softmax(scores, axis=1)


def _torch_hybrid(
    features, weights, biases, joint_weight, joint_bias, head_weight, head_bias, present
):
    import torch

    linear = torch.nn.functional.linear
    f = linear(torch_joined(features, WIDTHS, present), joint_weight, joint_bias)
    further = {"features": features | {"": f}, "weights": weights | {"": head_weight}}
    there = None if present is None else torch.cat([present, present.any(1, keepdim=True)], 1)
    return _torch_mixture(**further, biases=biases | {"": head_bias}, present=there)


def _keras_hybrid(
    features, weights, biases, joint_weight, joint_bias, head_weight, head_bias, present
):
    import keras

    f = keras_dense(keras_joined(features, WIDTHS, present), joint_weight, joint_bias)
    further = {"features": features | {"": f}, "weights": weights | {"": head_weight}}
    there = None
    if present is not None:
        some = keras.ops.any(present, axis=1, keepdims=True)
        there = keras.ops.concatenate([present, some], axis=1)
    return _keras_mixture(**further, biases=biases | {"": head_bias}, present=there)


MIXTURE = (
    Peer("torch.distributions.MixtureSameFamily", "torch", _torch_mixture, FAIR),
    Peer("keras.layers.Softmax and Dot", "keras", _keras_mixture, FAIR),
)


def _layer(wing, arguments):
    return wing.DecisionFusion(WIDTHS, DIM, arguments["rule"], arguments.get("prior"))


FORMULAS = (
    Formula(
        name="decision_fusion",
        reference=reference.decision_fusion,
        gradient=reference.decision_fusion_gradient,
        samples=_decisions(_mean),
        layer=_layer,
        weights=("weights", "biases"),
        peers=MIXTURE,
        exemptions=MATMUL,
    ),
    Formula(
        name="decision_fusion_weighted",
        reference=reference.decision_fusion,
        gradient=reference.decision_fusion_gradient,
        samples=_decisions(_weighted),
        layer=_layer,
        weights=("weights", "biases", "logits"),
        peers=MIXTURE,
        exemptions=MATMUL,
    ),
    Formula(
        name="decision_fusion_product",
        reference=reference.decision_fusion,
        gradient=reference.decision_fusion_gradient,
        samples=_decisions(_product),
        layer=_layer,
        weights=("weights", "biases"),
        peers=(
            Peer("torch.nn.functional.linear", "torch", _torch_linear, FAIR),
            Peer("keras.layers.Dense", "keras", _keras_linear, FAIR),
        ),
        exemptions=MATMUL,
    ),
    Formula(
        name="hybrid_fusion",
        reference=reference.hybrid_fusion,
        gradient=reference.hybrid_fusion_gradient,
        samples=samples_of(_hybrid),
        layer=lambda wing, arguments: wing.HybridFusion(WIDTHS, DIM),
        weights=(
            "weights",
            "biases",
            "joint_weight",
            "joint_bias",
            "head_weight",
            "head_bias",
        ),
        peers=(
            Peer("torch.distributions.MixtureSameFamily", "torch", _torch_hybrid, FAIR),
            Peer("keras.layers.Softmax and Dot", "keras", _keras_hybrid, FAIR),
        ),
        exemptions=MATMUL,
    ),
)
