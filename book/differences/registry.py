"""What is known about one difference, and about a group of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Side:
    """What one framework does.

    Args
        fact: in one line, for the table.
        program: a function without arguments that observes the fact in the installed version
            and returns a dict of plain values. Its source is shown on the page.
        observed: what it returns. Two labels have a meaning: "result" is the same computation on
            the same numbers on both sides, "remedied" is the result after the advice was taken.
        elsewhere: what it returns with another version of Keras, or on another backend than
            TensorFlow, where that differs: "Keras 3.13", "Keras on torch" or "Keras 3.13 on torch"
            -> observed.
    """

    fact: str
    program: Callable
    observed: Mapping
    elsewhere: Mapping = field(default_factory=dict)

    def expected(self, version, backend):
        """What the program returns with this version of Keras ("3.15.1") on this backend."""
        major, minor, *_ = version.split(".")
        keras = f"Keras {major}.{minor}"
        for place in (f"{keras} on {backend}", keras, f"Keras on {backend}"):
            if place in self.elsewhere:
                return self.elsewhere[place]
        return self.observed


@dataclass(frozen=True)
class FrameworkDifference:
    """One row of the page "Where PyTorch and Keras differ".

    Args
        name: its anchor on the page, and the end of the names of its two programs.
        title: a few words.
        torch, keras: what each does.
        consequence: what happens to someone who does not know.
        advice: the argument to set, or what `mmref.convert` does.
    """

    name: str
    title: str
    torch: Side
    keras: Side
    consequence: str
    advice: str

    @property
    def gap(self):
        """The largest difference between the two results; None without numbers to compare."""
        torch, keras = self.torch.observed, self.keras.observed
        if "result" not in torch or "result" not in keras:
            return None
        return _largest_difference(torch["result"], keras["result"])

    @property
    def gap_remedied(self):
        """The same after the advice was taken; None where the programs do not show it."""
        torch, keras = self.torch.observed, self.keras.observed
        if "remedied" not in torch and "remedied" not in keras:
            return None
        # The side that takes no advice keeps its result.
        return _largest_difference(
            torch.get("remedied", torch.get("result")), keras.get("remedied", keras.get("result"))
        )


@dataclass(frozen=True)
class Group:
    """The differences of one topic, in the order of the page.

    helpers: functions that its programs use, PyTorch's and Keras's, shown before the first.
    """

    title: str
    introduction: str
    differences: tuple[FrameworkDifference, ...]
    helpers: tuple[Callable, ...] = ()


def _largest_difference(one, other):
    return float(np.max(np.abs(np.subtract(one, other, dtype="float64"))))
