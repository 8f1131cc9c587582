"""What was learned comes back from a file, in this process and in another."""

import inspect
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mmref import convert
from tests.layers.cases import FIRST, LEARNING
from tests.layers.running import (
    answer,
    arguments,
    each,
    in_layout,
    made,
    model_of,
    ready,
    result,
)
from tests.wings import numpy

ELSEWHERE = Path(__file__).parent / "programs" / "elsewhere.py"


@each(LEARNING)
def test_a_state_dict_comes_back_from_safetensors_and_from_pytorch(case, tmp_path):
    torch = pytest.importorskip("torch")
    from safetensors.torch import load_file, save_file

    layer, given, expected = ready("torch", case), arguments("torch", case), answer("torch", case)
    save_file(layer.state_dict(), tmp_path / "layer.safetensors")
    torch.save(layer.state_dict(), tmp_path / "layer.pt")
    for state in (
        load_file(tmp_path / "layer.safetensors"),
        torch.load(tmp_path / "layer.pt", weights_only=True),
    ):
        twin = made("torch", case, seed=1)
        assert np.abs(result("torch", twin, given)[0] - expected).max() > 1e-6
        twin.load_state_dict(state)
        np.testing.assert_array_equal(result("torch", twin, given)[0], expected)


@each(FIRST)
def test_a_keras_file_comes_back_with_its_configuration(case, tmp_path):
    keras = pytest.importorskip("keras")
    layer = ready("keras", case)
    model = model_of(case, layer)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    found = numpy(again(list(in_layout("keras", case).values())))
    # What it said of its shape before it had numbers.
    for told, size in zip(model.output_shape, found.shape, strict=True):
        assert told in (None, size)
    np.testing.assert_array_equal(found, answer("keras", case))
    (twin,) = (part for part in again.layers if type(part) is type(layer))
    assert settings(twin.get_config()) == settings(layer.get_config())


def settings(config):
    """A configuration without what Keras adds of the shapes that a part has been built for."""
    if isinstance(config, list | tuple):
        return type(config)(map(settings, config))
    if not isinstance(config, dict):
        return config
    return {key: settings(value) for key, value in config.items() if key != "build_config"}


@each(FIRST)
def test_a_configuration_names_every_setting(case):
    pytest.importorskip("keras")
    layer = ready("keras", case)
    names = inspect.signature(type(layer).__init__).parameters
    assert set(names) - {"self", "kwargs"} <= set(layer.get_config())


# Another value of a setting, by the kind of its value; those of other kinds differ between cases.
OTHER = {bool: lambda value: not value, float: lambda value: value + 0.25, int: lambda n: 2 * n}
MUST_FIT = ("groups", "dims")  # what has to divide another setting differs between cases, too


@each(FIRST)
def test_a_configuration_holds_what_was_set(case):
    """Also what this case leaves as it is by default."""
    pytest.importorskip("keras")
    layer = ready("keras", case)
    fixed = MUST_FIT
    if getattr(getattr(layer, "fusion", None), "decides", False):
        fixed += ("dropout",)  # a decision has none
    for key, parameter in inspect.signature(type(layer).__init__).parameters.items():
        config = layer.get_config()
        if type(parameter.default) in OTHER and key not in fixed:
            other = OTHER[type(parameter.default)](parameter.default)
            if config[key] in (parameter.default, other):
                twin = type(layer).from_config(config | {key: other})
                assert twin.get_config()[key] == other


@each(FIRST)
def test_a_keras_layer_is_made_again_from_its_configuration(case):
    """Through JSON: the same configuration again, and with the same weights the same result."""
    pytest.importorskip("keras")
    layer = ready("keras", case)
    twin = type(layer).from_config(json.loads(json.dumps(layer.get_config())))
    assert settings(twin.get_config()) == settings(layer.get_config())
    if layer.weights:
        convert.copy(layer, twin)
    np.testing.assert_array_equal(
        result("keras", twin, arguments("keras", case))[0], answer("keras", case)
    )


def test_another_process_computes_the_same(tmp_path):
    """From a SavedModel and an exported program without this package, and from a Keras file."""
    torch, keras = pytest.importorskip("torch"), pytest.importorskip("keras")
    if keras.backend.backend() != "tensorflow":
        pytest.skip("a SavedModel is TensorFlow's")
    (case,) = (c for c in FIRST if c.name == "FusionClassifier: WeightedFusion, lstm")
    first, last = in_layout("torch", case), in_layout("keras", case)
    np.savez(
        tmp_path / "given.npz",
        images_first=first["inputs.image"],
        images_last=last["inputs.image"],
        ids=first["inputs.text"],
        present=first["present"],
    )
    np.savez(tmp_path / "expected.npz", **{n: answer(n, case) for n in ("torch", "keras")})
    model = ready("keras", case)
    model.save(tmp_path / "model.keras")
    model.export(tmp_path / "saved", verbose=False, present=True)
    program = torch.export.export(ready("torch", case), (), arguments("torch", case))
    torch.export.save(program, tmp_path / "program.pt2")
    command = [sys.executable, ELSEWHERE, tmp_path]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    off = json.loads(done.stdout)
    assert list(off) == ["keras as a SavedModel", "torch as a program", "keras as a Keras file"]
    assert max(off.values()) < 1e-5, off
