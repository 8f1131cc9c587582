"""Exercise on a layer: the same cases, in the framework that the answer is written in."""

import contextlib
import inspect
import sys
import warnings

import numpy as np

from mmref.check._compare import first_difference, recognized, shape_hint
from mmref.check._fusion import FUSION_MISTAKES, fusion_cases
from mmref.check._run import Difference, Exercise, article, call, check_callable, type_name
from mmref.reference.fusion import weighted_fusion, weighted_fusion_gradient

# Layers compute in float32.
RTOL, ATOL = 1e-4, 1e-5
SILENT = "No gradient arrives: does the value leave the framework, or is it detached, on the way?"
BACKWARD = "The value is right, its gradient is not. "
NAN = "A NaN that is selected away forward comes back backward: replace it before it is used."


class Torch:
    """What the check needs to know about PyTorch."""

    tensor, weight = "a torch Tensor", "weight"
    gradients_known = True

    def __init__(self):
        self.torch = sys.modules["torch"]

    def plain_errors(self):
        return contextlib.nullcontext()

    def layout(self, weight):
        return weight

    def build(self, layer, features):
        """PyTorch has its parameters from the start."""

    def trainable(self, layer):
        return [p for p in layer.parameters() if p.requires_grad]

    def assign(self, parameter, value):
        with self.torch.no_grad():
            parameter.copy_(self.torch.tensor(value))

    def is_tensor(self, value):
        return isinstance(value, self.torch.Tensor)

    def numpy(self, value):
        return value.detach().cpu().numpy()

    def forward(self, layer, features, present):
        """z, and a function from dL/dz and some parameters to their gradients."""
        x = {m: self.torch.tensor(v, dtype=self.torch.float32) for m, v in features.items()}
        for tensor in x.values():
            tensor.requires_grad_(True)
        inputs = list(x.values())
        z = layer(x) if present is None else layer(x, self.torch.tensor(present))

        def pull(grad, parameters):
            wanted = [*parameters, *inputs]
            if not z.requires_grad:
                return [None] * len(wanted)
            seed = self.torch.tensor(grad, dtype=z.dtype)
            return self.torch.autograd.grad(z, wanted, seed, allow_unused=True)

        return z, pull


class Keras:
    """What the check needs to know about Keras, on whichever backend it runs."""

    tensor, weight = "a tensor", "kernel"

    def __init__(self):
        self.keras = sys.modules["keras"]
        self.backend = self.keras.backend.backend()
        self.gradients_known = self.backend in ("tensorflow", "torch")

    @contextlib.contextmanager
    def plain_errors(self):
        """Without the pages that Keras wraps around an exception."""
        config = self.keras.config
        filtering = config.is_traceback_filtering_enabled()
        config.disable_traceback_filtering()
        try:
            yield
        finally:
            if filtering:
                config.enable_traceback_filtering()

    def layout(self, weight):
        return weight.T

    def build(self, layer, features):
        """Keras makes its parameters at the first call."""
        layer({m: self.keras.ops.zeros(np.shape(v)) for m, v in features.items()})

    def trainable(self, layer):
        return layer.trainable_variables

    def assign(self, parameter, value):
        parameter.assign(value)

    def is_tensor(self, value):
        return self.keras.ops.is_tensor(value)

    def numpy(self, value):
        return self.keras.ops.convert_to_numpy(value)

    def forward(self, layer, features, present):
        """z, and a function from dL/dz and some parameters to their gradients."""
        ops = self.keras.ops
        x = {m: ops.convert_to_tensor(v, dtype="float32") for m, v in features.items()}
        inputs = list(x.values())
        args = (x,) if present is None else (x, ops.convert_to_tensor(present))
        if self.backend == "tensorflow":
            with sys.modules["tensorflow"].GradientTape() as tape:
                tape.watch(inputs)
                z = layer(*args)
            return z, lambda grad, parameters: tape.gradient(
                z, [*(p.value for p in parameters), *inputs], ops.cast(grad, z.dtype)
            )
        if self.backend == "torch":
            for tensor in inputs:
                tensor.requires_grad_(True)
            z = layer(*args)
            return z, lambda grad, parameters: sys.modules["torch"].autograd.grad(
                z,
                [*(p.value for p in parameters), *inputs],
                ops.cast(grad, z.dtype),
                allow_unused=True,
            )
        return layer(*args), None


def judge(answer):
    wing = _wing(answer)
    check_callable(answer, ["dims", "dim"], "class")
    count = 0
    with wing.plain_errors(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for case in fusion_cases():
            _compare(wing, answer, case)
            count += 1
    what = "values and gradients" if wing.gradients_known else "values only, no gradients here"
    return f"{count} cases, {what}"


def _wing(answer):
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


def _compare(wing, answer, case):
    features, weights, biases, logits, present = case.args
    dims, dim = {m: w.shape[1] for m, w in weights.items()}, len(next(iter(biases.values())))
    layer = call(answer, (dict(dims), dim), case)
    call(wing.build, (layer, features), case)
    values = {f"projections[{m!r}].{wing.weight}": wing.layout(w) for m, w in weights.items()}
    values |= {f"projections[{m!r}].bias": biases[m] for m in weights}
    values["logits"] = logits
    parameters = {name: _parameter(layer, name, case) for name in values}
    _check_parameters(wing, layer, parameters, values, case)
    for name, value in values.items():
        wing.assign(parameters[name], value)
    z, pull = call(wing.forward, (layer, features, present), case)
    _check_value(wing, z, weighted_fusion(*case.args), case)
    if wing.gradients_known:
        _check_gradients(wing, z, pull, parameters, case)


def _parameter(layer, name, case):
    """``layer.logits`` or ``layer.projections[m].bias``, by that name."""
    hint = "The check sets and reads the parameters by these names: see the statement."
    root = name.split("[")[0]
    owner = call(getattr, (layer, root, None), case)
    if owner is None:
        raise Difference(f"the layer has no attribute {root}", hint, case)
    if name == "logits":
        return owner
    modality, attribute = name.split("'")[1], name.rsplit(".", 1)[1]
    try:
        projection = owner[modality]
    except (KeyError, TypeError, IndexError):
        raise Difference(f"projections has no entry {modality!r}", hint, case) from None
    if getattr(projection, attribute, None) is None:
        raise Difference(f"projections[{modality!r}] has no {attribute}", hint, case)
    return getattr(projection, attribute)


def _check_parameters(wing, layer, parameters, values, case):
    """Right shapes, all of them trained, nothing else trained, equal weights at the start."""
    trained = {id(p) for p in call(wing.trainable, (layer,), case)}
    for name, parameter in parameters.items():
        if id(parameter) not in trained:
            hint = "No optimizer would ever see it: how does your framework register a parameter?"
            raise Difference(f"{name} is not among the layer's trainable parameters", hint, case)
        shape = tuple(parameter.shape)
        if shape != values[name].shape:
            told = f"{name}: expected the shape {values[name].shape}, got {shape}"
            raise Difference(told, shape_hint(values[name].shape, shape) or case.hint, case)
    extra = len(trained) - len(parameters)
    if extra:
        told = f"{extra} trainable parameters more than projections and logits have"
        raise Difference(told, "Which of them is in the formula?", case)
    start = wing.numpy(parameters["logits"])
    if start.any():
        told = f"logits: expected zeros in a new layer, got {float(start[start != 0][0]):.4g}"
        raise Difference(told, "Before training, no modality is favored.", case)


def _check_value(wing, z, expected, case):
    if z is None:
        raise Difference("got None", "Does the method end with a return?", case)
    if not wing.is_tensor(z):
        told = f"expected {wing.tensor}, got {article(type_name(z))}"
        raise Difference(told, "Stay in the framework: nothing else passes gradients.", case)
    if tuple(z.shape) != expected.shape:
        told = f"result: expected the shape {expected.shape}, got {tuple(z.shape)}"
        raise Difference(told, shape_hint(expected.shape, tuple(z.shape)) or case.hint, case)
    got = wing.numpy(z)
    if got.dtype.kind != "f":
        hint = "Gradients need real numbers."
        raise Difference(f"result: expected the dtype float32, got {got.dtype}", hint, case)
    difference = first_difference(["result"], [expected], [got], case, RTOL, ATOL)
    if difference:
        hints = recognized(FUSION_MISTAKES, case, [expected], [got], RTOL, ATOL)
        raise Difference(difference, next(hints, case.hint), case)


def _check_gradients(wing, z, pull, parameters, case):
    grad = np.random.default_rng(50).normal(size=z.shape).round(2)
    got = call(pull, (grad, list(parameters.values())), case)
    d_x, d_w, d_b, d_logits = weighted_fusion_gradient(grad, *case.args)
    expected = [*map(wing.layout, d_w.values()), *d_b.values(), d_logits]
    expected += [d_x[m] for m in case.args[0]]
    names = [*parameters, *(f"features[{m!r}]" for m in case.args[0])]
    for name, ours, theirs in zip(names, expected, got, strict=True):
        if theirs is None:
            raise Difference(f"the gradient of {name} is missing", SILENT, case)
        label, theirs = f"gradient of {name}", wing.numpy(theirs)
        difference = first_difference([label], [ours], [theirs], None, RTOL, ATOL)
        if difference:
            hint = NAN if np.isnan(theirs).any() else BACKWARD + case.hint
            raise Difference(difference, hint, case)


EXERCISES = {
    "WeightedFusion": Exercise(
        "WeightedFusion(dims, dim)",
        "weighted_fusion as a torch.nn.Module or a keras.layers.Layer. dims maps modality m to "
        "its width D_m, in the order of the columns of present; dim is D. Its parameters are "
        "projections, a mapping from m to a Linear or Dense layer with bias, and logits (M,), "
        "zeros at the start. Called as layer(features) or layer(features, present); values and "
        "gradients are compared.",
        judge,
        closing="",
    ),
}
