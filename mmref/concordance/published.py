"""Published test cases: inputs and outputs that nobody here wrote."""

import functools
import importlib
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mmref.types import Array


def onnx_pairs(
    operation: str, names: Sequence[str], options: Callable[[dict, dict], dict | None]
) -> Iterator[tuple[dict[str, Any], Array]]:
    """Pairs (arguments, expected) of the ONNX standard's cases of one operation.

    names: ours for its inputs, in order. options: function of the case's attributes and of the
    arguments so far, giving the rest of them; None leaves the case out.
    """
    for _, attributes, inputs, outputs in onnx_cases(operation):
        given = dict(zip(names, inputs.values(), strict=False))  # the last ones may be missing
        rest = options(attributes, given)
        if rest is not None:
            yield given | rest, next(iter(outputs.values()))


def onnx_cases(
    operation: str,
) -> Iterator[tuple[str, dict[str, Any], dict[str, Array], dict[str, Array]]]:
    """The standard's cases of one operation: (name, attributes, inputs, outputs), arrays by name.

    A case that spells the operation out in others, in the same numbers, is left out.
    """
    from onnx import helper

    for case in _onnx_node_cases(operation):
        (node,) = case.model.graph.node
        attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        inputs, outputs = ([name for name in side if name] for side in (node.input, node.output))
        for given, expected in case.data_sets:
            yield (
                case.name,
                attributes,
                dict(zip(inputs, given, strict=True)),
                dict(zip(outputs, expected, strict=True)),
            )


@functools.cache
def _onnx_node_cases(operation):
    """The standard's cases of single operations, from the files that name this one.

    Each file makes its cases when it is imported, and draws its numbers anew; to import all of
    them takes seconds.
    """
    from onnx.backend.test.case import node

    folder = Path(node.__file__).parent
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # cases of other operations divide by zero on purpose
        for path in sorted(folder.rglob("[!_]*.py")):
            if f'"{operation}"' in path.read_text("utf-8"):
                parts = path.relative_to(folder).with_suffix("").parts
                importlib.import_module(".".join([node.__name__, *parts]))
    return [case for case in node._NodeTestCases if _is_of(case, operation)]


def _is_of(case, operation):
    first, *others = case.model.graph.node
    return not others and first.op_type == operation
