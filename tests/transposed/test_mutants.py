"""Plausible mistakes in transposed convolution, each of which must be caught."""

import dataclasses

import pytest

from mmref.concordance import FORMULAS, compare

pytest.importorskip("torch")


pytestmark = pytest.mark.each_backend


def transposed_mutant(change):
    """PyTorch's own transposed convolution, its arguments or result changed."""
    from mmref.concordance.formulas.transposed import _torch_transposed

    def layer(_, arguments):
        options = {n: arguments[n] for n in ("stride", "padding", "output_padding")}
        return lambda images, weight, bias: change(
            _torch_transposed, images, weight, bias, **options
        )

    return layer


def cut_at_one_end(function, images, weight, bias, **options):
    """Twice the padding is cut off, but all of it at the end."""
    rows, columns = function(images, weight, bias, **options).shape[2:]
    return function(images, weight, bias, **options | {"padding": 0})[:, :, :rows, :columns]


@pytest.mark.parametrize(
    "change",
    [
        lambda f, x, w, b, **o: f(x, w.flip(2, 3), b, **o),
        lambda f, x, w, b, **o: f(x, w.transpose(0, 1).reshape(w.shape), b, **o),
        lambda f, x, w, b, **o: f(x, w, None, **o),
        cut_at_one_end,
        lambda f, x, w, b, **o: f(x, w, b, **o).roll(1, dims=3),
        lambda f, x, w, b, **o: f(x.flip(0), w, b, **o),
    ],
)
def test_a_mutated_transposed_convolution_is_caught(change):
    formula = FORMULAS["conv_transpose2d"]
    names = ("stride 2", "stride 1, padded", "all of it", "as in DCGAN")
    formula = dataclasses.replace(
        formula,
        layer=transposed_mutant(change),
        weights=(),
        peers=(),
        samples={n: formula.samples[n] for n in names},
    )
    assert not all(row.ok for row in compare(formula, "torch"))
