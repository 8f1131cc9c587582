"""The names that signatures use, beside Python's own."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np

Array = np.ndarray
Arrays = Mapping[str, Array]  # by modality, or by the name of an argument

# An array of NumPy or of any framework, and a layer or model of either framework. Any, since they
# have no class in common, and nothing may be imported to name theirs.
Tensor = Any
Tensors = Mapping[str, Tensor]
Layer = Any

DType = Any  # one of NumPy's or of a framework's, or its name
Shape = Sequence[int | None]  # None: a size that a framework does not know yet

Pair = tuple[int, int]  # (height, width)
Pads = tuple[Pair, Pair]  # ((top, bottom), (left, right))
# A pair may be a list, as a configuration read from JSON has it.
Size = int | Pair | list[int]  # one number for both axes, or a pair
Padding = int | str | Pair | Pads | list  # one number, "same", "valid", a pair, a pair of pairs


class Frame(Protocol):
    """A data frame of pandas, or of another library: columns by their names."""

    @property
    def columns(self) -> Any: ...

    def __getitem__(self, name: str) -> Any: ...
