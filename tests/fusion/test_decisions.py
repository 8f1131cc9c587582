"""Fusions of decisions: rules, priors, and models that add no layer to what is decided."""

import numpy as np
import pytest

from mmref import convert
from mmref.errors import ChoiceError, ShapeError
from mmref.reference.fusion import concat_fusion, decision_fusion
from tests.messages import assert_raises
from tests.wings import DIM, DIMS, WINGS, features, numpy, tensor, tensors, wing_of

PRESENT = np.array([[1, 1, 1], [1, 0, 1], [0, 1, 0], [0, 0, 0], [1, 1, 0]], dtype=bool)
PRIOR = [0.1, 0.2, 0.3, 0.4]
SETTINGS = [("mean", None), ("weighted", None), ("product", None), ("product", PRIOR)]
RULES = pytest.mark.parametrize(("rule", "prior"), SETTINGS)
BOTH = pytest.mark.parametrize("name", WINGS)


def drawn(name, kind, *settings):
    layer = getattr(wing_of(name), kind)(DIMS, DIM, *settings)
    rng, arrays = np.random.default_rng(0), convert.arrays(layer)
    convert.set_arrays(layer, {n: rng.normal(size=a.shape) for n, a in arrays.items()})
    return layer


def by_hand(p, there, layer):
    """What a rule makes of decisions p (B, M, K), row by row, by products and sums."""
    found = np.zeros((len(p), DIM))
    for b in range(len(p)):
        here = np.flatnonzero(there[b])
        if not len(here):
            continue
        if layer.rule == "product":
            prior = np.full(DIM, 1 / DIM) if layer.prior is None else np.array(layer.prior)
            joint = p[b, here].prod(axis=0) / prior ** (len(here) - 1)
        else:
            a = np.zeros(len(DIMS)) if layer.logits is None else numpy(layer.logits)
            joint = np.exp(a[here]) @ p[b, here]
        found[b] = np.log(joint / joint.sum())
    return found


@RULES
@BOTH
def test_a_rule_is_what_its_formula_says_of_the_decisions(name, rule, prior):
    layer, x = drawn(name, "DecisionFusion", rule, prior), tensors(name, features())
    for present in (None, PRESENT):
        given = None if present is None else tensor(name, present)
        there = np.ones_like(PRESENT) if present is None else present
        p = numpy(layer.decisions(x, given))
        np.testing.assert_allclose(p.sum(axis=2), there, atol=1e-6)
        z, some = numpy(layer(x, given)), there.any(axis=1)
        np.testing.assert_allclose(z, by_hand(p, there, layer), atol=1e-5)
        alpha = numpy(layer.modality_weights(x, given))
        np.testing.assert_allclose(alpha.sum(axis=1), some, atol=1e-6)
        if rule != "product":  # a mixture, of these shares
            mixed = np.einsum("bm,bmk->bk", alpha, p)
            np.testing.assert_allclose(np.exp(z)[some], mixed[some], atol=1e-6)


def test_the_product_of_softmaxes_is_the_softmax_of_joined_features():
    """With equal priors; so, trained together, it is a fusion of features."""
    rng, x = np.random.default_rng(0), features()
    weights = {m: rng.normal(size=(DIM, d)) for m, d in DIMS.items()}
    biases = {m: rng.normal(size=DIM) for m in DIMS}
    z = decision_fusion(x, weights, biases, rule="product")
    scores = concat_fusion(x, np.hstack([*weights.values()]), sum(biases.values()))
    np.testing.assert_allclose(np.exp(z), np.exp(scores) / np.exp(scores).sum(1, keepdims=True))


@BOTH
def test_one_modality_alone_is_its_own_decision_whatever_the_rule(name):
    x, one = tensors(name, features()), np.eye(3, dtype=bool)[[1] * 5]
    for rule, prior in SETTINGS:
        layer = drawn(name, "DecisionFusion", rule, prior)
        p = numpy(layer.decisions(x, tensor(name, one)))[:, 1]
        np.testing.assert_allclose(np.exp(numpy(layer(x, tensor(name, one)))), p, atol=1e-6)


@BOTH
def test_a_hybrid_counts_the_decision_on_features_as_one_more(name):
    wing, x = wing_of(name), tensors(name, features())
    layer = drawn(name, "HybridFusion", wing.AdaptiveFusion(DIMS, 7))
    for present in (None, PRESENT):
        given = None if present is None else tensor(name, present)
        p = numpy(layer.decisions(x, given))  # (B, M + 1, K)
        assert p.shape == (5, 4, DIM)
        scores = numpy(layer.head(layer.fusion(x, given)))
        some = np.ones(5, bool) if present is None else PRESENT.any(axis=1)
        shares = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
        np.testing.assert_allclose(p[:, -1], shares * some[:, None], atol=1e-6)
        z = numpy(layer(x, given))
        count = 4 if present is None else PRESENT.sum(axis=1)[some, None] + 1
        np.testing.assert_allclose(np.exp(z[some]), p.sum(axis=1)[some] / count, atol=1e-6)
        assert (z[~some] == 0).all()


REFUSED = [
    (
        lambda wing: wing.DecisionFusion(DIMS, DIM, "vote"),
        ValueError,
        "rule: expected one with a gradient, got 'vote': train with another, then let the largest "
        "of decisions() vote",
    ),
    (
        lambda wing: wing.DecisionFusion(DIMS, DIM, "sum"),
        ChoiceError,
        "rule: expected one of 'mean', 'weighted', 'product'; got 'sum'",
    ),
    (
        lambda wing: wing.DecisionFusion(DIMS, DIM, prior=PRIOR),
        ValueError,
        f"prior: expected None with rule='mean', got {PRIOR}",
    ),
    (
        lambda wing: wing.DecisionFusion(DIMS, DIM, "product", [0.5, 0.5]),
        ShapeError,
        "prior: expected 4 numbers, got 2",
    ),
    (
        lambda wing: wing.DecisionFusion(DIMS, DIM, "product", np.array(PRIOR)),
        TypeError,
        "prior: expected a list of numbers, got ndarray",
    ),
    (
        lambda wing: wing.DecisionFusion(DIMS, DIM, "product", [0.0, 0.2, 0.4, 0.4]),
        ValueError,
        "prior: expected positive numbers whose sum is 1, got [0.0, 0.2, 0.4, 0.4]",
    ),
    (
        lambda wing: wing.DecisionFusion(DIMS, DIM, "product", [0.1, 0.2, 0.3, 0.3]),
        ValueError,
        "prior: expected positive numbers whose sum is 1, got [0.1, 0.2, 0.3, 0.3]",
    ),
    (
        lambda wing: wing.DecisionFusion(DIMS, DIM, "product", [1.5, 0.1, 0.2, 0.2]),
        ValueError,
        "prior[0]: expected a number in [0, 1], got 1.5",
    ),
    (
        lambda wing: wing.DecisionFusion(DIMS, DIM, "product", [0.1, 0.2, 0.3, "x"]),
        TypeError,
        "prior[3]: expected a number in [0, 1], got 'x'",
    ),
    (
        lambda wing: wing.HybridFusion(DIMS, DIM, wing.DecisionFusion(DIMS, DIM)),
        ValueError,
        "fusion: expected one that gives features, got DecisionFusion, which decides",
    ),
    (
        lambda wing: wing.HybridFusion(DIMS, DIM, wing.ConcatFusion({"text": 6}, DIM)),
        ValueError,
        f"fusion: expected dims {DIMS}, got {{'text': 6}}",
    ),
    (
        lambda wing: wing.HybridFusion(DIMS, DIM, "concat"),
        TypeError,
        "fusion: expected a fusion, with dims and dim, got str",
    ),
    (
        lambda wing: model(wing, classes=3),
        ValueError,
        "num_classes: expected 4 of DecisionFusion, which decides, got 3",
    ),
    (
        lambda wing: model(wing, dropout=0.5),
        ValueError,
        "dropout: expected 0 after DecisionFusion, which decides, got 0.5",
    ),
    (
        lambda wing: wing.FusionRegressor(encoders(wing), wing.DecisionFusion(DIMS, DIM), 4),
        ValueError,
        "fusion: expected one that gives features, got DecisionFusion, which decides",
    ),
]


def encoders(wing):
    return {m: wing.TableEncoder(3, dim=d) for m, d in DIMS.items()}


def model(wing, rule="mean", classes=DIM, dropout=0.0):
    return wing.FusionClassifier(
        encoders(wing), wing.DecisionFusion(DIMS, DIM, rule), classes, dropout
    )


@pytest.mark.parametrize(("make", "error", "message"), REFUSED)
@BOTH
def test_what_no_decision_can_be_made_with_is_refused(name, make, error, message):
    assert_raises(error, message, lambda: make(wing_of(name)))


def test_the_reference_refuses_the_same_rules_and_logits_without_a_use():
    x = {"a": np.ones((2, 3))}
    given = x, {"a": np.ones((2, 3))}, {"a": np.ones(2)}
    message = "logits: expected None with rule='mean', got ndarray"
    assert_raises(ValueError, message, lambda: decision_fusion(*given, np.ones(1)))
    message = "rule: expected one with a gradient, got 'vote': train with another, then let the "
    message += "largest of decisions() vote"
    assert_raises(ValueError, message, lambda: decision_fusion(*given, rule="vote"))


@RULES
@BOTH
def test_a_model_of_decisions_says_what_its_fusion_says(name, rule, prior):
    wing = wing_of(name)
    fusion = wing.DecisionFusion(DIMS, DIM, rule, prior)
    made = wing.FusionClassifier(encoders(wing), fusion, DIM)
    x = {m: tensor(name, np.random.default_rng(0).normal(size=(5, 3)).astype("f4")) for m in DIMS}
    z = numpy(made(x))
    np.testing.assert_array_equal(z, numpy(fusion(made.features(x))))
    np.testing.assert_allclose(np.exp(z).sum(axis=1), 1, atol=1e-6)
    assert made.head is None and made.config["num_classes"] == DIM
    assert not any("head" in path for path in convert.arrays(made))


@BOTH
def test_any_number_of_right_classes_is_not_decided_for_one(name):
    wing, rng = wing_of(name), np.random.default_rng(0)
    x = {m: rng.normal(size=(5, 3)).astype("f4") for m in DIMS}
    y, made = np.eye(DIM, dtype="f4")[[0, 1, 2, 3, 0]], model(wing)
    start = "loss: expected one of single classes with DecisionFusion, which decides for one, got "
    if name == "torch":
        import torch

        message = f"{start}'binary_cross_entropy'"
        adam = torch.optim.Adam(made.parameters())
        assert_raises(
            ValueError,
            message,
            lambda: wing.fit(made, adam, (x, y), epochs=1, loss="binary_cross_entropy"),
        )
        assert_raises(
            ValueError, message, lambda: wing.evaluate(made, (x, y), "binary_cross_entropy")
        )
        return
    import keras

    made.compile("adam", keras.losses.BinaryCrossentropy(from_logits=True))
    for call in (made.fit, made.evaluate):
        assert_raises(
            ValueError, f"{start}'binary_crossentropy'", lambda f=call: f(x, y, verbose=0)
        )


@pytest.mark.parametrize("rule", ["mean", "weighted", "product"])
@BOTH
def test_decisions_are_learned(name, rule):
    """Two classes that each modality tells, and a row with nothing, which stays undecided."""
    wing, rng = wing_of(name), np.random.default_rng(0)
    labels = np.arange(60) % 2
    x = {m: rng.normal(size=(60, d)).astype("f4") + labels[:, None] for m, d in DIMS.items()}
    x = {m: v.astype("f4") for m, v in x.items()}
    if name == "torch":
        import torch

        layer = wing.DecisionFusion(DIMS, 2, rule)
        adam = torch.optim.Adam(layer.parameters(), 0.1)
        for _ in range(60):
            loss = torch.nn.functional.cross_entropy(layer(tensors(name, x)), torch.tensor(labels))
            adam.zero_grad()
            loss.backward()
            adam.step()
    else:
        import keras

        tables = {m: wing.TableEncoder(d, dim=d) for m, d in DIMS.items()}
        made = wing.FusionClassifier(tables, wing.DecisionFusion(DIMS, 2, rule), 2)
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        made.compile(keras.optimizers.Adam(0.05), loss)
        made.fit(x, labels, epochs=30, batch_size=60, verbose=0)
        layer, x = made.fusion, {m: numpy(v) for m, v in made.features(tensors(name, x)).items()}
    z = numpy(layer(tensors(name, x)))
    assert (z.argmax(axis=1) == labels).mean() > 0.9
    nothing = numpy(layer(tensors(name, x), tensor(name, np.zeros((60, 3), bool))))
    np.testing.assert_array_equal(nothing, np.zeros((60, 2)))
