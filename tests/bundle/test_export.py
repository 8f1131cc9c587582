"""A bundle's model leaves Python: SavedModel, torch.export and ONNX give the logits it gives."""

import warnings

import numpy as np
import pytest

pytest.importorskip("PIL.Image")

from tests.bundle import photos
from tests.wings import numpy, wing_of

BOUND = 1e-5


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    """Saved from PyTorch; its reader. A bag of words: PyTorch's exporter to ONNX that needs nothing
    further has no stable sort, by which a recurrence puts padding to the end."""
    folder = tmp_path_factory.mktemp("folder")
    reader = photos.reader(photos.write(folder / "photos"), batch_size=6)
    model = photos.model("torch", len(reader.vocabulary), cell="bag")
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
    """The first output, by ONNX's own reference implementation."""
    onnx = pytest.importorskip("onnx")
    from onnx.reference import ReferenceEvaluator

    program = onnx.load(str(path))
    onnx.checker.check_model(program)
    names = [entry.name for entry in program.graph.input]
    assert len(names) == len(arrays), names
    return ReferenceEvaluator(program).run(None, dict(zip(names, arrays)))[0]


def test_onnx_of_pytorch_gives_the_same_logits(bundle, logits, tmp_path):
    """By the older exporter: the newer one needs onnxscript."""
    torch = pytest.importorskip("torch")
    pytest.importorskip("onnx")
    inputs, _ = wing_of("torch").FolderBatches(bundle[1])[0]
    expected, present = logits
    model = wing_of("torch").load(bundle[0])

    class Flat(torch.nn.Module):
        """Tensors in place of a mapping, whose keys the exporter would lose."""

        def __init__(self):
            super().__init__()
            self.model = model

        def forward(self, image, text, present):
            return self.model({"image": image, "text": text}, present)

    given = (inputs["image"], inputs["text"], torch.tensor(present))
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(Flat().eval(), given, str(tmp_path / "model.onnx"), dynamo=False)
    found = run_onnx(tmp_path / "model.onnx", [numpy(x) for x in given])
    np.testing.assert_allclose(found, expected, atol=BOUND)


def test_onnx_of_keras_gives_the_same_logits(bundle, logits, keras_model, tmp_path):
    pytest.importorskip("onnx")
    model, backend = keras_model
    if backend == "tensorflow":
        pytest.importorskip("tf2onnx", reason="Keras writes ONNX from TensorFlow by tf2onnx")
    (inputs, _), (expected, present) = bundle[1].batch(0, 0), logits
    model.export(tmp_path / "model.onnx", format="onnx", verbose=False, present=True)
    found = run_onnx(tmp_path / "model.onnx", [inputs["image"], *present.T, inputs["text"]])
    np.testing.assert_allclose(found, expected, atol=BOUND)
