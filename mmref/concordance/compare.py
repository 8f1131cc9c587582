"""Compares one formula with its reference, in one framework and one precision."""

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from typing import Any

import numpy as np

from mmref import convert
from mmref.concordance.backends import keras_dtype, plain_errors, run_keras, run_torch
from mmref.concordance.formula import BOUNDS, Formula, is_option
from mmref.concordance.formulas import FORMULAS
from mmref.contract.settings import check_choice, check_kind, check_seed
from mmref.types import Array, Layer

FRAMEWORKS = ("numpy", "torch", "keras")


@dataclass(frozen=True)
class Row:
    """One measured difference: the largest over all samples and modalities.

    implementation: what was compared. backend: where it ran. quantity: "value", or the name of
    the argument whose gradient it is. relative: over the largest reference value. at: the
    sample and the array where the difference is largest. error: what ended the comparison
    instead, on one line; the differences are infinite then.
    """

    formula: str
    implementation: str
    backend: str
    dtype: str
    quantity: str
    absolute: float
    relative: float
    bound: float
    at: str
    error: str = ""

    @property
    def ok(self) -> bool:
        """Both differences are within the bound; NaN is not."""
        return self.absolute <= self.bound and self.relative <= self.bound


def compare(
    formula: str | Formula,
    framework: str,
    dtype: str = "float64",
    seed: int = 0,
    keep_going: bool = False,
) -> list[Row]:
    """Rows for our own implementation in ``framework`` (its wing) and for each peer.

    formula: its name, or a :class:`~mmref.concordance.Formula` of your own. keep_going: what raises
    an error is a row that tells it, and judges that are :func:`not_installed` are left out; else
    the error is raised.

    The samples are drawn in float64 and rounded to ``dtype``; the reference always computes in
    float64, so a difference is the framework's own. Framework "numpy" compares the reference
    itself with published vectors, which come in float32.

    >>> all(row.ok for row in compare("masked_softmax", "torch"))
    True
    """
    if isinstance(formula, str):
        check_choice("formula", formula, tuple(FORMULAS))
        formula = FORMULAS[formula]
    check_kind("formula", formula, Formula, "a name or a mmref.concordance.Formula")
    check_choice("framework", framework, FRAMEWORKS)
    check_choice("dtype", dtype, tuple(BOUNDS))
    check_seed(seed)
    rows = []
    left_out = not_installed(formula, framework) if keep_going else {}
    for name, measure in _measures(formula, framework, dtype, seed):
        if name in left_out:
            continue
        try:
            rows += measure()
        except Exception as error:
            if not keep_going:
                raise
            rows.append(failed(formula.name, name, _backend(framework), dtype, error))
    return rows


def not_installed(formula: Formula, framework: str) -> dict[str, str]:
    """The peers or published vectors that cannot be asked here, and the package that they need."""
    peers = [peer for peer in formula.peers if peer.framework == framework]
    judges = formula.vectors if framework == "numpy" else peers
    packages = {judge.name: judge.package for judge in judges}
    return {name: p for name, p in packages.items() if p and find_spec(p) is None}


def failed(
    formula: str, implementation: str, backend: str, dtype: str, error: Exception | str
) -> Row:
    """The row of what could not be compared."""
    told = error if isinstance(error, str) else f"{type(error).__name__}: {error}"
    told = textwrap.shorten(told, 200, placeholder=" ...")  # one line, whatever it was
    worst = float("inf")
    return Row(
        formula, implementation, backend, dtype, "value", worst, worst, BOUNDS[dtype], "", told
    )


def _measures(formula, framework, dtype, seed):
    """(name, function that gives rows) for each judge of the reference, or for each implementation
    in a framework."""
    if framework == "numpy":
        for vectors in formula.vectors if dtype == "float32" else ():
            yield vectors.name, lambda vectors=vectors: [_judge(formula, vectors, dtype)]
        return
    for name, run, samples, peer in _implementations(formula, framework, dtype):
        yield name, partial(_rows, formula, framework, dtype, seed, name, run, samples, peer)


def _implementations(formula, framework, dtype):
    """(name, run, samples, peer) for the wing, which is none, and for each peer."""
    if formula.layer is not None:
        yield f"mmref.{framework}", _run_wing(formula, framework, dtype), formula.samples, None
    for peer in formula.peers:
        if peer.framework == framework:
            yield peer.name, _run_peer(formula, peer, dtype), peer.samples, peer


def _rows(formula, framework, dtype, seed, name, run, samples, peer):
    worst: dict[str, tuple] = {}
    for sample in samples:
        arguments, grad, expected = _expected(formula, sample, dtype, seed)
        value, gradients = run(arguments, grad)
        found = {"value": value} | gradients
        for leaf, reference in expected.items():
            difference = _difference(found.get(leaf), reference)
            quantity = leaf.partition(".")[0]
            entry = (*difference, f"{sample}: {leaf}")
            if quantity not in worst or _size(entry) > _size(worst[quantity]):
                worst[quantity] = entry
    backend = _backend(framework)
    bound = formula.bound(backend, dtype, peer)
    return [
        Row(formula.name, name, backend, dtype, quantity, absolute, relative, bound, at)
        for quantity, (absolute, relative, at) in worst.items()
    ]


def _run_wing(formula, framework, dtype):
    def run(arguments, grad):
        if framework == "torch":
            import torch

            import mmref.torch as wing

            layer = formula.layer(wing, arguments)
            if formula.weights:
                layer = layer.to(getattr(torch, dtype))
            return run_layer(formula, framework, layer, arguments, grad)
        import mmref.keras as wing

        with keras_dtype(dtype), plain_errors():
            return run_layer(formula, framework, formula.layer(wing, arguments), arguments, grad)

    return run


def run_layer(
    formula: Formula, framework: str, layer: Layer, arguments: Mapping[str, Any], grad: Array
) -> tuple[Array, dict[str, Array]]:
    """Value of a layer or function and every gradient, in the reference's layout, by leaf.

    The arguments that the formula holds as weights are put into the layer, the others it is given.
    """
    held, given = split(formula, arguments)
    if held:
        convert.set_arrays(layer, held)
    if framework == "torch":
        return run_torch(layer, given, grad)
    return _channels_last(run_keras, formula.images)(layer, given, grad)


def split(
    formula: Formula, arguments: Mapping[str, Any]
) -> tuple[dict[str, Array], dict[str, Array]]:
    """The arguments by leaf, options left out: what the layer holds, and what it is given."""
    tree = flat(arguments)
    held = {n: a for n, a in tree.items() if n.partition(".")[0] in formula.weights}
    return held, {n: a for n, a in tree.items() if n not in held}


def _run_peer(formula, peer, dtype):
    def run(arguments, grad):
        # A peer is told the options, and that a mask is missing; a wing has that as its default.
        options = {name: value for name, value in arguments.items() if is_option(value)}

        def function(**tensors):
            return peer.function(**tensors, **options)

        if peer.framework == "torch":
            return run_torch(function, flat(arguments), grad)
        with keras_dtype(dtype), plain_errors():
            run = _channels_last(run_keras, formula.images)
            return run(function, flat(arguments), grad)

    return run


def _channels_last(run, images):
    """``run`` for arguments and values whose images have their channels last."""

    def run_last(function, tree, grad):
        tree = move_channels(tree | {"value": grad}, images, 1, -1)
        grad = tree.pop("value")
        value, gradients = run(function, tree, grad)
        found = move_channels(gradients | {"value": value}, images, -1, 1)
        return found.pop("value"), found

    return run_last


def move_channels(
    arrays: dict[str, np.ndarray], images: tuple[str, ...], source: int, target: int
) -> dict[str, np.ndarray]:
    """The arrays by leaf, in those of images the axis of the channels in another place."""
    return {
        name: np.moveaxis(a, source, target) if name.partition(".")[0] in images else a
        for name, a in arrays.items()
    }


def _expected(formula, sample, dtype, seed):
    """Arguments and output gradient in ``dtype``; the reference's value and gradients, by leaf."""
    rng = np.random.default_rng(seed)
    arguments = cast(formula.samples[sample](rng), dtype)
    exact = cast(arguments, "float64")
    value = formula.reference(**exact)
    grad = rng.normal(size=value.shape).astype(dtype)
    return arguments, grad, {"value": value} | reference_gradients(formula, grad, arguments)


def reference_gradients(
    formula: Formula, grad: Array, arguments: Mapping[str, Any]
) -> dict[str, Array]:
    """The reference's gradients in float64, by leaf."""
    gradients = formula.gradient(np.asarray(grad, "float64"), **cast(arguments, "float64"))
    return flat(dict(zip(differentiable(arguments), gradients, strict=True)))


def _judge(formula, vectors, dtype):
    """The reference against published vectors."""
    worst, count = (-1.0, -1.0), 0
    for arguments, expected in vectors.load():
        count += 1
        value = vectors.part(formula.reference(**arguments))
        worst = max(worst, _difference(value, expected), key=_size)
    name = f"{vectors.name} ({count} cases)"
    return Row(formula.name, name, "numpy", dtype, "value", *worst, BOUNDS[dtype], name)


def _difference(found, expected):
    """Largest absolute difference, and the same over the largest expected value."""
    if found is None or found.shape != expected.shape:
        return float("inf"), float("inf")
    absolute = float(np.max(np.abs(found - expected), initial=0.0))
    scale = float(np.max(np.abs(expected), initial=0.0))
    return absolute, absolute / scale if scale else absolute


def _size(entry):
    """For finding the worst: NaN is worse than anything."""
    largest = np.max(entry[:2])  # NaN if either is
    return float("inf") if np.isnan(largest) else largest


def _backend(framework):
    if framework != "keras":
        return framework
    import keras

    return f"keras on {keras.backend.backend()}"


def differentiable(arguments: Mapping[str, Any]) -> list[str]:
    """The names of the arguments that have a gradient: floats, or a mapping of them."""
    return [name for name, a in arguments.items() if not (is_option(a) or _is_fixed(a))]


def flat(arguments: Mapping[str, Any]) -> dict[str, Array]:
    """{"weights": {"text": W}} -> {"weights.text": W}, without the options."""
    leaves: dict[str, Array] = {}
    for name, value in arguments.items():
        if isinstance(value, dict):
            leaves |= {f"{name}.{key}": item for key, item in value.items()}
        elif not is_option(value):
            leaves[name] = value
    return leaves


def cast(arguments: Mapping[str, Any], dtype: str) -> dict[str, Any]:
    """The same arguments, their floats in ``dtype``."""

    def cast(value):
        if isinstance(value, dict):
            return {key: cast(item) for key, item in value.items()}
        return value if is_option(value) or _is_fixed(value) else value.astype(dtype)

    return {name: cast(value) for name, value in arguments.items()}


def _is_fixed(value):
    """What is not differentiated: a mask, indices; a mapping of them."""
    if isinstance(value, dict):
        return all(_is_fixed(item) for item in value.values())
    return isinstance(value, np.ndarray) and value.dtype.kind != "f"
