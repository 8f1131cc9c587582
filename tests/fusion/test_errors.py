"""Bad input to fusion: the same error, word for word, from the reference, PyTorch and Keras."""

import numpy as np
import pytest

from mmref.contract.fusion import TAKEN
from mmref.errors import ChoiceError, ModalityError, ShapeError
from mmref.reference.fusion import (
    adaptive_fusion,
    bilinear_fusion,
    concat_fusion,
    concat_fusion_gradient,
    film_fusion,
    gated_fusion,
    low_rank_fusion,
    weighted_fusion,
    weighted_fusion_gradient,
)
from tests.messages import assert_raises, said
from tests.wings import (
    DECLARING,
    DIM,
    DIMS,
    FUSIONS,
    WEIGHTING,
    WINGS,
    features,
    fused,
    tensor,
    tensors,
    wing_of,
)

TRUE = np.ones((5, 3), dtype=bool)


# (features, present, error, message); where one weight serves all,
# the reference has no declared modalities.
BAD = {
    "missing": (
        lambda x: {m: x[m] for m in ("text", "image")},
        None,
        ModalityError,
        "features: expected the modalities ['text', 'image', 'audio'], got ['text', 'image']; "
        "missing ['audio']",
    ),
    "extra": (
        lambda x: x | {"smell": x["text"]},
        None,
        ModalityError,
        "features: expected the modalities ['text', 'image', 'audio'], "
        "got ['text', 'image', 'audio', 'smell']; unexpected ['smell']",
    ),
    "empty": (
        lambda x: {},
        None,
        ModalityError,
        "features: expected the modalities ['text', 'image', 'audio'], got []; "
        "missing ['text', 'image', 'audio']",
    ),
    "not a mapping": (
        lambda x: list(x.values()),
        None,
        TypeError,
        "features: expected a mapping from name to array, got list",
    ),
    "width": (
        lambda x: x | {"image": x["text"]},
        None,
        ShapeError,
        "features['image']: expected (B, 2), got (5, 6)",
    ),
    "axes": (
        lambda x: x | {"image": x["image"][0]},
        None,
        ShapeError,
        "features['image']: expected (B, 2), got (2,)",
    ),
    "rows": (
        lambda x: x | {"audio": x["audio"][:4]},
        None,
        ShapeError,
        "features['audio']: expected 5 rows as features['text'], got 4",
    ),
    "present rows": (
        lambda x: x,
        TRUE[:4],
        ShapeError,
        "present: expected (B, M) = (5, 3), got (4, 3)",
    ),
    "present columns": (
        lambda x: x,
        TRUE[:, :2],
        ShapeError,
        "present: expected (B, M) = (5, 3), got (5, 2)",
    ),
    "present axes": (
        lambda x: x,
        TRUE[0],
        ShapeError,
        "present: expected (B, M) = (5, 3), got (3,)",
    ),
}


def from_reference(fusion, x, present):
    return fused(getattr(wing_of("torch"), fusion)(DIMS, DIM), x, present)


@pytest.mark.parametrize("case", BAD)
@pytest.mark.parametrize("fusion", FUSIONS)
def test_all_three_say_the_same(fusion, case):
    change, present, error, message = BAD[case]
    if fusion in DECLARING:
        assert_raises(error, message, lambda: from_reference(fusion, change(features()), present))
    for name in WINGS:
        layer = getattr(wing_of(name), fusion)(DIMS, DIM)
        x = change(features())
        x = tensors(name, x) if isinstance(x, dict) else [tensor(name, v) for v in x]
        given = None if present is None else tensor(name, present)
        assert_raises(error, message, lambda f=layer, x=x, p=given: f(x, p))
        if fusion in WEIGHTING:
            assert_raises(error, message, lambda f=layer, x=x, p=given: f.modality_weights(x, p))


@pytest.mark.parametrize("fusion", FUSIONS)
def test_a_mask_of_numbers_is_refused_by_all_three(fusion):
    message = "present: expected dtype bool (True = the modality is there), got "
    numbers = TRUE.astype("float32")
    if fusion in DECLARING:
        with pytest.raises(ShapeError) as caught:
            from_reference(fusion, features(), numbers)
        assert str(caught.value) == message + "float32"
    for name in WINGS:
        layer = getattr(wing_of(name), fusion)(DIMS, DIM)
        with pytest.raises(ShapeError) as caught:
            layer(tensors(name, features()), tensor(name, numbers))
        assert said(caught.value).startswith(message) and "float32" in said(caught.value)


@pytest.mark.parametrize("dtype", ["int32", "uint8", "bool"])
@pytest.mark.parametrize("fusion", FUSIONS)
def test_features_that_are_no_floats_are_refused_by_all_three(fusion, dtype):
    x = features()
    x["image"] = x["image"].astype(dtype)
    message = f"features['image']: expected floating-point numbers, got {dtype}"
    if fusion in DECLARING:
        assert_raises(ShapeError, message, lambda: from_reference(fusion, x, None))
    for name in WINGS:
        layer = getattr(wing_of(name), fusion)(DIMS, DIM)
        assert_raises(ShapeError, message, lambda f=layer, n=name: f(tensors(n, x)))


@pytest.mark.parametrize("dtype", ["float64", "float16"])
@pytest.mark.parametrize("fusion", FUSIONS)
def test_torch_features_have_the_precision_of_the_layer(fusion, dtype):
    """Keras converts; in PyTorch a message of our own comes before the one of a matrix product."""
    torch = pytest.importorskip("torch")
    layer = getattr(wing_of("torch"), fusion)(DIMS, DIM)
    x = tensors("torch", {m: v.astype(dtype) for m, v in features().items()})
    message = f"features['text']: expected float32 as in the layer, got {dtype}"
    assert_raises(ShapeError, message, lambda: layer(x))
    with torch.autocast("cpu", torch.bfloat16):  # here it is autocast that converts
        assert layer({m: v.bfloat16() for m, v in x.items()}).shape == (5, DIM)
    assert layer.to(getattr(torch, dtype))(x).dtype == getattr(torch, dtype)


@pytest.mark.parametrize("fusion", FUSIONS)
def test_what_is_no_tensor_is_refused(fusion):
    x, layer = features(), getattr(wing_of("torch"), fusion)(DIMS, DIM)
    as_tensors = tensors("torch", x)
    for kind, change in (("ndarray", np.asarray), ("list", np.ndarray.tolist)):
        message = f"features['text']: expected a torch.Tensor, got {kind}"
        changed, there = {m: change(v) for m, v in x.items()}, change(TRUE)
        assert_raises(TypeError, message, lambda c=changed: layer(c))
        message = f"present: expected a torch.Tensor, got {kind}"
        assert_raises(TypeError, message, lambda c=there: layer(as_tensors, c))
    layer = getattr(wing_of("keras"), fusion)(DIMS, DIM)
    layer(x, TRUE)  # Keras takes NumPy arrays, and as keywords anything else
    message = "present: expected an array, got list"
    assert_raises(TypeError, message, lambda: layer(x, present=TRUE.tolist()))


# What the constructors refuse, in both wings.
CONSTRUCTED = [
    (
        lambda wing: wing.WeightedFusion({}, 4),
        ModalityError,
        "dims: expected at least one modality, got none",
    ),
    (
        lambda wing: wing.AdaptiveFusion([4, 3], 4),
        TypeError,
        "dims: expected a mapping from name to width, got list",
    ),
    (
        lambda wing: wing.ConcatFusion({"image": 0}, 4),
        ValueError,
        "dims['image']: expected an integer, at least 1, got 0",
    ),
    (
        lambda wing: wing.WeightedFusion({"image": 3}, 0),
        ValueError,
        "dim: expected an integer, at least 1, got 0",
    ),
    (
        lambda wing: wing.AdaptiveFusion({"image": 2.5}, 4),
        TypeError,
        "dims['image']: expected an integer, at least 1, got 2.5",
    ),
    (
        lambda wing: wing.BilinearFusion({"image": 3}, 4),
        ModalityError,
        "dims: expected at least two modalities, got ['image']",
    ),
    (
        lambda wing: wing.FiLMFusion({"image": 3, "text": 2}, 4, content="audio"),
        ChoiceError,
        "content: expected one of 'image', 'text'; got 'audio'",
    ),
    (
        lambda wing: wing.GatedFusion({"image": 3}, 4, independent="yes"),
        ChoiceError,
        "independent: expected one of True, False; got 'yes'",
    ),
    (
        lambda wing: wing.LowRankFusion({"image": 3}, 4, rank=0),
        ValueError,
        "rank: expected an integer, at least 1, got 0",
    ),
]


@pytest.mark.parametrize(("make", "error", "message"), CONSTRUCTED)
@pytest.mark.parametrize("name", WINGS)
def test_modalities_and_widths_that_no_fusion_can_have_are_refused(name, make, error, message):
    assert_raises(error, message, lambda: make(wing_of(name)))


FORM = "dims: expected names of ASCII letters, digits, '_' and '-', a letter or digit first, got "


FREE = "dims: expected names that a PyTorch module leaves free, got "


@pytest.mark.parametrize("fusion", FUSIONS)
@pytest.mark.parametrize("name", WINGS)
def test_names_that_no_modality_can_have(name, fusion):
    make = getattr(wing_of(name), fusion)
    for key in ("image.left", "a/b", "", " a", "_a", "a\n", "left image", "图像"):
        assert_raises(ModalityError, f"{FORM}{key!r}", lambda k=key: make({"image": 2, k: 3}, 4))
    for key in (3, ("a",)):
        message = f"dims: expected a mapping from name to width, got the key {key!r}"
        assert_raises(TypeError, message, lambda k=key: make({"image": 2, k: 3}, 4))
    for key in ("keys", "type", "training", "forward"):
        assert_raises(ModalityError, f"{FREE}{key!r}", lambda k=key: make({k: 3}, 4))
    make({"image-2": 3, "2nd_text": 2, "T": 1}, 4)


def test_names_that_pytorch_has_for_itself_are_known():
    """A version of PyTorch that takes more of them is noticed here."""
    torch = pytest.importorskip("torch")
    own = {name for name in dir(torch.nn.ModuleDict()) if not name.startswith("_")}
    assert own <= TAKEN


ZEROS, ROW = np.zeros((DIM, 2)), np.zeros(DIM)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda x: concat_fusion(x, np.zeros((DIM, 14)), ROW),
            ShapeError,
            "weight: expected (4, 15), got (4, 14)",
        ),
        (
            lambda x: concat_fusion(list(x.values()), np.zeros((DIM, 15)), ROW),
            TypeError,
            "features: expected a mapping from name to array, got list",
        ),
        (
            lambda x: concat_fusion(x | {"audio": x["audio"][:4]}, np.zeros((DIM, 15)), ROW),
            ShapeError,
            "features['audio']: expected 5 rows as features['text'], got 4",
        ),
        (
            lambda x: concat_fusion(x, np.zeros((DIM, 15)), ROW, TRUE[:, :2]),
            ShapeError,
            "present: expected (B, M) = (5, 3), got (5, 2)",
        ),
        (
            lambda x: weighted_fusion({"a": x["image"]}, {"a": ZEROS}, {"b": ROW}, np.zeros(1)),
            ModalityError,
            "biases: expected the modalities ['a'], got ['b']; missing ['a'], unexpected ['b']",
        ),
        (
            lambda x: weighted_fusion({"a": x["image"]}, {"a": ZEROS}, {"a": ROW}, np.zeros(2)),
            ShapeError,
            "logits: expected (M,) or (B, M) = (5, 1), got (2,)",
        ),
        (
            lambda x: weighted_fusion({"a": x["image"]}, {"a": ROW}, {"a": ROW}, np.zeros(1)),
            ShapeError,
            "weights['a']: expected (D, D_m), got (4,)",
        ),
        (
            lambda x: weighted_fusion({}, {}, {}, np.zeros(0)),
            ModalityError,
            "weights: expected at least one modality, got none",
        ),
        (
            lambda x: concat_fusion({}, ZEROS, ROW),
            ModalityError,
            "features: expected at least one modality, got none",
        ),
        (
            lambda x: weighted_fusion({"a": x["image"]}, {"a": ZEROS}, {"a": ROW[:1]}, np.zeros(1)),
            ShapeError,
            "biases['a']: expected (4,), got (1,)",
        ),
        (
            lambda x: weighted_fusion_gradient(
                ROW, {"a": x["image"]}, {"a": ZEROS}, {"a": ROW}, np.zeros(1)
            ),
            ShapeError,
            "grad: expected (5, 4), got (4,)",
        ),
        (
            lambda x: concat_fusion_gradient(np.zeros((4, 5)), x, np.zeros((DIM, 15)), ROW),
            ShapeError,
            "grad: expected (5, 4), got (4, 5)",
        ),
        (
            lambda x: adaptive_fusion(
                {"a": x["image"]}, {"a": ZEROS}, {"a": ROW}, {"a": np.zeros((2, 2))}, np.zeros(1)
            ),
            ShapeError,
            "gate_weights['a']: expected (1, 2), got (2, 2)",
        ),
        (
            lambda x: gated_fusion({"a": x["image"]}, {"a": ZEROS}, np.zeros((DIM, 3))),
            ShapeError,
            "gate_weight: expected (4, 2), got (4, 3)",
        ),
        (
            lambda x: film_fusion(x, {m: np.zeros((4, DIMS[m])) for m in DIMS}, {}),
            ModalityError,
            "biases: expected the modalities ['text', 'image', 'audio'], got []; "
            "missing ['text', 'image', 'audio']",
        ),
        (
            lambda x: film_fusion(
                x, {m: np.zeros((4, DIMS[m])) for m in DIMS}, {m: ROW for m in DIMS}
            ),
            ShapeError,
            "weights['image']: expected (8, D_m), got (4, 2)",
        ),
        (
            lambda x: bilinear_fusion({"a": x["image"]}, ZEROS, ROW),
            ModalityError,
            "features: expected at least two modalities, got ['a']",
        ),
        (
            lambda x: low_rank_fusion({"a": x["image"]}, {"a": ZEROS}, {"a": ROW}, np.zeros(3)),
            ShapeError,
            "weights: expected R D rows, a multiple of D = 3, got 4",
        ),
    ],
)
def test_the_reference_refuses_parameters_that_do_not_fit(call, error, message):
    assert_raises(error, message, lambda: call(features()))
