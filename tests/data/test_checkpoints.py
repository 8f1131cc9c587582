"""Checkpoints: written whole, read by both frameworks, refused when they do not fit."""

import json
import subprocess
import sys

import numpy as np
import pytest

from mmref import convert
from mmref.data import checkpoints
from mmref.errors import DataError, ModalityError, ShapeError
from tests.gan.networks import NETWORKS, networks
from tests.wings import WINGS, wing_of


@pytest.mark.parametrize("source", WINGS)
def test_a_checkpoint_loads_in_both_frameworks(source, tmp_path):
    models = {name: networks(name, 0.4 + i) for i, name in enumerate(WINGS)}
    path = tmp_path / "both.safetensors"
    checkpoints.save(path, checkpoints.arrays_of(**models[source]), {"epochs": 3})
    loaded = checkpoints.load(path)
    assert loaded.config == {"epochs": 3}
    for name in WINGS:
        for part, model in models[name].items():
            loaded.into(model, part)
            for key, array in convert.arrays(model).items():
                np.testing.assert_array_equal(array, loaded.arrays[f"{part}.{key}"])


@pytest.mark.parametrize("target", WINGS)
@pytest.mark.parametrize("source", WINGS)
def test_a_checkpoint_of_another_order_of_modalities_is_refused(source, target, tmp_path):
    """Equal widths would fit."""
    fusion = wing_of(source).ConcatFusion({"image": 3, "text": 3}, 4)
    checkpoints.save(tmp_path / "fusion.safetensors", checkpoints.arrays_of(fusion=fusion), {})
    loaded = checkpoints.load(tmp_path / "fusion.safetensors")
    twin = wing_of(target).ConcatFusion({"image": 3, "text": 3}, 4)
    loaded.into(twin, "fusion")
    weight = convert.arrays(fusion)["weight"]
    np.testing.assert_array_equal(convert.arrays(twin)["weight"], weight)
    other = wing_of(target).ConcatFusion({"text": 3, "image": 3}, 4)
    message = r"^state: expected the modalities in the order \['text', 'image'\], got \['image', "
    with pytest.raises(ModalityError, match=message):
        loaded.into(other, "fusion")
    del loaded.arrays["fusion.order"]  # from before the order was kept
    loaded.into(other, "fusion")


def test_checkpoints_that_are_damaged_or_missing_are_refused(tmp_path):
    safetensors = pytest.importorskip("safetensors.numpy")
    wing_of("torch")
    with pytest.raises(DataError, match="none.safetensors: missing file"):
        checkpoints.load(tmp_path / "none.safetensors")
    path = tmp_path / "good.safetensors"
    models = networks("torch")
    checkpoints.save(path, checkpoints.arrays_of(**models), {})
    whole = path.read_bytes()
    for count in (0, 5, 100, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:count])
        with pytest.raises(DataError, match="good.safetensors: no checkpoint: cut short"):
            checkpoints.load(path)
    path.write_bytes(b"PK\x03\x04" + whole[4:])
    with pytest.raises(DataError, match="no checkpoint"):
        checkpoints.load(path)
    for beside in (None, {"format": "mmref checkpoint 1", "config": "{}"}, {"mmref": "{}"}):
        safetensors.save_file({"x": np.zeros(3)}, path, beside)
        with pytest.raises(DataError, match="good.safetensors: foreign checkpoint: expected the"):
            checkpoints.load(path)
    for beside in ("{", '{"format": "mmref checkpoint 2"}'):
        safetensors.save_file({"x": np.zeros(3)}, path, {"mmref": beside})
        with pytest.raises(DataError, match="good.safetensors: damaged checkpoint"):
            checkpoints.load(path)


def test_a_changed_byte_is_noticed_wherever_it_is(tmp_path):
    path = tmp_path / "good.safetensors"
    arrays = {"draw.a": np.arange(6.0).reshape(2, 3), "judge.b": np.ones(2, "float32")}
    checkpoints.save(path, arrays, {"epochs": 3, "rate": 0.5})
    whole = path.read_bytes()
    for place in range(len(whole)):
        changed = bytearray(whole)
        changed[place] ^= 1
        path.write_bytes(changed)
        with pytest.raises(DataError, match="^good.safetensors: (damaged|foreign|no) checkpoint"):
            checkpoints.load(path)
    path.write_bytes(whole)
    assert checkpoints.load(path).config == {"epochs": 3, "rate": 0.5}


def test_the_same_content_is_the_same_file(tmp_path):
    """Of two fresh processes too; and of an array whose bytes are in the other order."""
    program = (
        "import sys, numpy as np; from mmref.data import checkpoints; "
        "checkpoints.save(sys.argv[1], {'b': np.ones(2), 'a': np.arange(3)}, {'x': 1, 'y': [2]})"
    )
    paths = [tmp_path / f"{i}.safetensors" for i in range(3)]
    for path in paths[:2]:
        subprocess.run([sys.executable, "-c", program, path], check=True)
    swapped = {"b": np.ones(2, ">f8"), "a": np.arange(3, dtype=">i8")}
    checkpoints.save(paths[2], swapped, {"x": 1, "y": [2]})
    assert len({path.read_bytes() for path in paths}) == 1
    assert checkpoints.load(paths[2]).arrays["a"].tolist() == [0, 1, 2]


def test_a_checkpoint_of_another_model(tmp_path):
    path = tmp_path / "good.safetensors"
    models = networks("torch", 0.5)
    checkpoints.save(path, checkpoints.arrays_of(**models), {})
    loaded = checkpoints.load(path)
    wider = wing_of("torch").Generator(**NETWORKS["generator"] | {"width": 8})
    before = convert.arrays(wider)
    with pytest.raises(ShapeError, match="target.blocks.0.conv.weight: expected"):
        loaded.into(wider, "generator")
    with pytest.raises(ShapeError, match="target"):
        loaded.into(models["generator"], "discriminator")
    message = "no part 'painter': parts: discriminator, generator"
    with pytest.raises(DataError, match=message):
        loaded.into(models["generator"], "painter")
    with pytest.raises(DataError, match=message):
        loaded.part("painter")
    after = convert.arrays(wider)
    assert all((before[key] == after[key]).all() for key in before)  # nothing was written


def test_an_interrupted_save_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "kept.safetensors"
    checkpoints.save(path, {"x": np.ones(3)}, {"a": 1})

    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("os.replace", stop)
    with pytest.raises(KeyboardInterrupt):
        checkpoints.save(path, {"x": np.zeros(3)}, {"a": 2})
    kept = checkpoints.load(path)
    assert kept.config == {"a": 1} and kept.arrays["x"].all()


def test_the_configuration_is_json(tmp_path):
    path = tmp_path / "c.safetensors"
    config = {"list": [1, 2.5, None], "text": "名"}
    checkpoints.save(path, {"x": np.ones(1)}, config)
    assert checkpoints.load(path).config == json.loads(json.dumps(config)) == config
    changed = "config: expected what JSON gives back unchanged"
    for bad, error, message in (
        ({"loss": np.nan}, ValueError, "config: expected what JSON can hold"),
        ({"x": np.ones(1)}, TypeError, "config: expected what JSON can hold"),
        ({"shape": (1, 2)}, ValueError, changed),
        ({"strip": {1: "one"}}, ValueError, changed),
        ({1: "one"}, TypeError, "config: expected a mapping from name to .*, got the key 1"),
        ([1], TypeError, "config: expected a mapping from name to .*, got list"),
    ):
        with pytest.raises(error, match=message):
            checkpoints.save(path, {"x": np.ones(1)}, bad)
    assert checkpoints.load(path).config == config  # the old file is still there
    assert [file.name for file in tmp_path.iterdir()] == ["c.safetensors"]


@pytest.mark.parametrize(
    "bad",
    [np.array([None, {}]), np.array(["word"]), np.ones(2, complex), np.ones(2, np.longdouble)],
)
def test_arrays_of_a_checkpoint_are_numbers(bad, tmp_path):
    with pytest.raises(ShapeError, match=r"arrays\['x'\]: expected numbers or booleans, got"):
        checkpoints.save(tmp_path / "c.safetensors", {"x": bad}, {})


def test_a_folder_is_no_checkpoint(tmp_path):
    message = f"{tmp_path.name}: no file: expected a file, got a directory"
    with pytest.raises(DataError, match=message):
        checkpoints.load(tmp_path)
    with pytest.raises(DataError, match=message):
        checkpoints.save(tmp_path, {"x": np.ones(1)}, {})


def test_what_cannot_be_saved_or_read_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="/file: no folder: a file has its name"):
        checkpoints.save(tmp_path / "file" / "c.safetensors", {"x": np.ones(1)}, {})
    with pytest.raises(TypeError, match="arrays: expected a mapping from name to array, got list"):
        checkpoints.save(tmp_path / "c.safetensors", [np.ones(1)], {})
    (tmp_path / "d.part").mkdir()  # a name that a half-written file might have
    checkpoints.save(tmp_path / "d", {"x": np.ones(1)}, {})
    assert checkpoints.load(tmp_path / "d").arrays["x"] == 1
    torch = pytest.importorskip("torch")
    from safetensors.torch import save_file

    save_file({"x": torch.ones(2, dtype=torch.bfloat16)}, tmp_path / "half.safetensors")
    with pytest.raises(DataError, match="half.safetensors: foreign checkpoint: "):
        checkpoints.load(tmp_path / "half.safetensors")


def test_a_checkpoint_is_shown_in_a_line(tmp_path):
    path = tmp_path / "c.safetensors"
    arrays = {"draw.a": np.ones(9000), "draw.b.c": np.ones(1), "judge.a": np.ones(1)}
    checkpoints.save(path, arrays, {"epochs": 3, "seed": 0})
    loaded = checkpoints.load(path)
    assert repr(loaded) == "Checkpoint(arrays: draw 2, judge 1; config: epochs, seed)"
    assert list(loaded.part("draw.b")) == ["c"]


def test_a_part_is_called_by_its_whole_name():
    loaded = checkpoints.Checkpoint({"draw.a": np.ones(1), "drawn.b": np.ones(1)}, {})
    assert list(loaded.part("draw")) == ["a"]
    with pytest.raises(DataError, match="no part 'dra': parts: draw, drawn"):
        loaded.part("dra")
