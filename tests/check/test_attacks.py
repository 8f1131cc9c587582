"""Wrong answers that can be made from every exercise's reference: each must be refused."""

import inspect
import sys

import numpy as np
import pytest

from mmref.check._cases import floats
from mmref.check._hints import outcome
from mmref.check._kinds import VALUES
from mmref.check._registry import NAMES, load
from mmref.check.exercise import FLOATS, Exercise, parts
from mmref.reference._shared import sigmoid, softplus
from mmref.reference.softmax import masked_softmax
from tests.check.refusals import refused

FUNCTIONS = [
    name
    for name in NAMES
    if isinstance(load(name), Exercise)
    and not load(name).trials
    and not set(load(name).kinds) & set(VALUES)
]


def made(attacks, applies):
    """A test for each exercise and attack that applies to it."""
    pairs = [(name, attack) for attack in attacks for name in FUNCTIONS]
    return pytest.mark.parametrize(
        "name, attack",
        [pytest.param(*pair, id=", ".join(pair)) for pair in pairs if applies(*pair)],
    )


# ---- the right results, spoiled a little ----


# Which results are spoiled, by what they have or are.
APPLIES = {
    "axes": lambda part, kind: part.ndim > 0,
    "rows": lambda part, kind: part.ndim > 1,
    "all": lambda part, kind: True,
    "floats": lambda part, kind: kind == FLOATS,
    "others": lambda part, kind: kind != FLOATS,
}
# attack -> (the results that are spoiled, how, words of the message)
SPOILED = {
    "squeezed": ("axes", np.squeeze, "Only axes of length 1 differ"),
    "three rows": ("axes", lambda a: a[:3], "expected the shape"),
    "four columns": ("axes", lambda a: a[..., :4], "expected the shape"),
    "one row for all": ("axes", lambda a: np.repeat(a[:1], len(a), axis=0), "the same for every"),
    "an axis in front": ("all", lambda a: np.asarray(a)[None], "Only axes of length 1 differ"),
    "summed over the first axis": ("axes", lambda a: a.sum(axis=0), "expected the shape"),
    "in one row": ("rows", np.ravel, "expected the shape"),
    "turned": ("rows", np.transpose, "expected"),
    "as a list": ("axes", lambda a: a.tolist(), "got a list"),
    "float32": ("floats", lambda a: a.astype("f4"), "expected the dtype float64, got float32"),
    "longdouble": ("floats", lambda a: a.astype("longdouble"), "expected the dtype float64"),
    "through float32": ("floats", lambda a: a.astype("f4").astype(float), "float32 on the way"),
    "as whole numbers": ("floats", lambda a: np.asarray(a).astype(int), "float64, got int64"),
    "another kind": ("others", lambda a: 1.0 * a, "got float64"),
    "off in the seventh digit": ("floats", lambda a: a * (1 + 1e-7), "digits: is there float32"),
    "without signs": ("floats", np.abs, "expected"),
    "clipped at 10": ("floats", lambda a: a.clip(-10, 10), "expected"),
    "clipped at 100": ("floats", lambda a: a.clip(-100, 100), "expected"),
}
# Where nothing changes, or no row is told: two numbers, three channels, shares of 1, five digits.
SHARES = {"inverse_variance_weights", "masked_softmax", "softmax_separate_and_joint", "paired_test",
          "decision_fusion_product", "predictive_values", "prior_shift_probabilities",
          "auc_of_ties"}  # fmt: skip
SMALL = {"mutual_information", "rgb_floats", "gated_fusion", "rnn", "sinusoidal_positions",
         "expected_calibration_error", "structural_similarity_of_a_window",
         "hardest_negative_triplet", "recall_at_k_of_ties", "vqa_accuracy_of_matches",
         "best_blind_accuracy", "soft_target_gradient", "mel_filters", "bayes_accuracy",
         "joined_evidence", "merged_classes_gradient", "adam_steps",
         "warmup_cosine", "population_stability_index"}  # fmt: skip
SLOPES = {"adversarial_generator_gradients", "smoothed_gradient", "decision_fusion_logits_gradient"}
GRADIENTS = {"rnn_gradient", "lstm_step_gradient", "layer_norm_gradient", "stand_in_gradient",
             "dot_product_attention_gradient", "graph_convolution_gradient"}  # fmt: skip
UNCHANGED = {
    "squeezed": {"same_padding"},
    "three rows": {"same_padding", "combined_statistics"},
    "four columns": {"same_padding", "rgb_floats"},
    "one row for all": {"same_padding", "clip_by_global_norm", "combined_statistics"} | GRADIENTS,
    "through float32": {"clip_by_global_norm"},
    "off in the seventh digit": {"clip_by_global_norm"},
    "clipped at 10": SHARES | SMALL | SLOPES,
    "clipped at 100": SHARES | SMALL | SLOPES,
    "without signs": SHARES | {"mutual_information", "rgb_floats", "class_weights",
                               "gradient_penalty_of_slopes", "power_iteration_norm",
                               "expected_calibration_error", "frechet_distance", "gaussian_kl",
                               "matching_aware_discriminator_loss", "info_nce",
                               "hardest_negative_triplet", "recall_at_k_of_ties",
                               "next_word_loss", "vqa_accuracy_of_matches", "best_blind_accuracy",
                               "mel_filters", "power_spectrogram", "bayes_accuracy",
                               "joined_evidence", "warmup_cosine", "low_rank_factors_errors",
                               "population_stability_index"},
}  # fmt: skip


def can_be_spoiled(name, attack):
    this = load(name)
    results = this.expected(next(iter(this.inputs())))
    some = any(map(APPLIES[SPOILED[attack][0]], results, this.kinds))
    return some and name not in UNCHANGED.get(attack, ())


@made(SPOILED, can_be_spoiled)
def test_a_spoiled_result_is_refused(name, attack):
    which, spoil, words = SPOILED[attack]
    this, applies = load(name), APPLIES[which]

    def answer(*args):
        pairs = zip(parts(this.reference(*args)), this.kinds, strict=True)
        return joined([spoil(part) if applies(part, kind) else part for part, kind in pairs])

    refused(answer, name, words)


def joined(results):
    return tuple(results) if len(results) > 1 else results[0]


# ---- right, but zeros where the inputs are special ----

SPECIAL = {"numbers above 900": lambda a: np.abs(a) > 900, "a number that is 0": lambda a: a == 0}
# Probabilities are not as large, a variance is positive.
NEVER = {
    "numbers above 900": {"mutual_information", "decision_fusion", "decision_fusion_product",
                          "expected_calibration_error", "bayes_accuracy", "predictive_values",
                          "prior_shift_probabilities", "population_stability_index"},
    "a number that is 0": {"inverse_variance_weights", "predictive_values",
                           "population_stability_index", "population_stability_index_gradient"},
}  # fmt: skip


def may_be_special(name, attack):
    given = next(iter(load(name).inputs())).args
    return any(True for _ in floats(given)) and name not in NEVER[attack]


@made(SPECIAL, may_be_special)
def test_special_inputs_come(name, attack):
    this = load(name)

    def answer(*args):
        right = parts(this.reference(*args))
        special = any(SPECIAL[attack](a[np.isfinite(a)]).any() for a in floats(args))
        return joined([np.zeros_like(part) for part in right] if special else right)

    refused(answer, name)


def lengths_of(case):
    return [n for array in floats(case.args) for n in array.shape]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_arrays_have_an_axis_of_length_1_in_some_case(name):
    lengths = {n for case in load(name).inputs() for n in lengths_of(case)}
    assert not lengths or 1 in lengths


# ---- right, but no more than 20 of an axis are seen ----

SEEN = 20
# Axes that are shorter in every case, of color channels or modalities by name; and what a gradient
# does not depend on.
UNSEEN = {
    "rgb_floats": ["pixels"], "weighted_fusion": ["logits", "present"], "film_fusion": ["present"],
    "low_rank_fusion": ["present"], "decision_fusion": ["weights"],
    "layer_norm_gradient": ["shift"], "reparameterize_gradient": ["mean"],
    "least_cost_action": ["costs"], "graph_convolution_gradient": ["bias"],
    "sgd_steps_gradient": ["weights", "gradients"],
    "combined_statistics_gradient": ["grad", "variances"],
}  # fmt: skip


def cut(args, which=None, axis=None):
    """The arguments with zeros beyond 20 along one axis of one of them, or along all axes."""

    def seen(array):
        axes = range(array.ndim) if axis is None else [axis] if axis < array.ndim else []
        for k in axes:
            there = np.arange(array.shape[k]) < SEEN
            array = array * there.reshape(-1, *[1] * (array.ndim - k - 1)).astype(array.dtype)
        return array

    def of(argument):
        if isinstance(argument, dict):
            return {key: of(value) for key, value in argument.items()}
        return seen(argument) if isinstance(argument, np.ndarray) else argument

    return [of(arg) if which in (None, i) else arg for i, arg in enumerate(args)]


def axes_of(argument):
    """The axes of an array, or of those in a mapping."""
    several = argument.values() if isinstance(argument, dict) else [argument]
    return range(max((a.ndim for a in several if isinstance(a, np.ndarray)), default=0))


@pytest.mark.parametrize("name", FUNCTIONS[::5])
def test_who_sees_twenty_of_each_axis_is_refused(name):
    if any(axes_of(argument) for argument in next(iter(load(name).inputs())).args):
        refused(lambda *args: load(name).reference(*cut(args)), name)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_axis_is_longer_than_twenty_in_some_case(name):
    """And what is beyond makes a difference."""
    this = load(name)
    cases = [c for c in this.inputs() if max(lengths_of(c), default=0) > SEEN]
    for i, argument in enumerate(next(iter(this.inputs())).args):
        unseen = [
            axis
            for axis in axes_of(argument)
            if _agree(this, lambda *args, i=i, k=axis: this.reference(*cut(args, i, k)), cases)
        ]
        assert bool(unseen) == (this.arguments[i] in UNSEEN.get(name, ())), (i, unseen)


# ---- one part of the reference is exchanged ----


def top(s):
    return s.max(axis=-1, keepdims=True)


def dropped(scores, keep):
    return np.where(keep, scores, -np.inf)


def softmax(drop=dropped, shift=lambda s, scores: top(s)):
    """Zeros where nothing is kept, whatever else is wrong."""

    def weights(scores, mask=None):
        keep = np.broadcast_to(True if mask is None else mask, scores.shape)
        s = drop(scores, keep)
        by = shift(s, scores)
        e = np.exp(s - np.where(by == -np.inf, 0, by))
        some = np.broadcast_to(keep.any(axis=-1, keepdims=True), e.shape)
        return np.divide(e, e.sum(axis=-1, keepdims=True), out=np.zeros_like(e), where=some)

    return weights


def nothing_minded(scores, mask=None):
    s = dropped(scores, True if mask is None else mask)
    return np.exp(s - top(s)) / np.exp(s - top(s)).sum(axis=-1, keepdims=True)


def as_prefix(scores, keep):
    return dropped(scores, np.arange(keep.shape[-1]) < keep.sum(axis=-1, keepdims=True))


MASKED = ("masked_softmax", "masked_softmax_gradient", "dot_product_attention", "cached_attention")
ROWS = (*MASKED, "weighted_fusion", "dot_product_attention_gradient", "smoothed_gradient",
        "softmax_separate_and_joint")  # fmt: skip
ALL = (*ROWS, "weighted_fusion_logits_gradient", "decision_fusion_logits_gradient",
       "attention_fusion", "attention_fusion_scores_gradient")  # fmt: skip
EMPTY = (*MASKED[:3], "weighted_fusion")  # a step sees itself
# (part, what is wrong, with what in its place, words of the message, exercises)
EXCHANGED = [
    (masked_softmax, "not shifted", softmax(shift=lambda s, _: 0), "1000", ALL),
    (masked_softmax, "shifted by 0 at least", softmax(shift=lambda s, _: np.maximum(top(s), 0)),
     "-1000", ALL),
    (masked_softmax, "one shift for all", softmax(shift=lambda s, _: s.max()), "1000", ROWS),
    (masked_softmax, "one shift for all rows", softmax(shift=lambda s, _: s.max()), "",
     ("attention_fusion", "attention_fusion_scores_gradient", "decision_fusion_product")),
    (masked_softmax, "shifted by 0 alone", softmax(shift=lambda s, _: 0), "hundred",
     ("decision_fusion_product",)),
    (masked_softmax, "shifted by a dropped one", softmax(shift=lambda _, scores: top(scores)),
     "", (*MASKED, "weighted_fusion")),
    (masked_softmax, "clipped", softmax(lambda s, keep: dropped(s.clip(-100, 100), keep)),
     "1000", ALL),
    (masked_softmax, "added", softmax(lambda s, keep: s + dropped(0, keep)), "NaN", MASKED[:2]),
    (masked_softmax, "NaN cleared", softmax(
        lambda s, keep: np.where(np.isnan(s), 0, s) + dropped(0, keep)), "infinity", MASKED[:2]),
    (masked_softmax, "a stand-in", softmax(lambda s, keep: np.where(keep, s, -1e9)), "-1e",
     (MASKED[0], *MASKED[2:])),
    (masked_softmax, "nothing kept", nothing_minded, "got nan", EMPTY),
    (masked_softmax, "as a prefix", softmax(as_prefix), "", EMPTY),
    (sigmoid, "by exponentials", lambda x: np.exp(x) / (1 + np.exp(x)), "1000",
     ("adversarial_generator_gradients", "gated_fusion", "gru_step", "lstm_step")),
    (np.tanh, "by exponentials", lambda x: (np.exp(2 * x) - 1) / (np.exp(2 * x) + 1), "1000",
     ("additive_attention_scores", "gated_fusion", "gru_step", "lstm_step", "rnn")),
    (softplus, "by exponentials", lambda x: np.log(1 + np.exp(x)), "1000", ("adversarial_losses",)),
]  # fmt: skip


@pytest.mark.parametrize(
    "name, part, other, words",
    [
        pytest.param(name, part, other, words, id=f"{name}, {part.__name__} {wrong}")
        for part, wrong, other, words, names in EXCHANGED
        for name in names
    ],
)
def test_a_worse_part_is_refused(name, part, other, words):
    """The part stands in a module, or is the default of a parameter."""
    reference = load(name).reference
    parameters = inspect.signature(reference).parameters.items()
    worse = {key: other for key, parameter in parameters if parameter.default is part}
    modules = [m for key, m in sys.modules.items() if key.startswith("mmref.")]
    places = [(m, key) for m in modules for key, value in vars(m).items() if value is part]

    def answer(*args):
        if reference is part:
            return other(*args)
        with pytest.MonkeyPatch.context() as patch:
            for place in places:
                patch.setattr(*place, other)
            return reference(*args, **worse)

    refused(answer, name, words)


# ---- arguments and results in another place ----

# All modalities count alike there, in whatever order.
WITHOUT_ORDER = {"attention_fusion", "decision_fusion_product"}
BY_NAME = [
    name
    for name in FUNCTIONS
    if name not in WITHOUT_ORDER
    and any(isinstance(argument, dict) for argument in next(iter(load(name).inputs())).args)
]


@pytest.mark.parametrize("name", BY_NAME)
@pytest.mark.parametrize("order", [sorted, reversed])
def test_modalities_in_another_order_than_their_own_are_refused(name, order):
    def answer(*args):
        return load(name).reference(
            *({m: a[m] for m in order(list(a))} if isinstance(a, dict) else a for a in args)
        )

    refused(answer, name)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_an_argument_that_is_ignored_is_named(name):
    """Each array in turn is replaced by ones."""
    this = load(name)
    for i, argument in enumerate(next(iter(this.inputs())).args):
        if isinstance(argument, np.ndarray) and argument.dtype.kind == "f":

            def answer(*args, i=i):
                return this.reference(*args[:i], np.ones_like(args[i]), *args[i + 1 :])

            if _agree(this, answer):  # it is right not to look at it
                continue
            told = refused(answer, name)
            known = any(" ".join(hint.split()) in told for hint, _ in this.pairs)
            assert known or "has no effect" in told or "your code raised" in told, told


def _agree(this, answer, cases=None):
    pairs = ((outcome(answer, c.args), this.expected(c)) for c in cases or this.inputs())
    return all(one is not None and all(map(_same, one, other)) for one, other in pairs)


def _same(one, other):
    return np.array_equal(one, other, equal_nan=True)


@pytest.mark.parametrize("name", [n for n in FUNCTIONS if len(load(n).arguments) > 1])
def test_arguments_in_another_order_are_told_before_anything_runs(name):
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    names = reversed(load(name).arguments)

    def answer(*args):
        raise AssertionError

    answer.__signature__ = inspect.Signature([inspect.Parameter(n, kind) for n in names])
    assert "AssertionError" not in refused(answer, name, "their order is not")


@pytest.mark.parametrize("name", [n for n in FUNCTIONS if len(load(n).outputs) > 1])
def test_outputs_in_another_order_are_told_their_order(name):
    this = load(name)
    told = refused(lambda *args: this.reference(*args)[::-1], name)
    declared = any(" ".join(hint.split()) in told for hint, _ in this.pairs)
    assert declared or "The order asked for is" in told, told
