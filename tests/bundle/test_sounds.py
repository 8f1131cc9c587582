"""Sounds from a folder to predictions in a process of its own, in both frameworks."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("PIL.Image")
soundfile = pytest.importorskip("soundfile")

from mmref import bundle  # noqa: E402
from mmref.bundle.__main__ import main  # noqa: E402
from mmref.data import folders  # noqa: E402
from mmref.errors import DataError  # noqa: E402
from mmref.seeding import seed_everything  # noqa: E402
from tests.wings import wing_of  # noqa: E402

PROGRAM = Path(__file__).parent / "programs" / "predict.py"
SOUND = folders.Sound(rate=8000, seconds=0.25, mels=16)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """High and low sounds, some absent, beside a price that says nothing."""
    root, rng = tmp_path_factory.mktemp("sounds"), np.random.default_rng(0)
    lines = ["recording,price,label,split"]
    for i in range(48):
        high = i % 2
        hertz = rng.uniform(2000, 3500) if high else rng.uniform(150, 500)
        samples = np.sin(2 * np.pi * hertz * np.arange(rng.integers(1200, 2000)) / 8000)
        soundfile.write(root / f"{i}.wav", 0.6 * samples, 8000)
        split = ("train", "train", "validation", "test")[i // 12]
        name = "" if i % 12 == 5 else f"{i}.wav"
        lines.append(f"{name},{i % 5},{('low', 'high')[high]},{split}")
    (root / "captions.csv").write_text("\n".join(lines))
    options = {"sounds": {"voice": "recording"}, "numbers": ["price"], "missing": "keep"}
    return folders.load(root, image=None, text=None, label="label", split="split", **options)


def readers(data):
    table = folders.Table.fit(data.part("train"))
    return {
        split: folders.Reader(data.part(split), None, None, 8, sounds={"voice": SOUND}, table=table)
        for split in ("train", "test")
    }


def trained(name, read):
    """A model after a few epochs, and its accuracy on the rows that have a sound."""
    wing = wing_of(name)
    seed_everything(0)
    encoders = {
        "voice": wing.ImageEncoder(SOUND.size, (4, 8), 8, in_channels=1),
        "table": wing.TableEncoder(read["train"].table.width, 8),
    }
    fusion = wing.WeightedFusion({m: 8 for m in encoders}, 8)
    model = wing.FusionClassifier(encoders, fusion, 2)
    if name == "torch":
        import torch

        optimizer = torch.optim.Adam(model.parameters(), 1e-2)
        loader = wing.FolderBatches(read["train"]).loader()
        wing.fit(model, optimizer, loader, epochs=12, progress=False)
    else:
        import keras

        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(keras.optimizers.Adam(1e-2), loss)
        model.fit(wing.FolderBatches(read["train"]), epochs=12, shuffle=False, verbose=0)
    return model


@pytest.mark.parametrize("name", ["torch", "keras"])
def test_a_folder_of_sounds_is_learned_saved_and_predicted_elsewhere(name, data, tmp_path, capsys):
    for framework in ("torch", "keras"):
        pytest.importorskip(framework)
    read = readers(data)
    wing_of(name).save(tmp_path / "model", trained(name, read), read["train"])
    known = bundle.read(tmp_path / "model")
    assert known.sounds == {"voice": SOUND} and known.modalities == ("voice", "table")

    test = read["test"].data
    paths = [str(test.root / x) if x else None for x in test.sounds["voice"]]
    asked = {"path": str(tmp_path / "model"), "sounds": {"voice": paths}}
    asked |= {"table": {"price": test.columns["price"].tolist()}, "weights": True}
    there = test.present["voice"]
    truth = np.array(test.classes)[test.labels]
    answers = []
    for framework in ("torch", "keras"):
        given = json.dumps(asked | {"framework": framework})
        command = [sys.executable, str(PROGRAM), given]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        answers.append(json.loads(done.stdout))
    for answer in answers:
        right = np.array(answer["labels"]) == truth
        assert right[there].all() and not all(there)
        assert np.array(answer["weights"]["voice"])[~there].tolist() == [0.0] * (~there).sum()
    one, two = (np.array(answer["probabilities"]) for answer in answers)
    np.testing.assert_allclose(one, two, atol=1e-5)

    lines = [f"{x or ''},{p}" for x, p in zip(test.sounds["voice"], test.columns["price"])]
    rows = test.root / "rows.csv"
    rows.write_text("\n".join(["voice,price", *lines]))
    assert main([str(tmp_path / "model"), "--table", str(rows)]) == 0
    said = capsys.readouterr()
    assert [line.split()[-2] for line in said.out.splitlines()[1:]] == answers[0]["labels"]
    assert said.err == ""


def test_new_sounds_are_looked_at_as_those_of_training_were(data, tmp_path):
    torch = pytest.importorskip("torch")
    read, wing = readers(data), wing_of("torch")
    encoders = {
        "voice": wing.ImageEncoder(SOUND.size, (4,), 4, in_channels=1),
        "table": wing.TableEncoder(read["train"].table.width, 4),
    }
    torch.manual_seed(0)
    model = wing.FusionClassifier(encoders, wing.ConcatFusion({m: 4 for m in encoders}, 4), 2)
    wing.save(tmp_path / "model", model, read["train"])
    soundfile.write(tmp_path / "long.wav", np.zeros(4000), 8000)
    soundfile.write(tmp_path / "fast.wav", np.zeros(4000), 16000)
    with pytest.warns(
        UserWarning, match=r"^long.wav: 0.50 s long, of which the first 0.25 s count"
    ):
        bundle.predict(tmp_path / "model", sounds={"voice": [tmp_path / "long.wav"]})
    for name, message in (
        ("fast.wav", r"^fast.wav: another rate: in .*\(row 1 of 'voice'\): expected 8000"),
        ("none.wav", r"^none.wav: missing file: not found in .*\(row 1 of 'voice'\)"),
    ):
        with pytest.raises(DataError, match=message):
            bundle.predict(
                tmp_path / "model",
                sounds={"voice": [None, tmp_path / name]},
                table={"price": [1, 2]},
            )
