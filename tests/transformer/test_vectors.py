"""Published cases of layer norm: which mistakes they see."""

import numpy as np
import pytest

pytest.importorskip("onnx")

from mmref.concordance import FORMULAS
from mmref.reference.transformer import layer_norm
from tests.attention.test_vectors import wrong


def test_there_are_as_many_cases_of_layer_norm_as_there_were():
    assert len(list(FORMULAS["layer_norm"].vectors[0].load())) >= 19


def test_layer_norm_cases_see_a_wrong_variance_and_a_wrong_epsilon():
    def unbiased(x, scale, shift, epsilon):
        n = x.shape[-1]
        variance = x.var(axis=-1, keepdims=True) * n / (n - 1)
        return scale * (x - x.mean(axis=-1, keepdims=True)) / np.sqrt(variance + epsilon) + shift

    def epsilon_ignored(x, scale, shift, epsilon):
        return layer_norm(x, scale, shift)

    for mutant in (unbiased, epsilon_ignored):
        assert any(
            wrong(mutant(**a), expected) for a, expected in FORMULAS["layer_norm"].vectors[0].load()
        )
