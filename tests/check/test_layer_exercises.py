"""Right and wrong layers, in PyTorch and in Keras, and what they are told."""

from functools import partial

import pytest

from mmref import convert
from mmref.check import check
from mmref.check._layers import written
from mmref.check._registry import NAMES, load
from mmref.check.layer_exercise import LayerExercise
from mmref.concordance.compare import flat
from mmref.convert._slots import slots_of
from tests.check.refusals import refused
from tests.wings import numpy

torch = pytest.importorskip("torch")
pytest.importorskip("keras")

from torch import nn  # noqa: E402

from mmref import keras as mmref_keras  # noqa: E402  (it silences TensorFlow)
from mmref import torch as mmref_torch  # noqa: E402

keras, ops = mmref_keras.keras, mmref_keras.keras.ops
WINGS = {"torch": mmref_torch, "keras": mmref_keras}
LAYERS = [name for name in NAMES if isinstance(load(name), LayerExercise)]
FUSION, CONV, NORM = "weighted_fusion_layer", "conv2d_layer", "layer_norm_layer"


class Answer:
    """Right, and made of parts that the wrong answers replace. ``np`` is torch or keras.ops."""

    def clean(self, x, keep):
        return self.np.where(keep[:, None], x, self.np.zeros_like(x))

    def project(self, f, x, keep):
        return f(self.clean(x, keep))

    def alpha(self, keep):
        p = self.np.softmax(self.np.where(keep, self.logits, -3e38), 1)
        return self.np.where(keep, p, 0.0)

    def fuse(self, features, present=None):
        shape = len(next(iter(features.values()))), len(self.projections)
        keep = self.np.ones(shape) > 0 if present is None else present
        alpha, z = self.alpha(keep), 0
        for i, (m, f) in enumerate(self.projections.items()):
            z = z + alpha[:, i : i + 1] * self.project(f, features[m], keep[:, i])
        return z


class TorchAnswer(Answer, nn.Module):
    np, forward = torch, Answer.fuse

    def __init__(self, dims, dim):
        super().__init__()
        self.projections = nn.ModuleDict({m: nn.Linear(d, dim) for m, d in dims.items()})
        self.logits = nn.Parameter(torch.zeros(len(dims)))


class KerasAnswer(Answer, keras.layers.Layer):
    np, call = ops, Answer.fuse

    def __init__(self, dims, dim):
        super().__init__()
        self.dims = dims
        self.projections = {m: keras.layers.Dense(dim) for m in dims}

    def start(self, count):
        return self.add_weight((count,), "zeros", name="logits")

    def build(self, *_):
        for m, d in self.dims.items():
            self.projections[m].build((None, d))
        self.logits = self.start(len(self.dims))


def made(base, **methods):
    """A class with other methods."""
    return type(base.__name__, (base,), methods)


torch_with, keras_with = partial(made, TorchAnswer), partial(made, KerasAnswer)
torch_conv, keras_conv = partial(made, mmref_torch.Conv2d), partial(made, mmref_keras.Conv2d)


def holding(name, make):
    """A torch answer with another attribute, ``make(dims, dim)``."""

    def __init__(self, dims, dim):
        TorchAnswer.__init__(self, dims, dim)
        if hasattr(self, name):
            delattr(self, name)
        setattr(self, name, make(dims, dim))

    return torch_with(__init__=__init__)


def logits(make):
    return holding("logits", lambda dims, dim: make(len(dims)))


def layers(new, kind=nn.ModuleDict):
    return holding("projections", lambda dims, dim: kind((m, new(d, dim)) for m, d in dims.items()))


def after(change, base=TorchAnswer):
    """A torch answer whose value is changed."""
    return made(base, forward=lambda self, **given: change(base.forward(self, **given)))


def nan_where_nobody_is(self, keep):
    return torch.where(keep, self.logits, -torch.inf).softmax(dim=1)


def convolved(weight=lambda w: w, mode="constant"):
    """Convolution by PyTorch's own function, of other weights or borders."""

    def forward(self, images):
        window, w = self.window, weight(self.weight)
        padded = nn.functional.pad(images, [n for pair in window.padding for n in pair], mode)
        return nn.functional.conv2d(padded, w, self.bias, window.stride)

    return forward


def keras_convolved(kernel=lambda w: w, mode="constant"):
    """The same on keras.ops."""

    def call(self, images):
        padded = ops.pad(images, ((0, 0), *self.window.padding, (0, 0)), mode)
        stride, form = self.window.stride, "channels_last"
        return ops.conv(padded, kernel(self.kernel), stride, data_format=form) + self.bias

    return call


def normalized(deviation):
    """Layer norm by this deviation of the centered vectors, in either framework."""

    def forward(self, x):
        centered = x - x.mean(-1, keepdim=True) if torch.is_tensor(x) else x - ops.mean(x, -1, True)
        return self.scale * centered / deviation(self, centered) + self.shift

    return forward


AFTERWARDS = {"project": lambda self, f, x, keep: self.clean(f(x), keep)}
RIGHT = [(name, getattr(wing, load(name).layer)) for name in LAYERS for wing in WINGS.values()]
RIGHT += [(FUSION, answer) for answer in (TorchAnswer, KerasAnswer)]
RIGHT += [(FUSION, torch_with(alpha=lambda *a: nan_where_nobody_is(*a).nan_to_num()))]
RIGHT += [(CONV, torch_conv(forward=convolved())), (CONV, keras_conv(call=keras_convolved()))]
WRONG_FUSION = [
    # ---- parameters ----
    (layers(nn.Linear, dict), "weights['image'] is not among", "register"),
    (layers(partial(nn.Linear, bias=False)), "expected the weights ['biases.image'", "statement"),
    (layers(lambda *_: nn.Linear(3, 3)), "weights['image']: expected the shape (3, 4), got (3, 3)"),
    (layers(nn.Linear, lambda pairs: nn.ModuleList(f for _, f in pairs)), "'weights.0'"),
    (holding("scale", lambda *_: nn.Parameter(torch.ones(()))), "no table names: scale"),
    (made(nn.Module, __init__=lambda s, *_: nn.Module.__init__(s), forward=Answer.fuse),
     "no attribute 'projections'", "statement"),
    (logits(lambda n: torch.zeros(n, requires_grad=True)), "logits is not among", "register"),
    (logits(lambda n: nn.Parameter(torch.zeros(n), False)), "logits is not among", "optimizer"),
    (logits(lambda n: nn.Parameter(torch.ones(n))), "expected 0 in a new layer, got 1", "favored"),
    (logits(lambda n: nn.Parameter(1.0 * (torch.arange(n) == 1))), "0 in a new layer, got 1"),
    (logits(lambda n: nn.Parameter(torch.zeros(n, 1))), "the shape (2,), got (2, 1)", "length 1"),
    (logits(lambda n: nn.Parameter(torch.zeros(2))), "three modalities", "(3,), got (2,)"),
    (torch_with(__init__=lambda self, dims, dim: setattr(self, "f", nn.ReLU())), "before Module"),
    (torch_with(__init__=lambda self, dims: None), "a class of (dims, dim), yours takes (dims)"),
    (TorchAnswer({"image": 3, "text": 2}, 3), "expected a class, got a"),
    (made(Answer, __init__=lambda self, dims, dim: None), "neither a torch.nn.Module", "inherit"),
    # ---- values ----
    (torch_with(alpha=nan_where_nobody_is), "no modality present", "got nan", "is zero"),
    (torch_with(alpha=lambda self, keep: (e := self.logits.exp() * keep) / (e.sum(1, True) + 1e-9)),
     "logits of 1000", "got nan", "overflows"),
    (torch_with(clean=lambda self, x, keep: x * keep[:, None]), "where present is [", "0 * NaN"),
    (torch_with(clean=lambda self, x, keep: x.masked_fill_(~keep[:, None], 0)), "in-place", "line"),
    (torch_with(forward=lambda self, features, present: self.fuse(features, present)), "are None"),
    (after(torch.squeeze), "every axis of length 1", "Only axes of length 1"),
    (after(lambda z: z.detach().numpy()), "a torch Tensor, got a NumPy array", "Stay in the fr"),
    (after(lambda z: None), "got None", "return"),
    # ---- gradients ----
    (torch_with(alpha=lambda *a: Answer.alpha(*a).detach()), "gradient of logits is missing"),
    (torch_with(project=lambda self, f, x, keep: f(self.clean(x, keep).detach())),
     "the gradient of features['image'] is missing", "detached"),
    (after(torch.Tensor.detach), "the gradient of features['image'] is missing", "detached"),
    (torch_with(clean=lambda *a: (x := Answer.clean(*a)) * 1.001 - x.detach() * 0.001),
     "gradient of features['image'][0, 0]", "The value is right, its gradient is not."),
    (torch_with(**AFTERWARDS), "gradient of weights['image'][0, 0]", "nan", "before it is used"),
    (torch_with(alpha=lambda self, keep: (self.logits + torch.where(keep, 0, -torch.inf))
                .softmax(dim=1).nan_to_num()), "a row with no modality", "gradient", "got nan"),
    # ---- Keras ----
    (keras_with(start=lambda self, n: ops.zeros(n)), "logits is not among", "register"),
    (keras_with(start=lambda s, n: s.add_weight((n,), "zeros", trainable=False)), "optimizer"),
    (keras_with(start=lambda s, n: s.add_weight((n,), "ones")), "expected 0 in a new layer"),
    (keras_with(clean=lambda self, x, keep: x * ops.cast(keep[:, None], x.dtype)), "0 * NaN"),
    (keras_with(alpha=lambda s, keep: ops.softmax(ops.where(keep, s.logits, -1e9))), "is zero"),
    (keras_with(alpha=lambda *a: ops.stop_gradient(Answer.alpha(*a))), "of logits is missing"),
    (keras_with(**AFTERWARDS), "gradient of weights['image'][0, 0]", "nan", "before it is used"),
    (keras_with(call=lambda self, features, present=None: 1 / 0), "division by zero", "line"),
]  # fmt: skip
WRONG_OTHERS = [
    (NORM, made(mmref_torch.LayerNorm, forward=normalized(lambda self, c: torch.sqrt(
        c.var(-1, keepdim=True) + self.epsilon))), "result[0, 0, 0]"),
    (NORM, made(mmref_torch.LayerNorm, forward=normalized(lambda self, c: torch.sqrt(
        (c**2).mean(-1, True) + self.epsilon).detach())), "gradient of x", "The value is right"),
    (NORM, made(mmref_torch.LayerNorm, __init__=lambda self, *args: (
        mmref_torch.LayerNorm.__init__(self, *args), nn.init.zeros_(self.scale), None)[2]),
     "scale: expected 1 in a new layer, got 0"),
    (NORM, made(mmref_keras.LayerNorm, call=normalized(lambda self, c: ops.sqrt(
        ops.sum(c**2, -1, True) / (self.dim - 1) + self.epsilon))), "result[0, 0, 0]"),
    (NORM, made(mmref_keras.LayerNorm, call=normalized(lambda self, c: ops.stop_gradient(
        ops.sqrt(ops.mean(c**2, -1, True) + self.epsilon)))), "gradient of x",
     "The value is right"),
    (CONV, torch_conv(forward=convolved(lambda w: w.flip(2, 3))),
     "That is convolution as mathematics defines it"),
    (CONV, torch_conv(forward=convolved(torch.Tensor.detach)), "the gradient of weight is missing"),
    (CONV, torch_conv(forward=convolved(mode="replicate")), "there are zeros"),
    (CONV, keras_conv(call=keras_convolved(lambda w: ops.flip(w, (0, 1)))),
     "That is convolution as mathematics defines it"),
    (CONV, keras_conv(call=keras_convolved(mode="symmetric")), "a padding of 1",
     "Outside the image there are zeros"),
    (CONV, keras_conv(call=lambda self, images: ops.sum(mmref_keras.Conv2d.call(self, images))),
     "got ()", "A single number"),
]  # fmt: skip
WRONG = [(FUSION, *entry) for entry in WRONG_FUSION] + WRONG_OTHERS


def mistaken(wing, mistake):
    """The real layer with the value of a mistake in NumPy, and with gradients of its own."""
    base = WINGS[wing].WeightedFusion
    real = base.forward if wing == "torch" else base.call

    def call(self, features, present=None):
        z = real(self, features, present)
        held = convert.arguments(convert.arrays(self))
        given = {m: numpy(x) for m, x in features.items()}
        keep = None if present is None else numpy(present)
        wrong = mistake(given, held["weights"], held["biases"], held["logits"], keep)
        if wing == "torch":
            return z + (torch.tensor(wrong, dtype=z.dtype) - z).detach()
        return z + ops.stop_gradient(ops.cast(wrong, z.dtype) - z)

    return made(base, **{real.__name__: call})


def differentiated(name):
    """The arrays of an exercise's first case that have a gradient, the layer's and its inputs."""
    _, arguments = next(iter(load(name).cases()))
    return [n for n, a in flat(arguments).items() if a.dtype.kind == "f"]


@pytest.mark.parametrize("name, answer", RIGHT)
def test_right_layers_pass(name, answer):
    result = check(answer, name)
    assert result.passed and result.message.endswith("cases, values and gradients)"), result


@pytest.mark.parametrize("name", LAYERS)
def test_a_value_that_is_off_by_a_thousandth_is_refused(name):
    off = after(lambda z: z * 1.001, getattr(mmref_torch, load(name).layer))
    refused(off, name, "result[")


def with_a_gradient_off(base, leaf):
    """The layer with a right value, whose gradient of one array is a thousandth too large."""

    def off(tensor):
        if tensor.requires_grad:
            tensor.register_hook(lambda grad: 1.001 * grad)

    def forward(self, **given):
        named = given | {
            f"{name}.{key}": x
            for name, value in given.items()
            if isinstance(value, dict)
            for key, x in value.items()
        }
        for tensor in [named[leaf]] if leaf in named else slots_of(self)[leaf].variables:
            off(tensor)
        return base.forward(self, **given)

    return made(base, forward=forward)


@pytest.mark.parametrize("name, leaf", [(n, leaf) for n in LAYERS for leaf in differentiated(n)])
def test_every_gradient_is_compared(name, leaf):
    answer = with_a_gradient_off(getattr(mmref_torch, load(name).layer), leaf)
    refused(answer, name, f"gradient of {written(leaf)}")


@pytest.mark.parametrize("wing", WINGS)
@pytest.mark.parametrize("hint, mistake", load(FUSION).function.pairs)
def test_a_mistake_in_numpy_gets_its_hint_in_a_layer_too(hint, mistake, wing):
    told = refused(mistaken(wing, mistake), FUSION)
    assert told.endswith(f"hint: {hint}"), told


@pytest.mark.parametrize("name, answer, words", [(n, a, words) for n, a, *words in WRONG])
def test_wrong_layers_are_refused_with_place_and_hint(name, answer, words):
    refused(answer, name, *words)


def test_keras_shows_its_own_messages_again_afterwards():
    keras.config.enable_traceback_filtering()  # Keras's own test cases leave it off
    check(made(KerasAnswer, call=lambda self, features: 1 / 0), FUSION)
    assert keras.config.is_traceback_filtering_enabled()
