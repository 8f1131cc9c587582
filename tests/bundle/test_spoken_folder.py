"""Pictures, texts and sound files, by the practice chapter's own lines and its table of changes."""

import csv
import json
import subprocess
import sys
import wave
from pathlib import Path

import numpy as np
import pytest

Image = pytest.importorskip("PIL.Image")
pytest.importorskip("soundfile")
pytest.importorskip("jupytext")

from mmref import bundle  # noqa: E402
from mmref.bundle.__main__ import main  # noqa: E402
from mmref.data import emoji, speech  # noqa: E402
from scripts.notebooks import read_text  # noqa: E402
from scripts.rules import tags  # noqa: E402

PROGRAM = Path(__file__).parent / "programs" / "predict.py"
KINDS = ("Animals & Nature", "Food & Drink", "Objects")
VOICES = {  # split -> the drawings and the voices that it has, of which names
    "train": ("twitter", ("espeak-f2", "festival-kal"), (0, 1)),
    "validation": ("google", ("flite-awb",), (0,)),
    "test": ("google", ("flite-rms",), (1,)),
}
# What the page says to change for a folder of one's own, and for a column of sound files.
CHANGES = {
    "FOLDER = OURS": "FOLDER = ROOT",
    'numbers=["price"]': 'sounds={"voice": "recording"}',
    "table = folders.Table.fit(train)": "voice = folders.Sound(rate=8000, seconds=0.75)",
    "table=table": 'sounds={"voice": voice}',
    '"table": mt.TableEncoder(table.width, 64)': (
        '"voice": mt.ImageEncoder(voice.size, dim=64, in_channels=1)'
    ),
    '"table": mk.TableEncoder(table.width, 64)': (
        '"voice": mk.ImageEncoder(voice.size, dim=64, in_channels=1)'
    ),
}


@pytest.fixture(scope="module")
def things(tmp_path_factory):
    """A folder of emoji, their names, and the names spoken, in three splits.

    Now and then a picture, a caption or a sound is missing, and one sound is cut short.
    """
    root, rng = tmp_path_factory.mktemp("spoken") / "things", np.random.default_rng(0)
    root.mkdir()
    rows = []
    for split, (style, voices, halves) in VOICES.items():
        drawn, spoken = emoji.load(style), speech.load("en", voices=voices)
        for sound, text, row, voice in zip(
            spoken.sounds, spoken.texts, spoken.emoji, spoken.voices
        ):
            kind = drawn.groups[drawn.labels[row]]
            if kind not in KINDS or row % 2 not in halves:
                continue
            name = f"{text} {voice}"
            Image.fromarray(drawn.images[row]).save(root / f"{name}.png", compress_level=1)
            with wave.open(str(root / f"{name}.wav"), "wb") as file:
                file.setparams((1, 2, speech.RATE, 0, "NONE", ""))
                file.writeframes(np.round(32767 * sound).astype("<i2").tobytes())
            record = {"image": f"{name}.png", "caption": text, "recording": f"{name}.wav"}
            gap = rng.choice(["none", *record], p=[0.85, 0.05, 0.05, 0.05])
            if gap in record:
                record[gap] = ""
            rows.append(record | {"kind": kind, "split": split})
    cut = root / next(row["recording"] for row in rows if row["recording"])
    cut.write_bytes(cut.read_bytes()[:300])
    with open(root / "captions.csv", "w", newline="", encoding="utf-8") as table:
        writer = csv.DictWriter(table, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return root


def program(root, framework):
    """The two cells of "The whole program", with the changes that the page tells."""
    cells = read_text(root / "notebooks" / "practice" / "folders.md").cells
    (first,) = (i for i, cell in enumerate(cells) if "## The whole program\n" in cell.source)
    code = [cell for cell in cells[first:] if cell.cell_type == "code"]
    tag = {"torch": "pytorch", "keras": "keras"}[framework]
    own = next(cell for cell in code if tag in tags(cell))
    text = f"{code[0].source}\n{own.source}\n"
    for old, new in CHANGES.items():
        if "TableEncoder" not in old or old in text:
            assert text.count(old) == 1, old
            text = text.replace(old, new)
    return "\n".join(line for line in text.splitlines() if not line.startswith("assert"))


@pytest.mark.parametrize("framework", ["torch", "keras"])
def test_pictures_texts_and_sounds_by_the_lines_of_the_page(framework, things, root, capsys):
    for needed in ("torch", "keras"):  # both predict
        pytest.importorskip(needed)
    names = {"ROOT": things}
    # What the cut file costs is told: a gap, as a missing picture is.
    exec(compile(program(root, framework), "folders.md", "exec"), names)
    said = capsys.readouterr().out
    assert float(said.splitlines()[-1].split()[0]) > 0.6, said  # by chance 1/3
    data, test = names["data"], names["test"]
    assert data.report.counts == {}, data.report
    assert any("unreadable sound" in name for name in data.report.absent), data.report

    # In processes of their own, in both frameworks: what is absent has no weight.
    (saved,) = names["saved"]
    known = bundle.read(saved)
    assert known.modalities == ("image", "text", "voice") and set(known.sounds) == {"voice"}

    def path(name):
        return str(things / name) if name else None

    asked = {
        "path": str(saved),
        "images": [path(name) for name in test.images],
        "texts": [text or None for text in test.texts],
        "sounds": {"voice": [path(name) for name in test.sounds["voice"]]},
        "weights": True,
    }
    answers = []
    for other in ("torch", "keras"):
        given = json.dumps(asked | {"framework": other})
        command = [sys.executable, str(PROGRAM), given]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        answers.append(json.loads(done.stdout))
    one, two = (np.array(answer["probabilities"]) for answer in answers)
    np.testing.assert_allclose(one, two, atol=1e-5)
    truth = np.array(test.classes)[test.labels]
    assert (np.array(answers[0]["labels"]) == truth).mean() > 0.6
    for m, there in test.present.items():
        weights = np.array(answers[0]["weights"][m])
        assert (weights[there] > 0).all() and not weights[~there].any() and not there.all()

    # By the command, from a table of new files; and by the sound alone.
    lines = [f"{i},{t},{v}" for i, t, v in zip(test.images, test.texts, test.sounds["voice"])]
    (things / "new.csv").write_text("\n".join(["image,caption,voice", *lines]), encoding="utf-8")
    assert main([str(saved), "--table", str(things / "new.csv")]) == 0
    printed = capsys.readouterr().out.splitlines()[1:]
    assert len(printed) == len(test)
    for line, label in zip(printed, answers[0]["labels"]):
        assert label in line
    heard = names["train"].take(names["train"].present["voice"])
    sounds = {"voice": [path(name) for name in heard.sounds["voice"]]}
    right = np.array(bundle.predict(saved, sounds=sounds).labels)
    assert (right == np.array(heard.classes)[heard.labels]).mean() > 0.5
