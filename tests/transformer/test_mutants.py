"""Plausible mistakes in a transformer's block and in layer norm."""

import pytest

torch = pytest.importorskip("torch")

import mmref.torch as wing  # noqa: E402
from tests.attention.mutating import mutated  # noqa: E402
from tests.mutants import is_caught  # noqa: E402


class Block(wing.TransformerBlock):
    """The block in steps that a mutant can replace one at a time."""

    def forward(self, x, mask=None):
        return super().forward(x, mask)


class PreForPost(Block):
    def forward(self, x, mask=None):
        self.norm_first = not self.norm_first
        value = super().forward(x, mask)
        self.norm_first = not self.norm_first
        return value


class NormsSwapped(Block):
    def forward(self, x, mask=None):
        one, two = self.attention_norm, self.feed_forward_norm
        self.attention_norm, self.feed_forward_norm = two, one
        value = super().forward(x, mask)
        self.attention_norm, self.feed_forward_norm = one, two
        return value


class ResidualOfTheNorm(Block):
    """Pre-norm whose residual connection starts after the norm."""

    def forward(self, x, mask=None):
        if not self.norm_first:
            return super().forward(x, mask)
        n = self.attention_norm(x)
        y = n + self.attention(n, mask=mask)
        n = self.feed_forward_norm(y)
        return n + self.feed_forward(n)


class NoResidual(Block):
    def forward(self, x, mask=None):
        return super().forward(x, mask) - x


class MaskForgotten(Block):
    def forward(self, x, mask=None):
        return super().forward(x)


class ApproximateGelu(Block):
    def feed_forward(self, x):
        if self.activation != "gelu":
            return super().feed_forward(x)
        return self.narrow(torch.nn.functional.gelu(self.widen(x), approximate="tanh"))


class Norm(wing.LayerNorm):
    """Layer norm in steps that a mutant can replace one at a time."""

    def moments(self, x):
        return x.mean(dim=-1, keepdim=True), x.var(dim=-1, keepdim=True, correction=0)

    def forward(self, x):
        mean, variance = self.moments(x)
        return self.scale * (x - mean) / torch.sqrt(variance + self.epsilon) + self.shift


class UnbiasedVariance(Norm):
    def moments(self, x):
        return x.mean(dim=-1, keepdim=True), x.var(dim=-1, keepdim=True)


class OverTheSteps(Norm):
    def moments(self, x):
        return x.mean(dim=-2, keepdim=True), x.var(dim=-2, keepdim=True, correction=0)


class OverTheBatch(Norm):
    def moments(self, x):
        return x.mean(dim=0, keepdim=True), x.var(dim=0, keepdim=True, correction=0)


class NotCentered(Norm):
    def moments(self, x):
        return 0, (x**2).mean(dim=-1, keepdim=True)


class MomentsDetached(Norm):
    def moments(self, x):
        mean, variance = super().moments(x)
        return mean.detach(), variance.detach()


class EpsilonOutside(Norm):
    def forward(self, x):
        mean, variance = self.moments(x)
        return self.scale * (x - mean) / (torch.sqrt(variance) + self.epsilon) + self.shift


BASES = {
    "transformer_block": Block,
    "layer_norm": Norm,
}


@pytest.mark.parametrize(
    ("name", "mutant"), [(name, m) for name, base in BASES.items() for m in base.__subclasses__()]
)
def test_a_mutated_layer_is_caught(name, mutant):
    assert is_caught(mutated(name, mutant))


@pytest.mark.parametrize("name", BASES)
def test_what_mutants_are_made_from_is_right(name):
    assert not is_caught(mutated(name, BASES[name]))
