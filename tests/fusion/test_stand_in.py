"""A learned stand-in takes the place of an absent modality in any fusion."""

import numpy as np
import pytest

from mmref import convert
from mmref.errors import ShapeError
from mmref.reference import fusion as reference
from tests.fusion.test_values import PRESENT, randomized
from tests.messages import assert_raises
from tests.wings import DIMS, FUSIONS, WINGS, features, numpy, tensor, tensors, wing_of

BOTH = pytest.mark.parametrize("name", WINGS)


def standing(name, fusion, seed=0):
    """A fusion with stand-ins that are no zeros."""
    layer = wing_of(name).StandInFusion(randomized(name, fusion))
    rng, arrays = np.random.default_rng(seed), convert.arrays(layer)
    drawn = {n: rng.normal(size=a.shape) for n, a in arrays.items() if n.startswith("stand_ins")}
    convert.set_arrays(layer, arrays | drawn)
    return layer, {n.partition(".")[2]: a for n, a in drawn.items()}


@pytest.mark.parametrize("fusion", FUSIONS)
@BOTH
def test_the_fusion_inside_sees_all_modalities(name, fusion):
    layer, vectors = standing(name, fusion)
    x = features()
    filled = {
        m: reference.stand_in(x[m], vectors[m], PRESENT[:, i]).astype("float32")
        for i, m in enumerate(DIMS)
    }
    expected = numpy(layer.fusion(tensors(name, filled)))
    expected[~PRESENT.any(axis=1)] = 0
    for junk in (0, np.nan, np.inf):
        dirty = {
            m: np.where(PRESENT[:, i, None], x[m], np.float32(junk)) for i, m in enumerate(DIMS)
        }
        z = numpy(layer(tensors(name, dirty), tensor(name, PRESENT)))
        np.testing.assert_allclose(z, expected, atol=1e-6)


@pytest.mark.parametrize("fusion", FUSIONS)
@BOTH
def test_where_nothing_is_absent_it_is_the_fusion_inside(name, fusion):
    layer, _ = standing(name, fusion)
    x = tensors(name, features())
    expected = numpy(layer.fusion(x))
    np.testing.assert_array_equal(numpy(layer(x)), expected)
    there = np.ones_like(PRESENT)
    np.testing.assert_allclose(numpy(layer(x, tensor(name, there))), expected, atol=1e-6)


def test_one_framework_takes_the_other_s_stand_ins():
    pytest.importorskip("torch")
    pytest.importorskip("keras")
    source, _ = standing("torch", "ConcatFusion")
    target = wing_of("keras").StandInFusion(wing_of("keras").ConcatFusion(DIMS, source.dim))
    convert.copy(source, target)
    x = features()
    z = numpy(source(tensors("torch", x), tensor("torch", PRESENT)))
    found = numpy(target(tensors("keras", x), tensor("keras", PRESENT)))
    np.testing.assert_allclose(found, z, atol=1e-6)


@BOTH
def test_a_new_one_counts_an_absent_modality_as_zeros(name):
    """As the concatenation itself does."""
    inside, x = randomized(name, "ConcatFusion"), features()
    layer, given = wing_of(name).StandInFusion(inside), (tensors(name, x), tensor(name, PRESENT))
    np.testing.assert_allclose(numpy(layer(*given)), numpy(inside(*given)), atol=1e-6)


def test_a_keras_layer_is_made_again_from_its_configuration():
    wing = wing_of("keras")
    layer = wing.StandInFusion(wing.AttentionFusion(DIMS, 4, hidden=3, joint=False))
    twin = wing.StandInFusion.from_config(layer.get_config())
    assert twin.fusion.config == layer.fusion.config and twin.dims == layer.dims


@BOTH
def test_what_is_no_fusion_is_refused(name):
    message = "fusion: expected a fusion, with dims and dim, got dict"
    assert_raises(TypeError, message, lambda: wing_of(name).StandInFusion(DIMS))


X, E, THERE = np.zeros((3, 2), "float32"), np.zeros(2, "float32"), np.ones(3, dtype=bool)
BAD = [
    ((X[0, 0], E, THERE), "features: expected (..., D), got ()"),
    ((X, E[:1], THERE), "vector: expected (2,), got (1,)"),
    ((X, E, THERE[:2]), "present: expected (3,), got (2,)"),
    ((X, E, X[:, 0]), "present: expected dtype bool (True = the modality is there), got float32"),
]


@pytest.mark.parametrize(("given", "message"), BAD)
def test_all_three_refuse_the_same(given, message):
    assert_raises(ShapeError, message, lambda: reference.stand_in(*given))
    for name in WINGS:
        as_tensors = [tensor(name, array) for array in given]
        function = wing_of(name).stand_in
        assert_raises(ShapeError, message, lambda f=function, t=as_tensors: f(*t))


@BOTH
def test_it_decides_where_the_fusion_inside_does(name):
    wing, widths = wing_of(name), {"left": 4, "right": 5}
    encoders = {m: wing.TableEncoder(2, d) for m, d in widths.items()}
    decision = wing.StandInFusion(wing.DecisionFusion(widths, 3))
    assert wing.FusionClassifier(encoders, decision, 3).head is None
    with pytest.raises(ValueError, match="StandInFusion, which decides"):
        wing.HybridFusion(widths, 3, decision)
    features = wing.StandInFusion(wing.ConcatFusion(widths, 3))
    assert wing.FusionClassifier(encoders, features, 3).head is not None
