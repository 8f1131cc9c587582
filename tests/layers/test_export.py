"""Layers and models leave Python: torch.export, SavedModel, and ONNX where it can be written."""

import numpy as np
import pytest

from tests.layers.cases import ONE_EACH, SYSTEMS
from tests.layers.running import answer, arguments, each, in_layout, model_of, ready
from tests.wings import numpy

MODELS = ("FusionClassifier", "FusionRegressor", "LookupClassifier", "Generator", "Discriminator")
EXPORTED = [case for case in SYSTEMS if case.of in MODELS]
OTHERS = [case for case in ONE_EACH if case.of not in MODELS]


@pytest.fixture(scope="module")
def tensorflow():
    """TensorFlow, where it is Keras's backend."""
    keras = pytest.importorskip("keras")
    if keras.backend.backend() != "tensorflow":
        pytest.skip("a SavedModel is TensorFlow's")
    return pytest.importorskip("tensorflow")


@each(ONE_EACH)
def test_torch_export_computes_the_same(case):
    torch = pytest.importorskip("torch")
    given = arguments("torch", case)
    program = torch.export.export(ready("torch", case), (), given).module()
    np.testing.assert_allclose(numpy(program(**given)), answer("torch", case), atol=1e-6)


@pytest.fixture(scope="module")
def archive(tensorflow, tmp_path_factory):
    """One SavedModel with a function for each layer, which is quicker than one for each."""
    import keras

    archive = keras.export.ExportArchive()
    for case in OTHERS:
        model = model_of(case, ready("keras", case))
        archive.add_endpoint(endpoint(case), model, [list(model.inputs)])
    path = tmp_path_factory.mktemp("archive") / "saved"
    archive.write_out(path, verbose=False)
    return tensorflow.saved_model.load(path)


def endpoint(case):
    return "".join(letter if letter.isalnum() else "_" for letter in case.name)


@each(OTHERS)
def test_a_saved_model_computes_the_same(case, archive):
    found = getattr(archive, endpoint(case))(list(in_layout("keras", case).values()))
    np.testing.assert_allclose(numpy(found), answer("keras", case), atol=1e-5)


@each(EXPORTED)
def test_a_model_exports_itself(case, tensorflow, tmp_path):
    """It knows the shape and dtype of its inputs: ids, labels and ``present`` are no floats."""
    model, given = ready("keras", case), arguments("keras", case)
    options = {"present": True} if "present" in given else {}
    model.export(tmp_path / "saved", verbose=False, **options)
    saved = tensorflow.saved_model.load(tmp_path / "saved")
    np.testing.assert_allclose(
        numpy(saved.serve(*by_name(model, given))), answer("keras", case), atol=1e-5
    )


def by_name(model, given):
    """The arguments, ``present`` (B, M) among the inputs by the modalities' names."""
    if "present" in given:
        columns = {m: given["present"][:, i] for i, m in enumerate(model.fusion.dims)}
        given = {"inputs": given["inputs"] | {"present": columns}}
    return given.values()


@each(EXPORTED)
def test_a_model_is_written_as_onnx(case, tmp_path):
    keras, onnx = pytest.importorskip("keras"), pytest.importorskip("onnx")
    if keras.backend.backend() == "tensorflow":
        pytest.importorskip("tf2onnx")
    model = ready("keras", case)
    options = {"present": True} if "present" in case.arguments else {}
    model.export(tmp_path / "model.onnx", format="onnx", verbose=False, **options)
    onnx.checker.check_model(str(tmp_path / "model.onnx"))


def by_modality(wing):
    """Models whose inputs are named by modality: how to call each, beside what ids are."""
    encoders = {"text": wing.TextEncoder(5, 4, 4, 3, "bag"), "table": wing.TableEncoder(2, 3)}
    fusion = wing.ConcatFusion({m: 3 for m in encoders}, 4)
    inputs = {"text": np.array([[3, 4, 0]]), "table": np.ones((1, 2), "float32")}
    images, noise = np.ones((1, 16, 16, 3), "float32"), np.ones((1, 5), "float32")
    drawing = wing.FusionGenerator(encoders, fusion, latent=5, size=16, width=2, heads=2)
    decoders = {m: wing.TableDecoder(4, 2) for m in encoders}
    return {
        "FusionGenerator": (drawing, (inputs, noise)),
        "FusionDiscriminator": (
            wing.FusionDiscriminator(encoders, fusion, 16, width=2),
            (images, inputs),
        ),
        "MultimodalAutoencoder": (
            wing.MultimodalAutoencoder(encoders, fusion, decoders),
            (inputs,),
        ),
    }


@pytest.mark.parametrize(
    "name", ["FusionGenerator", "FusionDiscriminator", "MultimodalAutoencoder"]
)
def test_a_model_of_named_inputs_exports_itself(name, tensorflow, tmp_path):
    import mmref.keras as wing

    model, given = by_modality(wing)[name]
    expected = model(*given)
    model.export(tmp_path / "saved", verbose=False)
    saved = tensorflow.saved_model.load(tmp_path / "saved")
    found = saved.serve(*given)
    for ours, theirs in zip(
        tensorflow.nest.flatten(expected), tensorflow.nest.flatten(found), strict=True
    ):
        np.testing.assert_allclose(numpy(theirs), numpy(ours), atol=1e-5)
