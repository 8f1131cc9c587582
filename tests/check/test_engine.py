"""How a check is called, what it says, and that no answer makes it fail."""

import functools
import inspect
import re
import subprocess
import sys
import textwrap
from dataclasses import replace

import numpy as np
import pytest

from mmref.check import Result, check, exercises
from mmref.check._hints import recognized
from mmref.check._registry import load
from mmref.check.exercise import Wrong, always, case
from mmref.errors import ChoiceError
from tests.check.refusals import refused

FUSION = "weighted_fusion"
WEIGHTS = "inverse_variance_weights"


def inverse_variance(variances):
    return (1 / variances) / (1 / variances).sum()


def test_exercises_lists_signature_and_statement():
    listed = exercises()
    assert len(listed) >= 48
    for name, text in listed.items():
        first, end, statement = text.partition(")\n")
        assert end and max(map(len, text.splitlines())) <= 92
        told = " ".join(statement.split())
        assert "\n" in statement and ("returns" in told.lower() or name.endswith("_layer"))
        for parameter in re.split(r",\s+", first.partition("(")[2]):
            assert parameter in told or parameter in ("x_v", "x_t"), (name, parameter)
    assert repr(listed).count("\n") > len(listed)


def test_an_unknown_exercise_lists_the_choices():
    with pytest.raises(
        ChoiceError, match="exercise: expected one of .*'masked_softmax'.*; got 'fuse'"
    ):
        check(inverse_variance, "fuse")


def test_a_misspelled_argument_of_a_case_or_mistake_is_told():
    spelled = replace(load(FUSION), cases=[case("a case", "a hint", {"presnt": always(None)})])
    told = "weighted_fusion: no argument is called presnt: they are features, .*, in the case 'a c"
    with pytest.raises(NameError, match=told):
        list(spelled.inputs())
    with pytest.raises(NameError, match="no argument is called bais: they are x, bias"):
        Wrong(lambda x, bias: x + bias).of(bais=always(0))(1, 2)


def test_a_result_is_a_value():
    good, bad = check(inverse_variance, WEIGHTS), check(lambda v: 1 / v, WEIGHTS)
    assert good and good.passed and not bad and not bad.passed
    assert repr(good) == "inverse_variance_weights: passed (7 cases)"
    assert good == Result(WEIGHTS, True, repr(good)) and good.exercise == WEIGHTS


def test_the_message_is_plain_and_repeatable():
    message = check(lambda v: 1 / v, WEIGHTS).message
    assert message == textwrap.dedent("""\
        inverse_variance_weights: not yet
          case: three variances
          result[0] (modality 0): expected 0.6316, got 2
          hint: The weights must sum to 1.""")
    assert check(lambda v: 1 / v, WEIGHTS).message == message


def test_close_numbers_are_printed_with_enough_digits():
    message = check(lambda v: inverse_variance(v) * (1 + 1e-7), WEIGHTS).message
    assert "expected 0.63157895, got 0.63157901" in message


def test_an_exception_is_told_with_type_message_and_line():
    def unfinished(variances):
        precision = 1 / variances
        return precision / total  # noqa: F821

    message = check(unfinished, WEIGHTS).message
    assert "your code raised NameError: name 'total' is not defined" in message
    line = unfinished.__code__.co_firstlineno + 2
    assert f"in unfinished, line {line}: return precision / total" in message
    assert "case: three variances" in message


def test_the_line_shown_is_the_innermost_one_that_the_reader_wrote():
    def helper(v):
        return np.linalg.inv(v)

    def unfinished(variances):
        return helper(variances)

    message = check(unfinished, WEIGHTS).message
    assert "LinAlgError" in message and "in helper, line" in message
    assert "return np.linalg.inv(v)" in message


def endless(variances):
    return endless(variances)


class Callable:
    def __call__(self, variances):
        return variances.no_such_name


class Unprintable(Exception):
    def __str__(self):
        raise ValueError


def raises_unprintable(variances):
    raise Unprintable


def raises_address(variances):
    raise ValueError(f"bad {object()}\nsecond line")


STRANGE = [
    (None, "expected a function, got None"),
    (3, "expected a function, got an int"),
    (np.ones(3), "expected a function, got a NumPy array"),
    (lambda: 1, "expected a function of (variances), yours takes ()"),
    (lambda a, b: 1, "yours takes (a, b)"),
    (lambda *, variances: 1, "yours takes (*, variances)"),
    (lambda v: None, "Does the function end with a return?"),
    (lambda v: "text", "got a str"),
    (lambda v: (x for x in v), "got a generator"),
    (lambda v: {"a": v}, "got a dict"),
    (lambda v: print, "got a builtin_function_or_method"),
    (lambda v: 1.0, "expected the shape (3,), got ()"),
    (lambda v: np.array(["a", "b", "c"]), "expected the dtype float64, got <U1"),
    (lambda v: np.array([None, 1, 2]), "got object"),
    (lambda v: v.astype(complex), "got complex128"),
    (lambda v: v > 1, "got bool"),
    (lambda v: np.ma.masked_array(v + 0, v > 1), "got a MaskedArray"),
    (lambda v: v[::-1], "expected 0.6316, got 1.5"),
    (lambda v: np.ones(0), "expected the shape (3,), got (0,)"),
    (lambda v: np.ones((3, 3)), "axis too many"),
    (lambda v: np.full(3, np.nan), "got nan"),
    (lambda v: np.full(3, np.inf), "got inf"),
    (lambda v: v.sort(), "changes its argument variances"),
    (lambda v: 1 / 0, "ZeroDivisionError"),
    (lambda v: sys.exit("stop"), "SystemExit: stop"),
    (endless, "RecursionError"),
    (Callable(), "AttributeError"),
    (raises_unprintable, "Unprintable"),
    (raises_address, "ValueError: bad <object object at 0x...>"),
    (functools.partial(np.add, 1), "expected 0.6316, got 1.5"),
    (np.linalg.inv, "LinAlgError"),
    (dict, "TypeError"),
]


@pytest.mark.parametrize("answer, words", STRANGE)
def test_no_answer_makes_the_check_fail(answer, words):
    refused(answer, WEIGHTS, words)


@pytest.mark.parametrize("exercise", sorted(exercises()))
@pytest.mark.parametrize("answer", [None, lambda *args: None, lambda *args: 1 / 0, type, str])
def test_no_exercise_fails_on_nonsense(exercise, answer):
    refused(answer, exercise)


def test_a_view_is_a_result_like_any_other_unless_the_statement_asks_for_a_new_array():
    def shared(features, weights, biases, logits, present):
        z = load(FUSION).reference(features, weights, biases, logits, present)
        return np.asfortranarray(z)[::1]

    assert check(shared, FUSION).passed
    message = check(lambda present, rate, rng: present, "modality_dropout").message
    assert "shares memory with the argument present" in message


def test_a_wrong_answer_is_known_by_all_that_it_gives_not_by_one_case():
    """With tiny variances a floor gives equal weights, as a softmax would: it is none."""
    message = check(lambda v: inverse_variance(np.maximum(v, 1e-6)), WEIGHTS).message
    assert "unit of measurement" in message and "softmax" not in message


def test_not_a_number_in_one_case_is_no_sign_of_a_mistake_that_gives_it_too():
    """Several ways lead there: such a mistake is known by what it gives in all cases."""

    def overflowing(v):
        return inverse_variance(v) if v.min() > 1e-3 else np.full(len(v), np.nan)

    def another(v):
        return overflowing(v) if len(v) < 20 else 1 / v

    this = replace(load(WEIGHTS), mistakes=[("a hint", overflowing)])
    index = next(i for i, c in enumerate(this.inputs()) if c.args[0].min() <= 1e-3)
    assert recognized(this, overflowing, index)[0] == "a hint"
    assert recognized(this, another, index) == (None, None)


def test_an_interrupt_is_not_swallowed():
    def interrupted(variances):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check(interrupted, WEIGHTS)


def test_results_that_change_from_call_to_call_are_refused():
    calls = []

    def counting(variances):
        calls.append(1)
        return inverse_variance(variances) * len(calls)

    message = check(counting, WEIGHTS).message
    assert "two calls with equal arguments gave different results" in message
    noise = np.random.default_rng(0)
    noisy = check(lambda v: inverse_variance(v) + 0.01 * noise.normal(size=v.shape), WEIGHTS)
    assert "two calls with equal arguments" in noisy.message


def test_a_result_that_a_later_call_overwrites_is_refused():
    buffer = {}

    def reusing(variances):
        out = buffer.setdefault(len(variances), np.empty(len(variances)))
        out[:] = inverse_variance(variances)
        return out

    assert "two calls returned the same array" in check(reusing, WEIGHTS).message


def test_a_result_that_grows_from_call_to_call_is_told_as_what_it_is():
    """Each call adds to the array that it returned before: the second result is another."""
    buffer = {}

    def growing(variances):
        out = buffer.setdefault(len(variances), np.zeros(len(variances)))
        out += inverse_variance(variances)
        return out

    refused(growing, WEIGHTS, "two calls with equal arguments gave different results")


def test_a_mask_that_is_read_as_numbers_in_place_is_changed():
    """Its bytes are as they were, its dtype is not."""

    def reading(scores, mask):
        right = load("masked_softmax").reference(scores, mask)
        if mask is not None:
            mask.dtype = np.uint8
        return right

    refused(reading, "masked_softmax", "your code changes its argument mask")


def test_an_array_in_place_of_a_text_is_compared_with_texts():
    """Wrong in the first case, as one of the mistakes is; of another kind in a later one."""
    answer = lambda text: text if "left" in text else np.ones(2)  # noqa: E731
    refused(answer, "mirror_words", "case: both sides")


def test_large_results_need_as_many_right_digits_as_small_ones():
    """What they may differ by grows with the numbers, not with their square."""

    def off(*args):
        right = load("conv2d").reference(*args)
        return right * (1 + 1e-7) if np.abs(right).max(initial=0) > 900 else right

    refused(off, "conv2d", "digits: is there float32")


def test_of_results_too_many_to_be_counted_each_number_is():
    """In a row of 24 modalities, of which the last four are never dropped."""

    def forgetful(present, rate, rng):
        kept = load("modality_dropout").reference(present, rate, rng)
        kept[:, 20:] = present[:, 20:]
        return kept

    refused(forgetful, "modality_dropout", "case: longer axes", "draws, expected")


def test_a_torch_tensor_where_numpy_is_wanted_is_named():
    torch = pytest.importorskip("torch")
    message = check(lambda v: torch.tensor(inverse_variance(v)), WEIGHTS).message
    assert "expected a NumPy array, got a torch Tensor" in message


def test_a_missing_argument_is_told_before_anything_runs():
    def fusion(features, weights, biases, logits):
        raise AssertionError

    ours, yours = "(features, weights, biases, logits, present)", str(inspect.signature(fusion))
    told = refused(fusion, FUSION, f"function of {ours}", f"yours takes {yours}")
    assert "AssertionError" not in told


def test_the_global_generator_is_left_as_it_was():
    np.random.seed(5)
    before = np.random.get_state()[1].copy()
    check(lambda present, rate, rng: present.copy(), "modality_dropout")
    assert np.array_equal(np.random.get_state()[1], before)


def test_warnings_and_floating_point_flags_stay_out_of_the_way(recwarn):
    check(lambda v: np.log(-v), WEIGHTS)
    assert not recwarn.list


def test_importing_the_check_loads_no_framework():
    code = (
        "import sys, mmref.check as c; c.check(lambda v: v, 'inverse_variance_weights'); "
        "c.check(dict, 'weighted_fusion_layer'); "
        "print([m for m in ('torch', 'keras', 'tensorflow') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
