"""Published cases of attention: which of them judge the reference, and which mistakes they miss."""

from collections import Counter

import numpy as np
import pytest

pytest.importorskip("onnx")

from mmref.concordance.formulas.attention.vectors import (
    arguments_of,
    left_out,
    onnx_attention,
)
from mmref.concordance.published import onnx_cases
from mmref.reference.attention import dot_product_attention
from mmref.reference.softmax import masked_softmax


def test_which_cases_are_left_out_and_why():
    """Our signature has a boolean mask and a scale. What else the standard can ask for is listed;
    a new version of it that asks for more shows here."""
    reasons = Counter(
        left_out(attributes, inputs) for _, attributes, inputs, _ in onnx_cases("Attention")
    )
    assert set(reasons) == {
        None,
        "scores are squashed",
        "a window of neighbors",
        "precision of the softmax",
        "lengths instead of a mask",
        "half precision",
        "numbers added to the scores",
    }
    assert reasons[None] >= 28


def taken():
    for name, attributes, inputs, outputs in onnx_cases("Attention"):
        if left_out(attributes, inputs) is None:
            yield name, *arguments_of(attributes, inputs, outputs)


def test_the_cases_cover_masks_causality_groups_the_past_and_a_row_that_keeps_nothing():
    names = " ".join(name for name, *_ in taken())
    for word in (
        "causal",
        "gqa",
        "attn_mask_bool",
        "past_and_present",
        "fullymasked",
        "3d",
        "scaled",
    ):
        assert word in names, word
    empty = [a["mask"] for _, a, _ in taken() if a["mask"] is not None]
    assert any((~mask).all(axis=-1).any() for mask in empty)


def wrong(found, expected):
    return not np.allclose(found, expected, rtol=1e-4, atol=1e-5, equal_nan=True)


def not_scaled(queries, keys, values, mask, scale):
    return dot_product_attention(queries, keys, values, mask, scale or 1.0)


def mask_flipped(queries, keys, values, mask, scale):
    return dot_product_attention(queries, keys, values, None if mask is None else ~mask, scale)


def not_renormalized(queries, keys, values, mask, scale):
    scale = queries.shape[-1] ** -0.5 if scale is None else scale
    p = masked_softmax(scale * queries @ keys.swapaxes(-1, -2))
    return (p if mask is None else p * mask) @ values


def nan_leaks(queries, keys, values, mask, scale):
    scale = queries.shape[-1] ** -0.5 if scale is None else scale
    return masked_softmax(scale * queries @ keys.swapaxes(-1, -2), mask) @ values


@pytest.mark.parametrize("mutant", [not_scaled, mask_flipped, not_renormalized])
def test_the_published_cases_see_these_mistakes(mutant):
    assert any(wrong(mutant(**arguments), expected) for arguments, expected in onnx_attention())


def test_the_published_cases_are_blind_to_what_is_masked():
    """Nothing stands in a masked place but ordinary numbers, so NaN may leak unseen: of the five
    mistakes above, ours add this one. They also have no gradient."""
    assert not any(wrong(nan_leaks(**a), expected) for a, expected in onnx_attention())
