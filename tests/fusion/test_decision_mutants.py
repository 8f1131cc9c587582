"""Plausible mistakes in a decision of several modalities; the comparison must catch each."""

import dataclasses

import pytest

torch = pytest.importorskip("torch")

import mmref.torch as wing  # noqa: E402
from mmref.concordance import FORMULAS  # noqa: E402
from mmref.concordance.formulas.fusion._samples import DIM, WIDTHS  # noqa: E402
from mmref.torch.softmax import masked_softmax  # noqa: E402
from tests.mutants import is_caught  # noqa: E402


class Decided(wing.DecisionFusion):
    """Decision fusion in plain steps: h (B, M, K), who is there (B, M), a (M,)."""

    def combine(self, x, present):
        h, _ = self.scores(x, present)
        there = h.new_ones(h.shape[:2], dtype=torch.bool) if present is None else present
        a = h.new_zeros(h.shape[1]) if self.logits is None else self.logits
        z = self.product(h, there) if self.rule == "product" else self.mean(h, there, a)
        return torch.where(self.some(there), z, 0)

    def some(self, there):
        return there.any(dim=1, keepdim=True)

    def mean(self, h, there, a):
        alpha = masked_softmax(a.expand(there.shape), there)
        return (alpha[:, :, None] * h.softmax(dim=-1)).sum(dim=1).clamp_min(1e-300).log()

    def product(self, h, there):
        scores = (h * there[:, :, None]).sum(dim=1)
        times = there.sum(dim=1, keepdim=True) - 1
        return (scores - times * h.new_tensor(self.prior).log()).log_softmax(dim=-1)


class LogsAveraged(Decided):
    def mean(self, h, there, a):
        alpha = masked_softmax(a.expand(there.shape), there)
        return (alpha[:, :, None] * h.log_softmax(dim=-1)).sum(dim=1)


class ScoresAveraged(Decided):
    """A softmax after the mean, not before it."""

    def mean(self, h, there, a):
        alpha = masked_softmax(a.expand(there.shape), there)
        return (alpha[:, :, None] * h).sum(dim=1).log_softmax(dim=-1)


class AbsentCount(Decided):
    def mean(self, h, there, a):
        return super().mean(h, torch.ones_like(there), a)

    def product(self, h, there):
        return super().product(h, torch.ones_like(there))


class NothingIsUniform(Decided):
    def some(self, there):
        return torch.ones_like(there[:, :1])


class Probabilities(Decided):
    def mean(self, h, there, a):
        return super().mean(h, there, a).exp()

    def product(self, h, there):
        return super().product(h, there).exp()


class WeightsIgnored(Decided):
    def mean(self, h, there, a):
        return super().mean(h, there, 0 * a)


class PriorIgnored(Decided):
    def product(self, h, there):
        return (h * there[:, :, None]).sum(dim=1).log_softmax(dim=-1)


class PriorOfEach(Decided):
    """To the power of M - 1, whoever is there."""

    def product(self, h, there):
        scores = (h * there[:, :, None]).sum(dim=1)
        times = there.shape[1] - 1
        return (scores - times * h.new_tensor(self.prior).log()).log_softmax(dim=-1)


class NotNormalized(Decided):
    def product(self, h, there):
        scores = (h * there[:, :, None]).sum(dim=1)
        times = there.sum(dim=1, keepdim=True) - 1
        return scores - times * h.new_tensor(self.prior).log()


AVERAGING = [LogsAveraged, ScoresAveraged, AbsentCount, Probabilities]
DECIDING = {
    "decision_fusion": AVERAGING,
    "decision_fusion_weighted": [*AVERAGING, WeightsIgnored],
    "decision_fusion_product": [
        AbsentCount,
        NothingIsUniform,
        Probabilities,
        PriorIgnored,
        PriorOfEach,
        NotNormalized,
    ],
}


def deciding(name, kind):
    """The entry of a rule, its layer one of this kind."""

    def layer(_, arguments):
        return kind(WIDTHS, DIM, arguments["rule"], arguments.get("prior"))

    return dataclasses.replace(FORMULAS[name], layer=layer, peers=())


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(
    ("name", "mutant"), [(name, m) for name, mutants in DECIDING.items() for m in mutants]
)
def test_a_mutated_decision_is_caught(name, mutant, dtype):
    assert is_caught(deciding(name, mutant), dtype)


@pytest.mark.parametrize("name", DECIDING)
def test_what_mutated_decisions_are_made_from_is_right(name):
    assert not is_caught(deciding(name, Decided), "float64")
