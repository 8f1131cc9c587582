"""Plausible mistakes in attention fusion, each of which the comparison must catch."""

import dataclasses

import pytest

torch = pytest.importorskip("torch")

import mmref.torch as wing  # noqa: E402
from mmref.concordance import FORMULAS  # noqa: E402
from mmref.torch.softmax import masked_softmax  # noqa: E402
from tests.mutants import is_caught  # noqa: E402


class Attention(wing.AttentionFusion):
    """In steps that a mutant can replace one at a time."""

    def score(self, inside):
        return torch.tanh(inside) @ self.score_weight

    def weigh(self, x, kept):
        inside = [scorer(x[m]) for m, scorer in self.scorers.items()]
        scores = [self.score(a) for a in inside]
        kept = [torch.ones_like(a, dtype=torch.bool) for a in scores] if kept is None else kept
        return self.normalized(scores, kept)

    def normalized(self, scores, kept):
        if not self.joint:
            return [masked_softmax(*pair) for pair in zip(scores, kept, strict=True)]
        alpha = masked_softmax(torch.cat(scores, dim=1), torch.cat(kept, dim=1))
        return alpha.split([a.shape[1] for a in scores], dim=1)


class SeparateForJoint(Attention):
    def normalized(self, scores, kept):
        return [masked_softmax(*pair) for pair in zip(scores, kept, strict=True)]


class SeparateAveraged(Attention):
    def normalized(self, scores, kept):
        weights = super().normalized(scores, kept)
        return weights if self.joint else [alpha / len(scores) for alpha in weights]


class MasksIgnored(Attention):
    def normalized(self, scores, kept):
        return super().normalized(scores, [torch.ones_like(keep) for keep in kept])


class ScoresDetached(Attention):
    def score(self, inside):
        return super().score(inside).detach()


class TanhAfterwards(Attention):
    def score(self, inside):
        return torch.tanh(inside @ self.score_weight)


class OneScorerForAll(Attention):
    """Biases of the first modality for everybody: the matrices would not even fit."""

    def weigh(self, x, kept):
        first = next(iter(self.scorers.values()))
        inside = [x[m] @ f.weight.T + first.bias for m, f in self.scorers.items()]
        scores = [self.score(a) for a in inside]
        kept = [torch.ones_like(a, dtype=torch.bool) for a in scores] if kept is None else kept
        return self.normalized(scores, kept)


class BiasOnce(Attention):
    """b_m instead of its modality's total weight times b_m."""

    def combine(self, x, kept):
        pairs = zip(self.weigh(x, kept), x.items(), strict=True)
        means = {m: (alpha.unsqueeze(2) * vectors).sum(dim=1) for alpha, (m, vectors) in pairs}
        return sum(self.projections[m](mean) for m, mean in means.items())


class Cross(wing.CrossAttentionFusion):
    """Nothing changed yet."""


class NoResidual(Cross):
    def looked(self, attend, h, kept, i):
        return super().looked(attend, h, kept, i) - h[i]


class LooksAtItself(Cross):
    def looked(self, attend, h, kept, i):
        mask = None if kept is None else torch.cat(kept, dim=1).unsqueeze(1)
        return h[i] + attend(h[i], torch.cat(h, dim=1), mask=mask)


class OutputBiasOfNothing(Cross):
    def looked(self, attend, h, kept, i):
        if kept is None:
            return super().looked(attend, h, kept, i)
        mask = torch.cat(kept[:i] + kept[i + 1 :], dim=1).unsqueeze(1)
        return h[i] + attend(h[i], torch.cat(h[:i] + h[i + 1 :], dim=1), mask=mask)


MUTANTS = [("attention_fusion", m) for m in Attention.__subclasses__()]
MUTANTS += [("cross_attention_fusion", m) for m in Cross.__subclasses__()]


def mutated(name, mutant):
    """The formula with another class of the same configuration as its layer."""
    formula = FORMULAS[name]
    return dataclasses.replace(
        formula,
        layer=lambda _, arguments: mutant(**formula.layer(wing, arguments).config),
        peers=(),
    )


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(("name", "mutant"), MUTANTS)
def test_a_mutated_layer_is_caught(name, mutant, dtype):
    assert is_caught(mutated(name, mutant), dtype)


@pytest.mark.parametrize(
    ("name", "base"), [("attention_fusion", Attention), ("cross_attention_fusion", Cross)]
)
def test_what_mutants_are_made_from_is_right(name, base):
    assert not is_caught(mutated(name, base), "float64")
