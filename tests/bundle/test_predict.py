"""From files and texts to labels, in one call or one command."""

import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("PIL.Image")

from mmref.bundle import predict, read
from mmref.bundle.__main__ import main
from mmref.bundle.content import Bundle
from mmref.bundle.predicting import _read_off
from mmref.errors import ChoiceError, DataError, ModalityError, ShapeError
from tests.bundle import photos
from tests.wings import WINGS, wing_of

BOTH = pytest.mark.parametrize("name", WINGS)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return photos.write(tmp_path_factory.mktemp("folder") / "my photos")


@pytest.fixture(scope="module")
def bundles(data, tmp_path_factory):
    """Of each framework one bundle, saved once."""
    folder, reader = tmp_path_factory.mktemp("bundles"), photos.reader(data)
    for name in WINGS:
        wing_of(name).save(folder / name, photos.model(name, len(reader.vocabulary)), reader)
    return folder


@BOTH
def test_a_row_alone_is_a_row_among_others(name, data, bundles):
    """Whatever batch it comes in, and however its path is written."""
    images, texts = photos.paths(data), list(data.texts)
    asked = {"path": bundles / name, "weights": True}
    together = predict(images=images, texts=texts, batch_size=4, **asked)
    assert together.probabilities.shape == (6, 3) and together.values is None
    assert together.probabilities.dtype == np.float32
    np.testing.assert_allclose(together.probabilities.sum(axis=1), 1, atol=1e-6)
    for i in (0, 5):
        alone = predict(images=[str(images[i])], texts=[texts[i]], **asked)
        np.testing.assert_allclose(
            alone.probabilities, together.probabilities[i : i + 1], atol=1e-6
        )
        assert alone.labels == together.labels[i : i + 1]
        for m, share in alone.weights.items():
            np.testing.assert_allclose(share, together.weights[m][i : i + 1], atol=1e-6)


@BOTH
def test_what_is_absent_does_not_count(name, data, bundles):
    """None, an empty text, or a modality that is not given: all the same, in either framework."""
    images, texts = photos.paths(data)[:3], list(data.texts[:3])
    found = predict(
        bundles / name, [images[0], None, images[2]], [None, texts[1], " "], weights=True
    )
    np.testing.assert_array_equal(found.weights["image"], [1, 0, 1])
    np.testing.assert_array_equal(found.weights["text"], [0, 1, 0])
    for other in WINGS:
        wing_of(other)
        seen = predict(bundles / name, images, framework=other).probabilities
        told = predict(bundles / name, texts=texts, framework=other).probabilities
        np.testing.assert_allclose(found.probabilities[[0, 2]], seen[[0, 2]], atol=1e-5)
        np.testing.assert_allclose(found.probabilities[1], told[1], atol=1e-5)
    both = predict(bundles / name, images, texts).probabilities
    assert np.abs(both - found.probabilities).max(axis=1).min() > 1e-3


def test_a_caption_that_is_longer_than_those_of_training_loses_its_end(data, bundles, tmp_path):
    """As it does in the reader's batches, where their length is given."""
    reader = photos.reader(data, length=2)
    model = photos.model("torch", len(reader.vocabulary))
    wing_of("torch").save(tmp_path / "short", model, reader)
    texts = ["the red cat", "the red"]
    cut, whole = (predict(path, texts=texts) for path in (tmp_path / "short", bundles / "torch"))
    np.testing.assert_allclose(cut.probabilities[0], cut.probabilities[1], atol=1e-6)
    assert np.abs(whole.probabilities[0] - whole.probabilities[1]).max() > 1e-3


def test_what_is_asked_wrongly_has_one_clear_error(data, bundles):
    images, texts = photos.paths(data), list(data.texts)
    wrong = [
        ((), ModalityError, r"predict: expected the modalities \['image', 'text'\], got \[\]"),
        ((None, None, {"price": [3]}), ModalityError, "predict: .* unexpected .'table'."),
        (({"scan": images},), ModalityError, "predict: .* unexpected .'scan'."),
        ((images[:2], texts[:3]), ShapeError, "predict: .*got {'image': 2, 'text': 3}"),
        (([], []), ShapeError, "predict: expected as many rows of each, at least one"),
        ((images[0],), TypeError, "images: expected a sequence, a path or None .*, got PosixPath"),
        ((None, "red"), TypeError, "texts: expected a sequence, a text or None .*, got str"),
        (([images[0], 2.5],), TypeError, r"images\[1\]: expected a path or None, got 2.5"),
        ((None, ["red", 3]), TypeError, r"texts\[1\]: expected a text or None, got 3"),
        (([None, images[0]], ["", "red"]), ValueError, "row 0: expected one of image, text at le"),
        ((["none.png"],), DataError, r"none.png: missing file: .* \(row 0 of 'image'\)"),
        (([data.root],), DataError, r"photos: not a file: .*a folder in .*\(row 0 of 'image'"),
    ]
    for given, error, message in wrong:
        with pytest.raises(error, match=message):
            predict(bundles / "torch", *given)
    for options, error, message in [
        ({"framework": "jax"}, ChoiceError, "framework: expected one of 'torch', 'keras'"),
        ({"weights": "yes"}, ChoiceError, "weights: expected one of True, False"),
        ({"batch_size": 0}, ValueError, "batch_size: expected an integer, at least 1, got 0"),
        ({"backbones": {"image": None}}, ModalityError, r"backbones: .* unexpected \['image'\]"),
    ]:
        with pytest.raises(error, match=message):
            predict(bundles / "torch", texts=["red"], **options)
    with pytest.raises(DataError, match="none: missing bundle"):
        predict(bundles / "none", texts=["red"])


def test_nothing_is_said_in_any_way_that_tables_have(data, bundles):
    """None, "", NaN and what pandas makes of them; the folder's own names need their root."""
    nan, images, texts = float("nan"), photos.paths(data)[:3], list(data.texts[:3])
    asked = {"path": bundles / "torch", "weights": True}
    expected = predict(images=[images[0], None, None], texts=[None, *texts[1:]], **asked)
    for absent in ("", " ", nan):
        found = predict(images=[images[0], absent, absent], texts=[absent, *texts[1:]], **asked)
        np.testing.assert_array_equal(found.probabilities, expected.probabilities)
        np.testing.assert_array_equal(found.weights["image"], [1, 0, 0])


def test_a_missing_file_is_told_before_anything_is_computed(data, bundles, monkeypatch):
    monkeypatch.setattr("mmref.bundle.predicting.load", lambda *given: pytest.fail("loaded"))
    with pytest.raises(DataError, match=r"no.png: missing file: not found in .*\(row 6 of 'image"):
        predict(bundles / "torch", [*photos.paths(data), data.root / "no.png"], batch_size=2)


@BOTH
def test_weights_of_a_fusion_that_has_none_are_refused(name, data, tmp_path):
    reader = photos.reader(data)
    model = photos.model(name, len(reader.vocabulary), "ConcatFusion")
    wing_of(name).save(tmp_path / "model", model, reader)
    message = "weights: expected False, as a ConcatFusion does not weight modalities, got True"
    with pytest.raises(ValueError, match=message):
        predict(tmp_path / "model", texts=["red"], weights=True)
    assert predict(tmp_path / "model", texts=["red"]).weights is None


def test_an_unreadable_image_names_its_file(data, bundles, tmp_path):
    (tmp_path / "broken one.png").write_bytes(b"\x89PNG")
    said = rf"broken one.png: unreadable image: in {tmp_path.name} \(row 6 of 'image'\): .+"
    with pytest.raises(DataError, match=said):
        predict(bundles / "torch", [*photos.paths(data), tmp_path / "broken one.png"], batch_size=4)


def test_the_command_counts_rows_as_its_table_prints_them(data, bundles, tmp_path, capsys):
    """From 1, whatever is wrong with one, in whatever batch; Python counts from 0."""
    good = [str(path) for path in photos.paths(data)[:2]]
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"\x89PNG")
    table = tmp_path / "rows.csv"
    for name in ("none.png", "broken.png"):
        assert main([str(bundles / "torch"), *good, str(tmp_path / name)]) == 1
        assert "(row 3 of 'image')" in capsys.readouterr().err
        table.write_text(f"image,caption\n,red\n{name},\n")
        assert main([str(bundles / "torch"), "--table", str(table)]) == 1
        assert "(row 2 of 'image')" in capsys.readouterr().err
    table.write_text("image,caption\n,red\n,\n")
    assert main([str(bundles / "torch"), "--table", str(table)]) == 1
    assert capsys.readouterr().err.startswith("row 2: expected one of image, text at least")
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "Rows are counted from 1" in capsys.readouterr().out


def test_a_column_of_another_name_is_told_with_the_one_that_is_read(bundles, tmp_path, capsys):
    table = tmp_path / "rows.csv"
    table.write_text("photo,caption\na.png,red\n")
    assert main([str(bundles / "torch"), "--table", str(table)]) == 0
    assert capsys.readouterr().err == "columns not read: photo; not found: image\n"


def test_outputs_mean_what_the_task_says():
    """A class each; any number of them; numbers."""
    outputs = np.array([[2.0, 0.0, -1.0], [-3.0, 800.0, 0.5], [-1.0, -900.0, -2.0]], np.float32)
    bundle = Bundle(
        {}, "classification", ("a", "b", "c"), None, None, 8, "crop", {}, None, "torch", {}
    )
    found = _read_off(bundle, outputs, None)
    assert found.labels == ("a", "b", "a")
    np.testing.assert_allclose(found.probabilities[0], [0.8438, 0.1142, 0.0420], atol=1e-4)
    several = _read_off(Bundle(**vars(bundle) | {"task": "multilabel"}), outputs, None)
    assert several.labels == (("a", "b"), ("b", "c"), ())
    np.testing.assert_allclose(several.probabilities[0], [0.8808, 0.5, 0.2689], atol=1e-4)
    assert several.probabilities[2, 1] == 0
    numbers = _read_off(Bundle(**vars(bundle) | {"task": "regression"}), outputs, None)
    assert numbers.labels is numbers.probabilities is None
    np.testing.assert_array_equal(numbers.values, outputs)


def command(*arguments, **options):
    return subprocess.run(
        [sys.executable, "-m", "mmref.bundle", *map(str, arguments)],
        capture_output=True,
        text=True,
        **options,
    )


@BOTH
def test_the_command_prints_a_table(name, data, bundles):
    """Of files in the folder where one stands; a row may lack its text or its image."""
    images = [path.name for path in photos.paths(data)[:2]]
    texts = ["--text", "a red cat", "--text", ""]
    done = command(bundles / name, *images, *texts, "--weights", cwd=data.root)
    assert (done.returncode, done.stderr) == (0, "")
    head, first, second = done.stdout.splitlines()
    expected = "image text label probability weight of image weight of text"
    assert head.split() == expected.split()
    found = predict(bundles / name, photos.paths(data)[:2], ["a red cat", None], weights=True)
    for i, (line, text) in enumerate([(first, "a red cat"), (second, "-")]):
        best = found.probabilities[i].max()
        shares = "  ".join(f"{found.weights[m][i]:.3f}" for m in ("image", "text"))
        cells = [images[i], text, found.labels[i], f"{best:.3f}"]
        assert line.split() == " ".join([*cells, *shares.split()]).split()


def test_the_command_says_what_is_wrong_in_a_line(data, bundles, tmp_path):
    for arguments, message in [
        ((bundles / "torch", "none.png"), "none.png: missing file: not found in"),
        ((bundles / "none", "--text", "red"), "none: missing bundle: not found in"),
        ((bundles / "torch",), "predict: expected the modalities ['image', 'text'], got []"),
    ]:
        done = command(*arguments, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith(message) and len(done.stderr.splitlines()) == 1


def test_reading_a_bundle_loads_no_framework(bundles):
    program = "import sys; from mmref.bundle import read; print(read(sys.argv[1]).classes); "
    program += "assert not {'torch', 'keras', 'tensorflow'} & set(sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program, bundles / "torch"], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, f"{read(bundles / 'torch').classes}\n")
