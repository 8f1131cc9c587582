"""A bundle's model leaves Python: SavedModel, torch.export and ONNX give the logits it gives."""

import re
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("PIL.Image")

from tests.bundle import photos
from tests.wings import numpy, wing_of

BOUND = 1e-5
PAGE = Path(__file__).parents[2] / "book" / "api" / "bundles.md"


@pytest.fixture(scope="module", params=["bag", "gru"])
def bundle(tmp_path_factory, request):
    """Saved from PyTorch; its reader."""
    folder = tmp_path_factory.mktemp("folder")
    reader = photos.reader(photos.write(folder / "photos"), batch_size=6)
    model = photos.model("torch", len(reader.vocabulary), cell=request.param)
    wing_of("torch").save(folder / "model", model, reader)
    return folder / "model", reader


@pytest.fixture(scope="module")
def logits(bundle):
    """What the model in PyTorch says, and ``present``: rows of both, of one, of the other."""
    torch = pytest.importorskip("torch")
    path, reader = bundle
    present = np.array([[True, True], [True, False], [False, True]] * 2)
    inputs, _ = wing_of("torch").FolderBatches(reader)[0]
    with torch.no_grad():
        return numpy(wing_of("torch").load(path)(inputs, torch.tensor(present))), present


@pytest.fixture(scope="module")
def keras_model(bundle):
    keras = pytest.importorskip("keras")
    return wing_of("keras").load(bundle[0]), keras.backend.backend()


def test_a_saved_model_gives_the_same_logits(bundle, logits, keras_model, tmp_path):
    model, backend = keras_model
    if backend != "tensorflow":
        pytest.skip("a SavedModel is TensorFlow's")
    import tensorflow as tf

    (inputs, _), (expected, present) = bundle[1].batch(0, 0), logits
    model.export(tmp_path / "saved", verbose=False, present=True)
    saved = tf.saved_model.load(tmp_path / "saved")
    there = {"present": dict(zip(model.encoders, present.T, strict=True))}
    np.testing.assert_allclose(saved.serve(inputs | there), expected, atol=BOUND)


def test_an_exported_program_gives_the_same_logits(bundle, logits):
    torch = pytest.importorskip("torch")
    inputs, _ = wing_of("torch").FolderBatches(bundle[1])[0]
    expected, present = logits
    given = (inputs, torch.tensor(present))
    program = torch.export.export(wing_of("torch").load(bundle[0]), given).module()
    np.testing.assert_allclose(numpy(program(*given)), expected, atol=BOUND)


def run_onnx(path, arrays):
    """The first output, by ONNX Runtime."""
    runtime = pytest.importorskip("onnxruntime")
    session = runtime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    names = [entry.name for entry in session.get_inputs()]
    assert len(names) == len(arrays), names
    return session.run(None, dict(zip(names, arrays)))[0]


def onnx_of_torch(model, inputs, present):
    """Written as the page on saved models does it."""
    torch = pytest.importorskip("torch")
    (shown,) = re.findall(r"```python\nimport torch\n.*?```", PAGE.read_text(), re.S)
    program = shown.removeprefix("```python\n").removesuffix("```")
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # of the older exporter: the newer one needs onnxscript
        exec(program, {"model": model, "inputs": inputs, "present": torch.tensor(present)})


def test_onnx_of_pytorch_gives_the_same_logits(bundle, logits, tmp_path, monkeypatch):
    pytest.importorskip("onnx")
    monkeypatch.chdir(tmp_path)
    inputs, _ = wing_of("torch").FolderBatches(bundle[1])[0]
    expected, present = logits
    onnx_of_torch(wing_of("torch").load(bundle[0]), inputs, present)
    given = [numpy(inputs["image"]), numpy(inputs["text"]), present]
    np.testing.assert_allclose(run_onnx("model.onnx", given), expected, atol=BOUND)
    fewer = [given[0][2:3], np.pad(given[1][2:3], ((0, 0), (2, 3))), present[2:3]]
    np.testing.assert_allclose(run_onnx("model.onnx", fewer), expected[2:3], atol=BOUND)


def test_onnx_of_keras_by_way_of_pytorch(bundle, keras_model, tmp_path, monkeypatch):
    """What is left where Keras's own way is not installed."""
    pytest.importorskip("onnx")
    from keras import ops

    monkeypatch.chdir(tmp_path)
    (model, _), reader = keras_model, bundle[1]
    wing_of("keras").save("kept", model, reader)
    present = np.array([[True, False], [True, True], [False, True]] * 2)
    inputs, _ = reader.batch(0, 0)
    expected = numpy(model(inputs, present=ops.convert_to_tensor(present)))
    tensors, _ = wing_of("torch").FolderBatches(reader)[0]
    onnx_of_torch(wing_of("torch").load("kept"), tensors, present)
    given = [numpy(tensors["image"]), numpy(tensors["text"]), present]
    np.testing.assert_allclose(run_onnx("model.onnx", given), expected, atol=BOUND)


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_onnx_of_a_text_encoder_of_any_rows_and_words(cell, tmp_path):
    torch = pytest.importorskip("torch")
    pytest.importorskip("onnx")
    encoder = wing_of("torch").TextEncoder(9, 4, 5, 6, cell=cell).eval()
    rng, path = np.random.default_rng(0), str(tmp_path / "encoder.onnx")
    ids = torch.tensor(rng.integers(0, 9, (3, 4)))  # padding in all places
    free = {"ids": {0: "rows", 1: "words"}}
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            encoder, (ids,), path, input_names=["ids"], dynamic_axes=free, dynamo=False
        )
        for shape in ((3, 4), (1, 1), (5, 7), (2, 30)):
            ids = rng.integers(0, 3, shape)
            expected = numpy(encoder(torch.tensor(ids)))
            np.testing.assert_allclose(run_onnx(path, [ids]), expected, atol=BOUND)


def test_keras_without_what_onnx_needs_says_what_to_do(keras_model, monkeypatch):
    model, backend = keras_model
    if backend != "tensorflow":
        pytest.skip("only TensorFlow needs it")
    monkeypatch.setitem(sys.modules, "tf2onnx", None)
    with pytest.raises(ImportError) as caught:
        model.export("model.onnx", format="onnx", present=True)
    assert str(caught.value) == (
        "format='onnx': TensorFlow needs the package tf2onnx for it, which is not installed; "
        "without it, mmref.keras.save the model, mmref.torch.load it and use torch.onnx.export"
    )


def test_onnx_of_keras_gives_the_same_logits(bundle, logits, keras_model, tmp_path):
    model, backend = keras_model
    if backend == "tensorflow":
        pytest.importorskip("tf2onnx", reason="Keras writes ONNX from TensorFlow by tf2onnx")
    (inputs, _), (expected, present) = bundle[1].batch(0, 0), logits
    model.export(tmp_path / "model.onnx", format="onnx", verbose=False, present=True)
    found = run_onnx(tmp_path / "model.onnx", [inputs["image"], *present.T, inputs["text"]])
    np.testing.assert_allclose(found, expected, atol=BOUND)
