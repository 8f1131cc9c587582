"""Wrong answers that can be made from every exercise's reference: each must be refused."""

import numpy as np
import pytest

from mmref.check import check
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
# Where an attack changes nothing, or nothing that the statement allows to come.
EXCEPT = {}


def results(change):
    """The reference's results, each changed."""
    return lambda this: (
        lambda *args: _joined([change(np.asarray(part)) for part in parts(this.reference(*args))])
    )


def _joined(changed):
    return tuple(changed) if len(changed) > 1 else changed[0]


def _first(count, axis):
    def change(part):
        kept = part.copy()
        if part.ndim > abs(axis) - (axis < 0):
            np.moveaxis(kept, axis, 0)[count:] = 0
        return kept

    return change


def _single(this):
    def answer(*args):
        narrow = [_map(a, lambda x: x.astype("f4").astype("f8")) for a in args]
        return this.reference(*narrow)

    return answer


def _map(argument, change):
    if isinstance(argument, dict):
        return {key: _map(value, change) for key, value in argument.items()}
    is_float = isinstance(argument, np.ndarray) and argument.dtype.kind == "f"
    return change(argument) if is_float else argument


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
    "without axes of length 1": results(np.squeeze),
    "through single precision": _single,
    "in long double": results(lambda part: part.astype(np.longdouble)),
    "off in the seventh digit": results(lambda part: part * (1 + 1e-7)),
    "clipped at 10": results(lambda part: np.clip(part, -10, 10)),
    "clipped at 100": results(lambda part: np.clip(part, -100, 100)),
    "three rows alone": results(_first(3, 0)),
    "four columns alone": results(_first(4, -1)),
    "wrong for numbers above 900": spoiled(lambda a: np.abs(a) > 900),
    "wrong where a number is 0": spoiled(lambda a: a == 0),
}


SHAPES = {"without axes of length 1", "three rows alone", "four columns alone"}
NUMBERS = {"through single precision", "wrong for numbers above 900", "wrong where a number is 0"}


def applies(name, attack):
    """Whether the attack can change anything: a number has no axes, and only floats are large."""
    first = next(iter(load(name).inputs()))
    if attack in SHAPES:
        return any(np.ndim(part) for part in load(name).expected(first))
    if attack in NUMBERS and not list(floats(first.args)):
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
    """Each array in turn is replaced by ones: the hint says which, or knows the mistake."""
    this = load(name)
    for i, argument in enumerate(next(iter(this.inputs())).args):
        if isinstance(argument, np.ndarray) and argument.dtype.kind == "f":

            def answer(*args, i=i):
                return this.reference(*args[:i], np.ones_like(args[i]), *args[i + 1 :])

            result = check(answer, name)
            told = " ".join(result.message.split())
            known = any(" ".join(hint.split()) in told for hint, _ in this.mistakes)
            assert not result.passed, this.arguments[i]
            assert known or f"{this.arguments[i]} has no effect" in told, result


@pytest.mark.parametrize("name", [n for n in FUNCTIONS if len(load(n).outputs) > 1])
def test_outputs_in_another_order_are_told_their_order(name):
    this = load(name)
    message = check(lambda *args: this.reference(*args)[::-1], name).message
    told = " ".join(message.split())
    declared = any(" ".join(hint.split()) in told for hint, _ in this.mistakes)
    assert declared or "The order asked for is" in told, message


@pytest.mark.parametrize("name", FUNCTIONS)
def test_inputs_vary(name):
    """Every array has an axis of length 1 in some case, and axes of 6 and more in another."""
    sizes = [a.shape for case in load(name).inputs() for a in _all(case.args)]
    lengths = {n for shape in sizes for n in shape}
    assert 1 in lengths and max(lengths) >= 6, sorted(lengths)


def _all(args):
    for argument in args:
        for array in argument.values() if isinstance(argument, dict) else [argument]:
            if isinstance(array, np.ndarray):
                yield array
