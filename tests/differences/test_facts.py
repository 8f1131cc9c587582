"""Where PyTorch and Keras differ: every fact on the page, against the installed versions."""

import functools

import numpy as np
import pytest

torch = pytest.importorskip("torch")
keras = pytest.importorskip("keras")

from book.differences import GROUPS  # noqa: E402

pytestmark = pytest.mark.each_backend

DIFFERENCES = {d.name: d for group in GROUPS for d in group.differences}
SAME = {"lstm_gates"}  # the one row that says: no difference
PRINTED = 2e-4  # numbers are printed with four digits


def expected(side):
    return side.expected(keras.__version__, keras.backend.backend())


@pytest.mark.parametrize("name", DIFFERENCES)
@pytest.mark.parametrize("framework", ["torch", "keras"])
def test_a_fact_holds(name, framework):
    side = getattr(DIFFERENCES[name], framework)
    assert side.program() == expected(side), (
        f"{framework} now does something else; correct the entry, then run "
        "python -m scripts.differences"
    )


@pytest.mark.parametrize("name", DIFFERENCES)
def test_a_difference_differs_and_its_remedy_works(name):
    difference = DIFFERENCES[name]
    torch_side, keras_side = difference.torch.observed, difference.keras.observed
    assert (torch_side == keras_side) == (name in SAME)
    if "remedied" in {**torch_side, **keras_side}:
        assert difference.gap_remedied < PRINTED
        assert difference.gap is None or difference.gap > PRINTED


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="XLA compiles TensorFlow")
def test_a_label_to_ignore_makes_the_loss_nan_under_xla():
    """What the page says beside its programs of `ignored_label`."""
    model = keras.Sequential([keras.layers.Dense(2)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("sgd", loss, jit_compile=True)
    assert np.isnan(model.train_on_batch(np.ones((2, 3)), np.array([0, -100])))


# ---- a change of a framework is noticed ----


def inverted(attention):
    return lambda *args, attn_mask: attention(*args, attn_mask=~attn_mask)


def equal_shapes(loss):
    return lambda output, target: loss(output.ravel(), target.ravel())


def unbiased(std):
    return lambda x: std(x) * (len(x) / (len(x) - 1)) ** 0.5


def in_order(fit):
    return lambda self, x, shuffle=False: fit(self, x, shuffle=shuffle)


def unwrapped(wrapper):
    return lambda layer, **options: layer


CHANGES = {
    "torch_batch_norm_epsilon": (torch.nn, "BatchNorm1d", {"eps": 1e-3}),
    "torch_batch_norm_momentum": (torch.nn, "BatchNorm1d", {"momentum": 0.01}),
    "torch_average_padding": (torch.nn.functional, "avg_pool2d", {"count_include_pad": False}),
    "torch_average_same": (torch.nn.functional, "avg_pool2d", {"count_include_pad": False}),
    "torch_softplus": (torch.nn.functional, "softplus", {"threshold": 40}),
    "torch_batch_first": (torch.nn, "LSTM", {"batch_first": True}),
    "torch_leaky_relu": (torch.nn, "LeakyReLU", {"negative_slope": 0.3}),
    "torch_adam_epsilon": (torch.optim, "Adam", {"eps": 1e-7}),
    "torch_mask_polarity": (torch.nn.functional, "scaled_dot_product_attention", inverted),
    "torch_loss_shapes": (torch.nn.functional, "mse_loss", equal_shapes),
    "keras_lstm_bias": (keras.layers, "LSTM", {"unit_forget_bias": False}),
    "keras_dense_bias": (keras.layers, "Dense", {"bias_initializer": "ones"}),
    "keras_layer_norm_epsilon": (keras.layers, "LayerNormalization", {"epsilon": 1e-6}),
    "keras_spectral_norm": (keras.layers, "SpectralNormalization", unwrapped),
    "keras_scaling": (keras.layers, "Attention", {"score_mode": "concat"}),
    "keras_adamw_decay": (keras.optimizers, "AdamW", {"weight_decay": 0.01}),
    "keras_from_logits": (keras.losses, "SparseCategoricalCrossentropy", {"from_logits": True}),
    "keras_gelu": (keras.ops, "gelu", {"approximate": False}),
    "keras_shuffling": (keras.Model, "fit", in_order),
    "keras_std": (keras.ops, "std", unbiased),
}


@pytest.mark.parametrize("program", CHANGES)
def test_a_changed_default_is_noticed(program, monkeypatch):
    holder, attribute, change = CHANGES[program]
    right = getattr(holder, attribute)

    if callable(change):
        changed = change(right)
    else:

        @functools.wraps(right, updated=())
        def changed(*args, **options):
            return right(*args, **change | options)

    framework, _, name = program.partition("_")
    side = getattr(DIFFERENCES[name], framework)
    assert side.program() == expected(side)
    monkeypatch.setattr(holder, attribute, changed)
    assert side.program() != expected(side)
