"""What the suite asks about: what the registry's formulas are in the wings, and systems of layers.

A formula that enters the registry (``mmref.concordance.FORMULAS``) is asked about from then on. A
model that is no formula needs a line in ``tests/layers/systems.py``.
"""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from mmref import convert
from mmref.concordance import FORMULAS
from mmref.concordance.compare import flat, is_option
from tests.layers.systems import TABLE


@dataclass(frozen=True, eq=False)
class Case:
    """A layer or function that either wing can make, and what it is called with.

    Args
        name: of the formula or system, and of the sample.
        make: wing -> the layer or function.
        arguments: dotted name -> array, in the reference's layout, floats in float32.
        images: the arguments that have their channels last in Keras.
        held: the arrays that a layer holds, by their canonical names; None where only it knows.
        first: whether it brings something new: options or arguments that no case before it has.
        reference: NumPy's function of the same arguments, None where there is none.
    """

    name: str
    make: Callable
    arguments: Mapping[str, np.ndarray]
    images: tuple[str, ...] = ()
    held: Mapping[str, np.ndarray] | None = None
    first: bool = True
    reference: Callable | None = None

    @property
    def of(self):
        """The name of the formula or system."""
        return self.name.partition(": ")[0]


def cases_of(formula):
    """A case for each sample of a formula."""
    seen = set()
    for sample, draw in formula.samples.items():
        given = draw(np.random.default_rng(0))
        arrays = {n: _float32(a) for n, a in flat(given).items()}
        held = {n: a for n, a in arrays.items() if n.partition(".")[0] in formula.weights}
        arguments = {n: a for n, a in arrays.items() if n not in held}
        options = {n: a for n, a in given.items() if is_option(a) and a is not None}
        call = (repr(options), *arguments)
        yield Case(
            f"{formula.name}: {sample}",
            lambda wing, given=given: formula.layer(wing, given),
            arguments,
            tuple(n for n in formula.images if n in arguments),
            held,
            call not in seen,
            functools.partial(
                formula.reference,
                **{n: a for n, a in given.items() if is_option(a)},
                **convert.arguments(held),
            ),
        )
        seen.add(call)


def _float32(array):
    return array.astype("float32") if array.dtype.kind == "f" else array


SYSTEMS = tuple(Case(*entry) for entry in TABLE)
REGISTRY = tuple(case for f in FORMULAS.values() if f.layer is not None for case in cases_of(f))
CASES = REGISTRY + SYSTEMS

# What is a layer: all but the plain functions. Two of the registry's layers hold nothing.
WITHOUT_WEIGHTS = ("max_pool2d", "avg_pool2d")
LAYERS = tuple(c for c in REGISTRY if c.held or c.of in WITHOUT_WEIGHTS) + SYSTEMS
FIRST = tuple(case for case in LAYERS if case.first)
LEARNING = tuple(case for case in FIRST if case.held != {})


def one_each():
    """The systems, and of each layer of the registry the case with the most arguments: masks."""
    found = {}
    for case in sorted(LAYERS, key=lambda case: len(case.arguments)):
        found[case.name if case in SYSTEMS else case.of] = case
    return tuple(found.values())


ONE_EACH = one_each()
