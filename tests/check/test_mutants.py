"""The declared mistakes of an operation, made by its real layers: the concordance tells each."""

import dataclasses
from functools import partial

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from mmref import convert  # noqa: E402
from mmref.check._registry import NAMES, load  # noqa: E402
from mmref.check.exercise import Exercise  # noqa: E402
from mmref.concordance import FORMULAS, compare  # noqa: E402
from mmref.concordance.formula import is_option  # noqa: E402

# Another dtype, shape or option than the operation's makes no mutant of it.
EXERCISES = {
    name: load(name)
    for name in NAMES
    if name in FORMULAS and FORMULAS[name].layer and isinstance(load(name), Exercise)
}


def by_name(name, mistake):
    """The mistake as a function of the operation's arguments by name."""
    arguments = EXERCISES[name].arguments
    return lambda **named: mistake(*(named.get(argument) for argument in arguments))


def possible(name, mistake):
    """The samples with which the mistake can be made: transposed arrays, say, do not fit others."""
    found = {}
    for words, sample in FORMULAS[name].samples.items():
        arguments = sample(np.random.default_rng(0))
        try:
            with np.errstate(all="ignore"):
                wrong = by_name(name, mistake)(**arguments)
        except Exception:
            continue
        if np.shape(wrong) == FORMULAS[name].reference(**arguments).shape:
            found[words] = sample
    return found


# Equal on paper; or about inputs that no sample holds: a padding in one number, variances near
# 1e-12, scores near -1e40, halves of a step.
EXCEPT = {
    "batch_norm: All digits cancel in a mean of squares less the square of the mean: the mean goes "
    "first.",
    "conv2d: Outside the image there are zeros.",
    "inverse_variance_weights: The weights do not depend on the unit of measurement: scale all "
    "variances, same weights.",
    "masked_softmax: However low a number stands in for a dropped score, a kept one can be lower "
    "still.",
    "quantized: A half goes to the even neighbor: 1.5 becomes 2, and so does 2.5.",
}
MUTANTS = [
    pytest.param(name, mistake, id=f"{name}: {hint}")
    for name, exercise in EXERCISES.items()
    for hint, mistake in exercise.pairs
    if possible(name, mistake) and f"{name}: {hint}" not in EXCEPT
]


def made_by(layer, mistake):
    """The layer, subclassed, or the function, with the mistake's value in place of its own."""

    def mistaken(held, given):
        value = mistake(**held, **{name: _numpy(array) for name, array in given.items()})
        floats = [t for t in _leaves(given) if t.is_floating_point()]
        # Attached to what it came from, so that it is differentiated like any other.
        return torch.tensor(np.array(value, order="C")) + sum(
            0 * t.nan_to_num(0, 0, 0).sum() for t in floats
        )

    if not isinstance(layer, torch.nn.Module):
        return lambda **given: mistaken({}, given)

    class Mutant(type(layer)):
        def forward(self, **given):
            return mistaken(convert.arguments(convert.arrays(self)), given)

    layer.__class__ = Mutant
    return layer


def _leaves(given):
    for value in given.values():
        yield from value.values() if isinstance(value, dict) else [value]


def _numpy(value):
    if isinstance(value, dict):
        return {key: _numpy(item) for key, item in value.items()}
    return value.detach().numpy()


@pytest.mark.parametrize("name, mistake", MUTANTS)
def test_a_mutant_is_told_from_the_formula(name, mistake):
    formula, named = FORMULAS[name], by_name(name, mistake)

    def layer(wing, given):  # it has its options already, the mistake does not
        options = {n: a for n, a in given.items() if is_option(a)}
        return made_by(formula.layer(wing, given), partial(named, **options))

    samples = possible(name, mistake)
    mutant = dataclasses.replace(formula, peers=(), samples=samples, layer=layer)
    with np.errstate(all="ignore"):
        rows = compare(mutant, "torch")
    assert rows and not all(row.ok for row in rows if row.quantity == "value")
