"""A file, of whatever modality, is in one split alone: with those that its rows link it to."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("PIL.Image")
soundfile = pytest.importorskip("soundfile")

from mmref.data import folders  # noqa: E402
from mmref.data.folders.splits import together  # noqa: E402
from tests.data.own_folder import told, write  # noqa: E402

ENDS = {"image": "png", "back": "png", "voice": "wav"}
KIND = {"image": "image", "back": "image", "voice": "sound"}


def folder_of(root, rows, modality):
    """A folder whose table has a column of this modality: rows of a file's number and the rest."""
    end = ENDS[modality]
    numbers = sorted({row.partition(",")[0] for row in rows})
    pictures = [f"{number}.png" for number in numbers if end == "png"]
    for number in numbers if end == "wav" else ():
        soundfile.write(root / f"{number}.wav", np.full(8, int(number) / 100), 8000)
    lines = [row.replace(",", f".{end},", 1) for row in rows]
    return write(root, "\n".join(["file,caption,split", *lines]) + "\n", pictures=pictures)


def load(root, modality, split=None, **options):
    columns = {"image": None} | {
        "image": {"image": "file"},
        "back": {"more_images": {"back": "file"}},
        "voice": {"sounds": {"voice": "file"}},
    }[modality]
    return folders.load(root, **columns, split=split, **options)


@pytest.mark.parametrize("modality", ENDS)
def test_a_drawn_split_keeps_all_rows_of_a_file(tmp_path, modality):
    rows = [f"{file},caption {file} {i},train" for i in range(5) for file in range(10, 14)]
    data = load(folder_of(tmp_path, rows, modality), modality)
    drawn = data.split(0.5, 0.25, 0.25, seed=0)
    pairs = set(zip(drawn.files[modality], drawn.splits, strict=True))
    assert len(pairs) == 4 and [len(drawn.part(s)) for s in ("train", "test")] == [10, 5]
    drawn.check()


@pytest.mark.parametrize("modality", ENDS)
@pytest.mark.parametrize("on_error", ["error", "skip"])
def test_a_given_split_has_no_file_twice(tmp_path, modality, on_error):
    rows = ["10,one,train", "11,two,test", "10,three,test"]
    root = folder_of(tmp_path, rows, modality)
    said = told(load, root, modality, "split", on_error=on_error)
    name, kind = f"10.{ENDS[modality]}", KIND[modality]
    assert said == f"{name}: {kind} in two splits: 'train' and 'test' (captions.csv, line 4)"
    other = replace(load(root, modality), splits=("train", "test", "test"))
    assert told(other.check) == f"{name}: {kind} in two splits: 'test', and 'train'"


@pytest.mark.parametrize("modality", ENDS)
def test_a_copy_in_another_split_is_found_by_check(tmp_path, modality):
    root = folder_of(tmp_path, ["10,one,train", "11,two,test"], modality)
    one, two = (f"{number}.{ENDS[modality]}" for number in (10, 11))
    (root / two).write_bytes((root / one).read_bytes())
    data = load(root, modality, "split")
    said = f"{two}: {KIND[modality]} in two splits: 'test', and its copy {one} in 'train'"
    assert told(data.check) == said
    assert len(data.check("skip")) == 2


@pytest.mark.parametrize("modality", ENDS)
def test_a_doubled_row_is_told(tmp_path, modality):
    root = folder_of(tmp_path, ["10,one,train", "10,two,train", "10,one,train"], modality)
    assert told(load, root, modality).startswith("captions.csv, line 4: duplicate id: ")
    data = folders.load(write(tmp_path, "caption\none\none\n"), image=None)
    assert len(data) == 2  # the same words may well be said twice


def test_files_that_rows_link_are_one_group():
    images = ("b.png", "a.png", "c.png", "", "", "")
    voices = ("1.wav", "1.wav", "2.wav", "2.wav", "3.wav", "")
    texts = ("x", "y", "z", "x", "x", "x")
    expected = ("a.png", "a.png", "c.png", "c.png", "3.wav", "\0x")
    assert together([images, voices], texts, 6) == expected
    for row, name in enumerate(together([images[::-1], voices[::-1]], texts[::-1], 6)):
        assert name == expected[5 - row]
    assert together([], None, 2) == ("\0000", "\0001")


def test_rows_that_are_all_linked_cannot_be_split(tmp_path):
    root = write(tmp_path, "image,back\na.png,c.png\nb.png,c.png\n")
    data = folders.load(root, text=None, more_images={"back": "back"})
    said = told(data.split)
    assert said == (
        "validation: empty split: 1 group of rows cannot fill it: rows that share a file, or "
        "without one a text, stay together"
    )
