"""What is measured beside a fusion computes the same, and every fusion is measured."""

import numpy as np
import pytest

from benchmarks import fusion as bench
from benchmarks.plain import WITHOUT
from benchmarks.plain import keras as plain_keras
from benchmarks.plain import torch as plain_torch


def test_every_fusion_has_a_plain_expression_in_both_wings():
    assert not set(bench.fusions()) & WITHOUT
    for wing in bench.WINGS.values():
        named = {name for name in wing.__all__ if name.endswith("Fusion")}
        assert named == {*bench.fusions(), *WITHOUT}
    assert set(plain_torch.PLAIN) == set(plain_keras.PLAIN) == set(bench.fusions())


@pytest.mark.parametrize("modalities", [2, 3])
@pytest.mark.parametrize("name", bench.fusions())
@pytest.mark.parametrize("wing", bench.WINGS)
def test_the_plain_expression_gives_what_the_fusion_gives(wing, name, modalities):
    fusion = bench.make(wing, name, 8, modalities)
    rng = np.random.default_rng(0)
    x = {m: rng.normal(size=(5, d)).astype("float32") for m, d in fusion.dims.items()}
    if wing == "torch":
        x = {m: bench.torch.tensor(a) for m, a in x.items()}
        fusion = fusion.eval()
    else:
        x = {m: bench.keras.ops.convert_to_tensor(a) for m, a in x.items()}
        fusion(x)
    results = [function(x) for function in bench.functions_of(wing, fusion)[:2]]
    ours, plain = (np.asarray(result.detach() if wing == "torch" else result) for result in results)
    assert ours.shape == (5, 8) and np.abs(ours).max() > 0.01
    np.testing.assert_allclose(plain, ours, rtol=1e-4, atol=1e-5)


def test_the_stored_table_is_of_these_fusions():
    stored = {(row["wing"], row["fusion"]) for row in bench.read()}
    assert stored <= {(wing, name) for wing in bench.WINGS for name in bench.fusions()}
