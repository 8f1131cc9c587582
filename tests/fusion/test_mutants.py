"""Plausible mistakes in fusion, each of which the comparison must catch."""

import dataclasses

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import mmref.torch as wing  # noqa: E402
from mmref.concordance import FORMULAS  # noqa: E402
from mmref.reference import fusion as reference  # noqa: E402
from mmref.reference.fusion._inputs import project, projected_inputs  # noqa: E402
from mmref.reference.softmax import masked_softmax as reference_softmax  # noqa: E402
from mmref.torch.softmax import masked_softmax  # noqa: E402
from tests.mutants import is_caught  # noqa: E402


class FusionInSteps(wing.WeightedFusion):
    """Weighted fusion in steps that a mutant can replace one at a time."""

    def inputs(self, features, present):
        return self.present_features(features, present)

    def alpha(self, x, present):
        return masked_softmax(self.logits.expand(len(x["text"]), -1), present)

    def projected(self, x):
        return torch.stack([f(x[m]) for m, f in self.projections.items()], dim=1)

    def combine(self, alpha, h):
        return (alpha[:, :, None] * h).sum(dim=1)

    def forward(self, features, present=None):
        x = self.inputs(features, present)
        return self.combine(self.alpha(x, present), self.projected(x))


class MaskFlipped(FusionInSteps):
    def alpha(self, x, present):
        return super().alpha(x, None if present is None else ~present)


class MaskIgnored(FusionInSteps):
    def alpha(self, x, present):
        return super().alpha(x, None)


class NotRenormalized(FusionInSteps):
    def alpha(self, x, present):
        alpha = super().alpha(x, None)
        return alpha if present is None else alpha * present


class EmptyRowIsUniform(FusionInSteps):
    def alpha(self, x, present):
        alpha = super().alpha(x, present)
        empty = alpha.sum(dim=1, keepdim=True) == 0
        return torch.where(empty, torch.full_like(alpha, 1 / alpha.shape[1]), alpha)


class MeanForSum(FusionInSteps):
    def combine(self, alpha, h):
        return (alpha[:, :, None] * h).mean(dim=1)


class AlphaSquared(FusionInSteps):
    def combine(self, alpha, h):
        return super().combine(alpha**2, h)


class AlphaDetached(FusionInSteps):
    def combine(self, alpha, h):
        return super().combine(alpha.detach(), h)


class SoftmaxOverTheBatch(FusionInSteps):
    def alpha(self, x, present):
        return torch.softmax(self.logits.expand(len(x["text"]), -1), dim=0)


class NoSoftmax(FusionInSteps):
    def alpha(self, x, present):
        return self.logits.expand(len(x["text"]), -1)


class LogitsReversed(FusionInSteps):
    def alpha(self, x, present):
        return masked_softmax(self.logits.flip(0).expand(len(x["text"]), -1), present)


class Temperature(FusionInSteps):
    def alpha(self, x, present):
        return masked_softmax(2 * self.logits.expand(len(x["text"]), -1), present)


class BiasDropped(FusionInSteps):
    def projected(self, x):
        pairs = self.projections.items()
        return torch.stack([torch.nn.functional.linear(x[m], f.weight) for m, f in pairs], dim=1)


class BiasOutsideTheSum(FusionInSteps):
    """b instead of alpha b: invisible while every weight is 1."""

    def forward(self, features, present=None):
        x = self.inputs(features, present)
        pairs = self.projections.items()
        h = torch.stack([torch.nn.functional.linear(x[m], f.weight) for m, f in pairs], dim=1)
        bias = sum(f.bias for f in self.projections.values())
        return self.combine(self.alpha(x, present), h) + bias


class ColumnsAsTheyCome(FusionInSteps):
    """Columns of present in the order of the mapping instead of the declared one."""

    def forward(self, features, present=None):
        if present is not None:
            order = list(features)
            present = torch.stack([present[:, order.index(m)] for m in self.dims], dim=1)
        return super().forward(features, present)


class NanLeaks(FusionInSteps):
    """Multiplying by the mask instead of selecting: 0 * NaN is NaN."""

    def inputs(self, features, present):
        if present is None:
            return features
        return {m: features[m] * present[:, i, None] for i, m in enumerate(self.dims)}


class Twice(FusionInSteps):
    """The features come out right, their gradient does not."""

    def inputs(self, features, present):
        x = super().inputs(features, present)
        return {m: 2 * x_m - x_m.detach() for m, x_m in x.items()}


class Gate(wing.AdaptiveFusion):
    def logits(self, x):
        return sum(gate(x[m]) for m, gate in self.gates.items()) + self.gate_bias

    def forward(self, features, present=None):
        x = self.present_features(features, present)
        alpha = masked_softmax(self.logits(x), present)
        h = torch.stack([f(x[m]) for m, f in self.projections.items()], dim=1)
        return (alpha[:, :, None] * h).sum(dim=1)


class GateReversed(Gate):
    def logits(self, x):
        return super().logits(x).flip(1)


class GateSeesOneModality(Gate):
    def logits(self, x):
        return self.gates["text"](x["text"]) + self.gate_bias


class GateWithoutBias(Gate):
    def logits(self, x):
        return super().logits(x) - self.gate_bias.detach()


class GateIsAMean(Gate):
    def logits(self, x):
        return (super().logits(x) - self.gate_bias) / len(x) + self.gate_bias


class GateDetached(Gate):
    def logits(self, x):
        return super().logits({m: x_m.detach() for m, x_m in x.items()})


class Sorted(wing.ConcatFusion):
    def forward(self, features, present=None):
        x = self.present_features(features, present)
        return self.projection(torch.cat([x[m] for m in sorted(x)], dim=1))


class PresentIgnored(wing.ConcatFusion):
    def forward(self, features, present=None):
        return super().forward(features)


class BiasKept(wing.ConcatFusion):
    """A row with no modality present gives the bias instead of zero."""

    def forward(self, features, present=None):
        x = self.present_features(features, present)
        return self.projection(torch.cat(list(x.values()), dim=1))


class Gated(wing.GatedFusion):
    """In steps, for gates that compete."""

    def h(self, x):
        return torch.stack([f(x[m]).tanh() for m, f in self.projections.items()], dim=1)

    def scores(self, x):
        return self.gates(torch.cat(list(x.values()), dim=1)).reshape(self.h(x).shape)

    def alpha(self, scores, present):
        mask = None if present is None else present[:, None]
        return masked_softmax(scores.transpose(1, 2), mask).transpose(1, 2)

    def combine(self, x, present):
        return (self.alpha(self.scores(x), present) * self.h(x)).sum(dim=1)


class GatesCompeteOverComponents(Gated):
    def alpha(self, scores, present):
        return torch.softmax(scores, dim=2)


class GatesOfTheAbsent(Gated):
    def alpha(self, scores, present):
        return super().alpha(scores, None)


class WithoutTanh(Gated):
    def h(self, x):
        return torch.stack([f(x[m]) for m, f in self.projections.items()], dim=1)


class GatesInAnotherLayout(Gated):
    def scores(self, x):
        joined = self.gates(torch.cat(list(x.values()), dim=1))
        return joined.reshape(len(joined), self.dim, len(x)).transpose(1, 2)


class Film(wing.FiLMFusion):
    one, flip, keep = 1, False, False

    def combine(self, x, present):
        f = {m: project(x[m]) for m, project in self.projections.items()}
        if present is not None and not self.keep:
            f = {m: f[m] * present[:, i, None] for i, m in enumerate(f)}
        h = f.pop(self.content)
        scale, shift = sum(f.values()).chunk(2, dim=1)
        scale, shift = (shift, scale) if self.flip else (scale, shift)
        return (self.one + scale) * h + shift


class WithoutTheOne(Film):
    one = 0


class BetaFirst(Film):
    flip = True


class BiasOfTheAbsent(Film):
    keep = True


class PairsTransposed(wing.BilinearFusion):
    def products(self, x):
        return super().products(x[::-1])


class BilinearBiasKept(wing.BilinearFusion):
    def combine(self, x, present):
        return super().combine(x, None)


class TensorOfFeatures(wing.TensorFusion):
    """Zeros for the ones: products of all modalities alone."""

    def products(self, x):
        return super().products(x) - super().products([0 * x_m for x_m in x])


class OnesLast(wing.TensorFusion):
    def products(self, x):
        from mmref.torch.fusion.products import outer

        return outer([torch.nn.functional.pad(x_m, (0, 1), value=1.0) for x_m in x])


class LowRank(wing.LowRankFusion):
    def joined(self, f):
        return torch.stack(f).prod(dim=0)

    def blocks(self, f):
        return f.unflatten(1, (self.rank, self.dim))

    def combine(self, x, present):
        f = [factor(x[m]) for m, factor in self.projections.items()]
        z = self.blocks(self.joined(f)).sum(dim=1) + self.bias
        return z if present is None else torch.where(present.any(dim=1, keepdim=True), z, 0)


class FactorsAdded(LowRank):
    def joined(self, f):
        return torch.stack(f).sum(dim=0)


class RanksInterleaved(LowRank):
    def blocks(self, f):
        return f.unflatten(1, (self.dim, self.rank)).transpose(1, 2)


class OneFactorDetached(LowRank):
    """As in a layer whose factors are no parameters: the value is right, and nothing learns."""

    def joined(self, f):
        return super().joined([f[0].detach(), *f[1:]])


RIGHT = {
    "weighted_fusion": FusionInSteps,
    "adaptive_fusion": Gate,
    "gated_fusion": Gated,
    "film_fusion": Film,
    "low_rank_fusion": LowRank,
}
LAYERS = {
    "gated_fusion": Gated.__subclasses__(),
    "film_fusion": Film.__subclasses__(),
    "bilinear_fusion": [PairsTransposed, BilinearBiasKept],
    "tensor_fusion": [TensorOfFeatures, OnesLast],
    "low_rank_fusion": LowRank.__subclasses__(),
    "weighted_fusion": FusionInSteps.__subclasses__(),
    "adaptive_fusion": Gate.__subclasses__(),
    "concat_fusion": [Sorted, PresentIgnored, BiasKept],
}


def gradient_without_z(grad, features, weights, biases, logits, present=None):
    """alpha_m g . h_m, without the - z of the softmax Jacobian."""
    d_x, d_w, d_b, _ = reference.weighted_fusion_gradient(
        grad, features, weights, biases, logits, present
    )
    x, there = projected_inputs(features, weights, biases, present)
    alpha = reference_softmax(np.broadcast_to(logits, there.shape), there)
    h = project(x, weights, biases)
    return d_x, d_w, d_b, (alpha * np.einsum("bd,bmd->bm", grad, h)).sum(axis=0)


def gradient_of_one_row(grad, *arguments):
    """The logits' gradient of the last row instead of the sum over the batch."""
    *rest, logits, present = arguments
    d_x, d_w, d_b, _ = reference.weighted_fusion_gradient(grad, *arguments)
    rows = np.broadcast_to(logits, (len(grad), len(logits)))
    by_row = reference.weighted_fusion_gradient(grad, *rest, rows, present)[3]
    return d_x, d_w, d_b, by_row[0]


def gradient_not_summed(grad, *arguments):
    *rest, logits, present = arguments
    rows = np.broadcast_to(logits, (len(grad), len(logits)))
    return reference.weighted_fusion_gradient(grad, *rest, rows, present)


def gradient_averaged(grad, *arguments):
    d_x, d_w, d_b, d_logits = reference.weighted_fusion_gradient(grad, *arguments)
    return d_x, d_w, d_b, d_logits / len(grad)


def gradient_transposed(grad, *arguments):
    d_x, d_w, d_b, d_logits = reference.weighted_fusion_gradient(grad, *arguments)
    return d_x, {m: w.T for m, w in d_w.items()}, d_b, d_logits


def gradient_of_biases_unweighted(grad, *arguments):
    d_x, d_w, d_b, d_logits = reference.weighted_fusion_gradient(grad, *arguments)
    return d_x, d_w, {m: grad.sum(axis=0) for m in d_b}, d_logits


GRADIENTS = [
    gradient_without_z,
    gradient_of_one_row,
    gradient_not_summed,
    gradient_averaged,
    gradient_transposed,
    gradient_of_biases_unweighted,
]


def positional(function):
    """The comparison calls by name; these mutants take what they pass on as it comes."""
    return lambda grad, **arguments: function(grad, *arguments.values())


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(
    ("name", "mutant"), [(name, m) for name, mutants in LAYERS.items() for m in mutants]
)
def test_a_mutated_layer_is_caught(name, mutant, dtype):
    assert is_caught(made_by(FORMULAS[name], mutant), dtype)


@pytest.mark.parametrize("name", RIGHT)
def test_what_mutants_are_made_from_is_right(name):
    assert not is_caught(made_by(FORMULAS[name], RIGHT[name]), "float64")


def made_by(formula, kind):
    """The formula, its layer of another class. That of gates in steps knows no other kind."""

    def layer(wing, arguments):
        made = formula.layer(wing, arguments)
        made.__class__ = kind
        return made

    fair = {words: draw for words, draw in formula.samples.items() if words != "independent"}
    return dataclasses.replace(formula, layer=layer, samples=fair, peers=())


@pytest.mark.parametrize("mutant", GRADIENTS)
def test_a_mutated_gradient_is_caught(mutant):
    formula = FORMULAS["weighted_fusion"]
    assert is_caught(dataclasses.replace(formula, gradient=positional(mutant)), "float64")
