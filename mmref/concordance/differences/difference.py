"""What the registry knows about one difference, and two helpers of its programs."""

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
        keras = f"Keras {'.'.join(version.split('.')[:2])}"
        for place in (f"{keras} on {backend}", keras, f"Keras on {backend}"):
            if place in self.elsewhere:
                return self.elsewhere[place]
        return self.observed


@dataclass(frozen=True)
class Difference:
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
        return largest_difference(self.torch.observed, self.keras.observed, "result")

    @property
    def gap_remedied(self):
        """The same after the advice was taken; None where the programs do not show it."""
        torch, keras = self.torch.observed, self.keras.observed
        if "remedied" not in {**torch, **keras}:
            return None
        # The side that takes no advice keeps its result.
        after = [{"remedied": side.get("remedied", side.get("result"))} for side in (torch, keras)]
        return largest_difference(*after, "remedied")


@dataclass(frozen=True)
class Group:
    """The differences of one family.

    helpers: functions that its programs use, PyTorch's and Keras's, shown before the first.
    """

    name: str
    title: str
    introduction: str
    differences: tuple[Difference, ...]
    helpers: tuple[Callable, ...] = ()


def largest_difference(one, other, label):
    """Between two observed values of the same shape."""
    if label not in one or label not in other:
        return None
    return float(np.max(np.abs(np.subtract(one[label], other[label], dtype="float64"))))


def draw(*shapes, seed=0):
    """Normal random arrays in float32, the same at every call.

    >>> [array.shape for array in draw((2, 3), (4,))]
    [(2, 3), (4,)]
    """
    rng = np.random.default_rng(seed)
    return [rng.normal(size=shape).astype("float32") for shape in shapes]


def rounded(values, digits=4):
    """A tensor or array as plain numbers that print the same on every machine.

    >>> rounded(np.array([[1 / 3, -1e-9]]))
    [[0.3333, 0.0]]
    """
    if hasattr(values, "detach"):  # a PyTorch tensor, perhaps with a gradient
        values = values.detach()
    return (np.round(np.asarray(values, dtype="float64"), digits) + 0.0).tolist()
