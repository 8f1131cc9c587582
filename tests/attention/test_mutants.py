"""Plausible mistakes in attention, each of which the comparison must catch."""

import dataclasses

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import mmref.torch as wing  # noqa: E402
from mmref.concordance import FORMULAS  # noqa: E402
from mmref.reference import attention  # noqa: E402
from mmref.reference.softmax import masked_softmax as softmax_reference  # noqa: E402
from mmref.torch.attention import clear_unused  # noqa: E402
from mmref.torch.softmax import masked_softmax  # noqa: E402
from tests.attention.mutating import mutated  # noqa: E402
from tests.mutants import is_caught  # noqa: E402


def lookup(queries, keys, values, mask=None, scale=None, weigh=masked_softmax):
    """Right with the default; a mutant replaces the softmax or changes what goes in."""
    queries, keys = clear_unused(mask, queries, keys)
    values = clear_unused(mask, queries, values)[1]
    scale = queries.shape[-1] ** -0.5 if scale is None else scale
    return weigh(scale * queries @ keys.transpose(-2, -1), mask) @ values


def not_scaled(queries, keys, values, mask=None, scale=None):
    return lookup(queries, keys, values, mask, 1.0 if scale is None else scale)


def scaled_by_d(queries, keys, values, mask=None, scale=None):
    return lookup(queries, keys, values, mask, 1 / queries.shape[-1] if scale is None else scale)


def scale_ignored(queries, keys, values, mask=None, scale=None):
    return lookup(queries, keys, values, mask)


def scaled_after_the_softmax(queries, keys, values, mask=None, scale=None):
    scale = queries.shape[-1] ** -0.5 if scale is None else scale
    return scale * lookup(queries, keys, values, mask, 1.0)


def mask_flipped(queries, keys, values, mask=None, scale=None):
    return lookup(queries, keys, values, None if mask is None else ~mask, scale)


def mask_ignored(queries, keys, values, mask=None, scale=None):
    return lookup(queries, keys, values, None, scale)


def not_renormalized(queries, keys, values, mask=None, scale=None):
    def weigh(scores, mask):
        p = torch.softmax(scores, dim=-1)
        return p if mask is None else p * mask

    return lookup(queries, keys, values, mask, scale, weigh)


def over_the_queries(queries, keys, values, mask=None, scale=None):
    def weigh(scores, mask):
        there = None if mask is None else mask.expand(scores.shape).transpose(-2, -1)
        return masked_softmax(scores.transpose(-2, -1), there).transpose(-2, -1)

    return lookup(queries, keys, values, mask, scale, weigh)


def over_all_scores(queries, keys, values, mask=None, scale=None):
    def weigh(scores, mask):
        there = None if mask is None else mask.expand(scores.shape).flatten(-2)
        return masked_softmax(scores.flatten(-2), there).unflatten(-1, scores.shape[-2:])

    return lookup(queries, keys, values, mask, scale, weigh)


def a_row_that_keeps_nothing_is_uniform(queries, keys, values, mask=None, scale=None):
    def weigh(scores, mask):
        scores = scores if mask is None else scores.masked_fill(~mask, -1e9)
        return torch.softmax(scores, dim=-1)

    return lookup(queries, keys, values, mask, scale, weigh)


def a_row_that_keeps_nothing_is_nan(queries, keys, values, mask=None, scale=None):
    def weigh(scores, mask):
        scores = scores if mask is None else scores.masked_fill(~mask, -torch.inf)
        return torch.softmax(scores, dim=-1)

    return lookup(queries, keys, values, mask, scale, weigh)


def nan_of_a_value_leaks(queries, keys, values, mask=None, scale=None):
    return wing.attention_weights(queries, keys, mask, scale) @ values


def nan_of_a_key_leaks_backward(queries, keys, values, mask=None, scale=None):
    scale = queries.shape[-1] ** -0.5 if scale is None else scale
    weights = masked_softmax(scale * queries @ keys.transpose(-2, -1), mask)
    return weights @ clear_unused(mask, queries, values)[1]


def keys_for_values(queries, keys, values, mask=None, scale=None):
    width = keys.shape[-1]
    return lookup(queries, values[..., :width], values, mask, scale)


def one_head_for_all(queries, keys, values, mask=None, scale=None):
    if mask is not None and mask.ndim == 4 and mask.shape[1] > 1:
        mask = mask[:, :1]
    return lookup(queries, keys, values, mask, scale)


def values_detached(queries, keys, values, mask=None, scale=None):
    return lookup(queries, keys, values.detach(), mask, scale)


def weights_detached(queries, keys, values, mask=None, scale=None):
    return lookup(queries.detach(), keys.detach(), values, mask, scale)


LOOKUPS = [
    not_scaled,
    scaled_by_d,
    scale_ignored,
    scaled_after_the_softmax,
    mask_flipped,
    mask_ignored,
    not_renormalized,
    over_the_queries,
    over_all_scores,
    a_row_that_keeps_nothing_is_uniform,
    a_row_that_keeps_nothing_is_nan,
    nan_of_a_value_leaks,
    nan_of_a_key_leaks_backward,
    keys_for_values,
    one_head_for_all,
    values_detached,
    weights_detached,
]


class Additive(wing.AdditiveAttention):
    """Additive attention in steps that a mutant can replace one at a time."""

    def inside(self, queries, keys):
        by_query = self.query_projection(queries).unsqueeze(-2)
        return by_query + self.key_projection(keys).unsqueeze(-3)

    def scores(self, queries, keys):
        return torch.tanh(self.inside(queries, keys)) @ self.score_weight

    def attention_weights(self, queries, keys, mask=None):
        queries, keys = clear_unused(mask, queries, keys)
        return masked_softmax(self.scores(queries, keys), mask)


class WithoutTanh(Additive):
    def scores(self, queries, keys):
        return self.inside(queries, keys) @ self.score_weight


class TanhOutside(Additive):
    def scores(self, queries, keys):
        return torch.tanh(self.inside(queries, keys) @ self.score_weight)


class WithoutScoreWeight(Additive):
    def scores(self, queries, keys):
        return torch.tanh(self.inside(queries, keys)).sum(dim=-1) + 0 * self.score_weight.sum()


class QueryLeftOut(Additive):
    def inside(self, queries, keys):
        return super().inside(0 * queries, keys)


class Multiplied(Additive):
    def inside(self, queries, keys):
        by_query = self.query_projection(queries).unsqueeze(-2)
        return by_query * self.key_projection(keys).unsqueeze(-3)


class ScaledToo(Additive):
    def scores(self, queries, keys):
        return super().scores(queries, keys) / len(self.score_weight) ** 0.5


BASES = {
    "additive_attention": Additive,
}


@pytest.mark.parametrize("mutant", LOOKUPS)
def test_a_mutated_lookup_is_caught(mutant):
    def layer(wing, arguments):
        return lambda **arrays: mutant(**arrays, scale=arguments["scale"])

    formula = dataclasses.replace(FORMULAS["dot_product_attention"], layer=layer, peers=())
    assert is_caught(formula)
    assert is_caught(formula, "float32")


@pytest.mark.parametrize(
    ("name", "mutant"), [(name, m) for name, base in BASES.items() for m in base.__subclasses__()]
)
def test_a_mutated_layer_is_caught(name, mutant):
    assert is_caught(mutated(name, mutant))


def test_the_lookup_that_mutants_are_made_from_is_right():
    def layer(wing, arguments):
        return lambda **arrays: lookup(**arrays, scale=arguments["scale"])

    formula = FORMULAS["dot_product_attention"]
    assert not is_caught(dataclasses.replace(formula, layer=layer, peers=()))


@pytest.mark.parametrize("name", BASES)
def test_what_mutants_are_made_from_is_right(name):
    assert not is_caught(mutated(name, BASES[name]))


def gradient_without_the_jacobian(grad, queries, keys, values, mask=None, scale=None):
    """ds = alpha dalpha, without the term that all scores of a row share."""
    d_values = attention.dot_product_attention_gradient(grad, queries, keys, values, mask, scale)[2]
    q, k, keep = attention._inputs(queries, keys, mask)
    alpha = softmax_reference(attention._scores(q, k, scale), keep)
    d_scores = attention._scale(q, scale) * alpha * (grad @ np.swapaxes(values, -1, -2))
    return d_scores @ k, np.swapaxes(d_scores, -1, -2) @ q, d_values


def gradient_not_scaled(grad, queries, keys, values, mask=None, scale=None):
    d_q, d_k, d_v = attention.dot_product_attention_gradient(
        grad, queries, keys, values, mask, scale
    )
    factor = attention._scale(queries, scale)
    return d_q / factor, d_k / factor, d_v


def gradient_of_values_not_transposed(grad, queries, keys, values, mask=None, scale=None):
    d_q, d_k, d_v = attention.dot_product_attention_gradient(
        grad, queries, keys, values, mask, scale
    )
    alpha = attention.attention_weights(queries, keys, mask, scale)
    steps = min(alpha.shape[-2:])
    wrong = d_v.copy()
    wrong[..., :steps, :] = alpha[..., :steps, :steps] @ grad[..., :steps, :]
    return d_q, d_k, wrong


def gradient_of_keys_and_queries_alike(grad, queries, keys, values, mask=None, scale=None):
    d_q, d_k, d_v = attention.dot_product_attention_gradient(
        grad, queries, keys, values, mask, scale
    )
    return d_q, d_k[..., ::-1, :], d_v


@pytest.mark.parametrize(
    "mutant",
    [
        gradient_without_the_jacobian,
        gradient_not_scaled,
        gradient_of_values_not_transposed,
        gradient_of_keys_and_queries_alike,
    ],
)
def test_a_mutated_gradient_is_caught(mutant):
    formula = FORMULAS["dot_product_attention"]
    changed = dataclasses.replace(
        formula, gradient=lambda grad, **arguments: mutant(grad, *arguments.values())
    )
    assert is_caught(changed)
