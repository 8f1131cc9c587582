"""Where PyTorch and Keras differ: every fact on the page, against the installed versions."""

import ast
import functools
import inspect
import sys

import pytest

torch = pytest.importorskip("torch")
keras = pytest.importorskip("keras")

from mmref.concordance.differences import GROUPS, Difference, Side, draw, rounded  # noqa: E402
from scripts import differences as page  # noqa: E402
from scripts.notebooks import read_stored, stored  # noqa: E402

DIFFERENCES = {d.name: d for group in GROUPS for d in group.differences}
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
    says_so = "same order" in difference.keras.fact  # the one row that says: no difference
    assert (torch_side == keras_side) == says_so
    if "remedied" in {**torch_side, **keras_side}:
        assert difference.gap_remedied < PRINTED
        assert difference.gap is None or difference.gap > PRINTED


def test_entries_and_programs_belong_together():
    assert len(DIFFERENCES) == sum(len(group.differences) for group in GROUPS)
    for group in GROUPS:
        module = sys.modules[group.differences[0].torch.program.__module__]
        used = {p.__name__ for d in group.differences for p in (d.torch.program, d.keras.program)}
        assert used == {f"{w}_{d.name}" for d in group.differences for w in ("torch", "keras")}
        defined = {n for n, f in vars(module).items() if inspect.isfunction(f)}
        programs = {n for n in defined if n.startswith(("torch_", "keras_"))}
        assert programs - used == {helper.__name__ for helper in group.helpers}


# ---- the page ----


def test_the_page_is_current():
    assert page.main(["--check"]) == 0, "run python -m scripts.differences, then make execute"


def test_an_outdated_page_is_noticed(monkeypatch, tmp_path, capsys):
    outdated = tmp_path / "differences.md"
    outdated.write_text(page.page().replace("1e-5", "1e-4"), encoding="utf-8")
    monkeypatch.setattr(page, "PAGE", outdated)
    monkeypatch.setattr(page, "ROOT", tmp_path)
    assert page.main(["--check"]) == 1
    assert "outdated" in capsys.readouterr().err
    assert page.main([]) == 0 and page.main(["--check"]) == 0


def test_the_page_shows_what_was_observed():
    """The stored outputs; on the page Keras runs on TensorFlow."""
    shown = {}
    for cell in read_stored(stored(page.PAGE)).cells:
        last = cell.source.splitlines()[-1]
        if cell.cell_type == "code" and last.endswith("()"):
            shown[last.removesuffix("()")] = ast.literal_eval(cell.outputs[0].data["text/plain"])
    sides = [side for d in DIFFERENCES.values() for side in (d.torch, d.keras)]
    assert shown == {side.program.__name__: side.observed for side in sides}


def test_every_line_of_code_fits_the_page():
    """A phone scrolls, a screen should not."""
    code = page.page().split("```{code-cell}")[1:]
    lines = [line for cell in code for line in cell.split("\n```")[0].splitlines()]
    assert max(map(len, lines)) <= 96


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


# ---- what the entries compute ----


def entry(torch_observed, keras_observed):
    sides = (Side("", None, torch_observed), Side("", None, keras_observed))
    return Difference("name", "title", *sides, "", "")


def test_gaps():
    one = entry({"result": [1.0, 2.0]}, {"result": [1.0, 5.0], "remedied": [1.0, 2.5]})
    assert one.gap == 3 and one.gap_remedied == 0.5
    other = entry({"result": 4, "remedied": 2}, {"result": 2})
    assert other.gap == 2 and other.gap_remedied == 0
    neither = entry({"eps": 1}, {"eps": 2})
    assert neither.gap is None and neither.gap_remedied is None


def test_other_versions_and_backends_may_have_facts_of_their_own():
    places = {"Keras on torch": {"a": 1}, "Keras 3.13": {"a": 2}, "Keras 3.13 on torch": {"a": 3}}
    side = Side("", None, {"a": 0}, places)
    found = [
        side.expected(v, b)["a"] for v in ("3.15.1", "3.13.0") for b in ("tensorflow", "torch")
    ]
    assert found == [0, 1, 2, 3]


def test_numbers_print_the_same_everywhere():
    assert rounded(torch.tensor([1 / 3, -1e-9], requires_grad=True)) == [0.3333, 0.0]
    assert str(rounded(-1e-9)) == "0.0"
    assert rounded(keras.ops.convert_to_tensor([[0.123]]), 1) == [[0.1]]
    assert [a.tolist() for a in draw((2,), (1,))] == [a.tolist() for a in draw((2,), (1,))]
    assert [page.number(x) for x in (0, 0.00213, 0.5, 99.9)] == ["0", "0.0021", "0.5", "100"]
