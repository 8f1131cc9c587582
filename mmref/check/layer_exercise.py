"""An exercise on a layer, in the framework that the answer is written in."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from mmref.check.exercise import Case, Exercise, described
from mmref.concordance import FORMULAS, Formula


@dataclass(frozen=True)
class LayerExercise:
    """A class that the reader writes, a ``torch.nn.Module`` or a ``keras.layers.Layer``.

    Weights are put into it by ``mmref.convert`` and it is run as the concordance runs ours, so
    an entry of the registry needs no more than this to be an exercise.

    Args
        layer: the class's name, by which ``mmref.convert`` knows its parts.
        statement: what is asked; it names the parts.
        arguments: what the class is made from.
        build: function (class, arguments of the reference by name) -> layer.
        function: the exercise on the same formula in NumPy, whose cases and mistakes serve here
            too; None: the cases are the entry's own samples.
        start: weight -> the number that all of it holds in a new layer.
        name: its own, which the registry tells it: that of the entry, and ``_layer``.
    """

    layer: str
    statement: str
    arguments: tuple[str, ...]
    build: Callable
    function: Exercise | None = None
    start: Mapping[str, float] = field(default_factory=dict)
    name: str = ""

    @property
    def formula(self) -> Formula:
        """The registry's entry."""
        return FORMULAS[self.name.removesuffix("_layer")]

    def describe(self) -> str:
        """Signature and statement, to be printed."""
        return described(f"{self.layer}({', '.join(self.arguments)})", self.statement)

    def cases(self) -> Iterator[tuple[Case, dict]]:
        """Each case, and its arguments of the reference by name."""
        if self.function is None:
            for words, sample in self.formula.samples.items():
                arguments = sample(np.random.default_rng(0))
                yield Case(words, WHOLE, args=tuple(arguments.values())), arguments
            return
        for case in self.function.inputs():
            yield case, dict(zip(self.function.arguments, case.args, strict=True))


WHOLE = "Which step of the formula would give such a number? Compare with your NumPy version."
