"""Wrong and right answers to the WeightedFusion exercise, in PyTorch and in Keras."""

import pytest

from mmref.check import check

torch = pytest.importorskip("torch")
pytest.importorskip("keras")

from torch import nn  # noqa: E402

from mmref import keras as mmref_keras  # noqa: E402  (it silences TensorFlow)
from mmref import torch as mmref_torch  # noqa: E402

keras = mmref_keras.keras
ops = keras.ops


class TorchAnswer(nn.Module):
    """Right, and made of parts that the wrong answers replace."""

    def __init__(self, dims, dim):
        super().__init__()
        self.dims = dims
        self.projections = nn.ModuleDict({m: nn.Linear(d, dim) for m, d in dims.items()})
        self.logits = nn.Parameter(torch.zeros(len(dims)))

    def clean(self, x, keep):
        return torch.where(keep[:, None], x, torch.zeros_like(x))

    def weights(self, keep):
        low = torch.finfo(self.logits.dtype).min
        return self.logits.expand(keep.shape).masked_fill(~keep, low).softmax(dim=1) * keep

    def forward(self, features, present=None):
        batch = next(iter(features.values())).shape[0]
        keep = torch.ones(batch, len(self.dims), dtype=torch.bool) if present is None else present
        alpha, z = self.weights(keep), 0
        for i, (m, project) in enumerate(self.projections.items()):
            z = z + alpha[:, i, None] * project(self.clean(features[m], keep[:, i]))
        return z


class KerasAnswer(keras.layers.Layer):
    """The same on keras.ops."""

    def __init__(self, dims, dim):
        super().__init__()
        self.dims = dims
        self.projections = {m: keras.layers.Dense(dim) for m in dims}

    def build(self, *_):
        for m, d in self.dims.items():
            self.projections[m].build((None, d))
        self.logits = self.add_weight(shape=(len(self.dims),), initializer="zeros", name="logits")

    def clean(self, x, keep):
        return ops.where(keep[:, None], x, ops.zeros_like(x))

    def weights(self, keep):
        a = ops.broadcast_to(self.logits, ops.shape(keep))
        p = ops.softmax(ops.where(keep, a, ops.full_like(a, -3e38)), axis=1)
        return p * ops.cast(keep, p.dtype)

    def call(self, features, present=None):
        batch = ops.shape(next(iter(features.values())))[0]
        keep = ops.ones((batch, len(self.dims)), dtype="bool") if present is None else present
        alpha, z = self.weights(keep), 0
        for i, (m, project) in enumerate(self.projections.items()):
            z = z + alpha[:, i : i + 1] * project(self.clean(features[m], keep[:, i]))
        return z


class TorchNanReplacedUnderTheMask(TorchAnswer):
    """Right: the NaN of the backward pass ends in the masked entries."""

    def weights(self, keep):
        a = self.logits.expand(keep.shape).masked_fill(~keep, -torch.inf)
        return a.softmax(dim=1).nan_to_num()


RIGHT = [
    TorchAnswer,
    TorchNanReplacedUnderTheMask,
    KerasAnswer,
    mmref_torch.WeightedFusion,
    mmref_keras.WeightedFusion,
]
WRONG = []


def wrong(*words):
    return lambda answer: WRONG.append((words, answer)) or answer


# ---- parameters ----


@wrong("projections['image'].weight is not among", "register")
class PlainDict(TorchAnswer):
    def __init__(self, dims, dim):
        super().__init__(dims, dim)
        del self.projections
        self.projections = {m: nn.Linear(d, dim) for m, d in dims.items()}


@wrong("logits is not among", "register")
class PlainTensor(TorchAnswer):
    def __init__(self, dims, dim):
        super().__init__(dims, dim)
        del self.logits
        self.logits = torch.zeros(len(dims), requires_grad=True)


@wrong("logits is not among", "optimizer")
class FrozenLogits(TorchAnswer):
    def __init__(self, dims, dim):
        super().__init__(dims, dim)
        self.logits.requires_grad_(False)


@wrong("expected zeros in a new layer, got 1", "favored")
class LogitsOfOne(TorchAnswer):
    def __init__(self, dims, dim):
        super().__init__(dims, dim)
        self.logits = nn.Parameter(torch.ones(len(dims)))


@wrong("logits: expected the shape (2,), got (2, 1)", "length 1")
class ColumnOfLogits(TorchAnswer):
    def __init__(self, dims, dim):
        super().__init__(dims, dim)
        self.logits = nn.Parameter(torch.zeros(len(dims), 1))


@wrong("three modalities", "logits: expected the shape (3,), got (2,)", "Any number")
class TwoLogits(TorchAnswer):
    def __init__(self, dims, dim):
        super().__init__(dims, dim)
        self.logits = nn.Parameter(torch.zeros(2))


@wrong("projections['image'] has no bias", "statement")
class WithoutBias(TorchAnswer):
    def __init__(self, dims, dim):
        super().__init__(dims, dim)
        layers = {m: nn.Linear(d, dim, bias=False) for m, d in dims.items()}
        self.projections = nn.ModuleDict(layers)


@wrong("projections['image'].weight: expected the shape (3, 4), got (3, 3)")
class OneWidth(TorchAnswer):
    def __init__(self, dims, dim):
        super().__init__(dims, dim)
        self.projections = nn.ModuleDict({m: nn.Linear(dim, dim) for m in dims})


@wrong("1 trainable parameters more", "formula")
class OneParameterTooMany(TorchAnswer):
    def __init__(self, dims, dim):
        super().__init__(dims, dim)
        self.scale = nn.Parameter(torch.ones(()))


@wrong("the layer has no attribute logits", "statement")
class OtherName(TorchAnswer):
    def __init__(self, dims, dim):
        super().__init__(dims, dim)
        self.alpha = self._parameters.pop("logits")


@wrong("projections has no entry 'image'")
class ByPosition(TorchAnswer):
    def __init__(self, dims, dim):
        super().__init__(dims, dim)
        self.projections = nn.ModuleList([nn.Linear(d, dim) for d in dims.values()])


@wrong("AttributeError", "before Module.__init__() call")
class WithoutSuper(TorchAnswer):
    def __init__(self, dims, dim):
        self.projections = nn.ModuleDict({m: nn.Linear(d, dim) for m, d in dims.items()})


@wrong("a class of (dims, dim), yours takes (dims)")
class WithoutWidth(TorchAnswer):
    def __init__(self, dims):
        super().__init__(dims, 3)


@wrong("neither a torch.nn.Module nor a keras.layers.Layer", "inherit")
class NoLayer:
    def __init__(self, dims, dim):
        pass


# ---- values ----


@wrong("both present", "Logits are not weights yet")
class TorchWithoutSoftmax(TorchAnswer):
    def weights(self, keep):
        return self.logits * keep


@wrong("both present", "no effect yet")
class TorchEqual(TorchAnswer):
    def weights(self, keep):
        return keep / keep.sum(dim=1, keepdim=True)


@wrong("where text is absent", "sum to 1")
class TorchNotRenormalized(TorchAnswer):
    def weights(self, keep):
        return self.logits.softmax(dim=0) * keep


@wrong("another order", "by name")
class TorchByOrderOfFeatures(TorchAnswer):
    def forward(self, features, present=None):
        self.projections = nn.ModuleDict({m: self.projections[m] for m in features})
        return super().forward(features, present)


@wrong("where no modality is present", "got nan", "zero")
class TorchNanWhereNobodyIsThere(TorchAnswer):
    def weights(self, keep):
        return self.logits.expand(keep.shape).masked_fill(~keep, -torch.inf).softmax(dim=1)


@wrong("NaN in the features", "where text is absent", "0 * NaN")
class TorchMultiplied(TorchAnswer):
    def clean(self, x, keep):
        return x * keep[:, None]


@wrong("logits of 1000", "got nan", "overflows")
class TorchOverflow(TorchAnswer):
    def weights(self, keep):
        e = self.logits.exp() * keep
        return e / e.sum(dim=1, keepdim=True).clamp(min=1e-30)


@wrong("batch of one row", "expected the shape (1, 3), got (3,)")
class TorchSqueezed(TorchAnswer):
    def forward(self, features, present=None):
        return super().forward(features, present).squeeze()


@wrong("expected a torch Tensor, got a NumPy array", "Stay in the framework")
class TorchNumpy(TorchAnswer):
    def forward(self, features, present=None):
        return super().forward(features, present).detach().numpy()


@wrong("got None", "return")
class TorchWithoutReturn(TorchAnswer):
    def forward(self, features, present=None):
        super().forward(features, present)


@wrong("present is None", "raised TypeError")
class TorchPresentRequired(TorchAnswer):
    def forward(self, features, present):
        return super().forward(features, present)


@wrong("raised RuntimeError", "in-place", "in clean, line")
class TorchInPlace(TorchAnswer):
    def clean(self, x, keep):
        x[~keep] = 0
        return x


# ---- gradients ----


@wrong("the gradient of logits is missing", "detached")
class TorchDetached(TorchAnswer):
    def weights(self, keep):
        return super().weights(keep).detach()


@wrong("the gradient of projections['image'].weight is missing", "detached")
class TorchDetachedResult(TorchAnswer):
    def forward(self, features, present=None):
        return super().forward(features, present).detach()


@wrong("gradient of projections['image'].weight[0, 0]", "got nan", "before it is used")
class TorchSelectedAfterwards(TorchAnswer):
    def forward(self, features, present=None):
        batch = next(iter(features.values())).shape[0]
        keep = torch.ones(batch, len(self.dims), dtype=torch.bool) if present is None else present
        alpha, z = self.weights(keep), 0
        for i, (m, project) in enumerate(self.projections.items()):
            z = z + alpha[:, i, None] * self.clean(project(features[m]), keep[:, i])
        return z


@wrong("a row with no modality", "gradient", "got nan")
class TorchNanReplaced(TorchAnswer):
    def weights(self, keep):
        a = self.logits + torch.where(keep, 0.0, -torch.inf)
        return a.softmax(dim=1).nan_to_num()


# ---- Keras ----


@wrong("logits is not among", "register")
class KerasPlainTensor(KerasAnswer):
    def build(self, *_):
        for m, d in self.dims.items():
            self.projections[m].build((None, d))
        self.logits = ops.zeros((len(self.dims),))


@wrong("logits is not among", "optimizer")
class KerasFrozen(KerasAnswer):
    def build(self, *_):
        super().build()
        self.logits.trainable = False


@wrong("expected zeros in a new layer")
class KerasRandomLogits(KerasAnswer):
    def build(self, *_):
        for m, d in self.dims.items():
            self.projections[m].build((None, d))
        self.logits = self.add_weight(shape=(len(self.dims),), initializer="random_normal")


@wrong("both present", "no effect yet")
class KerasEqual(KerasAnswer):
    def weights(self, keep):
        keep = ops.cast(keep, "float32")
        return keep / ops.sum(keep, axis=1, keepdims=True)


@wrong("where text is absent", "sum to 1")
class KerasNotRenormalized(KerasAnswer):
    def weights(self, keep):
        return ops.softmax(self.logits) * ops.cast(keep, "float32")


@wrong("where no modality is present", "zero")
class KerasUniformWhereNobodyIsThere(KerasAnswer):
    def weights(self, keep):
        a = ops.broadcast_to(self.logits, ops.shape(keep))
        return ops.softmax(ops.where(keep, a, ops.full_like(a, -1e9)), axis=1)


@wrong("NaN in the features", "0 * NaN")
class KerasMultiplied(KerasAnswer):
    def clean(self, x, keep):
        return x * ops.cast(keep[:, None], x.dtype)


@wrong("the gradient of logits is missing", "detached")
class KerasDetached(KerasAnswer):
    def weights(self, keep):
        return ops.stop_gradient(super().weights(keep))


@wrong("gradient of projections['image'].kernel[0, 0]", "got nan", "before it is used")
class KerasSelectedAfterwards(KerasAnswer):
    def call(self, features, present=None):
        batch = ops.shape(next(iter(features.values())))[0]
        keep = ops.ones((batch, len(self.dims)), dtype="bool") if present is None else present
        alpha, z = self.weights(keep), 0
        for i, (m, project) in enumerate(self.projections.items()):
            z = z + alpha[:, i : i + 1] * self.clean(project(features[m]), keep[:, i])
        return z


@wrong("ZeroDivisionError: division by zero", "in call, line")
class KerasRaises(KerasAnswer):
    def call(self, features, present=None):
        return 1 / 0


def name(value):
    return getattr(value, "__name__", None)


@pytest.mark.parametrize("answer", RIGHT, ids=lambda a: f"{a.__module__}.{a.__name__}")
def test_right_layers_pass(answer):
    result = check(answer, "WeightedFusion")
    assert result.passed, result
    assert repr(result) == "WeightedFusion: passed (11 cases, values and gradients)"


@pytest.mark.parametrize("words, answer", WRONG, ids=name)
def test_wrong_layers_are_refused_with_place_and_hint(words, answer):
    result = check(answer, "WeightedFusion")
    assert not result.passed
    lines = result.message.splitlines()
    told = " ".join(line.strip() for line in lines)
    for expected in words:
        assert expected in told, f"{expected!r} is not in\n{result}"
    assert 3 <= len(lines) <= 8 and max(map(len, lines)) <= 92 and "\x1b" not in told


def test_an_instance_in_place_of_the_class_is_named():
    made = TorchAnswer({"image": 3, "text": 2}, 3)
    message = check(made, "WeightedFusion").message
    assert "expected a class, got a TorchAnswer" in " ".join(message.split()).replace(
        f"{__name__.split('.')[0]} ", ""
    )


def test_keras_shows_its_own_messages_again_afterwards():
    keras.config.enable_traceback_filtering()  # Keras's own test cases leave it off
    check(KerasRaises, "WeightedFusion")
    assert keras.config.is_traceback_filtering_enabled()
