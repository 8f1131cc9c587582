"""Wrong answers that can be made from every exercise's reference: each must be refused."""

import numpy as np
import pytest

from mmref.check import check
from mmref.check._hints import outcome
from mmref.check._kinds import VALUES
from mmref.check._registry import NAMES, load
from mmref.check.exercise import Exercise, floats, parts

FUNCTIONS = [
    name
    for name in NAMES
    if isinstance(load(name), Exercise)
    and not load(name).trials
    and not set(load(name).kinds) & set(VALUES)
]
# What no input that the statement allows can show.
SHARES = {"inverse_variance_weights", "masked_softmax", "softmax_separate_and_joint", "paired_test"}
SMALL = {"mutual_information", "rgb_floats", "gated_fusion", "rnn", "sinusoidal_positions"}
SLOPES = {"adversarial_generator_gradients", "smoothed_gradient", "power_iteration_norm"}
EXCEPT = {
    "clipped": SHARES | SMALL | SLOPES | {"decision_fusion", "same_padding"},
    "wrong for numbers above 900": {"mutual_information", "decision_fusion"},  # probabilities
    "wrong where a number is 0": {"inverse_variance_weights"},  # a variance is positive
    "off in the seventh digit": {"clip_by_global_norm"},  # five are enough
}


def results(change):
    """The reference's results, each changed."""
    return lambda this: (
        lambda *args: _joined([change(np.asarray(part)) for part in parts(this.reference(*args))])
    )


def _joined(changed):
    return tuple(changed) if len(changed) > 1 else changed[0]


def spoiled(where):
    """Right, but for inputs in which a number is special."""

    def attack(this):
        def answer(*args):
            found = any(where(a[np.isfinite(a)]).any() for a in floats(args))
            right = this.reference(*args)
            return _joined([np.zeros_like(p) for p in parts(right)]) if found else right

        return answer

    return attack


ATTACKS = {
    "off in the seventh digit": results(lambda part: part * (1 + 1e-7)),
    "clipped at 10": results(lambda part: np.clip(part, -10, 10)),
    "clipped at 100": results(lambda part: np.clip(part, -100, 100)),
    "wrong for numbers above 900": spoiled(lambda a: np.abs(a) > 900),
    "wrong where a number is 0": spoiled(lambda a: a == 0),
}


def applies(name, attack):
    """Whether the attack can change anything: only floats are large, or not quite right."""
    first = next(iter(load(name).inputs()))
    if attack.startswith("wrong") and not list(floats(first.args)):
        return False
    return name not in EXCEPT.get(attack.partition(" at ")[0], ())


CASES = [
    pytest.param(name, attack, id=f"{name}, {attack}")
    for name in FUNCTIONS
    for attack in ATTACKS
    if applies(name, attack)
]


@pytest.mark.parametrize("name, attack", CASES)
def test_an_attack_is_refused(name, attack):
    this = load(name)
    result = check(ATTACKS[attack](this), name)
    assert not result.passed, f"{attack}: accepted"


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
            result = check(answer, name)
            told = " ".join(result.message.split())
            known = any(" ".join(hint.split()) in told for hint, _ in this.mistakes)
            assert not result.passed, this.arguments[i]
            assert known or "has no effect" in told or "your code raised" in told, result


def _agree(this, answer):
    pairs = [(outcome(answer, c.args), this.expected(c)) for c in this.inputs()]
    return all(one is not None and all(map(_same, one, other)) for one, other in pairs)


def _same(one, other):
    return np.array_equal(one, other, equal_nan=True)


@pytest.mark.parametrize("name", [n for n in FUNCTIONS if len(load(n).outputs) > 1])
def test_outputs_in_another_order_are_told_their_order(name):
    this = load(name)
    message = check(lambda *args: this.reference(*args)[::-1], name).message
    told = " ".join(message.split())
    declared = any(" ".join(hint.split()) in told for hint, _ in this.mistakes)
    assert declared or "The order asked for is" in told, message


@pytest.mark.parametrize("name", FUNCTIONS)
def test_inputs_vary(name):
    """Arrays have an axis of length 1 in some case, and axes of 6 and more in another."""
    sizes = [a.shape for case in load(name).inputs() for a in floats(case.args)]
    lengths = {n for shape in sizes for n in shape}
    assert not sizes or (1 in lengths and max(lengths) >= 6), sorted(lengths)
