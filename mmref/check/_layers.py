"""Judges a reader's layer: weights, value and gradients, in the framework it is written in."""

import contextlib
import dataclasses
import inspect
import sys
import warnings
from typing import Any

import numpy as np

from mmref import convert
from mmref.check._call import Difference, article, call, check_callable, type_name
from mmref.check._hints import recognized
from mmref.check._kinds import first_difference, special_rows, wrong_form
from mmref.check.exercise import Case
from mmref.check.layer_exercise import LayerExercise
from mmref.concordance.backends import plain_errors
from mmref.concordance.compare import cast, move_channels, reference_gradients, run_layer, split
from mmref.convert._slots import array_of, slots_of
from mmref.types import Array, Layer, Tensor

# Layers compute in float32.
RTOL, ATOL = 1e-4, 1e-5
NAMES = "The check sets and reads the parameters by the names in the statement."
SILENT = "No gradient arrives: does the value leave the framework, or is it detached, on the way?"
BACKWARD = "The value is right, its gradient is not. "
NAN = "A NaN that is selected away forward comes back backward: replace it before it is used."


class Torch:
    """What the check needs to know about PyTorch."""

    name, tensor, method = "torch", "a torch Tensor", "forward"

    def plain_errors(self) -> contextlib.AbstractContextManager:
        return contextlib.nullcontext()

    def trainable(self, layer: Layer) -> list:
        return [p for p in layer.parameters() if p.requires_grad]

    def is_tensor(self, value: object) -> bool:
        return isinstance(value, sys.modules["torch"].Tensor)

    def has_gradient(self, value: Tensor) -> bool:
        return value.requires_grad

    def inputs(self, tree: dict[str, Array], images: tuple[str, ...]) -> dict[str, Any]:
        tensor = sys.modules["torch"].tensor
        return convert.arguments({name: tensor(array) for name, array in tree.items()})

    def outputs(self, value: Tensor, images: tuple[str, ...]) -> Array:
        return value.detach().cpu().numpy()


class Keras:
    """What the check needs to know about Keras, on whichever backend it runs."""

    name, tensor, method = "keras", "a tensor", "call"

    def __init__(self) -> None:
        self.keras = sys.modules["keras"]

    def plain_errors(self) -> contextlib.AbstractContextManager:
        return plain_errors()

    def trainable(self, layer: Layer) -> list:
        return layer.trainable_variables

    def is_tensor(self, value: object) -> bool:
        return self.keras.ops.is_tensor(value)

    def has_gradient(self, value: Tensor) -> bool:
        return True  # the tape tells afterwards

    def inputs(self, tree: dict[str, Array], images: tuple[str, ...]) -> dict[str, Any]:
        tree = move_channels(tree, images, 1, -1)
        tensor = self.keras.ops.convert_to_tensor
        return convert.arguments({name: tensor(array) for name, array in tree.items()})

    def outputs(self, value: Tensor, images: tuple[str, ...]) -> Array:
        array = self.keras.ops.convert_to_numpy(value)
        return move_channels({"value": array}, images, -1, 1)["value"] if array.ndim > 1 else array


def judge_layer(exercise: LayerExercise, answer: Any) -> str:
    """What agreed, in a few words; raises a Difference at the first thing that does not."""
    trial = Trial(exercise, answer)
    count = 0
    with trial.wing.plain_errors(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for index, (case, arguments) in enumerate(exercise.cases()):
            trial.judge_case(index, case, arguments)
            count += 1
    return f"{count} cases, values and gradients"


def wing_of(answer: Any) -> Torch | Keras:
    """The framework of a class, without importing one."""
    if not inspect.isclass(answer):
        told = f"expected a class, got {article(type_name(answer))}"
        raise Difference(told, "Pass the class itself; the check makes the layers.")
    keras, torch = sys.modules.get("keras"), sys.modules.get("torch")
    # Keras first: on its torch backend, its layers are torch modules too.
    if keras and issubclass(answer, keras.layers.Layer):
        return Keras()
    if torch and issubclass(answer, torch.nn.Module):
        return Torch()
    raise Difference(
        f"{answer.__name__} is neither a torch.nn.Module nor a keras.layers.Layer",
        "From which class does it have to inherit, to register its parameters?",
    )


class Trial:
    """One class under test: its layers are made, given weights, called and differentiated."""

    def __init__(self, exercise: LayerExercise, answer: Any) -> None:
        self.exercise, self.formula, self.wing = exercise, exercise.formula, wing_of(answer)
        check_callable(answer, list(exercise.arguments), "class")
        # By this name ``mmref.convert`` knows the parts.
        self.named = type(exercise.layer, (answer,), {})

    def judge_case(self, index: int, case: Case, arguments: dict[str, Any]) -> None:
        arguments = cast(arguments, "float32")
        layer, value = self._value(case, arguments, new=True)
        expected = self.formula.reference(**cast(arguments, "float64"))
        self._check_tensor(value, case)
        got = self.wing.outputs(value, self.formula.images)
        function = self.exercise.function
        rows = special_rows(list(arguments), case.args)
        axis = function.axis if function else "row"
        told, hint = self._wrong("result", expected, got, axis, rows)
        if told:
            raise Difference(told, self._mistake(index) or hint, case)
        self._check_gradients(layer, value, case, arguments, expected)

    def _value(self, case, arguments, new=False):
        """A layer with the weights of a case, and what it returns."""
        held, given = split(self.formula, arguments)
        layer = call(lambda: self.exercise.build(self.named, **arguments), (), case)
        inputs = self.wing.inputs(given, self.formula.images)
        self._check_call(inputs, case)
        if not getattr(layer, "built", True):  # Keras makes its parameters at the first call
            call(lambda: layer(**inputs), (), case)
        if new:
            self._check_weights(layer, held, case)
        convert.set_arrays(layer, held)
        return layer, call(lambda: layer(**inputs), (), case)

    def _check_call(self, inputs, case):
        """The layer is called by name, with and without what is optional."""
        signature = inspect.signature(getattr(self.named, self.wing.method))
        try:
            signature.bind(None, **inputs)
        except TypeError:
            told = f"expected {self.wing.method}(self, {', '.join(inputs)}), yours is {signature}"
            hint = "The layer is called by these names, and without those that are None."
            raise Difference(told, hint, case) from None

    def _check_weights(self, layer, held, case):
        """All there by their names, right shapes, trained, nothing else trained, the start."""
        try:
            slots = slots_of(layer)
        except (AttributeError, TypeError) as error:
            raise Difference(str(error).removeprefix("convert: "), NAMES, case) from None
        if sorted(slots) != sorted(held):
            told = f"expected the weights {sorted(held)}, got {sorted(slots)}"
            raise Difference(told, NAMES, case)
        trained = {id(p) for p in self.wing.trainable(layer)}
        for name, slot in slots.items():
            if not all(id(variable) in trained for variable in slot.variables):
                told = f"{written(name)} is not among the layer's trainable parameters"
                hint = "No optimizer would ever see it: how does your framework register it?"
                raise Difference(told, hint, case)
            there = slot.get(array_of)
            wrong = wrong_form(written(name), held[name], there, "float32")
            if wrong:
                raise Difference(*wrong, case)
            start = self.exercise.start.get(name)
            if start is not None and (there != start).any():
                other = float(there[there != start][0])
                told = f"{name}: expected {start:g} in a new layer, got {other:.4g}"
                hint = "A new layer starts as the statement says: nothing is favored yet."
                raise Difference(told, hint, case)

    def _check_tensor(self, value, case):
        if value is None:
            raise Difference("got None", "Does the method end with a return?", case)
        if not self.wing.is_tensor(value):
            told = f"expected {self.wing.tensor}, got {article(type_name(value))}"
            raise Difference(told, "Stay in the framework: nothing else passes gradients.", case)

    def _wrong(self, name, expected, got, axis=None, rows=()):
        """What differs first, and perhaps a hint."""
        wrong = wrong_form(name, np.asarray(expected), got, "float32")
        return wrong or (first_difference(name, expected, got, RTOL, ATOL, axis, rows), None)

    def _mistake(self, index):
        """The hint of the mistake, if it is one of those declared for the function."""
        function = self.exercise.function
        if function is None:
            return None

        def as_function(*args):
            arguments = dict(zip(function.arguments, args, strict=True))
            _, value = self._value(None, cast(arguments, "float32"))
            return self.wing.outputs(value, self.formula.images)

        rough = dataclasses.replace(function, rtol=RTOL, atol=ATOL)
        exactly, here = recognized(rough, as_function, index)
        return exactly or here

    def _check_gradients(self, layer, value, case, arguments, expected):
        grad = np.random.default_rng(50).normal(size=expected.shape).astype("float32")
        wanted = reference_gradients(self.formula, grad, arguments)
        found = {}
        if self.wing.has_gradient(value):
            _, found = call(
                lambda: run_layer(self.formula, self.wing.name, layer, arguments, grad), (), case
            )
        for name, ours in wanted.items():
            theirs = found.get(name)
            # A framework may give zeros for what is not connected.
            if theirs is None or (ours.any() and not theirs.any()):
                raise Difference(f"the gradient of {written(name)} is missing", SILENT, case)
            told, hint = self._wrong(f"gradient of {written(name)}", ours, theirs)
            if told:
                nan = np.isnan(theirs).any()
                raise Difference(told, NAN if nan else hint or BACKWARD + case.hint, case)


def written(leaf: str) -> str:
    """The name of an argument as one writes it: "weights.image" is weights['image']."""
    head, dot, key = leaf.partition(".")
    return f"{head}[{key!r}]" if dot else head
